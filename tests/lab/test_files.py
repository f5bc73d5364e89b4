"""The lab's files: tables, models, figures and pages."""

from __future__ import annotations

import csv
import json
import re
from copy import copy
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import facespectra as fs
from facespectra.cli import main
from facespectra.cli.lab_table import lab_lines
from facespectra.cli.terminal import Terminal
from facespectra.evaluation.class_spectra import BandAuc, ClassSpectra
from facespectra.features.status import unreadable
from facespectra.lab import LabResult, write_lab
from facespectra.lab.differences import compare_databases
from facespectra.lab.experiments import Experiment
from facespectra.lab.result import RENDERED
from facespectra.lab.text import summary
from facespectra.lab.words import change, with_interval
from lab_runs import KERNELS, rows_in
from pages import Page
from schemas import problems

pd = pytest.importorskip("pandas", reason="needs the detect extra")

pytestmark = pytest.mark.usefixtures("one_torch_thread")


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
        assert problems("metrics", metrics) == []
        with (folder / "scores.csv").open(newline="") as file:
            scores = list(csv.DictReader(file))
        known = [(int(s["label"]), float(s["score"])) for s in scores if s["score"]]
        assert fs.evaluate(*zip(*known, strict=True)).auc == row["auc"]
        if row["final"] and row["protocol"] == "evaluation":
            top = (out / f"task{row['task']}/scores.csv").read_bytes()
            assert top == (folder / "scores.csv").read_bytes()
    assert problems("lab", rows_in(out)) == []
    assert not list(out.rglob("*.tmp"))


def test_saved_models_give_the_scores_of_the_run(done: LabResult, weights_file: Path) -> None:
    for name, number, more in (("task1.model", 1, {}), ("task3.model", 3, {"weights": weights_file})):
        experiment = done.tasks[number].final
        weights = more if experiment.system.network == "resnet50" else {}
        model = fs.load(done.settings.out / name, **weights)
        paths = experiment.test_set.samples["path"].tolist()[:3]
        np.testing.assert_allclose(model.score(paths), experiment.scores[:3], rtol=1e-5)


def test_counts_of_samples_and_missing_faces(done: LabResult, data: Path) -> None:
    evaluation = next(row for row in rows_in(done.settings.out) if row["folder"] == "task1/svm-poly")
    assert (evaluation["n_real"], evaluation["n_fake"], evaluation["n_no_face"]) == (5, 5, 1)
    assert evaluation["trained_on"]["n_unreadable"] == 1
    assert done.unreadable[0] == (
        str(data / "Task_1/development/fake/broken.jpg"),
        unreadable("it is not an image in a known format"),
    )


@pytest.mark.parametrize(
    "page", ["report.html", "task1/report.html", "task2/report.html", "task3/report.html"]
)
def test_pages_load_nothing_and_say_that_the_data_are_rendered(done: LabResult, page: str) -> None:
    path = done.settings.out / page
    shown = Page(path.read_text())
    assert "Rendered data." in shown.text
    assert "say nothing about real photographs" in shown.text
    assert "svg" in shown.tags
    assert not {"link", "iframe", "object"} & set(shown.tags)
    assert shown.tags.count("script") == 1
    assert "@import" not in shown.text
    for link in shown.links:
        assert link.startswith(("#", "data:image/jpeg;base64,")) or (path.parent / link).exists(), link
    assert next(tag for tag in shown.tags if re.fullmatch("h[1-6]", tag)) == "h1"
    # Nobody else's business.
    assert str(done.settings.out) not in shown.text
    assert str(Path.home()) not in shown.text
    assert {link[1:] for link in shown.links if link.startswith("#")} <= set(shown.ids)
    assert len(shown.ids) == len(set(shown.ids))
    assert shown.text.count("DeepFakes Detection Lab report") == 1
    assert shown.text.count("arXiv:1911.00686") == 1
    assert not re.search(r"\bnan\b|\bNone\b|\bUndefined\b", shown.text)


def test_the_lab_begins_with_faces_and_the_story(done: LabResult) -> None:
    text = (done.settings.out / "report.html").read_text()
    shown = Page(text)
    pictures = [link for link in shown.links if link.startswith("data:image/jpeg;base64,")]
    # Real and fake faces of each database, before anything else is said.
    assert len(pictures) >= 2 * 3 * 2
    assert text.index("data:image/jpeg") < text.index('class="verdict"') < text.index('id="story"')
    assert shown.ids.count("story") == 1
    for number in (1, 2, 3):
        assert f"task{number}" in shown.ids
    by_task = text.partition('id="task1"')[0].split('class="task"')[1:]
    assert len(by_task) == 3
    for part in by_task:
        names = re.findall(r'<th role="rowheader" scope="row">(.*?)</th>', part)
        assert len(names) == len(set(names)) > 0
    assert "skipped" not in by_task[2]
    skipped = [one for one in done.experiments if one.reason]
    assert not skipped or "did not run (" in shown.text


def test_pages_escape_what_they_show(done: LabResult, out: Path) -> None:
    from dataclasses import replace

    result = replace(
        done, settings=replace(done.settings, out=out, command="lab --out '<script>alert(1)</script>'")
    )
    assert write_lab(result) == []
    text = (out / "report.html").read_text()
    assert "<script>alert" not in text
    assert "&lt;script&gt;" in text


