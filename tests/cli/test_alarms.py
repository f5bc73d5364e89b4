"""``facespectra evaluate --alarms``: what it prints, its exit status, and what bad sources do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import facespectra as fs
from commands import error_lines, one_line, read_csv, save_texture
from facespectra.cli import main
from facespectra.models.card import card_file
from pages import Page

for _package in ("sklearn", "skops", "lz4", "matplotlib", "jinja2", "pandas"):
    pytest.importorskip(_package, reason="needs the detect extra")


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data") / "Task_1"
    for split in ("development", "evaluation"):
        for i in range(8):
            save_texture(root / split / "real" / f"{i}.png", fake=False, seed=i)
            save_texture(root / split / "fake" / f"{i}.png", fake=True, seed=100 + i)
    return root


@pytest.fixture(scope="module")
def model(task: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "noise.model"
    assert main(["train", str(task), "-o", str(path), "--whole", "--n-features", "20"]) == 0
    return path


@pytest.fixture
def sharp(tmp_path: Path) -> Path:
    """Real pictures like those of the training."""
    for i in range(10):
        save_texture(tmp_path / "sharp" / f"{i}.png", fake=False, seed=200 + i)
    return tmp_path / "sharp"


@pytest.fixture
def soft(tmp_path: Path) -> Path:
    """Real pictures of a source that looks like the fakes of the training."""
    for i in range(10):
        save_texture(tmp_path / "soft" / f"{i}.png", fake=True, seed=300 + i)
    return tmp_path / "soft"


def arguments(task: Path, model: Path, out: Path, *sources: Path | str) -> list[str]:
    named = [word for source in sources for word in ("--alarms", str(source))]
    return ["evaluate", str(task), "-m", str(model), "--out", str(out), "--robustness", "0", *named]


def test_false_alarms_are_printed_written_and_warned_of(
    task: Path, model: Path, sharp: Path, soft: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert main(arguments(task, model, out, sharp, soft)) == 0
    captured = capsys.readouterr()
    warned = (
        f"warning: noise.model calls 100 % of the real faces in {soft} fake: it may know the source of its "
        f"training pictures and not the fakes ({card_file()})"
    )
    assert error_lines(captured.err) == [warned]
    rows = [line for line in captured.out.splitlines() if line.startswith("false alarms")]
    assert [" ".join(row.split()) for row in rows] == [
        f"false alarms 0.0 %, 95 % interval 0.0 to 27.8 % ({sharp}: 10 with a face, 0 without, 0 unreadable)",
        f"false alarms 100.0 %, 95 % interval 72.2 to 100.0 % "
        f"({soft}: 10 with a face, 0 without, 0 unreadable)",
    ]
    first, second = json.loads((out / "metrics.json").read_text())["alarms"]
    assert list(first)[:6] == ["source", "n", "n_no_face", "n_unreadable", "rate", "ci95"]
    assert (first["promised"], first["n_called_fake"], first["n_cannot_tell"]) == (0.05, 0, 0)
    assert (first["source"], first["n"], first["rate"]) == (str(sharp), 10, 0)
    assert (second["source"], second["n"], second["rate"]) == (str(soft), 10, 1)
    assert second["ci95"] == pytest.approx([0.7225, 1], abs=1e-4)
    detector = fs.load(model)
    assert (detector.score(sorted(sharp.iterdir())) < detector.threshold_).all()
    assert (detector.score(sorted(soft.iterdir())) >= detector.threshold_).all()
    page = Page((out / "report.html").read_text())
    assert warned.removeprefix("warning: ") in page.text.partition("Errors at every threshold")[0]
    assert "100.0 %, 95 % interval 72.2 to 100.0 %" in page.text.partition("Real faces of other sources")[2]


def test_without_alarms_nothing_is_said_of_them(
    task: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(task, model, tmp_path / "run")) == 0
    assert "false alarms" not in capsys.readouterr().out
    assert "alarms" not in json.loads((tmp_path / "run/metrics.json").read_text())


def test_unreadable_files_are_named_and_counted(
    task: Path, model: Path, sharp: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (sharp / "bad.png").write_bytes(b"nothing")
    out = tmp_path / "run"
    assert main(arguments(task, model, out, sharp)) == 1
    captured = capsys.readouterr()
    complaint = f"facespectra: {sharp / 'bad.png'}: unreadable: it is not an image in a known format"
    assert one_line(captured.err) == complaint
    assert "10 with a face, 0 without, 1 unreadable" in captured.out
    metrics = json.loads((out / "metrics.json").read_text())
    assert (metrics["alarms"][0]["n"], metrics["alarms"][0]["n_unreadable"]) == (10, 1)
    # The counts of the data set are its own.
    assert (metrics["n"], metrics["n_unreadable"]) == (16, 0)
    assert len(read_csv(out / "scores.csv")) == 17
    assert (out / "report.html").exists()


def test_a_source_without_any_score_has_no_rate(
    task: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "0.png").write_bytes(b"nothing")
    out = tmp_path / "run"
    assert main(arguments(task, model, out, bad)) == 1
    captured = capsys.readouterr()
    assert error_lines(captured.err)[-1] == (
        f"warning: there is no face with a score in {bad}: no false-alarm rate for it"
    )
    assert f"no rate ({bad}: 0 with a face, 0 without, 1 unreadable)" in captured.out
    (measured,) = json.loads((out / "metrics.json").read_text())["alarms"]
    assert (measured["n"], measured["rate"], measured["ci95"]) == (0, None, None)
    assert "no rate" in Page((out / "report.html").read_text()).text


@pytest.mark.parametrize(
    ("name", "reason"),
    [("nowhere", "there is no file or folder"), ("empty", "no image or video in the folder")],
)
def test_a_bad_source_is_one_line_before_anything_is_read(
    name: str,
    reason: str,
    task: Path,
    model: Path,
    sharp: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "empty").mkdir()
    out = tmp_path / "run"
    assert main(arguments(task, model, out, sharp, tmp_path / name)) == 2
    assert one_line(capsys.readouterr().err) == (
        f"facespectra: {reason} {tmp_path / name}; alarms takes folders, globs or files of real faces"
    )
    assert not out.exists()
