"""Rows and texts as pages show them: distinct names, what did not run in a line, no paths of the machine."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from facespectra._wording import counted
from facespectra.lab.experiments import CROSS_VALIDATION, HELD_OUT, Experiment
from facespectra.lab.result import LabSettings
from facespectra.lab.swaps import SWAPS_OF
from facespectra.lab.tasks import PORTRAITS

# Names of training sets in legends and rows.
SHORT = {
    "Task_1/development": "Task 1",
    "with copies (flip, rotate)": "+ copies",
    PORTRAITS: "default model",
    SWAPS_OF: "swaps of",
}


def short_name(train: str) -> str:
    """Short name of a training set, for legends and rows."""
    for long, short in SHORT.items():
        train = train.replace(long, short)
    return train


def shown_rows(experiments: Sequence[Experiment]) -> list[dict[str, Any]]:
    """The rows that ran, but for the held-out ones, each with a ``name`` that no other has."""
    ran = [one for one in experiments if one.protocol != HELD_OUT and not one.reason]
    names = [one.system.name for one in ran]
    trained = [short_name(one.train) for one in ran]
    tested = ["cross-validated" if one.protocol == CROSS_VALIDATION else f"on {one.test}" for one in ran]
    for more in (trained, tested):
        # What rows of one name have in common does not tell them apart.
        kinds: dict[str, set[str]] = {}
        for name, addition in zip(names, more, strict=True):
            kinds.setdefault(name, set()).add(addition)
        names = [
            f"{name}, {addition}" if len(kinds[name]) > 1 else name
            for name, addition in zip(names, more, strict=True)
        ]
    return [{**one.to_dict(), "name": name} for name, one in zip(names, ran, strict=True)]


def not_run(experiments: Sequence[Experiment], settings: LabSettings) -> list[str]:
    """A line for each reason why experiments did not run."""
    reasons: dict[str, Counter[str]] = {}
    for one in experiments:
        if one.reason:
            reasons.setdefault(one.reason, Counter())[one.system.name] += 1
    return [
        f"{counted(sum(systems.values()), 'experiment')} did not run ({'; '.join(systems)}): "
        f"{without_paths(reason, settings)}."
        for reason, systems in reasons.items()
    ]


def without_paths(text: str, settings: LabSettings) -> str:
    """Shorten paths of this machine: those of the run to their names, the home folder to ``~``."""
    known = [settings.task1, settings.task23, settings.extra, settings.out, Path.home()]
    paths = {one for one in known if one is not None and one.is_absolute()}
    for path in sorted(paths, key=lambda one: len(str(one)), reverse=True):
        name = "~" if path == Path.home() else path.name
        text = re.sub(rf"(?<![\w.~-]){re.escape(str(path))}(?![\w-])", name.replace("\\", r"\\"), text)
    return text
