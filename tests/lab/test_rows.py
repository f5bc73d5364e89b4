"""The lab's rows: what is trained and tested on what, and which experiment is final."""

from __future__ import annotations

import json
import shutil
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from facespectra.cli import main
from facespectra.deep import EfficientNetLite0
from facespectra.features.cache import Cache
from facespectra.features.status import OK
from facespectra.lab import LabResult, run_lab
from facespectra.lab.subsets import Subset
from lab_runs import KERNELS, ROW, computed, rows_in, settings, silent

pd = pytest.importorskip("pandas", reason="needs the detect extra")

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def test_every_row_is_there(done: LabResult) -> None:
    rows = rows_in(done.settings.out)
    assert all(list(row)[: len(ROW)] == ROW for row in rows)
    assert all(row["status"] == "ok" and 0 <= row["auc"] <= 1 and row["reason"] is None for row in rows)
    assert [(row["system"], row["protocol"]) for row in rows if row["task"] == 1] == [
        (name, protocol) for protocol in ("cross-validation", "evaluation") for name in KERNELS
    ]
    assert [row["system"] for row in rows if row["task"] == 2] == KERNELS
    third = [row for row in rows if row["task"] == 3]
    assert {row["features"] for row in third} == {
        "spectrum",
        "resnet50",
        "efficientnet-lite0",
        "fusion",
        "concatenation",
        "regions",
        "texture",
    }
    pairs = {(row["features"], row["classifier"]) for row in third if row["features"] != "spectrum"}
    own = ("regions", "texture")
    assert {classifier for features, classifier in pairs if features not in own} == {"svm-linear"}
    assert {classifier for features, classifier in pairs if features in own} == {"experts"}
    texture = [row["folder"] for row in third if row["features"] == "texture"]
    assert texture == [
        f"task3/{slug}"
        for slug in (
            "texture",
            "texture-inside",
            "texture-extra",
            "texture-extra-inside",
            "texture-both",
            "texture-both-inside",
            "swaps",
            "swaps-inside",
            "swaps-both",
            "swaps-both-inside",
            "default",
            "default-inside",
            "default-development",
            "default-extra",
            "held-out/swaps/development",
            "held-out/swaps/extra",
            "held-out/texture/development",
            "held-out/texture/extra",
        )
    ]
    with_network = [row for row in third if row["network"] is not None and row["protocol"] == "evaluation"]
    assert list(dict.fromkeys((row["system"], row["network"]) for row in with_network)) == [
        ("resnet50, svm-linear", "resnet50"),
        ("fusion, svm-linear", "resnet50"),
        ("concatenation, svm-linear", "resnet50"),
        ("efficientnet-lite0, svm-linear", "efficientnet-lite0"),
        ("fusion with efficientnet-lite0, svm-linear", "efficientnet-lite0"),
    ]
    for system in {row["system"] for row in with_network}:
        trained_on = [row["train"] for row in with_network if row["system"] == system]
        assert trained_on == [
            f"{name} (rendered)" for name in ("Task_1/development", "extra", "Task_1/development + extra")
        ]
    # The default model is also tested on the training sets, which it has not seen.
    assert all(
        row["test"].startswith(("Task_2_3/evaluation", "Task_1/evaluation"))
        or row["folder"] in ("task3/default-development", "task3/default-extra")
        or row["protocol"] == "held-out"
        for row in third
    )
    assert not any("Task_2_3" in row["train"] for row in rows)


def test_aucs_of_the_reference_study_stand_beside_ours(done: LabResult) -> None:
    reported = {
        (row["task"], row["system"], row["train"].partition(" (")[0]): row["reported_auc"]
        for row in rows_in(done.settings.out)
        if row["reported_auc"] is not None
    }
    chosen = done.tasks[1].final.system.name
    assert {name: reported[1, name, "Task_1/development"] for name in KERNELS[:4]} == {
        "svm-poly": 0.78,
        "svm-linear": 0.71,
        "svm-rbf": 0.73,
        "svm-sigmoid": 0.42,
    }
    assert {name for task, name, _ in reported if task == 2} == {"svm-poly", chosen}
    assert reported[2, "svm-poly", "Task_1/development"] == 0.43
    assert [key for key in reported if key[0] == 3] == [(3, "resnet50, svm-linear", "extra")]
    assert reported[3, "resnet50, svm-linear", "extra"] == 0.62


