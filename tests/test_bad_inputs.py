"""Bad input wherever it can enter: one line that names it, the right status, and the batch is finished."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from facespectra.cli import main
from facespectra.errors import DatasetError, FacespectraError

pd = pytest.importorskip("pandas", reason="needs the detect extra")
pytest.importorskip("sklearn", reason="needs the detect extra")
Image = pytest.importorskip("PIL.Image", reason="needs the faces extra")

RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (64, 60), dtype=np.uint8)


def lines(text: str) -> list[str]:
    return [line.removeprefix("facespectra: ") for line in text.splitlines()]


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8", errors="surrogateescape") as stream:
        return list(csv.DictReader(stream))


# Root may read everything, unless it gives that up.
REFUSABLE = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


def command(*given: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[bytes]:
    """In a process of its own, with streams as a terminal in UTF-8 has them."""
    return subprocess.run(
        [*before, sys.executable, "-m", "facespectra", *given],
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONIOENCODING": "", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"},
    )


# --- arrays ------------------------------------------------------------------------------------------------

FLOATS = NOISE.astype(np.float64)


def with_value(value: float) -> np.ndarray:
    image = FLOATS.copy()
    image[3, 4] = value
    return image


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (with_value(np.nan), "image 0: NaN or infinite"),
        (with_value(np.inf), "image 0: NaN or infinite"),
        (with_value(-np.inf).astype(np.float32), "image 0: NaN or infinite"),
        (np.zeros((0, 5), np.uint8), "empty"),
        (np.zeros((5, 0), np.uint8), "empty"),
        (np.zeros((1, 1), np.uint8), "too small"),
        (NOISE.astype(object), "dtype object"),
        (NOISE.astype(np.int64), "dtype int64"),
        (NOISE.astype(np.float16), "dtype float16"),
        (NOISE > 7, "dtype bool"),
        (NOISE.astype(complex), "dtype complex128"),
        (NOISE.astype("S3"), "dtype |S"),
        (np.zeros((2, 3, 4, 5), np.uint8), "4 dimensions"),
        (np.zeros(7, np.uint8), "1 dimensions"),
        ("photo.jpg", ""),
        (None, ""),
        (7, ""),
        ([NOISE, None], "image 1"),
        ([NOISE, NOISE[0]], "image 1 has 1 dimensions"),
    ],
    ids=str,
)
def test_arrays_without_a_spectrum(image: object, words: str, backend: str) -> None:
    with pytest.raises((ValueError, TypeError)) as caught:
        fs.radial_spectrum(image, backend=backend)
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("change", ["reversed", "read-only", "fortran", "strided", "swapped", "thin", "tall"])
def test_arrays_that_are_only_unusual(change: str, backend: str) -> None:
    plain = {
        "reversed": NOISE[::-1, ::-1],
        "read-only": NOISE.copy(),
        "fortran": np.asfortranarray(NOISE),
        "strided": NOISE[::2, 1::3],
        "swapped": NOISE.astype(">u2"),
        "thin": RNG.integers(0, 256, (1, 5000), dtype=np.uint8),
        "tall": RNG.integers(0, 256, (5000, 1), dtype=np.uint8),
    }[change]
    if change == "read-only":
        plain.flags.writeable = False
    tame = np.ascontiguousarray(plain.astype(np.uint16 if change == "swapped" else np.uint8))
    expected = fs.radial_spectrum(tame, backend=backend)
    np.testing.assert_array_equal(fs.radial_spectrum(plain, backend=backend), expected)


# --- files, in a batch -------------------------------------------------------------------------------------


def encoded(kind: str) -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.stack([NOISE] * 3, axis=-1)).save(content, kind)
    return content.getvalue()


def png_header(width: int, height: int) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        whole = name + content
        return struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


BAD_FILES = {
    "empty.jpg": (b"", "the file is empty"),
    "text.jpg": (b"I am a text", "it is not an image in a known format"),
    "head.png": (encoded("PNG")[:10], "it is not an image in a known format"),
    "cut.jpg": (encoded("JPEG")[:-500], "truncated"),
    "cut.png": (encoded("PNG")[:-2000], "truncated"),
    "cut.webp": (encoded("WEBP")[:-500], ""),
    "bomb.png": (png_header(30_000, 30_000), "FACESPECTRA_MAX_PIXELS"),
    "large.png": (png_header(10_000, 10_000), "10000x10000 pixels exceed the limit of 89478485"),
    "one.png": (png_header(1, 1), "too small for a radial spectrum"),
    "none.png": (png_header(0, 7), ""),
    "empty.mp4": (b"", "the file is empty"),
    "text.mp4": (b"I am a text", "not a video"),
}


@pytest.fixture
def batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two good pictures among everything that is not."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "batch"
    folder.mkdir()
    for name in ("a_good.png", "z_good.png"):
        Image.fromarray(NOISE).save(folder / name)
    for name, (content, _) in BAD_FILES.items():
        (folder / name).write_bytes(content)
    (folder / "nowhere.png").symlink_to("not there")
    (folder / "circle.png").symlink_to("circle.png")
    (folder / "up").symlink_to(".")
    os.mkfifo(folder / "pipe.png")
    return folder


OTHERS = {
    "nowhere.png": "there is no such file",
    "circle.png": "Too many levels of symbolic links",
    "pipe.png": "the file is empty",
}


def test_a_folder_of_bad_files_is_finished(batch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("av", reason="needs the video extra")
    assert main(["extract", "batch", "-o", "f.csv", "--n-features", "5"]) == 1
    captured = capsys.readouterr()
    told = dict(line.split(": unreadable: ") for line in lines(captured.err))
    expected = {name: words for name, (_, words) in BAD_FILES.items()} | OTHERS
    assert told.keys() == {f"batch/{name}" for name in expected}
    for name, words in expected.items():
        assert words in told[f"batch/{name}"]
    assert captured.out == f"f.csv: 2 of {len(expected) + 2} images, 5 features each\n"
    rows = {row["path"]: row for row in rows_of(Path("f.csv"))}
    assert len(rows) == len(expected) + 2
    assert {rows[f"batch/{name}_good.png"]["status"] for name in "az"} == {"ok"}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_flipped_bits_give_a_picture_or_one_line(kind: str, tmp_path: Path) -> None:
    """Decoders forgive much; what they do not forgive is one error of ours."""
    from facespectra.errors import UnreadableImageError
    from facespectra.images import read_image

    whole = encoded(kind)
    file = tmp_path / "flipped"
    said: list[str] = []
    for place in range(0, len(whole), max(1, len(whole) // 150)):
        content = bytearray(whole)
        content[place] ^= 1 << (place % 8)
        file.write_bytes(content)
        try:
            read_image(file)
        except UnreadableImageError as error:
            said.append(str(error))
    assert said
    assert all(str(file) in one and len(one.splitlines()) == 1 for one in said)


def test_the_pixel_limit_can_be_changed(
    batch: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FACESPECTRA_MAX_PIXELS", str(NOISE.size - 1))
    assert main(["extract", "batch/a_good.png", "-o", "f.csv"]) == 2
    assert f"60x64 pixels exceed the limit of {NOISE.size - 1}" in capsys.readouterr().err
    # And up: then the decoder finds out that there are no pixels.
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
    monkeypatch.setenv("FACESPECTRA_MAX_PIXELS", "1000000000")
    assert main(["extract", "batch/large.png", "-o", "f.csv"]) == 2
    assert "exceed" not in capsys.readouterr().err


def test_a_source_that_gives_nothing_is_one_failure(batch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("bare").mkdir()
    sources = ["bare", "batch/a_good.png", "missing.png", "*.tif", "batch/z_good.png"]
    for command in ("extract", "score"):
        out = ["-o", "f.csv"] if command == "extract" else ["--format", "csv"]
        assert main([command, *sources, *out]) == 1
        captured = capsys.readouterr()
        assert len(lines(captured.err)) == 3
        for name in ("bare", "missing.png", "*.tif"):
            assert any(name in line for line in lines(captured.err))
        text = captured.out if command == "score" else Path("f.csv").read_text()
        assert "a_good.png" in text
        assert "z_good.png" in text


def test_a_file_that_vanishes_is_one_failure(
    batch: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from facespectra.cli import console

    def found_and_gone(*given: object) -> object:
        result = real(*given)  # type: ignore[arg-type]
        (batch / "a_good.png").unlink()
        return result

    real = console.found
    monkeypatch.setattr("facespectra.cli.extract.found", found_and_gone)
    assert main(["extract", "batch/a_good.png", "batch/z_good.png", "-o", "f.csv"]) == 1
    assert lines(capsys.readouterr().err) == ["batch/a_good.png: unreadable: there is no such file"]


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv, so that root may be refused")
def test_what_may_not_be_read_is_one_failure(batch: Path) -> None:
    for name in BAD_FILES | OTHERS:
        (batch / name).unlink()
    (batch / "secret.png").write_bytes(encoded("PNG"))
    (batch / "secret.png").chmod(0)
    (batch / "closed").mkdir(mode=0)
    done = command("extract", "batch", "-o", "f.csv", before=tuple(REFUSABLE))
    assert sorted(lines(done.stderr.decode())) == [
        "batch/closed: unreadable: it is a folder that cannot be listed",
        "batch/secret.png: unreadable: permission to read it is denied",
    ]
    assert done.returncode == 1
    assert [row["status"] for row in rows_of(Path("f.csv"))].count("ok") == 2


# --- names -------------------------------------------------------------------------------------------------

NAMES = [
    b"new\nline.png",
    b"quo\"te'.png",
    b"com,ma;.png",
    b"<b>&amp;.png",
    b" two  spaces.png",
    b"esc\x1b[31mred.png",
    b"not utf-8 \xff\xfe.png",
    "ünï 脸.png".encode(),
    b"--out.png",
]


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    root = os.fsencode(tmp_path / "set")
    for label in (b"real", b"fake"):
        os.makedirs(os.path.join(root, label))  # noqa: PTH103, PTH118 - pathlib knows no bytes
        for number, name in enumerate(NAMES):
            pixels = RNG.integers(0, 256, (40, 40 + number), dtype=np.uint8)
            if label == b"fake":
                pixels = np.repeat(pixels[:, ::2], 2, axis=1)
            Image.fromarray(pixels).save(Path(os.fsdecode(os.path.join(root, label, name))))  # noqa: PTH118
    (tmp_path / "set" / "fake" / "broken\nne\x1bw\udcff.png").write_bytes(b"no picture")
    return [os.fsdecode(name) for name in NAMES]


BROKEN = "set/fake/broken\\nne\\x1bw\\xff.png: unreadable: it is not an image in a known format"


def test_any_name_survives_every_output(named: list[str]) -> None:
    wanted = {f"set/real/{name}" for name in named}
    done = command("extract", "set", "-o", "f.npz", "--n-features", "4")
    assert done.returncode == 1
    assert lines(done.stderr.decode()) == [BROKEN]
    with np.load("f.npz") as arrays:
        assert wanted < set(arrays["path"].tolist())
    assert main(["extract", "set", "-o", "f.csv", "--n-features", "4"]) == 1
    assert wanted < {row["path"] for row in rows_of(Path("f.csv"))}
    pytest.importorskip("pyarrow", reason="needs the detect extra")
    assert main(["extract", "set", "-o", "f.parquet", "--n-features", "4"]) == 1
    assert "set/real/not utf-8 \\xff\\xfe.png" in set(pd.read_parquet("f.parquet")["path"])


def test_any_name_goes_through_training_and_evaluation(
    named: list[str], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["dataset", "set", "-o", "m.csv"]) == 1
    settings = ["--whole", "--n-features", "8", "--classifier", "logistic"]
    assert main(["train", "m.csv", "-o", "m.model", *settings]) == 1
    assert main(["evaluate", "m.csv", "-m", "m.model", "--out", "run", "--robustness", "0"]) == 1
    rows = rows_of(Path("run/scores.csv"))
    assert {row["path"] for row in rows if row["status"] == "ok"} == {
        str(Path("set", label, name).absolute()) for label in ("real", "fake") for name in named
    }
    assert json.loads(Path("run/metrics.json").read_text())["n_unreadable"] == 1
    assert main(["compare", "run", "run"]) == 0
    captured = capfdbinary.readouterr()
    # What a name tells a terminal to do does not reach it.
    assert b"\x1b" not in captured.out + captured.err
    for page in Path("run").glob("*.html"):
        assert "<b>&amp;.png" not in page.read_text(encoding="utf-8")


def test_any_name_is_scored_and_read_from_a_list(
    named: list[str], capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("facenet_pytorch", reason="needs the faces extra")
    names = [f"set/real/{name}" for name in named if "\n" not in name]
    listed = io.TextIOWrapper(io.BytesIO(os.fsencode("\n".join(names))), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", listed)
    assert main(["score", "-", "--format", "jsonl"]) == 0
    out = capfdbinary.readouterr().out
    assert [json.loads(line)["path"] for line in out.splitlines()] == names
    assert main(["score", *names, "--format", "csv"]) == 0
    text = capfdbinary.readouterr().out.decode("utf-8", "surrogateescape")
    assert [row["path"] for row in csv.DictReader(io.StringIO(text))] == names
    assert main(["score", *names]) == 0
    table = capfdbinary.readouterr().out.decode()
    assert len(table.splitlines()) == len(names)
    assert "\\x1b[31m" in table
    assert "\x1b" not in table


# --- manifests ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cannot be read as a manifest"),
        ("\n\n", "cannot be read as a manifest"),
        ("path,label\n", "no samples"),
        ("path\na.png\n", "no column 'label'"),
        ("file,kind\na.png,1\n", "no column 'path' and no column 'label'"),
        ("path,label\na.png,2\n", "unknown label '2'"),
        ("path,label\na.png,\n", "unknown label ''"),
        ("path,label\n,1\n", "row 1 has no path"),
        ("path,label,frame\na.mp4,1,-1\n", "'-1' is not a frame number"),
        ("path,label\na.png,real\na.png,fake\n", "a.png is labelled both real and fake"),
        ("path,label\na.png,1,2,3\nb.png,0\n", ""),
        ("path,label\n\0.png,1\n", ""),
        ('path,label\n"a.png,1\n', ""),
    ],
)
def test_manifests_that_are_none(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "m.csv"
    file.write_text(text)
    with pytest.raises(DatasetError) as caught:
        fs.read_dataset(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_bytes_that_are_no_manifest(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"m{suffix}"
    for content in (b"", b"PAR1", b"PAR1" + bytes(40) + b"PAR1", NOISE.tobytes(), encoded("PNG")):
        file.write_bytes(content)
        with pytest.raises(DatasetError, match=str(file)):
            fs.read_dataset(file)


def test_manifests_that_are_only_unusual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "m.csv"
    # Relative to the manifest, wherever one stands; a repeat with the same label; another column; a BOM.
    file.write_bytes(b"\xef\xbb\xbflabel,path,n\nREAL, a b.png,x\n1,/abs/b\xff.png,y\n1,/abs/b\xff.png,z\n")
    monkeypatch.chdir("/")
    found = fs.read_dataset(file)
    assert found["path"].tolist() == [str(tmp_path / " a b.png"), "/abs/b\udcff.png", "/abs/b\udcff.png"]
    assert found["label"].tolist() == [0, 1, 1]
    assert list(found.columns) == ["path", "label", "group", "split"]


def test_one_class_and_no_faces_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("facenet_pytorch", reason="needs the faces extra")
    for label in ("real", "fake"):
        (tmp_path / "set" / label).mkdir(parents=True)
        for number in range(3):
            Image.fromarray(NOISE).save(tmp_path / "set" / label / f"{number}.png")
    folder = str(tmp_path / "set")
    assert main(["train", folder, "-o", str(tmp_path / "m.model")]) == 2
    assert len(lines(capsys.readouterr().err)) >= 1
    # Nobody has a face: there is nothing to judge, and that is said.
    assert main(["evaluate", folder, "--out", str(tmp_path / "run")]) == 2
    (line,) = [line for line in lines(capsys.readouterr().err) if not line.startswith("warning")]
    assert "Traceback" not in line
    shutil.rmtree(tmp_path / "set" / "fake")
    assert main(["train", folder, "-o", str(tmp_path / "m.model")]) == 2
    assert main(["evaluate", folder, "--out", str(tmp_path / "run")]) == 2
    assert not (tmp_path / "m.model").exists()


# --- options and environment -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FACESPECTRA_BACKEND", "magic"),
        ("FACESPECTRA_THREADS", "0"),
        ("FACESPECTRA_THREADS", "-1"),
        ("FACESPECTRA_THREADS", "many"),
        ("FACESPECTRA_THREADS", "1e9"),
        ("FACESPECTRA_FFT", "libfftw3f.so.3"),
        ("FACESPECTRA_FFT", "./libfftw3f.so.3"),
        ("FACESPECTRA_FFT", "/nowhere/libfftw3f.so.3"),
        ("FACESPECTRA_FFT", "/etc/hostname"),
        ("FACESPECTRA_SIMD", "mmx"),
        ("FACESPECTRA_MAX_PIXELS", "0"),
        ("FACESPECTRA_MAX_PIXELS", "many"),
        ("FACESPECTRA_MAX_PIXELS", "٣"),
        ("FACESPECTRA_MAX_PIXELS", "9" * 5000),
    ],
)
def test_variables_that_mean_nothing(
    name: str,
    value: str,
    batch: Path,
    plain_environment: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if name in ("FACESPECTRA_FFT", "FACESPECTRA_SIMD") and fs.backends()["native"] != "ready":
        pytest.skip("only the native backend reads it")
    if name in ("FACESPECTRA_FFT", "FACESPECTRA_SIMD"):
        plain_environment.setenv("FACESPECTRA_BACKEND", "native")
    plain_environment.setenv(name, value)
    assert main(["extract", "batch/a_good.png", "-o", "f.csv"]) == 2
    (line,) = lines(capsys.readouterr().err)
    assert value[:50] in line or name in line
    assert not Path("f.csv").exists()


@pytest.mark.parametrize(
    "option",
    [
        "--n-features=0",
        "--n-features=1000001",
        "--margin=nan",
        "--margin=-1",
        "--threads=0",
        "--dtype=float16",
        "--convention=polar",
        "--frames=0",
        "--device=toaster",
    ],
)
def test_options_that_mean_nothing(option: str, batch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("facenet_pytorch", reason="needs the faces extra")
    assert main(["extract", "batch/a_good.png", "-o", "f.csv", "--faces", option]) == 2
    assert len(lines(capsys.readouterr().err)) == 1
    assert not Path("f.csv").exists()


# --- streams -----------------------------------------------------------------------------------------------


def test_a_full_disk_behind_stdout_is_one_line() -> None:
    given = [sys.executable, "-m", "facespectra", "--version"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(given, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr == b"facespectra: output: No space left on device\n"


def test_a_reader_who_has_had_enough_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    given = [sys.executable, "-m", "facespectra", "--version"]
    done = subprocess.run(given, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_errors_stay_catchable() -> None:
    with pytest.raises(FacespectraError):
        fs.read_dataset("/nowhere")
