"""Bad input wherever it can enter: one line that names it, the right status, and the batch is finished."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from pathlib import Path

import pytest

import facespectra as fs
from commands import error_lines, read_rows, run_command
from facespectra.cli import main
from noise import NOISE, encoded

pytest.importorskip("pandas", reason="needs the detect extra")
pytest.importorskip("sklearn", reason="needs the detect extra")
Image = pytest.importorskip("PIL.Image", reason="needs the faces extra")


# Root may read everything, unless it gives that up.
REFUSABLE = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


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
    pytest.importorskip("av", reason="needs the detect extra")
    assert main(["extract", "batch", "-o", "f.csv", "--n-features", "5"]) == 1
    captured = capsys.readouterr()
    told = dict(line.split(": unreadable: ") for line in error_lines(captured.err))
    expected = {name: words for name, (_, words) in BAD_FILES.items()} | OTHERS
    assert told.keys() == {f"batch/{name}" for name in expected}
    for name, words in expected.items():
        assert words in told[f"batch/{name}"]
    assert captured.out == f"f.csv: 2 of {len(expected) + 2} images, 5 features each\n"
    rows = {row["path"]: row for row in read_rows(Path("f.csv"))}
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
        for name in ("bare", "missing.png", "*.tif"):
            assert len([line for line in error_lines(captured.err) if name in line]) == 1
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

    real = console.find_sources
    monkeypatch.setattr("facespectra.cli.extract.find_sources", found_and_gone)
    assert main(["extract", "batch/a_good.png", "batch/z_good.png", "-o", "f.csv"]) == 1
    assert error_lines(capsys.readouterr().err) == ["batch/a_good.png: unreadable: there is no such file"]


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv, so that root may be refused")
def test_what_may_not_be_read_is_one_failure(batch: Path) -> None:
    for name in BAD_FILES | OTHERS:
        (batch / name).unlink()
    (batch / "secret.png").write_bytes(encoded("PNG"))
    (batch / "secret.png").chmod(0)
    (batch / "closed").mkdir(mode=0)
    done = run_command("extract", "batch", "-o", "f.csv", before=tuple(REFUSABLE))
    assert sorted(error_lines(done.stderr.decode())) == [
        "batch/closed: unreadable: it is a folder that cannot be listed",
        "batch/secret.png: unreadable: permission to read it is denied",
    ]
    assert done.returncode == 1
    assert [row["status"] for row in read_rows(Path("f.csv"))].count("ok") == 2


def test_one_class_and_no_faces_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("lz4", reason="needs the faces extra")
    for label in ("real", "fake"):
        (tmp_path / "set" / label).mkdir(parents=True)
        for number in range(3):
            Image.fromarray(NOISE).save(tmp_path / "set" / label / f"{number}.png")
    folder = str(tmp_path / "set")
    assert main(["train", folder, "-o", str(tmp_path / "m.model")]) == 2
    assert len(error_lines(capsys.readouterr().err)) >= 1
    # Nobody has a face: there is nothing to judge, and that is said.
    assert main(["evaluate", folder, "--out", str(tmp_path / "run")]) == 2
    (line,) = [line for line in error_lines(capsys.readouterr().err) if not line.startswith("warning")]
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
    (line,) = error_lines(capsys.readouterr().err)
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
    pytest.importorskip("lz4", reason="needs the faces extra")
    assert main(["extract", "batch/a_good.png", "-o", "f.csv", "--faces", option]) == 2
    assert len(error_lines(capsys.readouterr().err)) == 1
    assert not Path("f.csv").exists()
