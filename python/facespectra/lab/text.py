"""Sentences and tables of the pages and of the command's output, all from the results of the run."""

from __future__ import annotations

from collections import Counter
from typing import Any

from facespectra.evaluation.figures_table import figures_table, interval_in_words
from facespectra.features.status import Kind
from facespectra.lab.experiments import CROSS_VALIDATION, HELD_OUT, Experiment
from facespectra.lab.result import LabResult
from facespectra.lab.words import change, with_interval

TITLE = "DeepFake detection lab"
HEADINGS = {
    1: "Task 1: within one database",
    2: "Task 2: on a database that the system has never seen",
    3: "Task 3: trained to work on other databases",
}
REFERENCE_STUDY = (
    "The reference study, whose three tasks are repeated here, is the DeepFakes Detection Lab report; its "
    "method is that of Durall et al., arXiv:1911.00686."
)
COMPARED_WITH = (
    "The column Reference holds the AUCs of the reference study, on UADFV (Task 1) and Celeb-DF (Tasks 2 and "
    "3). Unless this run used the same databases, compare the order of the systems and the drop between "
    "databases, not the numbers. The reference study gives the AUCs of its four kernels without saying which "
    "samples they were tested on."
)


def verdict(result: LabResult) -> str:
    """Say in two or three sentences what the three tasks show."""
    first, second, third = (result.tasks[number].tested for number in (1, 2, 3))
    if first is None or second is None:
        return "There is no AUC for both databases; the tables say why."
    sentences = [
        f"Within its own database, {first.system.name} reaches an AUC of {with_interval(first)}.",
        f"On a database it has never seen, the same system reaches {with_interval(second)}: "
        f"{change(first, second)}.",
    ]
    if third is not None:
        sentences.append(
            f"There, the system of Task 3 ({third.system.name}, trained on {third.train}) reaches "
            f"{with_interval(third)}: {change(second, third)}."
        )
    return " ".join(sentences)


def cards(result: LabResult) -> list[dict[str, Any]]:
    """Heading, AUC and detail of each task's final experiment."""
    contents: list[dict[str, Any]] = []
    for number, task in result.tasks.items():
        final = task.tested
        if final is None:
            heading, detail = f"Task {number}", "no system could be tested"
            contents.append({"heading": heading, "auc": None, "detail": detail})
            continue
        heading = f"Task {number}, AUC on {final.test}"
        detail = f"{final.system.name}; 95 % interval: {interval_in_words(final.auc_ci95)}"
        contents.append({"heading": heading, "auc": final.auc, "detail": detail})
    return contents


def metrics(experiment: Experiment | None) -> list[tuple[str, str]]:
    """Metrics of an experiment, each with its name; nothing where it could not be tested."""
    if experiment is None or experiment.evaluation is None:
        return []
    evaluation = experiment.evaluation
    n_classes = f"{evaluation.n_real} real, {evaluation.n_fake} fake"
    samples = f"{evaluation.n} ({n_classes}); {evaluation.n_no_score} without a score"
    unsure = sum(status.kind is Kind.CANNOT_TELL for status in experiment.statuses)
    if unsure:
        samples += f"; about {unsure} the system can't tell"
    return [
        ("samples", samples),
        *((figure.name, figure.in_one_line) for figure in figures_table(evaluation)),
    ]


def summary(result: LabResult) -> list[str]:
    """Lines for a terminal: a table of all experiments, why others were skipped, and the use of the cache."""
    table = [("task", "system", "trained on", "tested on", "AUC", "reference")]
    reasons: Counter[str] = Counter()
    for row in result.rows():
        if row["reason"]:
            reasons[row["reason"]] += 1
            continue
        system = row["system"] + (" *" if row["final"] else "")
        test = "cross-validation" if row["protocol"] == CROSS_VALIDATION else row["test"]
        test += ", held out" * (row["protocol"] == HELD_OUT)
        reported = "" if row["reported_auc"] is None else f"{row['reported_auc']:.2f}"
        table.append((str(row["task"]), system, row["train"], test, f"{row['auc']:.3f}", reported))
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    lines = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]
    skipped = [
        f"skipped {count} {'row' if count == 1 else 'rows'}: {reason}" for reason, count in reasons.items()
    ]
    third = result.tasks[3]
    reused, computed = (sum(counts[index] for counts in result.cache_counts.values()) for index in (0, 1))
    return [
        *lines,
        "* final system of the task",
        *([f"Task 3's was chosen {third.choice}"] if third.choice else []),
        verdict(result),
        *skipped,
        f"cache: {reused} results reused, {computed} computed",
    ]
