"""``facespectra train`` and ``evaluate``: their files, their messages, and what is left out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from commands import one_line, read_csv, save_texture
from facespectra.cli import main

for _package in ("sklearn", "skops", "lz4", "matplotlib"):
    pytest.importorskip(_package, reason="needs the detect extra")
pytest.importorskip("pandas", reason="needs the detect extra")


METRICS = [
    "n",
    "n_real",
    "n_fake",
    "n_no_face",
    "n_unreadable",
    "auc",
    "auc_ci95",
    "auc_flipped",
    "eer",
    "average_precision",
    "accuracy",
    "tpr_at_fpr",
]
SCORES = ["path", "label", "group", "score", "status"]


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A task folder of whole images: nothing in these tests needs a face unless it says so."""
    root = tmp_path_factory.mktemp("data") / "Task_1"
    for split in ("development", "evaluation"):
        for i in range(8):
            save_texture(root / split / "real" / f"{i}.png", fake=False, seed=i)
            save_texture(root / split / "fake" / f"{i}.png", fake=True, seed=100 + i)
    return root


@pytest.fixture(scope="module")
def model(task: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "task1.model"
    assert main(["train", str(task), "-o", str(path), "--whole", "--n-features", "20"]) == 0
    return path


@pytest.mark.slow
def test_train_and_evaluate_write_the_files_of_the_contract(
    task: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert main(["evaluate", str(task), "-m", str(model), "--out", str(out)]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    metrics = json.loads((out / "metrics.json").read_text())
    assert [key for key in metrics if key in METRICS] == METRICS
    assert "group_auc" not in metrics
    assert (metrics["n"], metrics["n_real"], metrics["n_fake"]) == (16, 8, 8)
    assert list(metrics["tpr_at_fpr"]) == ["0.01", "0.1"]
    header, *rows = read_csv(out / "scores.csv")
    assert header == SCORES
    assert all("/evaluation/" in row[0] for row in rows)
    scores = fs.load(model).score([row[0] for row in rows])
    np.testing.assert_array_equal([float(row[3]) for row in rows], scores)
    result = fs.evaluate([int(row[1]) for row in rows], scores)
    assert metrics["auc"] == result.auc
    assert f"{result.auc:.3f}" in captured.out
    header, *points = read_csv(out / "roc.csv")
    assert header == ["fpr", "tpr", "threshold"]
    np.testing.assert_array_equal(np.float64(points)[:, 0], result.fpr)
    assert (out / "roc.svg").read_bytes().startswith(b"<?xml")
    assert not [path.name for path in out.iterdir() if path.name.startswith(".")]


@pytest.mark.slow
def test_evaluating_twice_gives_the_same_bytes(task: Path, model: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert main(["evaluate", str(task), "-m", str(model), "--out", str(tmp_path / name)]) == 0
    for file in ("metrics.json", "scores.csv", "roc.csv", "roc.svg"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_split_overrides_the_choice(
    task: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert main(["evaluate", str(task), "-m", str(model), "--out", str(out), "--split", "development"]) == 0
    assert all("/development/" in row[0] for row in read_csv(out / "scores.csv")[1:])
    capsys.readouterr()
    assert main(["evaluate", str(task), "-m", str(model), "--out", str(out), "--split", "dev"]) == 2
    assert "'development', 'evaluation'" in one_line(capsys.readouterr().err)


def test_an_unreadable_sample_is_named_counted_and_left_out(
    task: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = fs.read_dataset(task)
    manifest["group"] = [f"{split} {i % 6}" for i, split in enumerate(manifest["split"])]
    manifest.loc[len(manifest)] = [str(tmp_path / "gone.png"), 1, "gone 1", "evaluation"]
    manifest.loc[len(manifest)] = [str(tmp_path / "gone.png"), 1, "gone 2", "development"]
    manifest.to_csv(tmp_path / "manifest.csv", index=False)
    trained = tmp_path / "m.model"
    assert main(["train", str(tmp_path), "-o", str(trained), "--whole"]) == 1
    assert "gone.png" in one_line(capsys.readouterr().err)
    assert main(["evaluate", str(tmp_path), "-m", str(trained), "--out", str(tmp_path / "run")]) == 1
    assert "gone.png" in one_line(capsys.readouterr().err)
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert (metrics["n"], metrics["n_no_face"], metrics["n_unreadable"]) == (16, 0, 1)
    assert 0 <= metrics["group_auc"] <= 1
    last = read_csv(tmp_path / "run" / "scores.csv")[-1]
    assert last[3:] == ["", "unreadable: there is no such file"]


def test_polarity_is_warned_of(
    task: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = fs.read_dataset(task)
    manifest["label"] = 1 - manifest["label"]
    manifest.to_csv(tmp_path / "manifest.csv", index=False)
    run = ["evaluate", str(tmp_path), "-m", str(model), "--out", str(tmp_path / "run")]
    # The folders say the opposite: it has to be said that the labels are meant.
    assert main(run) == 2
    assert "--positive 1 to keep the labels" in one_line(capsys.readouterr().err)
    assert main([*run, "--positive", "1"]) == 0
    assert "polarity" in one_line(capsys.readouterr().err)
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["auc"] < 0.5 < metrics["auc_flipped"]
    assert "polarity" in metrics["warnings"][0]


def test_one_class_alone_cannot_be_evaluated(
    task: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = fs.read_dataset(task)
    manifest[manifest["label"] == 0].to_csv(tmp_path / "manifest.csv", index=False)
    assert main(["evaluate", str(tmp_path), "-m", str(model), "--out", str(tmp_path / "run")]) == 2
    assert "both classes" in one_line(capsys.readouterr().err)
    assert not (tmp_path / "run").exists()


def test_without_matplotlib_the_figures_are_still_written(
    task: Path,
    model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from facespectra import _extras

    monkeypatch.setattr(_extras, "find_spec", lambda name: None if name == "matplotlib" else object())
    assert main(["evaluate", str(task), "-m", str(model), "--out", str(tmp_path)]) == 0
    assert 'pip install "facespectra[detect]"' in one_line(capsys.readouterr().err)
    assert {path.name for path in tmp_path.iterdir()} == {"metrics.json", "scores.csv", "roc.csv"}


@pytest.mark.parametrize("package", ["pandas", "sklearn", "skops"])
def test_a_missing_package_names_its_extra(
    package: str,
    task: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from facespectra import _extras

    monkeypatch.setattr(_extras, "find_spec", lambda name: None if name == package else object())
    assert main(["train", str(task), "-o", str(tmp_path / "m"), "--whole"]) == 2
    assert 'pip install "facespectra[detect]"' in one_line(capsys.readouterr().err)


@pytest.mark.shared
@pytest.mark.slow
def test_task_1_from_the_command_line(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task, model = str(shared_data / "lab/Task_1"), str(tmp_path / "m.model")
    assert main(["train", task, "-o", model, "--classifier", "svm-sigmoid"]) == 0
    assert "10 (left out)" in capsys.readouterr().out
    assert main(["evaluate", task, "-m", model, "--out", str(tmp_path / "run")]) == 0
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["n_no_face"] == 1
    assert metrics["auc"] == pytest.approx(0.200, abs=0.005)
    assert metrics["auc_flipped"] == pytest.approx(0.800, abs=0.005)
    assert "polarity" in one_line(capsys.readouterr().err)
