"""AUCs and their differences in words: never a difference without its test."""

from __future__ import annotations

import math

from facespectra.evaluation.figures_table import interval_in_words
from facespectra.lab.experiments import Experiment
from facespectra.lab.paired import TOO_FEW, difference

PAIRED, UNPAIRED = "by the paired test", "by the intervals of both, because the samples are different"


def with_interval(experiment: Experiment) -> str:
    """The AUC of an experiment with its interval."""
    return f"{experiment.auc:.3f} ({interval_in_words(experiment.auc_ci95)})"


def change(before: Experiment, after: Experiment, *, with_test: bool = True) -> str:
    """How far the AUC rises or drops from one experiment to another, and whether that is significant."""
    step = difference(after, before)
    if math.isnan(step.value):
        return f"no figure for the change: {TOO_FEW}"
    if not step.value:
        return "no change"
    what, higher = ("rise", "higher") if step.value > 0 else ("drop", "lower")
    test = f", {PAIRED if step.paired else UNPAIRED}" if with_test and not math.isnan(step.p) else ""
    return f"a {what} of {abs(step.value):.3f}, {step.in_words(higher)}{test}"
