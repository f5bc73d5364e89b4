"""The output folder: ``lab.json``, a folder for each task, the pages and the models."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from facespectra._files import write_atomically, write_csv
from facespectra.datasets.sources import frames_of
from facespectra.errors import MissingExtraError
from facespectra.evaluation.class_spectra import ClassSpectra
from facespectra.lab.choice_text import choice_record
from facespectra.lab.differences import BANDS
from facespectra.lab.experiments import Experiment
from facespectra.lab.pages import write_pages
from facespectra.lab.result import LabResult
from facespectra.report import write_metrics, write_roc, write_scores

# Task 2 tests the detector of Task 1.
MODELS = {1: "task1.model", 3: "task3.model"}
# What metrics.json has of a row of lab.json.
ABOUT = ("task", "system", "features", "classifier", "train", "test", "protocol", "aggregate_rule")


def write_lab(result: LabResult) -> list[str]:
    """Write everything but the cache; list what could not be written, and why."""
    out, rendered = result.settings.out, result.settings.rendered
    for experiment in result.experiments:
        folder = out / experiment.folder
        # An earlier run with more data may have left results there that are not of this one.
        if experiment.evaluation is None:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            _write_experiment(folder, experiment, rendered=rendered)
    for number, task in result.tasks.items():
        if task.tested is not None:
            _write_experiment(out / f"task{number}", task.tested, rendered=rendered)
    if result.class_spectra:
        _write_differences(out / "task2", result.class_spectra, result.comparison)
    for number, name in MODELS.items():
        if (detector := result.tasks[number].detector) is not None:
            detector.save(out / name)
    write_atomically(out / "invariance.json", _json(result.invariance))
    for number, task in result.tasks.items():
        if task.chosen is not None:
            record = choice_record(task.chosen, task.contenders, task.choice)
            write_atomically(out / f"task{number}/choice.json", _json(record))
    problems = []
    try:
        write_pages(result)
    except MissingExtraError as error:
        problems.append(f"figures and report.html were not written: {error}")
    # Written last: where it is, everything is.
    write_atomically(out / "lab.json", _json(result.rows()))
    return problems


def _json(content: Any) -> str:
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def _write_experiment(folder: Path, experiment: Experiment, *, rendered: bool) -> None:
    if experiment.evaluation is None or experiment.test_set is None:
        return
    row = experiment.to_dict()
    about = {key: row[key] for key in ABOUT}
    write_metrics(
        folder / "metrics.json", experiment.evaluation, experiment.statuses, **about, rendered=rendered
    )
    samples = experiment.test_set.samples
    write_scores(
        folder / "scores.csv",
        samples["path"].tolist(),
        experiment.test_set.labels.tolist(),
        samples["group"].tolist(),
        experiment.scores.tolist(),
        experiment.statuses,
        frames_of(samples),
    )
    write_roc(folder / "roc.csv", experiment.evaluation)


def _write_differences(folder: Path, databases: tuple[ClassSpectra, ...], comparison: dict[str, Any]) -> None:
    header, columns = ["feature"], []
    bands_header, bands = ["from", "to"], []
    for database in databases:
        names = ("real_mean", "real_sd", "fake_mean", "fake_sd", "auc")
        header += [f"{database.name} {name}" for name in names]
        columns += [getattr(database, name).tolist() for name in names]
        bands_header += [f"{database.name} {name}" for name in ("auc", "low", "high")]
        bands.append(database.bands)
    write_csv(folder / "spectra.csv", header, ([i, *row] for i, row in enumerate(zip(*columns, strict=True))))
    write_csv(
        folder / "bands.csv",
        bands_header,
        (
            [i / BANDS, (i + 1) / BANDS, *(value for band in row for value in band)]
            for i, row in enumerate(zip(*bands, strict=True))
        ),
    )
    write_atomically(folder / "comparison.json", _json(comparison))
