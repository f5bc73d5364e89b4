"""Files from strangers are read and never run, and are refused before they cost anything."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from facespectra.errors import ModelError

PACKAGE = Path(fs.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_zip(path: Path, content: dict[str, bytes], *, how: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


PLAIN = PACKAGE / "models" / "default.model"
BY_SKOPS = Path(__file__).parent / "data" / "model_0.1.0.skops"


@pytest.fixture(params=[PLAIN, BY_SKOPS], ids=["plain", "skops"])
def shipped(request: pytest.FixtureRequest) -> dict[str, bytes]:
    pytest.importorskip("PIL", reason="needs the faces extra")
    if request.param is BY_SKOPS:
        pytest.importorskip("skops", reason="needs the detect extra")
    return members(request.param)


@pytest.fixture
def plain() -> dict[str, bytes]:
    pytest.importorskip("PIL", reason="needs the faces extra")
    return members(PLAIN)


@pytest.mark.filterwarnings("ignore:.*trained with scikit-learn")
def test_the_models_pass_when_packed_again(shipped: dict[str, bytes], tmp_path: Path) -> None:
    """Otherwise the refusals below would prove nothing."""
    assert np.isfinite(fs.load(write_zip(tmp_path / "m", shipped)).threshold_)


def test_a_model_that_unpacks_to_too_much_is_refused_packed(
    shipped: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("skops", reason="needs the detect extra")
    from facespectra.detector import model_file

    monkeypatch.setattr(model_file, "LARGEST", 4_000_000)
    bomb = write_zip(tmp_path / "m", {**shipped, "x.npy": bytes(5_000_000)}, how=zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 1_000_000
    monkeypatch.setattr(zipfile.ZipFile, "testzip", lambda _: pytest.fail("it was unpacked"))
    with pytest.raises(ModelError, match="unpacks to more"):
        fs.load(bomb)


def test_a_member_that_lies_about_its_size_is_damaged(shipped: dict[str, bytes], tmp_path: Path) -> None:
    bomb = write_zip(tmp_path / "m", {**shipped, "x.npy": bytes(5_000_000)}, how=zipfile.ZIP_DEFLATED)
    content = bomb.read_bytes()
    lie = content.replace((5_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lie != content
    bomb.write_bytes(lie)
    with pytest.raises(ModelError, match="damaged"):
        fs.load(bomb)


def test_a_model_that_never_ends_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("skops", reason="needs the detect extra")
    from facespectra.detector import model_file

    monkeypatch.setattr(model_file, "LARGEST", 1_000_000)
    with pytest.raises(ModelError, match="/dev/zero: too large to be a model"):
        fs.load("/dev/zero")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused(shipped: dict[str, bytes], tmp_path: Path) -> None:
    path = write_zip(tmp_path / "m", shipped)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("facespectra.json", b"{}")
    with pytest.raises(ModelError, match="duplicate archive members"):
        fs.load(path)


@pytest.mark.parametrize(
    "schema",
    [
        b"[" * 200_000,
        b"null",
        b"{}",
        b'{"__class__": "system", "__module__": "os", "content": ["true"]}',
        b'{"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode", "content": {"a": 7}}',
        b'{"__class__": ["dict"], "__module__": {}}',
    ],
)
def test_schemas_of_strangers(shipped: dict[str, bytes], schema: bytes, tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        fs.load(write_zip(tmp_path / "m", {**shipped, "schema.json": schema}))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["classifier"], None),
        (["classifier", "kind"], "os.system"),
        (["classifier", "kind"], ["TextureExperts"]),
        (["classifier", "settings", "least_width"], "64"),
        (["classifier", "settings", "least_width"], None),
        (["classifier", "numbers", "slope_"], True),
        (["classifier", "numbers", "slope_"], float("inf")),
        (["classifier", "numbers"], [1.0]),
        (["threshold"], None),
        (["threshold"], float("nan")),
        (["settings"], {"features": "spectrum"}),
        (["settings"], {"features": {}}),
        (["training"], []),
        (["training"], {"n_real": "many", "n_fake": 1}),
        (["class_features"], {"real": 1}),
        (["class_features"], 5),
        (["format"], 1),
        (["format"], 0),
        (["format"], "2"),
    ],
)
def test_headers_of_strangers(
    plain: dict[str, bytes], path: list[str], value: object, tmp_path: Path
) -> None:
    header = json.loads(plain["facespectra.json"])
    place = header
    for key in path[:-1]:
        place = place[key]
    assert path[-1] in place
    place[path[-1]] = value
    content = {**plain, "facespectra.json": json.dumps(header).encode()}
    with pytest.raises(ModelError) as caught:
        fs.load(write_zip(tmp_path / "m", content))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["coef_", "intercept_", "mean_", "hiding_coef_", "real_mean", "fake_sd"])
def test_arrays_of_strangers(plain: dict[str, bytes], name: str, tmp_path: Path) -> None:
    array = np.load(io.BytesIO(plain[f"{name}.npy"]))
    for other in (array[..., :-1], array.astype(np.float32), np.full_like(array, np.nan), array[None]):
        content = io.BytesIO()
        np.save(content, other)
        with pytest.raises(ModelError):
            fs.load(write_zip(tmp_path / "m", {**plain, f"{name}.npy": content.getvalue()}))
    rest = {key: value for key, value in plain.items() if key != f"{name}.npy"}
    # Without the last array, models know of nothing that a swap hides behind: older ones have none.
    if name == "hiding_coef_":
        assert fs.load(write_zip(tmp_path / "m", rest)).threshold_ == fs.load().threshold_
    else:
        with pytest.raises(ModelError):
            fs.load(write_zip(tmp_path / "m", rest))


def test_objects_in_arrays_are_refused(shipped: dict[str, bytes], tmp_path: Path) -> None:
    """An array of objects is a pickle."""

    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(tmp_path / "sprung"),)

    content = io.BytesIO()
    np.save(content, np.array([Trap()], dtype=object), allow_pickle=True)
    names = [name for name in shipped if name.endswith(".npy")]
    assert names
    for name in names[:5]:
        with pytest.raises(ModelError):
            fs.load(write_zip(tmp_path / "m", {**shipped, name: content.getvalue()}))
    assert not (tmp_path / "sprung").exists()


def test_an_array_that_says_it_is_huge_is_refused(shipped: dict[str, bytes], tmp_path: Path) -> None:
    name = next(name for name in shipped if name.endswith(".npy"))
    head = io.BytesIO()
    huge = {"descr": "<f8", "fortran_order": False, "shape": (2**45,)}
    np.lib.format.write_array_header_1_0(head, huge)
    with pytest.raises(ModelError):
        fs.load(write_zip(tmp_path / "m", {**shipped, name: head.getvalue() + bytes(64)}))


# --- the FFT library ---------------------------------------------------------------------------------------


def test_no_library_comes_from_the_working_directory(tmp_path: Path) -> None:
    """Whatever FACESPECTRA_FFT names, PATH and the like say."""
    from facespectra.spectrum import providers

    for name in ("libfftw3f.so.3", "libfftw3.so.3", "libmkl_rt.so.2", "fftw", "mkl"):
        (tmp_path / name).write_bytes(b"not to be opened")
    code = (
        "import sys; from facespectra.spectrum import providers as p\n"
        "try:\n    found = p.chosen()\nexcept Exception as e:\n    print(type(e).__name__)\n"
        "else:\n    print(found.single_file, found.double_file)\n"
    )
    for given in ("", "fftw", "./libfftw3f.so.3", "libfftw3f.so.3", f"../{tmp_path.name}/libfftw3f.so.3"):
        environment = os.environ | {
            providers.VARIABLE: given,
            "LD_LIBRARY_PATH": ".",
            "PYTHONPATH": os.pathsep.join([str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")]),
        }
        done = subprocess.run(
            [sys.executable, "-P", "-c", code],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert str(tmp_path) not in done.stdout
        assert (
            "BackendError" in done.stdout
            if "/" in given or ".so" in given
            else "BackendError" not in done.stdout
        )


# --- what the code never does ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"\bpickle\.loads?\(|\bjoblib\.load\(|cPickle|dill", "a pickle runs what it likes"),
        (r"allow_pickle\s*=\s*True", "an array of objects is a pickle"),
        (r"weights_only\s*=\s*False", "and so are weights"),
        (r"yaml\.load\(|\beval\(|\bexec\(", "data is no code"),
        (r"shell\s*=\s*True|os\.system\(|os\.popen\(", "no shell sees a name"),
        (r"extractall\(|unpack_archive\(", "archives are not unpacked"),
        (r"\|\s*safe\b|autoescape\s*=\s*False", "pages escape what they show"),
    ],
)
def test_what_is_never_written(pattern: str, why: str) -> None:
    found = [
        f"{file.relative_to(PACKAGE)}: {line.strip()}"
        for file in [*SOURCES, *PACKAGE.rglob("*.j2")]
        for line in file.read_text(encoding="utf-8").splitlines()
        # torch has a method of that name, which evaluates nothing.
        if re.search(pattern, line) and ".eval()" not in line and not line.lstrip().startswith("#")
    ]
    assert found == [], why


def test_torch_loads_weights_only() -> None:
    calls = [
        line
        for file in SOURCES
        for line in file.read_text(encoding="utf-8").splitlines()
        if "torch.load(" in line
    ]
    assert calls
    assert all("weights_only=True" in line for line in calls)


def test_pages_escape_what_strangers_wrote(tmp_path: Path) -> None:
    pytest.importorskip("jinja2", reason="needs the detect extra")
    from facespectra.report.html import write_page

    evil = "</code><script>alert(1)</script>\udcff"
    context = {
        "reference_study": "",
        "version": "0",
        "title": evil,
        "rendered": False,
        "verdict": evil,
        "cards": [{"heading": evil, "auc": None, "detail": evil}],
        "heading": evil,
        "identity": evil,
        "faces": [],
        "story": [],
        "compared_with": evil,
        "groups": [],
        "not_run": [evil],
        "tasks": [],
        "counts": [],
        "unreadable": [(evil, evil)],
        "notes": [evil],
        "made": [(evil, evil)],
    }
    page = write_page(tmp_path / "p.html", "lab.html.j2", context).read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)") >= 8
    assert "\\xff" in page


def test_json_of_runs_is_data(tmp_path: Path) -> None:
    """Names with quotes and line ends stay inside their strings."""
    from facespectra._files import write_atomically

    name = 'a"\n\udcff</script>'
    path = write_atomically(tmp_path / "m.json", json.dumps({"path": name}))
    assert json.loads(path.read_text()) == {"path": name}
