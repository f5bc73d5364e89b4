"""The output folder: ``lab.json``, a folder for each task, the pages and the models."""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from facespectra._files import write_atomically
from facespectra._version import __version__
from facespectra._versions import versions
from facespectra.datasets.sources import frames_of
from facespectra.errors import MissingExtraError
from facespectra.evaluation.class_spectra import BandAuc, ClassSpectra
from facespectra.lab import text as wording
from facespectra.lab.differences import BANDS, Separation
from facespectra.lab.experiments import CROSS_VALIDATION, Experiment
from facespectra.lab.run import LabResult, final_detectors
from facespectra.lab.subsets import Subset
from facespectra.lab.tasks import PORTRAITS, TaskResult
from facespectra.report import write_metrics, write_roc, write_scores
from facespectra.report.figures.roc import Curve, roc_figure
from facespectra.report.figures.spectra import bands_figure, spectra_figure
from facespectra.report.files import write_csv
from facespectra.report.html import write_page

RENDERED = " (rendered)"
# For legends.
SHORT = {
    "Task_1/development": "Task 1",
    "with copies (flip, rotate)": "+ copies",
    PORTRAITS: "default model",
    "synthetic swaps of": "swaps of",
}


def rows_of(result: LabResult) -> list[dict[str, Any]]:
    """Give all experiments as plain data: what ``lab.json`` holds.

    Parameters
    ----------
    result : LabResult
        The run.

    Returns
    -------
    list of dict
    """
    rows = [experiment.to_dict() for experiment in _experiments(result)]
    mark = RENDERED if result.settings.rendered else ""
    return [
        # The portraits of the default model are photographs, whatever this run is about.
        {**row, "train": row["train"] + mark * (row["train"] != PORTRAITS), "test": row["test"] + mark}
        for row in rows
    ]


def _experiments(result: LabResult) -> list[Experiment]:
    return [experiment for task_result in result.tasks.values() for experiment in task_result.experiments]


def write_lab(result: LabResult) -> list[str]:
    """Write everything but the cache.

    Parameters
    ----------
    result : LabResult
        The run; its settings say where to.

    Returns
    -------
    list of str
        What could not be written, and why: figures and pages need packages of the ``report`` extra.
    """
    out = result.settings.out
    rows = rows_of(result)
    for number, task_result in result.tasks.items():
        _write_experiments(out, task_result, rendered=result.settings.rendered)
        if number == 2 and result.separations:
            _write_separations(out / "task2", result.separations, result.comparison)
    for name, detector in final_detectors(result).items():
        detector.save(out / name)
    write_atomically(out / "invariance.json", _json(result.invariance))
    problems = []
    try:
        _write_pages(result, [experiment.to_dict() for experiment in _experiments(result)])
    except MissingExtraError as error:
        problems.append(f"figures and report.html were not written: {error}")
    # Last: where it is, everything is.
    write_atomically(out / "lab.json", _json(rows))
    return problems


def _json(content: Any) -> str:
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def _write_experiments(out: Path, task_result: TaskResult, *, rendered: bool) -> None:
    for experiment in task_result.experiments:
        folder = out / experiment.folder
        if experiment.evaluation is None:
            # What an earlier run with more to go by has left there is not a result of this one.
            shutil.rmtree(folder, ignore_errors=True)
            continue
        _write_experiment(folder, experiment, rendered=rendered)
        if experiment is task_result.final:
            _write_experiment(folder.parent, experiment, rendered=rendered)


def _write_experiment(folder: Path, experiment: Experiment, *, rendered: bool) -> None:
    if experiment.evaluation is None or experiment.part is None or experiment.scores is None:
        return
    row = experiment.to_dict()
    about = {
        key: row[key] for key in ("task", "system", "features", "classifier", "train", "test", "protocol")
    }
    write_metrics(
        folder / "metrics.json", experiment.evaluation, experiment.statuses, **about, rendered=rendered
    )
    part = experiment.part
    write_scores(
        folder / "scores.csv",
        part.samples["path"].tolist(),
        part.labels.tolist(),
        part.samples["group"].tolist(),
        experiment.scores.tolist(),
        experiment.statuses,
        frames_of(part.samples),
    )
    write_roc(folder / "roc.csv", experiment.evaluation)


def _write_separations(folder: Path, pair: Iterable[Separation], comparison: dict[str, Any]) -> None:
    header, columns = ["feature"], []
    bands_header, bands = ["from", "to"], []
    for one in pair:
        names = ("real_mean", "real_sd", "fake_mean", "fake_sd", "auc")
        header += [f"{one.name} {name}" for name in names]
        columns += [getattr(one, name).tolist() for name in names]
        bands_header += [f"{one.name} {name}" for name in ("auc", "low", "high")]
        bands.append(one.bands)
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


