"""Outputs of every command are checked before its work: one line at once, and nothing is read or written."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from commands import error_lines, one_line, run_command
from facespectra.cli import COMMANDS, main
from noise import encoded

for _package in ("pandas", "sklearn", "PIL", "matplotlib"):
    pytest.importorskip(_package, reason="needs the detect extra")

# What each command is given beside its output, and the ending of that; no ending: a folder.
WRITERS: dict[str, tuple[list[str], str, str]] = {
    "extract": (["a.png"], "-o", ".csv"),
    "crop": (["a.png"], "-o", ""),
    "dataset": (["set"], "-o", ".csv"),
    "train": (["set"], "-o", ".model"),
    "evaluate": (["set"], "--out", ""),
    "score": (["a.png"], "-o", ".csv"),
    "explain": (["a.png"], "-o", ".svg"),
    "synth": (["a.png"], "-o", ""),
    "lab": (["--task1", "set", "--task23", "set"], "--out", ""),
    "demo": ([], "--out", ""),
    "bench": (["8"], "--plot", ".svg"),
    "compare": (["set", "set"], "--plot", ".svg"),
}
ONLY_PRINT = {"info", "serve"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a picture and a data set, in which nothing may be read."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.png", "set/real/a.png", "set/fake/b.png"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(encoded("PNG"))
    Path("file").write_text("in the way")
    Path("folder.csv").mkdir()
    return tmp_path


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any work is a failure of the test."""

    def work(*_: object, **__: object) -> None:
        raise AssertionError("work was done before the output was checked")

    # Not names that other modules import: they would keep these.
    for name in (
        "facespectra.images._read",
        "facespectra._kinds.head_of",
        "facespectra._listing._matches",
        "facespectra.detector.loading.load_bytes",
        "facespectra.rendered.database._expose",
        "facespectra.bench.run.contenders",
    ):
        monkeypatch.setattr(name, work)


def command(name: str, out: str) -> list[str]:
    given, option, _ = WRITERS[name]
    return [name, *given, option, out]


def contents(folder: Path) -> set[str]:
    return {path.as_posix() for path in folder.rglob("*")}


def test_every_command_is_looked_at() -> None:
    assert set(COMMANDS) == set(WRITERS) | ONLY_PRINT


@pytest.mark.parametrize("name", WRITERS)
def test_an_output_that_cannot_be_is_one_line_at_once(
    name: str, here: Path, idle: None, capsys: pytest.CaptureFixture[str]
) -> None:
    suffix = WRITERS[name][2]
    before = contents(here)
    if suffix:
        Path(f"folder{suffix}").mkdir(exist_ok=True)
        wrong = {f"folder{suffix}": "it is a folder: name", f"file/out{suffix}": "file is a file, not a"}
    else:
        wrong = {"file": "it is a file: name a folder", "file/out": "file is a file, not a folder"}
    wrong[f"{'x' * 300}{suffix}"] = "File name too long"
    before = contents(here)
    for out, words in wrong.items():
        assert main(command(name, out)) == 2
        line = one_line(capsys.readouterr().err)
        assert words in line
        assert out in line
    assert main(command(name, "")) == 2
    assert len(error_lines(capsys.readouterr().err)) == 1
    assert contents(here) == before


@pytest.mark.parametrize("name", [name for name, (_, _, suffix) in WRITERS.items() if suffix])
def test_an_ending_that_nothing_writes_is_one_line_at_once(
    name: str, here: Path, idle: None, capsys: pytest.CaptureFixture[str]
) -> None:
    if name == "train":
        pytest.skip("a model may have any ending")
    assert main(command(name, "out.xyz")) == 2
    line = one_line(capsys.readouterr().err)
    assert "out.xyz" in line
    assert WRITERS[name][2] in line


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv, so that root may be refused")
@pytest.mark.parametrize("name", WRITERS)
def test_where_nothing_may_be_written_is_one_line_at_once(name: str, here: Path) -> None:
    refusable = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    Path("closed").mkdir(mode=0o555)
    suffix = WRITERS[name][2]
    for out in (f"closed/out{suffix}", f"closed/deep/out{suffix}"):
        done = run_command(*command(name, out), before=tuple(refusable))
        line = one_line(done.stderr.decode())
        assert f"{out}: Permission denied" in line
        assert (done.returncode, done.stdout) == (2, b"")
    assert list(Path("closed").iterdir()) == []


def test_missing_folders_are_made(here: Path) -> None:
    assert main(["extract", "a.png", "-o", "new/deep/f.csv", "--n-features", "5"]) == 0
    assert Path("new/deep/f.csv").is_file()


def test_no_picture_is_overwritten_by_what_is_made_of_it(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = Path("a.png").read_bytes()
    for given in (["explain", "a.png", "-o", "./a.png"], ["crop", "a.png", "-o", "."]):
        assert main(given) == 2
        assert "a.png" in one_line(capsys.readouterr().err)
        assert Path("a.png").read_bytes() == before


def test_one_thing_is_not_called_several(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["extract", "a.png", "-o", "f.csv", "--n-features", "1"]) == 0
    assert capsys.readouterr().out == "f.csv: 1 of 1 image, 1 feature each\n"
    assert main(["crop", "a.png", "-o", "crops"]) == 0
    assert capsys.readouterr().out == "crops: 0 faces from 1 image, 1 without a face\n"
    Path("a.png").write_bytes(b"nothing")
    for command in (["extract", "a.png", "-o", "g.csv"], ["crop", "a.png", "-o", "more"], ["score", "a.png"]):
        assert main(command) == 2
        assert "none of 1 input could be read" in capsys.readouterr().err
