"""The pages of a run: ``report.html``, one for each task, and the figures beside them."""

from __future__ import annotations

import platform
from typing import Any

from facespectra._files import write_atomically
from facespectra._versions import versions
from facespectra.lab import text
from facespectra.lab.choice_text import held_out_rows
from facespectra.lab.experiments import CROSS_VALIDATION, HELD_OUT, Experiment
from facespectra.lab.result import LabResult
from facespectra.lab.swaps import SWAPS_OF
from facespectra.lab.tables import beside_each_other
from facespectra.lab.task_texts import task_texts, why
from facespectra.lab.tasks import PORTRAITS, TaskResult
from facespectra.report.figures.roc import Curve, roc_figure
from facespectra.report.figures.spectra import bands_figure, spectra_figure
from facespectra.report.html import write_page

# Names of training sets in legends.
SHORT = {
    "Task_1/development": "Task 1",
    "with copies (flip, rotate)": "+ copies",
    PORTRAITS: "default model",
    SWAPS_OF: "swaps of",
}


def write_pages(result: LabResult) -> None:
    """Write all pages and figures; raise MissingExtraError where matplotlib or Jinja is not installed."""
    tasks = [_task_context(result, number) for number in result.tasks]
    common = {
        "rendered": result.settings.rendered,
        "reference_study": text.REFERENCE_STUDY,
        "counts": [
            {"name": subset.name, "n": len(subset.samples), **subset.counts()} for subset in result.subsets
        ],
        "made": _provenance(result),
    }
    for task in tasks:
        folder = result.settings.out / f"task{task['number']}"
        for name in ("roc", "spectra", "bands"):
            if task[f"{name}_svg"]:
                write_atomically(folder / f"{name}.svg", task[f"{name}_svg"])
        context = {**common, "title": task["heading"], "task": task}
        write_page(folder / "report.html", "task.html.j2", context)
    context = {
        **common,
        "title": "DeepFake detection lab",
        "verdict": text.verdict(result),
        "cards": text.cards(result),
        "compared_with": text.COMPARED_WITH,
        "groups": [(task["heading"], task["rows"]) for task in tasks],
        "tasks": tasks,
        "notes": result.notes,
        "reasons": _reasons(result.experiments),
        "unreadable": result.unreadable,
    }
    write_page(result.settings.out / "report.html", "lab.html.j2", context)


def _task_context(result: LabResult, number: int) -> dict[str, Any]:
    task = result.tasks[number]
    panels = _roc_panels(task)
    warnings = [(one.system.name, warning) for one in task.experiments for warning in one.warnings]
    context: dict[str, Any] = {
        "number": number,
        "heading": text.HEADINGS[number],
        "texts": task_texts(result, number),
        "rows": [one.to_dict() for one in task.experiments if one.protocol != HELD_OUT],
        "held_out": held_out_rows(task.chosen, task.contenders),
        "databases": task.chosen.databases if task.chosen else (),
        "beside": beside_each_other(result) if number == 3 else [],
        "reasons": _reasons(task.experiments),
        "warnings": list(dict.fromkeys(warnings)),
        "panels": len(panels),
        "roc_svg": roc_figure(panels) if panels else "",
        "final_name": task.final.system.name if task.final else "",
        "scope": task.detector.words.scope if task.detector else "",
        "figures": text.metrics(task.final),
        "why": [],
        "spectra_svg": "",
        "bands_svg": "",
    }
    if number == 2 and result.class_spectra:
        databases: list[Any] = list(result.class_spectra)
        context |= {
            "why": why(result),
            "spectra_svg": spectra_figure(databases),
            "bands_svg": bands_figure(databases),
        }
    return context


def _reasons(experiments: list[Experiment]) -> list[str]:
    """Why experiments were skipped, each reason once."""
    return list(dict.fromkeys(experiment.reason for experiment in experiments if experiment.reason))


def _roc_panels(task: TaskResult) -> dict[str, list[Curve]]:
    """ROC curves by test set, those of cross-validation last."""
    panels: dict[str, list[Curve]] = {}
    several = len({experiment.train for experiment in task.experiments}) > 1
    for experiment in sorted(task.experiments, key=lambda one: one.protocol == CROSS_VALIDATION):
        if experiment.evaluation is None or experiment.protocol == HELD_OUT:
            continue
        inside = experiment.protocol == CROSS_VALIDATION
        title = f"{experiment.test}, cross-validated" if inside else experiment.test
        label = f"{experiment.system.name}, {_short(experiment.train)}" if several else experiment.system.name
        panels.setdefault(title, []).append(Curve(label, experiment.evaluation, experiment.final))
    return panels


def _short(train: str) -> str:
    """Short name of a training set, for legends."""
    for long, short in SHORT.items():
        train = train.replace(long, short)
    return train


def _provenance(result: LabResult) -> list[tuple[str, str]]:
    """What the run was made with."""
    settings = result.settings
    return [
        ("command", settings.command or "run_lab"),
        ("Task 1", str(settings.task1)),
        ("Tasks 2 and 3", str(settings.task23)),
        ("extra", str(settings.extra) if settings.extra else "none"),
        ("ResNet-50", result.resnet50),
        ("EfficientNet-Lite0", result.efficientnet),
        ("features", "radial spectrum, 300 points, published convention, float32; largest face by MTCNN"),
        (
            "regions",
            "192 numbers by band and region of the face; swaps by facespectra.synth, default settings",
        ),
        ("texture", "1632 numbers of EfficientNet-Lite0's early layers, by region of the face"),
        ("seed", str(settings.seed)),
        ("system", f"{platform.system()} {platform.machine()}"),
        ("versions", ", ".join(f"{name} {version}" for name, version in versions().items())),
    ]