def test_task_1_is_what_train_and_evaluate_give(
    done: LabResult, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = str(tmp_path / "m.model")
    # Exit status 1: a file cannot be read.
    assert main(["train", str(data / "Task_1"), "-o", model]) == 1
    assert main(["evaluate", str(data / "Task_1"), "-m", model, "--out", str(tmp_path / "run")]) == 0
    ours = done.settings.out / "task1/svm-poly"
    assert (ours / "scores.csv").read_bytes() == (tmp_path / "run/scores.csv").read_bytes()
    assert (ours / "roc.csv").read_bytes() == (tmp_path / "run/roc.csv").read_bytes()
    theirs = json.loads((tmp_path / "run/metrics.json").read_text())
    metrics = json.loads((ours / "metrics.json").read_text())
    same = ("n", "n_no_face", "n_unreadable", "auc", "auc_ci95", "threshold", "accuracy")
    assert {key: metrics[key] for key in same} == {key: theirs[key] for key in same}
    held_out = next(t for t in done.tasks[1].experiments if t.folder == "task1/cross-validation/svm-poly")
    assert held_out.evaluation.auc == fs.load(model).training_["held_out_auc"]
    assert f"{held_out.evaluation.auc:.3f}" in capsys.readouterr().out


def test_the_choice_depends_on_the_development_set_alone(done: LabResult, data: Path, out: Path) -> None:
    inside = [
        experiment for experiment in done.tasks[1].experiments if experiment.protocol == "cross-validation"
    ]
    best = max(inside, key=lambda experiment: experiment.evaluation.auc)
    assert done.tasks[1].final.system == best.system == done.tasks[2].final.system
    # Other labels in the test sets change no choice, no training and no other row.
    other = out / "databases"
    shutil.copytree(data, other)
    for folder in (other / "Task_1/evaluation", other / "Task_2_3/evaluation"):
        (folder / "real").rename(folder / "swap")
        (folder / "fake").rename(folder / "real")
        (folder / "swap").rename(folder / "fake")
    swapped = run_lab(settings(other, out, resnet_weights=done.settings.resnet_weights), silent)
    assert "fit" not in computed(swapped)
    assert "faces" not in computed(swapped)
    for number, task in done.tasks.items():
        assert swapped.tasks[number].final.slug == task.final.slug
        assert swapped.tasks[number].choice == task.choice
        for before, after in zip(task.experiments, swapped.tasks[number].experiments, strict=True):
            same = before.protocol != "evaluation" or before.slug in (
                "default-development",
                "default-extra",
            )
            expected = before.evaluation.auc if same else before.evaluation.auc_flipped
            assert after.evaluation.auc == pytest.approx(expected)


def test_each_experiment_trains_on_its_own_samples(done: LabResult) -> None:
    by_slug = done.tasks[3].by_slug
    assert by_slug["augmented"].trained_on["n_real"] > 2 * by_slug["resnet50-task1"].trained_on["n_real"]
    assert by_slug["augmented-inside"].test == "Task_1/evaluation"
    both = by_slug["both"].trained_on
    assert (
        both["n_real"]
        == by_slug["extra"].trained_on["n_real"] + by_slug["resnet50-task1"].trained_on["n_real"]
    )
    systems = ("resnet50", "fusion", "concatenation", "efficientnet-lite0", "fusion-efficientnet-lite0")
    scores = [by_slug[f"{name}-both"].scores for name in systems]
    assert not any(np.array_equal(one, other) for one, other in combinations(scores, 2))


def test_the_rows_of_efficientnet_are_its_own(done: LabResult, tmp_path: Path) -> None:
    experiment = done.tasks[3].by_slug["fusion-efficientnet-lite0-task1"]
    again = fs.load(experiment.detector.save(tmp_path / "m.model"))
    assert again.feature_set.settings["network"] == "efficientnet-lite0"
    paths = experiment.test_set.samples["path"].tolist()[:2]
    np.testing.assert_allclose(again.score(paths), experiment.scores[:2], rtol=1e-6)
    page = (done.settings.out / "task3/report.html").read_text()
    assert (
        f"efficientnet-lite0, svm-linear: {done.tasks[3].by_slug['efficientnet-lite0-task1'].auc:.3f}" in page
    )
    assert "an AUC of 0.31 to 0.42" in page
    assert f"weights of SHA-256 {EfficientNetLite0.sha256}" in (done.settings.out / "report.html").read_text()


def test_synthetic_swaps_are_made_of_real_samples_alone(done: LabResult) -> None:
    by_slug = done.tasks[3].by_slug
    real = by_slug["resnet50-task1"].trained_on["n_real"]
    assert by_slug["swaps"].trained_on == {
        "n_real": 4 * real,
        "n_fake": 4 * real,
        "n_no_face": 0,
        "n_unreadable": 0,
    }
    both = by_slug["swaps-both"].trained_on
    assert both["n_fake"] == both["n_real"] == 4 * by_slug["both"].trained_on["n_real"]
    shipped = fs.load()
    for slug in ("default", "default-inside", "default-development"):
        experiment = by_slug[slug]
        np.testing.assert_allclose(
            experiment.scores[:2], shipped.score(experiment.test_set.samples["path"].tolist()[:2]), rtol=1e-9
        )


def test_swaps_are_made_of_real_originals_and_keep_their_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from types import SimpleNamespace

    from facespectra.detector.synthetic import SyntheticSet
    from facespectra.features import FeatureTable
    from facespectra.lab import swaps

    asked: list[list[str]] = []

    def made(_: object, sources: list[str], **settings: object) -> SyntheticSet:
        asked.append(sources)
        paths = [path for path in sources for _ in range(2)]
        table = FeatureTable(paths, [OK] * len(paths), [None] * len(paths), np.ones((len(paths), 3)))
        groups = [group for group in settings["groups"] for _ in range(2)]
        return SyntheticSet(table, [0, 1] * len(sources), groups)

    monkeypatch.setattr(swaps, "synthetic_set", made)
    samples = pd.DataFrame(
        {
            "path": ["a", "b", "c", "a"],
            "label": [0, 1, 0, 0],
            "group": ["g", "g", "h", "g"],
            "split": "train",
            "change": ["", "", "", "flip"],
        }
    )
    extractor = SimpleNamespace(cache=Cache(tmp_path), digest=lambda path: path)

    def make_swaps(seed: int) -> Subset:
        generator = fs.Detector("regions", "experts", seed=seed)
        return swaps.make_swaps("swaps", Subset("p", samples), generator, extractor, lambda *_: None)

    for _ in range(2):
        subset = make_swaps(seed=0)
        assert subset.samples["path"].tolist() == ["a", "a", "c", "c"]
        assert subset.samples["group"].tolist() == ["g", "g", "h", "h"]
        assert subset.labels.tolist() == [0, 1, 0, 1]
        np.testing.assert_array_equal(subset.table("regions").matrix, np.ones((4, 3)))
    # The second set came from the cache; another seed needs new swaps.
    assert asked == [["a", "c"]]
    make_swaps(seed=1)
    assert len(asked) == 2
