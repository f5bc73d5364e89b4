"""Tables of the pages that set experiments beside each other."""

from __future__ import annotations

from typing import Any

from facespectra.lab.experiments import EVALUATION, Experiment
from facespectra.lab.result import LabResult
from facespectra.lab.words import change


def beside_each_other(result: LabResult) -> list[dict[str, Any]]:
    """Systems that were tested inside Task 1's database and on the other one, both AUCs in one row."""
    own, other = (result.tasks[number].experiments[-1].test for number in (1, 2))
    rows: dict[tuple[str, str], dict[str, Experiment]] = {}
    for experiment in result.experiments:
        if experiment.evaluation is not None and experiment.protocol == EVALUATION:
            key = experiment.system.name, experiment.train
            rows.setdefault(key, {}).setdefault(experiment.test, experiment)
    return [
        {
            "system": system,
            "train": train,
            "own": tests[own].to_dict(),
            "other": tests[other].to_dict(),
            "change": change(tests[own], tests[other], with_test=False),
            "final": tests[own].final or tests[other].final,
        }
        for (system, train), tests in rows.items()
        if own in tests and other in tests
    ]
