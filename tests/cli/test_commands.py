"""The command line as a whole: versions, help, wrong usage, and the status that it leaves with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import facespectra as fs
from commands import one_line, save_texture
from facespectra.cli import COMMANDS, main

for _package in ("sklearn", "skops", "lz4", "matplotlib"):
    pytest.importorskip(_package, reason="needs the detect extra")
pytest.importorskip("pandas", reason="needs the detect extra")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"facespectra {fs.__version__}\n"


def test_runs_as_a_module_and_stays_light() -> None:
    code = (
        "import sys; from facespectra.cli import main; status = main(['--help']); "
        "heavy = {'torch', 'sklearn', 'pandas', 'PIL', 'matplotlib', 'numba', 'scipy'} & set(sys.modules); "
        "sys.exit(f'{status} {heavy}' if status or heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert all(command in done.stdout for command in COMMANDS)
    done = subprocess.run([sys.executable, "-m", "facespectra", "--version"], capture_output=True, text=True)
    assert done.stdout.startswith("facespectra ")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


def test_without_a_command_help_is_shown_and_nothing_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "Usage" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["frobnicate"], "there is no command"),
        (["train"], "Missing argument"),
        (["extract", "a.jpg", "-o", "f.npz", "--n-features", "none"], "--n-features"),
        (["extract", "missing.jpg", "-o", "f.npz"], "missing.jpg"),
        (["extract", "missing.jpg", "-o", "f.xlsx"], ".npz, .parquet, .csv"),
        (["extract", "missing.jpg", "-o", "f.npz", "--convention", "polar"], "polar"),
        (["train", "missing", "-o", "m"], "no such file or folder"),
        (["train", "missing", "-o", "m", "--classifier", "forest"], "unknown classifier 'forest'"),
        (["train", "missing", "-o", "m", "--features", "fourier"], "unknown features 'fourier'"),
        (["evaluate", "missing", "-m", "missing.model", "--out", "d"], "cannot read the model"),
    ],
    ids=lambda value: "-".join(value[:1]) if isinstance(value, list) else "",
)
def test_wrong_usage_is_one_line_and_status_2(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert message in one_line(captured.err)
    assert captured.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("position", [0, 1, 4])
def test_debug_gives_the_traceback_wherever_it_stands(
    position: int, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["train", "missing", "-o", "m"]
    arguments.insert(position, "--debug")
    assert main(arguments) == 2
    assert "Traceback" in capsys.readouterr().err


def test_an_output_that_cannot_be_written_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = save_texture(tmp_path / "a.png", fake=False, seed=0)
    (tmp_path / "file").write_text("in the way")
    assert main(["extract", str(source), "-o", str(tmp_path / "file" / "f.npz")]) == 2
    assert str(tmp_path / "file") in one_line(capsys.readouterr().err)


def test_ctrl_c_is_one_line_and_status_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("facespectra.environment.describe", interrupted)
    assert main(["info"]) == 130
    assert capsys.readouterr().err == "facespectra: interrupted\n"


def test_who_runs_a_command_keeps_the_collector_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    import gc

    from facespectra import cli

    seen = []
    monkeypatch.setattr(cli, "_run", lambda given: seen.append(gc.get_threshold()) or 0)
    before = gc.get_threshold()
    assert main(["info"]) == 0
    assert gc.get_threshold() == before
    assert seen == [(*before[:2], cli.OLDEST)]