def test_figures_take_the_colours_of_the_page_and_are_reproducible(done: LabResult, out: Path) -> None:
    from dataclasses import replace

    write_lab(replace(done, settings=replace(done.settings, out=out)))
    for name in ("task1/roc.svg", "task2/spectra.svg", "task2/bands.svg", "task3/roc.svg", "lab.json"):
        content = (out / name).read_text()
        assert content == (done.settings.out / name).read_text()
        if name.endswith(".svg"):
            ElementTree.fromstring(content)  # noqa: S314 - our own file
            assert "currentColor" in content
            assert "#010203" not in content


def test_the_text_of_the_page_agrees_with_the_results(done: LabResult) -> None:
    text = Page((done.settings.out / "report.html").read_text()).text
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


def test_no_difference_stands_without_its_test(done: LabResult, capsys: pytest.CaptureFixture[str]) -> None:
    second, third = done.tasks[2].final, done.tasks[3].final
    # The two were tested on the same samples, which are matched by name here, as `facespectra compare` does.
    command = ["compare", *(str(done.settings.out / f"task{number}") for number in (3, 2)), "--json"]
    assert main(command) == 0
    compared = json.loads(capsys.readouterr().out)
    p = compared["bootstrap_p" if compared["resampled"] == "groups" else "delong_p"]
    said = change(second, third)
    assert (
        f"a {'rise' if compared['difference'] > 0 else 'drop'} of {abs(compared['difference']):.3f}" in said
    )
    assert ("not significantly" in said) == (p >= 0.05)
    assert said.endswith("by the paired test")
    first = change(done.tasks[1].final, second)
    assert first.endswith("by the intervals of both, because the samples are different")
    text = Page((done.settings.out / "report.html").read_text()).text
    terminal = "\n".join(summary(done))
    for shown in (text, terminal):
        assert said in shown
        assert first in shown
        assert not re.search(r"(better|worse) by", shown)
    steps = re.findall(r"a (?:rise|drop) of \d\.\d+, (.{13})", text)
    assert len(steps) > 10
    assert set(steps) <= {"significantly", "not significa", "too few sampl"}


def test_the_tables_fit_the_terminal(done: LabResult) -> None:
    narrow = "\n".join(lab_lines(done, Terminal(50, colours=False))).partition("\n* final system")[0]
    assert max(map(len, narrow.splitlines())) <= 50
    lines = lab_lines(done, Terminal(80, colours=False))
    tables, _, sentences = "\n".join(lines).partition("\n* final system")
    assert max(map(len, tables.splitlines())) <= 80
    tested = [row for row in done.rows() if row["protocol"] == "evaluation" and not row["reason"]]
    assert len(re.findall(r" [01]\.\d{3}\b", tables)) == len(tested)
    words = " ".join(tables.split())
    for row in tested:
        assert row["system"] in words
        # The demo says of all of them that they are rendered.
        assert f"tested on {row['test'].removesuffix(RENDERED)}" in words
        assert row["train"].removesuffix(RENDERED) in words
    assert tables.count(" *") == len(done.tasks)
    n_more = sum(row["protocol"] != "evaluation" and not row["reason"] for row in done.rows())
    assert f"{n_more} more rows are in the report" in " ".join(sentences.split())
    assert str(done.settings.task1) not in sentences


def test_too_few_samples_say_so(done: LabResult) -> None:
    few = copy(done.tasks[2].final)
    few.test_set = few.test_set.take([0, int(np.argmax(few.test_set.labels))])
    few.scores = np.array([0.1, 0.2])
    few.evaluation = fs.evaluate([0, 1], few.scores)
    assert with_interval(few) == "1.000 (0.025 to 1.000)"
    assert "too few samples to test" in change(few, replace_scores(few, [0.2, 0.1]))
    assert change(few, few) == "no change"


def replace_scores(experiment: Experiment, scores: list[float]) -> Experiment:
    other = copy(experiment)
    other.scores = np.array(scores)
    return other


def test_spectra_and_bands_are_written(done: LabResult) -> None:
    out = done.settings.out
    spectra = pd.read_csv(out / "task2/spectra.csv")
    assert len(spectra) == 300
    own = next(subset for subset in done.subsets if subset.name == "Task_1/evaluation")
    assert own.tables["spectrum"].matrix.shape[1] == 300
    other = next(subset for subset in done.subsets if subset.name == "Task_2_3/evaluation")
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

    def spectra(gap: float, shift: float, auc: np.ndarray) -> ClassSpectra:
        bands = tuple(BandAuc(float(band.mean()), 0.0, 1.0) for band in np.array_split(auc, 10))
        return ClassSpectra("x", flat + shift, one, flat + shift + gap, one, auc, bands)

    rising = np.linspace(0.5, 0.9, n + 1)[1:]
    same = compare_databases(spectra(2, 0, rising), spectra(2, 0, rising))
    assert (same["correlation"], same["agreeing"], same["shift"]) == (pytest.approx(1), 1, 0)
    assert (same["gap_own"], same["gap_other"]) == (2, 2)
    assert same["best_band"]["band"] == 9
    opposite = compare_databases(spectra(2, 0, rising), spectra(-1, 3, 1 - rising))
    assert (opposite["correlation"], opposite["agreeing"]) == (pytest.approx(-1), 0)
    assert (opposite["gap_other"], opposite["shift"]) == (1, 3)


def test_each_task_says_what_its_final_system_was_checked_for(done: LabResult) -> None:
    for number, task in done.tasks.items():
        assert task.detector is not None
        shown = Page((done.settings.out / f"task{number}" / "report.html").read_text())
        assert f"Faces were {task.detector.words.scope}." in shown.text
