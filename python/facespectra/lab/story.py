"""The lab in three pictures: the scores of the final system of each task, and what they show."""

from __future__ import annotations

from typing import Any

import numpy as np

from facespectra.figures.scores import scores_figure
from facespectra.lab.experiments import Experiment
from facespectra.lab.result import LabResult
from facespectra.lab.words import change, with_interval


def story(result: LabResult) -> list[dict[str, Any]]:
    """A picture and a sentence for each task that has a result."""
    first, second, third = (result.tasks[number].tested for number in (1, 2, 3))
    pictures = []
    if first is not None:
        said = (
            f"1. Within its own database the scores of real and fake faces lie apart: {first.system.name}, "
            f"AUC {with_interval(first)}."
        )
        pictures.append(_picture(first, said))
    if second is not None:
        step = "" if first is None else f", {change(first, second)}"
        said = f"2. On a database that the same system has never seen: AUC {with_interval(second)}{step}."
        pictures.append(_picture(second, said))
    if third is not None:
        step = "" if second is None else f", {change(second, third)}"
        said = (
            f"3. There, the system of Task 3 ({third.system.name}, trained on {third.train}): AUC "
            f"{with_interval(third)}{step}."
        )
        pictures.append(_picture(third, said))
    return [{"name": f"story-{number}", **one} for number, one in enumerate(pictures, 1)]


def _picture(experiment: Experiment, said: str) -> dict[str, Any]:
    if experiment.test_set is None or experiment.evaluation is None:
        raise RuntimeError("a tested experiment has samples")
    scored = ~np.isnan(experiment.scores)
    labels, scores = experiment.test_set.labels[scored], experiment.scores[scored]
    inside = bool(((scores >= 0) & (scores <= 1)).all())
    threshold = experiment.evaluation.threshold
    return {"svg": scores_figure(labels, scores, threshold, probabilities=inside), "said": said}
