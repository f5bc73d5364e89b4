"""The lab on rendered databases: its rows, its files, its cache, and what it does with what is missing."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import facespectra as fs
from facespectra.cli import main
from facespectra.detector.cache import Cache, key_of
from facespectra.lab import LabResult, LabSettings, run_lab, write_lab
from facespectra.lab.differences import Separation, compared
from facespectra.lab.parts import Part, without_repeats
from facespectra.lab.trials import System, Trainer

for _package in ("sklearn", "skops", "facenet_pytorch", "matplotlib", "jinja2"):
    pytest.importorskip(_package, reason="needs the detect and report extras")
pd = pytest.importorskip("pandas", reason="needs the detect extra")
torch = pytest.importorskip("torch", reason="needs the faces extra")

KERNELS = ["svm-poly", "svm-linear", "svm-rbf", "svm-sigmoid", "logistic", "kmeans"]
ROW = ["task", "system", "train", "test", "auc", "auc_ci95", "reported_auc"]


pytestmark = pytest.mark.usefixtures("one_torch_thread")


@contextmanager
def silent(what: str) -> Iterator[Any]:
    yield lambda done, total: None


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three small databases, with one broken file and one picture without a face among them."""
    from PIL import Image

    from facespectra.datasets.rendered import render_database

    folder = tmp_path_factory.mktemp("databases")
    for name, people in (("Task_1", 15), ("Task_2_3", 6), ("extra", 6)):
        render_database(folder / name, name, n_people=people, pictures=1, seed=0)
        (folder / name / "manifest.csv").unlink()
    (folder / "Task_1/development/fake/broken.jpg").write_bytes(b"nothing")
    Image.new("RGB", (64, 64), (90, 120, 60)).save(folder / "Task_1/evaluation/real/meadow.png")
    return folder


def settings(data: Path, out: Path, **more: Any) -> LabSettings:
    given = {
        "task1": data / "Task_1",
        "task23": data / "Task_2_3",
        "extra": data / "extra",
        "download": False,
    }
    return LabSettings(out=out, **(given | more))


@pytest.fixture(scope="module")
def done(data: Path, weights_file: Path, tmp_path_factory: pytest.TempPathFactory) -> LabResult:
    """A whole run, written; its cache is there for the others to copy."""
    out = tmp_path_factory.mktemp("out")
    result = run_lab(settings(data, out, resnet_weights=str(weights_file), rendered=True), silent)
    assert write_lab(result) == []
    return result


@pytest.fixture
def out(done: LabResult, tmp_path: Path) -> Path:
    """A fresh output folder whose cache holds that run."""
    shutil.copytree(done.settings.out / ".cache", tmp_path / ".cache")
    return tmp_path


def rows_in(out: Path) -> list[dict[str, Any]]:
    return json.loads((out / "lab.json").read_text())


def computed(result: LabResult) -> dict[str, int]:
    return {stage: pair[1] for stage, pair in result.work.items() if pair[1]}


# --- rows --------------------------------------------------------------------------------------------------


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
        "fusion",
        "concatenation",
        "regions",
    }
    pairs = {(row["features"], row["classifier"]) for row in third if row["features"] != "spectrum"}
    assert {classifier for features, classifier in pairs if features != "regions"} == {"svm-linear"}
    assert {classifier for features, classifier in pairs if features == "regions"} == {"experts"}
    for features in ("resnet50", "fusion", "concatenation"):
        trained_on = [row["train"] for row in third if row["features"] == features]
        assert trained_on == [
            f"{name} (rendered)" for name in ("Task_1/development", "extra", "Task_1/development + extra")
        ]
    # The default model has seen nothing of either database.
    assert all(
        row["test"].startswith(("Task_2_3/evaluation", "Task_1/evaluation"))
        or row["folder"] in ("task3/default-development", "task3/default-extra")
        for row in third
    )
    assert not any("Task_2_3" in row["train"] for row in rows)


