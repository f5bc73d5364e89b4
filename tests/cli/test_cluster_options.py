"""``--ray`` and the options that go with it: what makes no sense is refused at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import one_line
from facespectra.cli import main


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["score", "a.jpg", "--sort"], "--sort is for work on a cluster: add --ray local"),
        (["extract", "a.jpg", "-o", "a.npz", "--resume"], "--resume is for work on a cluster"),
        (["score", "a.jpg", "--ray", "local"], "--ray writes a folder of Parquet files: add -o DIR"),
        (
            ["score", "a.jpg", "--ray", "local", "-o", "a.csv"],
            "a.csv: with --ray, -o is a folder",
        ),
        (["train", "a", "-o", "m", "--ray", "local", "--synthetic-fakes"], "--synthetic-fakes is for one"),
        (
            ["evaluate", "a", "-o", "out", "--ray", "local", "--scores", "s.csv"],
            "--scores is for one machine",
        ),
        (["evaluate", "a", "-o", "out", "--workers", "2"], "--workers is for work on a cluster"),
        (["score", "-", "--ray", "local", "-o", "out"], "- is for one"),
        (["score", "a", "--ray", "local", "-o", "out", "--per-folder"], "--per-folder is for one"),
        (["extract", "a", "--ray", "local", "-o", "out", "--cache", "c"], "--cache is for one"),
        (["score", "a", "--ray", "ray://127.0.0.1:9", "-o", "out"], "no Ray cluster answers there"),
        (
            ["score", "a", "--ray", "local", "-o", "out", "--faces", "some"],
            "--faces must be largest, all, whole",
        ),
    ],
)
def test_refused(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("ray", reason="needs the ray extra")
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert message in one_line(capsys.readouterr().err)
    assert not (tmp_path / "out").exists()
