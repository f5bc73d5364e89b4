"""Every way to a score of one model gives the same: predict, score, evaluate, explain and the lab."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from facespectra.cli import main
from facespectra.errors import FacespectraError
from facespectra.evaluation.aggregation import rule
from facespectra.features.status import Kind, Status
from facespectra.lab import LabResult
from facespectra.lab.experiments import Experiment, System, evaluate_detector
from lab_runs import rows_in

pytest.importorskip("pandas", reason="needs the detect extra")

pytestmark = pytest.mark.usefixtures("one_torch_thread")

SLUGS = ("default", "default-inside", "default-development", "default-extra")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_all_ways_agree_to_the_last_digit(
    done: LabResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row for slug in SLUGS for row in read(done.settings.out / f"task3/{slug}/scores.csv")]
    paths = [row["path"] for row in rows]
    assert len(set(paths)) == len(paths) >= 50
    lab = {row["path"]: (row["score"], row["status"]) for row in rows}
    assert {status.partition(":")[0] for _, status in lab.values()} >= {"ok", "no-face", "unreadable"}

    verdicts = fs.load().predict(paths)
    assert {one.path: ("" if np.isnan(one.score) else repr(one.score), one.status) for one in verdicts} == lab

    # Exit status 1: one file cannot be read.
    assert main(["score", *paths, "-o", str(tmp_path / "scores.csv")]) == 1
    assert {row["path"]: (row["score"], row["status"]) for row in read(tmp_path / "scores.csv")} == lab

    with (tmp_path / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["path", "label", "group"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    run = tmp_path / "run"
    assert main(["evaluate", str(tmp_path / "manifest.csv"), "--out", str(run), "--robustness", "0"]) == 1
    assert {row["path"]: (row["score"], row["status"]) for row in read(run / "scores.csv")} == lab

    for path, (score, status) in lab.items():
        if score:
            assert repr(fs.explain(path).score) == score
        else:
            with pytest.raises(FacespectraError, match=r"no face|not an image"):
                fs.explain(path)
        assert (score == "") == status.startswith(("no-face", "unreadable"))
    capsys.readouterr()


def test_what_cannot_be_told_is_counted_and_the_rule_is_written(done: LabResult) -> None:
    for row in rows_in(done.settings.out):
        metrics = json.loads((done.settings.out / row["folder"] / "metrics.json").read_text())
        statuses = [one["status"] for one in read(done.settings.out / row["folder"] / "scores.csv")]
        unsure = sum(status.startswith("cannot-tell") for status in statuses)
        assert row["n_cannot_tell"] == metrics["n_cannot_tell"] == unsure
        assert row["aggregate_rule"] == metrics["aggregate_rule"] == rule("mean")


def test_frames_that_cannot_be_told_count_only_where_there_are_no_others(
    done: LabResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = done.tasks[3].by_slug["default"]
    test, detector = known.test_set, known.detector
    whole = test.take(list(range(len(test.samples))))
    # Two samples a group; the model abstains of every other one, which is then left out of its group's score.
    whole.samples["group"] = [f"{label}-{k // 4}" for k, label in enumerate(whole.labels)]
    found = detector.score_table(whole.table("texture"), evidence=False)
    unsure = [k for k in range(len(found)) if k % 3 == 0]

    def abstaining(*_: object, **__: object) -> list[object]:
        from dataclasses import replace

        reason = Status(Kind.CANNOT_TELL, "too small")
        return [replace(one, status=reason) if k in unsure else one for k, one in enumerate(found)]

    monkeypatch.setattr(detector, "score_table", abstaining)
    experiment = Experiment(3, "x", System("texture", "experts"), "a", "b")
    evaluated = evaluate_detector(experiment, detector, whole)
    undecided = np.isin(np.arange(len(found)), unsure)
    scores = [one.score for one in found]
    expected = fs.evaluate(whole.labels, scores, whole.groups, undecided=undecided)
    assert evaluated.evaluation.group_auc == expected.group_auc
    assert evaluated.evaluation.auc == known.evaluation.auc
    assert evaluated.to_dict()["n_cannot_tell"] >= len(unsure)