def test_the_reports_figures_stand_beside_ours(done: LabResult) -> None:
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
    # Status 1: the broken file is named.
    assert main(["train", str(data / "Task_1"), "-o", model]) == 1
    assert main(["evaluate", str(data / "Task_1"), "-m", model, "--out", str(tmp_path / "run")]) == 0
    ours = done.settings.out / "task1/svm-poly"
    assert (ours / "scores.csv").read_bytes() == (tmp_path / "run/scores.csv").read_bytes()
    assert (ours / "roc.csv").read_bytes() == (tmp_path / "run/roc.csv").read_bytes()
    theirs = json.loads((tmp_path / "run/metrics.json").read_text())
    metrics = json.loads((ours / "metrics.json").read_text())
    same = ("n", "n_no_face", "n_unreadable", "auc", "auc_ci95", "threshold", "accuracy")
    assert {key: metrics[key] for key in same} == {key: theirs[key] for key in same}
    held_out = next(t for t in done.tasks[1].trials if t.folder == "task1/cross-validation/svm-poly")
    assert held_out.evaluation.auc == fs.load(model).training_["held_out_auc"]
    assert f"{held_out.evaluation.auc:.3f}" in capsys.readouterr().out


def test_the_choice_is_made_on_development_alone(done: LabResult, data: Path, out: Path) -> None:
    inside = [trial for trial in done.tasks[1].trials if trial.protocol == "cross-validation"]
    best = max(inside, key=lambda trial: trial.evaluation.auc)
    assert done.tasks[1].final.system == best.system == done.tasks[2].final.system
    # Other labels in the parts that are only tested on change no choice, no training and no other row.
    other = out / "databases"
    shutil.copytree(data, other)
    for folder in (other / "Task_1/evaluation", other / "Task_2_3/evaluation"):
        (folder / "real").rename(folder / "swap")
        (folder / "fake").rename(folder / "real")
        (folder / "swap").rename(folder / "fake")
    swapped = run_lab(settings(other, out, resnet_weights=done.settings.resnet_weights), silent)
    assert "fit" not in computed(swapped)
    assert "faces" not in computed(swapped)
    for number, outcome in done.tasks.items():
        assert swapped.tasks[number].final.system == outcome.final.system
        for before, after in zip(outcome.trials, swapped.tasks[number].trials, strict=True):
            same = before.protocol == "cross-validation" or before.slug in (
                "default-development",
                "default-extra",
            )
            expected = before.evaluation.auc if same else before.evaluation.auc_flipped
            assert after.evaluation.auc == pytest.approx(expected)


def test_the_proposal_is_fixed_beforehand(done: LabResult) -> None:
    third = done.tasks[3]
    assert (third.final.system.features, third.final.train) == ("resnet50", "Task_1/development + extra")
    assert sum(trial.final for trial in third.trials) == 1


def test_copies_and_networks_see_what_they_should(done: LabResult) -> None:
    by_slug = {trial.slug: trial for trial in done.tasks[3].trials}
    assert by_slug["augmented"].trained_on["n_real"] > 2 * by_slug["resnet50-task1"].trained_on["n_real"]
    assert by_slug["augmented-inside"].test == "Task_1/evaluation"
    both = by_slug["both"].trained_on
    assert (
        both["n_real"]
        == by_slug["extra"].trained_on["n_real"] + by_slug["resnet50-task1"].trained_on["n_real"]
    )
    aucs = [by_slug[f"{name}-both"].scores for name in ("resnet50", "fusion", "concatenation")]
    assert not np.array_equal(aucs[0], aucs[1])
    assert not np.array_equal(aucs[1], aucs[2])


def test_synthetic_swaps_are_made_of_real_samples_alone(done: LabResult) -> None:
    by_slug = {trial.slug: trial for trial in done.tasks[3].trials}
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
        trial = by_slug[slug]
        np.testing.assert_allclose(
            trial.scores[:2], shipped.score(trial.part.samples["path"].tolist()[:2]), rtol=1e-9
        )


