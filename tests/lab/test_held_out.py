"""Training databases held out in turn: what is trained and tested there, and what the pages say of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from facespectra.lab import LabResult, run_lab, write_lab
from facespectra.lab.choice_text import kinds_of_fakes
from facespectra.lab.experiments import Experiment, System
from facespectra.lab.held_out import Contender
from lab_runs import computed, rows_in, settings, silent
from pages import Page

pytest.importorskip("pandas", reason="needs the detect extra")

pytestmark = pytest.mark.usefixtures("one_torch_thread")

NAMES = ("Task_1/development", "extra")


def test_each_training_database_is_held_out_in_turn(done: LabResult) -> None:
    third = done.tasks[3]
    assert [one.name for one in third.contenders] == [
        "default",
        "swaps",
        "texture",
        "spectrum",
        "resnet50",
        "fusion",
        "concatenation",
        "efficientnet-lite0",
        "fusion-efficientnet-lite0",
    ]
    for contender in third.contenders:
        assert tuple(contender.measured) == NAMES
        for name, test in contender.measured.items():
            assert test.test == name
            assert name not in test.train
            assert test.evaluation.n_real + test.evaluation.n_no_score > 0
    # They are the systems of the rows, not trained once more.
    texture = next(one for one in third.contenders if one.name == "texture")
    assert texture.tests["extra"].detector is third.by_slug["texture"].detector
    assert texture.tests["Task_1/development"].detector is third.by_slug["texture-extra"].detector


def test_the_other_database_plays_no_part(done: LabResult) -> None:
    third = done.tasks[3]
    tests = [test for one in third.contenders for test in one.tests.values()]
    assert not any("Task_2_3" in name for test in tests for name in (test.train, test.test))
    chosen = next(one for one in third.contenders if one.name == third.chosen.name)
    assert third.final.slug in chosen.answers
    assert sum(experiment.final for experiment in third.experiments) == 1


def test_rows_files_and_pages_tell_of_it(done: LabResult) -> None:
    out, third = done.settings.out, done.tasks[3]
    rows = [row for row in rows_in(out) if row["protocol"] == "held-out"]
    assert {row["test"] for row in rows} == {f"{name} (rendered)" for name in NAMES}
    (final,) = [row for row in rows_in(out) if row["task"] == 3 and row["final"]]
    assert final["choice"] == third.choice
    assert "each training database (Task_1/development and extra) held out in turn" in third.choice
    assert all(row["choice"] is None for row in rows)
    record = json.loads((out / "task3/choice.json").read_text())
    assert record["chosen"] == third.chosen.name
    assert record["reason"] == third.choice
    assert record["held_out"] == list(NAMES)
    mean = record["mean_auc"]["spectrum"]["auc"]
    aucs = [record["systems"]["spectrum"]["held_out"][name]["auc"] for name in NAMES]
    assert mean == pytest.approx(np.mean(aucs))
    for page in ("report.html", "task3/report.html"):
        text = Page((out / page).read_text()).text
        assert "Task_1/development held out" in text
        assert "extra held out" in text
        assert third.choice in text


def test_photographs_in_both_training_databases_are_not_trained_on(
    done: LabResult, data: Path, out: Path
) -> None:
    extra = out / "overlapping"
    shutil.copytree(data / "extra", extra)
    for kind in ("real", "fake"):
        for path in sorted((data / "Task_1/development" / kind).glob("Task*"))[:2]:
            shutil.copy(path, extra / kind / f"again-{path.name}")
    result = run_lab(settings(data, out, extra=extra, resnet_weights=done.settings.resnet_weights), silent)
    before, after = ({one.name: one.tests for one in run.tasks[3].contenders} for run in (done, result))
    # Without the four that Task 1's has, too, the extra set is what it was.
    own = "Task_1/development"
    assert after["texture"][own].trained_on == before["texture"][own].trained_on
    assert after["texture"][own].auc == before["texture"][own].auc
    n_real = before["spectrum"]["extra"].trained_on["n_real"]
    assert after["spectrum"]["extra"].trained_on["n_real"] == n_real - 2
    assert after["swaps"]["extra"].trained_on["n_real"] == 4 * (n_real - 2)


def test_a_database_that_is_the_same_twice_cannot_be_held_out(done: LabResult, data: Path, out: Path) -> None:
    extra = data / "Task_1/development"
    result = run_lab(settings(data, out, extra=extra, resnet_weights=done.settings.resnet_weights), silent)
    assert write_lab(result) == []
    texture = next(one for one in result.tasks[3].contenders if one.name == "texture")
    assert "all photographs of extra are also in Task_1/development" in {
        test.reason for test in texture.tests.values()
    }
    assert result.tasks[3].final is not None


def test_without_an_extra_set_the_text_says_what_was_not_measured(
    done: LabResult, data: Path, out: Path
) -> None:
    result = run_lab(settings(data, out, extra=None, resnet_weights=done.settings.resnet_weights), silent)
    third = result.tasks[3]
    assert third.chosen.databases == ("Task_1/development",)
    assert list(third.chosen.means) == ["default"]
    assert "no extra training set was given (--extra DIR)" in third.choice
    found = third.by_slug["default-development"].auc_ci95[0] > 0.5
    assert third.final.slug == ("default" if found else "texture")
    assert "fit" not in computed(result)


def contender(name: str, aucs: tuple[float, float], *, n: int = 200, inside: float = 0.95) -> Contender:
    """A system whose AUCs on two databases are about these."""
    rng = np.random.default_rng(0)
    tests = {}
    for test, train, auc in zip(NAMES, NAMES[::-1], aucs, strict=True):
        experiment = Experiment(3, name, System("texture", "experts"), train, test)
        shift = np.sqrt(2) * {0.5: 0.0, 0.9: 1.28}[auc]
        labels = np.arange(2 * n) % 2
        experiment.scores = rng.normal(size=2 * n) + shift * labels
        experiment.evaluation = fs.evaluate(labels, experiment.scores)
        experiment.held_out_auc = inside
        tests[test] = experiment
    return Contender(name, name, (name,), fakes=name != "default", tests=tests)


def test_another_kind_of_fake_is_named() -> None:
    text = kinds_of_fakes([contender("default", (0.9, 0.5))])
    assert text.startswith("extra has another kind of fake than Task_1/development: the default model")
    text = kinds_of_fakes([contender("default", (0.5, 0.9))])
    assert text.startswith("Task_1/development has another kind of fake than extra")
    text = kinds_of_fakes([contender("default", (0.5, 0.5)), contender("texture", (0.5, 0.5))])
    assert text.startswith("Task_1/development and extra have different kinds of fakes: no system that is")


def test_nothing_is_said_of_kinds_of_fakes_where_nothing_shows_it() -> None:
    default = contender("default", (0.5, 0.5))
    assert kinds_of_fakes([contender("default", (0.9, 0.9))]) == ""
    # One direction is enough to know better.
    assert kinds_of_fakes([default, contender("texture", (0.9, 0.5))]) == ""
    # A system that does not tell its own apart shows nothing, nor do a few samples.
    assert kinds_of_fakes([default, contender("texture", (0.5, 0.5), inside=0.55)]) == ""
    assert kinds_of_fakes([default, contender("texture", (0.5, 0.5), n=10)]) == ""
    assert kinds_of_fakes([contender("default", (0.9, 0.5), n=8)]) == ""