def _write_pages(result: LabResult, rows: list[dict[str, Any]]) -> None:
    settings, out = result.settings, result.settings.out
    tasks = [_task_context(result, number, rows) for number in result.tasks]
    common = {
        "version": __version__,
        "rendered": settings.rendered,
        "counts": _counts(result),
        "made": _made(result),
    }
    for task in tasks:
        folder = out / f"task{task['number']}"
        for name in ("roc", "spectra", "bands"):
            if task[f"{name}_svg"]:
                write_atomically(folder / f"{name}.svg", task[f"{name}_svg"])
        task_result = result.tasks[task["number"]]
        warnings = [
            (experiment.system.name, text)
            for experiment in task_result.experiments
            for text in experiment.warnings
        ]
        context = {
            **common,
            "title": task["heading"],
            "task": task,
            "warnings": list(dict.fromkeys(warnings)),
        }
        write_page(folder / "report.html", "task.html.j2", context)
    context = {
        **common,
        "title": "DeepFake detection lab",
        "verdict": wording.verdict(result),
        "cards": wording.cards(result),
        "compared_with": wording.COMPARED_WITH,
        "groups": [(task["heading"], task["rows"]) for task in tasks],
        "tasks": tasks,
        "notes": result.notes,
        "reasons": _reasons(rows),
        "unreadable": result.unreadable,
    }
    write_page(out / "report.html", "lab.html.j2", context)


def _task_context(result: LabResult, number: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    task_result = result.tasks[number]
    panels = _panels(task_result)
    own = [row for row in rows if row["task"] == number]
    context: dict[str, Any] = {
        "number": number,
        "heading": wording.HEADINGS[number],
        "texts": wording.task_texts(result, number),
        "rows": own,
        "reasons": _reasons(own),
        "panels": len(panels),
        "roc_svg": roc_figure(panels) if panels else "",
        "final_name": task_result.final.system.name if task_result.final else "",
        "figures": _figures(task_result.final),
        "why": [],
        "spectra_svg": "",
        "bands_svg": "",
    }
    if number == 2 and result.separations:
        databases = [
            ClassSpectra(
                one.name,
                one.real_mean,
                one.real_sd,
                one.fake_mean,
                one.fake_sd,
                one.auc,
                tuple(map(BandAuc._make, one.bands)),
            )
            for one in result.separations
        ]
        context |= {
            "why": wording.why(result),
            "spectra_svg": spectra_figure(databases),
            "bands_svg": bands_figure(databases),
        }
    return context


def _reasons(rows: list[dict[str, Any]]) -> list[str]:
    """Why rows were skipped, each reason once."""
    return list(dict.fromkeys(row["reason"] for row in rows if row["reason"]))


def _panels(task_result: TaskResult) -> dict[str, list[Curve]]:
    """ROC curves by what was tested on, evaluations first."""
    panels: dict[str, list[Curve]] = {}
    several = len({experiment.train for experiment in task_result.experiments}) > 1
    for experiment in sorted(
        task_result.experiments, key=lambda experiment: experiment.protocol == CROSS_VALIDATION
    ):
        if experiment.evaluation is None:
            continue
        inside = experiment.protocol == CROSS_VALIDATION
        title = f"{experiment.test}, cross-validated" if inside else experiment.test
        label = f"{experiment.system.name}, {_short(experiment.train)}" if several else experiment.system.name
        panels.setdefault(title, []).append(Curve(label, experiment.evaluation, experiment.final))
    return panels


def _short(train: str) -> str:
    """A training set in few words, for a legend."""
    for long, short in SHORT.items():
        train = train.replace(long, short)
    return train


def _figures(experiment: Experiment | None) -> list[tuple[str, str]]:
    if experiment is None or experiment.evaluation is None:
        return []
    found = experiment.evaluation
    low, high = found.auc_ci95
    figures = [
        (
            "samples",
            f"{found.n} ({found.n_real} real, {found.n_fake} fake); {found.n_no_score} without a score",
        ),
        ("AUC", f"{found.auc:.3f}, 95 % interval {low:.3f} to {high:.3f}"),
        ("equal error rate", f"{found.eer:.3f}"),
        ("average precision", f"{found.average_precision:.3f}"),
        ("accuracy", f"{found.accuracy:.3f} at the threshold chosen in training, {found.threshold:.6g}"),
    ]
    figures += [
        (f"fakes found at {fpr:.0%} false alarms", f"{tpr:.3f}") for fpr, tpr in found.tpr_at_fpr.items()
    ]
    if found.group_auc is not None:
        figures.append(("AUC by group", f"{found.group_auc:.3f} ({found.n_groups} groups)"))
    return figures


def _counts(result: LabResult) -> list[dict[str, Any]]:
    counts = []
    for part in result.parts:
        augmented = bool((part.samples["change"] != "").any())
        for shown, name in (
            (part.originals(), part.name),
            *([(part, f"{part.name}, with copies")] * augmented),
        ):
            counts.append(_count(shown, name))
    return counts


def _count(part: Subset, name: str) -> dict[str, Any]:
    return {"name": name, "n": len(part.samples), **part.counts()}


def _made(result: LabResult) -> list[tuple[str, str]]:
    settings = result.settings
    return [
        ("command", settings.command or "run_lab"),
        ("Task 1", str(settings.task1)),
        ("Tasks 2 and 3", str(settings.task23)),
        ("extra", str(settings.extra) if settings.extra else "none"),
        ("ResNet-50", result.skipped.get("ResNet-50") or result.weights),
        ("features", "radial spectrum, 300 points, published convention, float32; largest face by MTCNN"),
        (
            "regions",
            "192 numbers by band and region of the face; swaps by facespectra.synth, default settings",
        ),
        ("seed", str(settings.seed)),
        ("system", f"{platform.system()} {platform.machine()}"),
        ("versions", ", ".join(f"{name} {version}" for name, version in versions().items())),
    ]
