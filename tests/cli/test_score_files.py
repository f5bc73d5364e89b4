"""``facespectra score -o FILE``: written as it goes, gone on with, and nothing lost."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from facespectra.cli import main
from facespectra.detector import streaming
from facespectra.rendered.database import render_face

for _package in ("sklearn", "skops", "lz4", "onnxruntime"):
    pytest.importorskip(_package, reason="needs the detect extra")
Image = pytest.importorskip("PIL.Image", reason="needs the detect extra")

N = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("faces")
    for seed in range(N):
        render_face(np.random.default_rng(seed), 160).save(folder / f"{seed}.png")
    (folder / "broken.jpg").write_bytes(b"nothing")
    return folder


def rows(path: Path) -> list[dict[str, object]]:
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return list(csv.DictReader(file))
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl"])
def test_what_is_there_is_left_out_and_the_rest_is_the_same(
    folder: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, out = tmp_path / f"whole-{name}", tmp_path / name
    assert main(["score", str(folder), "-m", "regions", "-o", str(whole)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "checked for face swaps" in said.err
    assert "1 unreadable" in said.err
    content = whole.read_bytes()
    # Any number of bytes can have been written when a run is stopped.
    lines = content.splitlines(keepends=True)
    for cut in (0, 3, len(lines[0]), len(b"".join(lines[:5])) + 7, len(content) - 1, len(content)):
        out.write_bytes(content[:cut])
        assert main(["score", str(folder), "-m", "regions", "-o", str(out), "--resume"]) in (0, 1)
        assert out.read_bytes() == content
    assert len(rows(out)) == N + 1


def test_a_killed_run_loses_nothing(folder: Path, tmp_path: Path) -> None:
    whole, out = tmp_path / "whole.csv", tmp_path / "out.csv"
    assert main(["score", str(folder), "-m", "regions", "-o", str(whole)]) == 1
    command = [sys.executable, "-c", KILLED, str(folder), str(out)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if out.exists() and len(out.read_bytes().splitlines()) > 3:
            break
        time.sleep(0.01)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert 0 < len(rows(out)) < N
    assert main(["score", str(folder), "-m", "regions", "-o", str(out), "--resume"]) in (0, 1)
    assert out.read_bytes() == whole.read_bytes()


KILLED = """
import sys, time
from facespectra.detector import streaming
from facespectra.cli import main, score
streaming.ROWS = 1
original = streaming._outcome
def slow(*arguments):
    time.sleep(0.2)
    return original(*arguments)
streaming._outcome = slow
main(["score", sys.argv[1], "-m", "regions", "-o", sys.argv[2]])
"""


def test_an_interrupt_says_how_to_go_on(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, given = tmp_path / "out.csv", []

    def interrupted(*arguments: object) -> object:
        if len(given) == 3:
            raise KeyboardInterrupt
        given.append(arguments)
        return outcome(*arguments)

    outcome = streaming._outcome
    monkeypatch.setattr(streaming, "_outcome", interrupted)
    assert main(["score", str(folder), "-m", "regions", "-o", str(out)]) == 130
    said = capsys.readouterr().err
    assert f"stopped after 3 of {N + 1} inputs; add --resume to go on" in said
    assert len(rows(out)) == 3


def test_a_file_of_something_else_is_refused_and_kept(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture, out = str(folder / "1.png"), tmp_path / "out.csv"
    assert main(["score", picture, "-o", str(out)]) == 0
    before = out.read_bytes()
    capsys.readouterr()
    assert main(["score", picture, "-m", "regions", "-o", str(out), "--resume"]) == 2
    assert "scores of another model than regions" in capsys.readouterr().err
    assert out.read_bytes() == before
    for content in ("a,b\n1,2\n", "path\n", '{"path": 1}\n'):
        for name in ("other.csv", "other.jsonl"):
            other = tmp_path / name
            other.write_text(content)
            assert main(["score", picture, "-o", str(other), "--resume"]) == 2
            (line,) = capsys.readouterr().err.splitlines()
            assert "it is not a " in line
            assert other.read_text() == content


def test_outputs_are_checked_before_the_work(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(streaming, "_outcome", None)
    picture = str(folder / "1.png")
    (tmp_path / "file").write_text("")
    for arguments, words in (
        (["-o", str(tmp_path / "out.xlsx")], "end its name in .csv"),
        (["-o", str(tmp_path / "out.txt"), "--resume"], "--resume goes on in a file"),
        (["--resume"], "--resume goes on in a file"),
        (["-o", str(tmp_path / "file" / "out.csv")], "file"),
        (["--faces", "smallest"], "--faces must be"),
    ):
        assert main(["score", picture, *arguments]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert words in line


def test_a_table_goes_into_a_file_too(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out.txt"
    assert main(["score", str(folder / "1.png"), "-o", str(out)]) == 0
    assert str(folder / "1.png") in out.read_text()


def test_inputs_named_twice_are_scored_twice(folder: Path, tmp_path: Path) -> None:
    out, picture = tmp_path / "out.jsonl", str(folder / "1.png")
    command = ["score", picture, picture, "-m", "regions", "-o", str(out), "--resume"]
    assert main(command) == 0
    assert len(rows(out)) == 2
    assert main(command) == 0
    assert len(rows(out)) == 2
    assert main([*command[:2], *command[1:]]) == 0
    assert len(rows(out)) == 3


def test_faces_that_were_cut_out_are_proposed_where_most_have_no_face(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(3):
        Image.new("RGB", (60, 60), (number, 40, 90)).save(tmp_path / f"{number}.png")
    assert main(["score", str(tmp_path / "*.png"), str(folder / "1.png")]) == 0
    assert "no face was found in 3 of 4 inputs" in (said := capsys.readouterr().err)
    assert "--faces whole" in said
    assert main(["score", str(tmp_path / "*.png"), "--faces", "whole", "--format", "csv"]) == 0
    said = capsys.readouterr()
    assert "--faces whole" not in said.err
    assert "no-face" not in said.out


def test_raw_names_stand_in_json_and_under_v(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = str(folder / "1.png")
    assert main(["score", picture, "--format", "jsonl"]) == 0
    one = json.loads(capsys.readouterr().out)
    assert one["checked_for"]
    assert one["not_checked_for"]
    assert one["model"] == "default"
    assert len(one["model_sha256"]) == 64
    for arguments, shown in (([], False), (["-v"], True)):
        assert main(["score", picture, *arguments]) == 0
        assert ("; by " in capsys.readouterr().out) is (shown and bool(one["feature"]))
