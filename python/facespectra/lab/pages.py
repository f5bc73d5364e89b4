"""The pages of a run: ``report.html``, one for each task, and the figures beside them."""

from __future__ import annotations

import platform
from typing import Any

from facespectra._versions import versions
from facespectra._wording import counted
from facespectra.features.cache import Cache
from facespectra.figures.roc import Curve, roc_figures
from facespectra.figures.spectra import bands_figure, feature_auc_figure, spectra_figure
from facespectra.figures.style import Drawing
from facespectra.lab import text
from facespectra.lab.choice_text import held_out_rows
from facespectra.lab.experiments import CROSS_VALIDATION, HELD_OUT
from facespectra.lab.faces_shown import faces_shown
from facespectra.lab.page_rows import not_run, short_name, shown_rows, without_paths
from facespectra.lab.result import CACHE, LabResult
from facespectra.lab.story import story
from facespectra.lab.tables import beside_each_other
from facespectra.lab.task_texts import task_texts, why
from facespectra.lab.tasks import TaskResult
from facespectra.report.html import today, write_figures, write_page
from facespectra.report.thumbnails import short

FIGURES = "figures"


def write_pages(result: LabResult) -> None:
    """Write all pages and figures; raise MissingExtraError where matplotlib or Jinja is not installed."""
    settings = result.settings
    # One of its own: what the run counts are features and models.
    cache = Cache(settings.out / CACHE)
    tasks = [_task_context(result, number) for number in result.tasks]
    pictures = story(result)
    write_figures(settings.out / FIGURES, {one["name"]: one["svg"] for one in pictures}, cache)
    common = {
        "date": today(),
        "rendered": result.settings.rendered,
        "reference_study": text.REFERENCE_STUDY,
        "counts": [
            {"name": subset.name, "n": len(subset.samples), **subset.counts()} for subset in result.subsets
        ],
        "made": _provenance(result),
    }
    for task in tasks:
        folder = result.settings.out / f"task{task['number']}"
        write_figures(folder, task["drawings"], cache)
        context = {**common, "title": f"{task['heading']}, {today()}", "task": task | {"folder": ""}}
        write_page(folder / "report.html", "task.html.j2", context)
    context = {
        **common,
        "title": f"{text.TITLE}: {_databases(result)}, {today()}",
        "heading": text.TITLE,
        "identity": f"{_databases(result)} \u00b7 {today()}",
        "faces": faces_shown(result.subsets),
        "story": pictures,
        "verdict": text.verdict(result),
        "cards": text.cards(result),
        "compared_with": text.COMPARED_WITH,
        "groups": [(task["heading"], task["rows"]) for task in tasks],
        "tasks": tasks,
        "notes": result.notes,
        "not_run": not_run(result.experiments, settings),
        "unreadable": [(short(path), status) for path, status in result.unreadable],
    }
    write_page(result.settings.out / "report.html", "lab.html.j2", context)


def _task_context(result: LabResult, number: int) -> dict[str, Any]:
    task = result.tasks[number]
    panels = _roc_panels(task)
    warnings = [(one.system.name, warning) for one in task.experiments for warning in one.warnings]
    context: dict[str, Any] = {
        "number": number,
        "folder": f"task{number}/",
        "heading": text.HEADINGS[number],
        "texts": task_texts(result, number),
        "rows": shown_rows(task.experiments),
        "held_out": held_out_rows(task.chosen, task.contenders),
        "databases": task.chosen.databases if task.chosen else (),
        "beside": beside_each_other(result) if number == 3 else [],
        "not_run": not_run(task.experiments, result.settings),
        "warnings": list(dict.fromkeys(warnings)),
        "rocs": [],
        "drawings": {},
        "final_name": task.final.system.name if task.final else "",
        "scope": task.detector.words.scope if task.detector else "",
        "figures": text.metrics(task.final),
        "why": [],
        "spectra": [],
    }
    drawings: dict[str, Drawing] = context["drawings"]
    for title, drawing in roc_figures(panels).items():
        name = _numbered("roc", len(context["rocs"]))
        drawings[name] = drawing
        context["rocs"].append((name, title))
    if number == 2 and result.class_spectra:
        context["why"] = why(result)
        for k, database in enumerate(result.class_spectra):
            names = _numbered("spectra", k), _numbered("feature-auc", k)
            beside = result.class_spectra
            figures = spectra_figure(database, beside), feature_auc_figure(database, beside)
            drawings |= zip(names, figures, strict=True)
            context["spectra"].append((database.name, *names))
        drawings["bands"] = bands_figure(result.class_spectra)
    return context


def _numbered(name: str, k: int) -> str:
    return f"{name}-{k + 1}" if k else name


def _databases(result: LabResult) -> str:
    subsets = [subset for subset in result.subsets if (subset.samples["change"] == "").all()]
    n = sum(len(subset.samples) for subset in subsets)
    names = list(dict.fromkeys(subset.name.partition("/")[0] for subset in subsets))
    return f"{', '.join(names)}: {counted(n, 'photograph')}"


def _roc_panels(task: TaskResult) -> dict[str, list[Curve]]:
    """ROC curves by test set, those of cross-validation last."""
    panels: dict[str, list[Curve]] = {}
    several = len({experiment.train for experiment in task.experiments}) > 1
    for experiment in sorted(task.experiments, key=lambda one: one.protocol == CROSS_VALIDATION):
        if experiment.evaluation is None or experiment.protocol == HELD_OUT:
            continue
        inside = experiment.protocol == CROSS_VALIDATION
        title = f"{experiment.test}, cross-validated" if inside else experiment.test
        label = (
            f"{experiment.system.name}, {short_name(experiment.train)}" if several else experiment.system.name
        )
        panels.setdefault(title, []).append(Curve(label, experiment.evaluation, experiment.final))
    return panels


def _provenance(result: LabResult) -> list[tuple[str, str]]:
    """What the run was made with."""
    settings = result.settings
    return [
        ("command", without_paths(settings.command or "run_lab", settings)),
        ("Task 1", settings.task1.name),
        ("Tasks 2 and 3", settings.task23.name),
        ("extra", settings.extra.name if settings.extra else "none"),
        ("ResNet-50", without_paths(result.resnet50, settings)),
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
