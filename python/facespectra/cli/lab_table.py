"""The lab's results on a terminal: a table for each task that fits, then what they show."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from facespectra.cli.terminal import NARROWEST, Terminal, wrap

if TYPE_CHECKING:
    from facespectra.lab import LabResult

_AUC, _REFERENCE = "  AUC", "reference"
_NUMBERS = len(f"  {_AUC}  {_REFERENCE}")


def lab_lines(result: LabResult, terminal: Terminal) -> list[str]:
    """Tables of the tests, then sentences; what else was computed is on the pages."""
    from facespectra.lab.experiments import EVALUATION
    from facespectra.lab.page_rows import without_paths
    from facespectra.lab.result import RENDERED
    from facespectra.lab.text import HEADINGS, verdict

    rows = result.rows()
    tested = [row for row in rows if row["protocol"] == EVALUATION and not row["reason"]]
    for row in tested:
        # It was said of all of them already.
        row["train"], row["test"] = (row[key].removesuffix(RENDERED) for key in ("train", "test"))
    lines: list[str] = []
    for number, heading in HEADINGS.items():
        lines += [*_cells(heading, _AUC.strip(), _REFERENCE, terminal, 0)]
        of_task = [row for row in tested if row["task"] == number]
        for test in dict.fromkeys(row["test"] for row in of_task):
            lines += _test(test, [row for row in of_task if row["test"] == test], terminal)
        lines += [*([] if of_task else ["no system could be tested"]), ""]
    skipped = [row["reason"] for row in rows if row["reason"]]
    other = len(rows) - len(tested) - len(skipped)
    sentences = ["* final system of the task"]
    if other:
        sentences.append(f"{other} more rows are in the report: cross-validation, and databases held out.")
    if choice := result.tasks[3].choice:
        sentences.append(f"Task 3's was chosen {choice}.")
    sentences.append(verdict(result))
    if skipped:
        reasons = dict.fromkeys(part for reason in skipped for part in reason.split("; "))
        count = "1 row was" if len(skipped) == 1 else f"{len(skipped)} rows were"
        sentences.append(f"{count} skipped: {'; '.join(reasons)}.")
    reused, computed = (sum(counts[index] for counts in result.cache_counts.values()) for index in (0, 1))
    sentences.append(f"cache: {reused} results reused, {computed} computed")
    said = (without_paths(sentence, result.settings) for sentence in sentences)
    return [*lines, *(line for sentence in said for line in wrap(sentence, terminal))]


def _test(test: str, rows: list[dict[str, Any]], terminal: Terminal) -> list[str]:
    """The systems that were tested on one subset; a training set that all share is told once."""
    trains = {row["train"] for row in rows}
    if len(trains) == 1:
        lines = wrap(f"trained on {min(trains)}, tested on {test}", terminal)
        return [*lines, *(line for row in rows for line in _row(row["system"], row, terminal, 2))]
    lines = wrap(f"tested on {test}", terminal)
    for system, of_system in groupby(rows, key=lambda row: str(row["system"])):
        lines += wrap(f"{system}, trained on", terminal, start="  ", indent=4)
        lines += [line for row in of_system for line in _row(row["train"], row, terminal, 4)]
    return lines


def _row(text: str, row: dict[str, Any], terminal: Terminal, indent: int) -> list[str]:
    reference = "" if row["reported_auc"] is None else f"{row['reported_auc']:.2f}"
    return _cells(text + " *" * row["final"], f"{row['auc']:.3f}", reference, terminal, indent)


def _cells(text: str, auc: str, reference: str, terminal: Terminal, indent: int) -> list[str]:
    """One row, with its numbers in the first of its lines."""
    room = max(min(terminal.width, 80) - _NUMBERS, NARROWEST)
    first, *more = wrap(text, terminal._replace(width=room), start=" " * indent, indent=indent + 2)
    numbers = f"{auc:>{len(_AUC)}}  {reference:>{len(_REFERENCE)}}"
    return [f"{first:<{room}}  {numbers}".rstrip(), *more]