def test_swaps_are_made_of_real_originals_and_keep_their_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from types import SimpleNamespace

    from facespectra.detector import FeatureTable
    from facespectra.detector.synthetic import SyntheticSet
    from facespectra.lab import swaps

    asked: list[list[str]] = []

    def made(_: object, sources: list[str], **settings: object) -> SyntheticSet:
        asked.append(sources)
        paths = [path for path in sources for _ in range(2)]
        table = FeatureTable(paths, ["ok"] * len(paths), [None] * len(paths), np.ones((len(paths), 3)))
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
    detector = fs.Detector("regions", "experts")
    for _ in range(2):
        part = swaps.swaps_of(Part("p", samples), detector, extractor, seed=0, progress=lambda *_: None)
        assert part.samples["path"].tolist() == ["a", "a", "c", "c"]
        assert part.samples["group"].tolist() == ["g", "g", "h", "h"]
        assert part.labels.tolist() == [0, 1, 0, 1]
        np.testing.assert_array_equal(part.table("regions").matrix, np.ones((4, 3)))
    # The second time out of the cache, and for another seed anew.
    assert asked == [["a", "c"]]
    swaps.swaps_of(Part("p", samples), detector, extractor, seed=1, progress=lambda *_: None)
    assert len(asked) == 2


@pytest.mark.parametrize(("recognised", "slug"), [(True, "default"), (False, "resnet50-both")])
def test_the_default_model_is_proposed_where_it_knows_the_fakes(
    done: LabResult, recognised: bool, slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from copy import copy

    from facespectra.lab import tasks

    trials = [copy(trial) for trial in done.tasks[3].trials]
    labels = [0] * 50 + [1] * 50
    for trial in trials:
        trial.final = False
        if trial.slug in ("default-development", "default-extra"):
            known = recognised or trial.slug == "default-development"
            trial.evaluation = fs.evaluate(labels, labels if known else labels[::-1])
    outcome = tasks.Outcome(trials)
    tasks._propose(outcome, {trial.slug: None for trial in trials})
    assert outcome.final.slug == slug
    assert [trial.slug for trial in trials if trial.final] == [slug]


# --- files -------------------------------------------------------------------------------------------------


def test_each_task_has_the_files_of_the_contract(done: LabResult) -> None:
    out = done.settings.out
    files = {"metrics.json", "scores.csv", "roc.csv", "roc.svg", "report.html"}
    assert files <= {path.name for path in (out / "task1").iterdir()}
    assert files <= {path.name for path in (out / "task3").iterdir()}
    more = {"spectra.csv", "spectra.svg", "bands.csv", "bands.svg", "comparison.json"}
    assert files | more <= {path.name for path in (out / "task2").iterdir()}
    for row in rows_in(out):
        folder = out / row["folder"]
        metrics = json.loads((folder / "metrics.json").read_text())
        assert metrics["auc"] == row["auc"]
        assert metrics["rendered"] is True
        with (folder / "scores.csv").open(newline="") as file:
            scores = list(csv.DictReader(file))
        known = [(int(s["label"]), float(s["score"])) for s in scores if s["score"]]
        assert fs.evaluate(*zip(*known, strict=True)).auc == row["auc"]
        if row["final"] and row["protocol"] == "evaluation":
            top = (out / f"task{row['task']}/scores.csv").read_bytes()
            assert top == (folder / "scores.csv").read_bytes()
    assert not list(out.rglob("*.tmp"))


def test_models_are_kept_and_score_alike(done: LabResult, weights_file: Path) -> None:
    for name, number, more in (("task1.model", 1, {}), ("task3.model", 3, {"weights": weights_file})):
        trial = done.tasks[number].final
        model = fs.load(done.settings.out / name, **more)
        paths = trial.part.samples["path"].tolist()[:3]
        np.testing.assert_allclose(model.score(paths), trial.scores[:3], rtol=1e-5)


def test_counts_of_samples_and_missing_faces(done: LabResult, data: Path) -> None:
    evaluation = next(row for row in rows_in(done.settings.out) if row["folder"] == "task1/svm-poly")
    assert (evaluation["n_real"], evaluation["n_fake"], evaluation["n_no_face"]) == (5, 5, 1)
    assert evaluation["trained_on"]["n_unreadable"] == 1
    assert done.unreadable[0] == (
        str(data / "Task_1/development/fake/broken.jpg"),
        "unreadable: it is not an image in a known format",
    )


class Checker(HTMLParser):
    """Collects what a page refers to, its text, and its identifiers."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "srcset", "data"):
                self.links.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    "page", ["report.html", "task1/report.html", "task2/report.html", "task3/report.html"]
)
def test_pages_stand_on_their_own_and_say_that_they_are_about_rendered_data(
    done: LabResult, page: str
) -> None:
    path = done.settings.out / page
    checker = Checker()
    checker.feed(path.read_text())
    assert "Rendered data." in checker.text
    assert "say nothing about real photographs" in " ".join(checker.text.split())
    assert "svg" in checker.tags
    assert not {"script", "link", "img", "iframe"} & set(checker.tags)
    assert "@import" not in checker.text
    for link in checker.links:
        assert link.startswith("#") or (path.parent / link).exists(), link
    assert {link[1:] for link in checker.links if link.startswith("#")} <= set(checker.ids)
    assert len(checker.ids) == len(set(checker.ids))
    assert not re.search(r"\bnan\b|\bNone\b|\bUndefined\b", checker.text)


def test_what_is_shown_is_escaped(done: LabResult, out: Path) -> None:
    from dataclasses import replace

    result = replace(
        done, settings=replace(done.settings, out=out, command="lab --out '<script>alert(1)</script>'")
    )
    assert write_lab(result) == []
    text = (out / "report.html").read_text()
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_figures_follow_the_page_and_are_reproducible(done: LabResult, out: Path) -> None:
    from dataclasses import replace

    write_lab(replace(done, settings=replace(done.settings, out=out)))
    for name in ("task1/roc.svg", "task2/spectra.svg", "task2/bands.svg", "task3/roc.svg", "lab.json"):
        content = (out / name).read_text()
        assert content == (done.settings.out / name).read_text()
        if name.endswith(".svg"):
            ElementTree.fromstring(content)  # noqa: S314 - our own file
            assert "currentColor" in content
            assert "#010203" not in content


def test_the_pages_say_what_the_figures_say(done: LabResult) -> None:
    checker = Checker()
    checker.feed((done.settings.out / "report.html").read_text())
    text = " ".join(checker.text.split())
    first, second = done.tasks[1].final.evaluation, done.tasks[2].final.evaluation
    assert f"reaches an AUC of {first.auc:.3f}" in text
    assert f"a drop of {first.auc - second.auc:.3f}" in text
    flipped = done.invariance
    assert flipped["mirrored crop, isotropic"] < 1e-4 < flipped["flip"] < flipped["rotate+45"]
    assert (
        f"mirroring the crop changes the isotropic spectrum by {flipped['mirrored crop, isotropic']:.1e}"
        in text
    )
    for name in KERNELS:
        assert name in text


def test_why_it_drops_is_there_as_figures(done: LabResult) -> None:
    out = done.settings.out
    spectra = pd.read_csv(out / "task2/spectra.csv")
    assert len(spectra) == 300
    own = next(part for part in done.parts if part.name == "Task_1/evaluation")
    assert own.tables["spectrum"].matrix.shape[1] == 300
    other = next(part for part in done.parts if part.name == "Task_2_3/evaluation")
    table = other.table("spectrum")
    real = table.matrix[table.ok & (other.labels == 0)].astype(float)
    np.testing.assert_allclose(spectra["Task_2_3/evaluation real_mean"], real.mean(axis=0))
    np.testing.assert_allclose(spectra["Task_2_3/evaluation real_sd"], real.std(axis=0, ddof=1), atol=1e-12)
    feature = 150
    auc = fs.evaluate(other.labels[table.ok], table.matrix[table.ok][:, feature]).auc
    assert spectra["Task_2_3/evaluation auc"][feature] == pytest.approx(auc)
    bands = pd.read_csv(out / "task2/bands.csv")
    assert list(bands["from"]) == pytest.approx([i / 10 for i in range(10)])
    band = fs.evaluate(other.labels[table.ok], table.matrix[table.ok][:, 30:60].astype(float).mean(axis=1))
    assert bands["Task_2_3/evaluation auc"][1] == pytest.approx(band.auc)


def test_comparison_of_databases_in_known_cases() -> None:
    n = 20
    flat, one = np.zeros(n), np.ones(n)

    def separation(gap: float, shift: float, auc: np.ndarray) -> Separation:
        bands = [(float(part.mean()), 0.0, 1.0) for part in np.array_split(auc, 10)]
        return Separation("x", flat + shift, one, flat + shift + gap, one, auc, bands)

    rising = np.linspace(0.5, 0.9, n + 1)[1:]
    same = compared(separation(2, 0, rising), separation(2, 0, rising))
    assert (same["correlation"], same["agreeing"], same["shift"]) == (pytest.approx(1), 1, 0)
    assert (same["gap_own"], same["gap_other"]) == (2, 2)
    assert same["best_band"]["band"] == 9
    opposite = compared(separation(2, 0, rising), separation(-1, 3, 1 - rising))
    assert (opposite["correlation"], opposite["agreeing"]) == (pytest.approx(-1), 0)
    assert (opposite["gap_other"], opposite["shift"]) == (1, 3)


# --- the cache ---------------------------------------------------------------------------------------------


def test_entries_come_back_and_damaged_ones_do_not(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    key = key_of(content="a", settings={"x": 1})
    assert key != key_of(content="a", settings={"x": 2})
    assert cache.fetch("stage", key) is None
    cache.store("stage", key, b"value")
    assert cache.fetch("stage", key) == b"value"
    assert cache.fetch("other", key) is None
    (file,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    whole = file.read_bytes()
    for damaged in (b"", whole[:10], whole[:-1], whole[:-1] + b"?", b"x" * 100):
        file.write_bytes(damaged)
        assert cache.fetch("stage", key) is None
    file.write_bytes(whole)
    assert cache.fetch("stage", key) == b"value"
    assert (dict(cache.reused), dict(cache.computed)) == ({"stage": 2}, {"stage": 1})


def test_a_second_run_computes_nothing_and_gives_the_same(done: LabResult, data: Path, out: Path) -> None:
    again = run_lab(settings(data, out, resnet_weights=done.settings.resnet_weights, rendered=True), silent)
    assert computed(again) == {}
    write_lab(again)
    assert (out / "lab.json").read_bytes() == (done.settings.out / "lab.json").read_bytes()


def test_a_change_repeats_only_what_it_changes(done: LabResult, data: Path, out: Path) -> None:
    weights = done.settings.resnet_weights
    seed = run_lab(settings(data, out, resnet_weights=weights, seed=1), silent)
    assert set(computed(seed)) == {"fit", "swaps"}
    other = run_lab(settings(data, out, extra=None, backend="numpy"), silent)
    assert set(computed(other)) <= {"spectrum", "mirrored", "isotropic", "mirrored-isotropic", "fit"}
    assert "spectrum" in computed(other)
    # One more photograph: its face and its copies' alone.
    copied = out / "databases"
    shutil.copytree(data, copied)
    fakes = sorted((copied / "Task_1/development/fake").glob("Task*.jpg"))
    fs.images.read_image(fakes[0]).save(copied / "Task_1/development/fake/new.png")
    more = run_lab(settings(copied, out, resnet_weights=weights), silent)
    assert computed(more)["faces"] == 4
    assert computed(more)["resnet50"] == 1


def test_a_damaged_cache_is_computed_again(done: LabResult, data: Path, out: Path) -> None:
    for stage in ("faces", "spectrum", "fit", "resnet50"):
        files = sorted(path for path in (out / ".cache" / stage).rglob("*") if path.is_file())
        files[0].write_bytes(files[0].read_bytes()[:-3])
        files[1].write_bytes(b"")
    again = run_lab(settings(data, out, resnet_weights=done.settings.resnet_weights, rendered=True), silent)
    assert computed(again) == {"faces": 2, "spectrum": 2, "fit": 2, "resnet50": 2}
    write_lab(again)
    assert (out / "lab.json").read_bytes() == (done.settings.out / "lab.json").read_bytes()


def test_other_labels_and_other_groups_are_another_fit(done: LabResult, tmp_path: Path) -> None:
    part, system = done.tasks[1].final.part, System("spectrum", "svm-linear")
    flipped = part.take(list(range(len(part.samples))))
    flipped.samples["label"] = 1 - flipped.samples["label"]
    regrouped = part.take(list(range(len(part.samples))))
    regrouped.samples["group"] = [f"g{i // 2}" for i in range(len(part.samples))]
    # Each time another trainer, so that nothing but the cache is in between.
    fits = [
        Trainer(Cache(tmp_path), seed=0).fit(system, one) for one in (part, flipped, regrouped, part, flipped)
    ]
    first, second, third, *again = (one.score_features(part.table("spectrum")) for one in fits)
    np.testing.assert_allclose(first, -second, atol=1e-9)
    np.testing.assert_array_equal(first, third)
    np.testing.assert_array_equal(again, [first, second])
    assert len([path for path in (tmp_path / "fit").rglob("*") if path.is_file()]) == 3


def test_features_that_are_all_cached_need_no_torch(done: LabResult, data: Path, out: Path) -> None:
    command = [
        *("lab", "--task1", str(data / "Task_1"), "--task23", str(data / "Task_2_3"), "--out", str(out)),
        *("--extra", str(data / "extra"), "--resnet-weights", str(done.settings.resnet_weights)),
    ]
    code = "import sys; from facespectra.cli import main; assert main(sys.argv[1:]) in (0, 1);"
    code += "print(sorted({'torch', 'torchvision'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
    assert "svm-linear" in (out / "task3/resnet50-both/metrics.json").read_text()


@pytest.mark.slow
def test_a_killed_run_goes_on(
    done: LabResult, data: Path, out: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tmp_path = tmp_path_factory.mktemp("killed")
    command = [
        *(sys.executable, "-m", "facespectra", "lab", "--out", str(tmp_path), "--threads", "1"),
        *("--task1", str(data / "Task_1"), "--task23", str(data / "Task_2_3")),
        *("--resnet-weights", str(done.settings.resnet_weights)),
    ]
    faces = tmp_path / ".cache" / "faces"
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 120
        while not faces.is_dir() or sum(1 for path in faces.rglob("*") if path.is_file()) < 10:
            assert time.monotonic() < deadline
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.02)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    assert not (tmp_path / "lab.json").exists()
    known = sum(1 for path in faces.rglob("*") if path.is_file() and path.suffix != ".tmp")
    # On, and once more from a whole cache, for what should have come out; the network takes no part.
    resumed, expected = (run_lab(settings(data, folder, extra=None), silent) for folder in (tmp_path, out))
    assert resumed.work["faces"][0] >= known >= 10
    assert "faces" not in computed(expected)
    assert sum(resumed.work["faces"]) == sum(expected.work["faces"])
    write_lab(resumed)
    write_lab(expected)
    assert (tmp_path / "lab.json").read_bytes() == (out / "lab.json").read_bytes()


def test_frames_of_one_video_are_not_repeats() -> None:
    rows = [("a.mp4", 1, "a", "", index, "") for index in (0, 9)]
    rows += [("b.mp4", 0, "b", "", 0, ""), ("same.mp4", 1, "a", "", 9, ""), ("t.mp4", 0, "t", "", 0, "")]
    samples = pd.DataFrame(rows, columns=["path", "label", "group", "split", "frame", "change"])
    digests = {"a.mp4": "1", "b.mp4": "2", "same.mp4": "1", "t.mp4": "3"}
    left, in_test, repeated = without_repeats(Part("videos", samples), digests.get, ["3", None])
    assert left.samples[["path", "frame"]].to_numpy().tolist() == [["a.mp4", 0], ["a.mp4", 9], ["b.mp4", 0]]
    assert (in_test, repeated) == (1, 1)


# --- what is missing ---------------------------------------------------------------------------------------


def test_without_extra_set_and_weights_the_rest_is_done(
    data: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from urllib.error import URLError

    def no_network(*_: object, **__: object) -> None:
        raise URLError("Name or service not known")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(out / "hub"))
    monkeypatch.setattr("facespectra.deep.weights.urlopen", no_network)
    arguments = [
        "lab",
        "--task1",
        str(data / "Task_1"),
        "--task23",
        str(data / "Task_2_3"),
        "--out",
        str(out),
    ]
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert "broken.jpg" in captured.err
    assert "cannot download ResNet-50's weights" in captured.out
    rows = rows_in(out)
    skipped = {
        row["folder"] if "folder" in row else (row["system"], row["train"]): row["reason"]
        for row in rows
        if row["status"] == "skipped"
    }
    assert len(rows) == 39
    assert len(skipped) == 13
    assert skipped["svm-poly", "extra"] == "no extra training set was given (--extra DIR)"
    assert "cannot download" in skipped["resnet50, svm-linear", "Task_1/development"]
    assert "cannot download" in skipped["resnet50, svm-linear", "extra"]
    assert "no extra training set" in skipped["resnet50, svm-linear", "extra"]
    final = next(row for row in rows if row["task"] == 3 and row["final"])
    # A shipped model that knows the fakes of Task 1; where it does not, the copies.
    own = next(row for row in rows if row.get("folder") == "task3/default-development")
    expected = own["train"] if own["auc_ci95"][0] > 0.5 else "Task_1/development with copies"
    assert final["train"].startswith(expected)
    page = (out / "report.html").read_text()
    assert "no extra training set was given (--extra DIR)" in page
    assert "Rendered data." not in page


def test_what_a_richer_run_left_is_not_taken_for_a_result(done: LabResult, data: Path, out: Path) -> None:
    (out / "task3/resnet50-extra").mkdir(parents=True)
    (out / "task3/resnet50-extra/metrics.json").write_text("{}")
    write_lab(run_lab(settings(data, out, extra=None, resnet_weights=done.settings.resnet_weights), silent))
    assert not (out / "task3/resnet50-extra").exists()


def test_weights_that_were_asked_for_must_be_good(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "w.pth").write_bytes(b"nothing")
    arguments = ["lab", "--task1", str(data / "Task_1"), "--task23", str(data / "Task_2_3")]
    assert main([*arguments, "--out", str(tmp_path / "o"), "--resnet-weights", str(tmp_path / "w.pth")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "w.pth" in line
    assert not (tmp_path / "o").exists()


def test_photographs_of_the_test_set_are_not_trained_on(done: LabResult, data: Path, out: Path) -> None:
    extra = out / "leaky"
    shutil.copytree(data / "extra", extra)
    for kind in ("real", "fake"):
        for number, path in enumerate(sorted((data / "Task_2_3/evaluation" / kind).iterdir())[:2]):
            shutil.copy(path, extra / kind / f"leak{number}.jpg")
        shutil.copy(sorted((data / "Task_1/development" / kind).glob("Task*"))[0], extra / kind / "twice.jpg")
    result = run_lab(settings(data, out, extra=extra, resnet_weights=done.settings.resnet_weights), silent)
    by_slug = {trial.slug: trial for trial in result.tasks[3].trials}
    before = {trial.slug: trial for trial in done.tasks[3].trials}
    assert by_slug["extra"].trained_on["n_real"] == before["extra"].trained_on["n_real"] + 1
    assert by_slug["both"].trained_on == before["both"].trained_on
    assert "4 samples of extra are in Task_2_3/evaluation, too: Task 3 did not train on them" in result.notes
    assert "2 samples are in Task_1/development + extra twice: Task 3 took them once" in result.notes


def test_a_class_without_faces_is_a_reason_and_not_an_end(data: Path, tmp_path: Path) -> None:
    from PIL import Image

    broken = tmp_path / "databases"
    shutil.copytree(data, broken)
    for path in (broken / "extra/fake").iterdir():
        Image.new("RGB", (64, 64), (1, 2, 3)).save(path)
    for path in (broken / "Task_2_3/evaluation/real").iterdir():
        path.write_bytes(b"nothing")
    result = run_lab(settings(broken, tmp_path / "out"), silent)
    assert write_lab(result) == []
    rows = rows_in(tmp_path / "out")
    assert all(row["status"] == "ok" for row in rows if row["task"] == 1)
    assert all("both classes" in row["reason"] for row in rows if row["task"] == 2)
    alone = next(row for row in rows if row["task"] == 3 and row["train"] == "extra")
    assert "training needs usable samples of both classes" in alone["reason"]
    assert result.comparison == {}
    assert (tmp_path / "out/report.html").exists()


def test_without_jinja_the_figures_are_still_written(
    done: LabResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from facespectra import _extras

    monkeypatch.setattr(_extras, "find_spec", lambda name: None if name == "jinja2" else object())
    (problem,) = write_lab(replace(done, settings=replace(done.settings, out=tmp_path)))
    assert 'pip install "facespectra[report]"' in problem
    assert rows_in(tmp_path) == rows_in(done.settings.out)
    assert not (tmp_path / "report.html").exists()


# --- demo and photographs ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_demo(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*_: object, **__: object) -> None:
        pytest.fail("the demo asked the network")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr("facespectra.deep.weights.urlopen", no_network)
    out = tmp_path / "demo"
    assert main(["demo", "--out", str(out), "--people", "12"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("Rendering faces: every figure below is about rendered data")
    assert "skipped 9 rows: ResNet-50's ImageNet weights are not at" in captured.out
    rows = rows_in(out)
    assert all(row["test"].endswith(" (rendered)") for row in rows)
    # The default model was trained on photographs, and says so.
    portraits = {row["train"] for row in rows if not row["train"].endswith(" (rendered)")}
    assert portraits == {"synthetic swaps of the default model's portraits"}
    assert all("Rendered data." in page.read_text() for page in out.rglob("*.html"))
    fs.load(out / "task1.model")
    first = (out / "lab.json").read_bytes()
    assert main(["demo", "--out", str(out), "--people", "12"]) == 0
    assert (out / "lab.json").read_bytes() == first


@pytest.mark.shared
@pytest.mark.slow
def test_the_lab_on_photographs(shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The copies would take a minute, and Tasks 1 and 2 have none.
    monkeypatch.setattr("facespectra.lab.run.AUGMENTATIONS", ())
    lab = shared_data / "lab"
    for kind in ("real", "fake"):
        (tmp_path / "extra" / kind).mkdir(parents=True)
        for path in sorted((lab / "Task_1/development" / kind).iterdir())[:6]:
            shutil.copy(path, tmp_path / "extra" / kind / path.name)
    result = run_lab(settings(lab, tmp_path / "out", extra=tmp_path / "extra"), silent)
    trials = {
        (number, trial.system.name): trial.evaluation.auc
        for number, outcome in result.tasks.items()
        for trial in outcome.trials
        if number < 3 and trial.protocol == "evaluation"
    }
    expected = {"svm-poly": 0.947, "svm-linear": 0.851, "svm-rbf": 0.878, "svm-sigmoid": 0.200}
    assert {name: trials[1, name] for name in expected} == pytest.approx(expected, abs=0.005)
    assert trials[2, "svm-poly"] == pytest.approx(0.500, abs=0.005)
    assert result.tasks[1].final.system.name == "svm-poly"
    assert all(
        trial.evaluation is not None or trial.reason for o in result.tasks.values() for trial in o.trials
    )
