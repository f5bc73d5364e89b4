"""Whether one AUC is higher than another: by a paired test on the same samples, else by the intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facespectra.evaluation import compare
from facespectra.evaluation.comparison import DRAWS
from facespectra.evaluation.intervals import Z_95

if TYPE_CHECKING:
    from facespectra.lab.experiments import Experiment

LEVEL = 0.05
TOO_FEW = "too few samples to test"


@dataclass(frozen=True, slots=True)
class Difference:
    """Difference of two AUCs, with its standard error and two-sided p-value; NaN where there is no test."""

    value: float
    error: float = math.nan
    p: float = math.nan
    paired: bool = True  # whether the samples were the same

    @property
    def significant(self) -> bool:
        """Whether the AUCs differ by more than chance explains."""
        return self.p < LEVEL

    @property
    def p_in_words(self) -> str:
        """The p-value, or why there is none."""
        if math.isnan(self.p):
            return TOO_FEW
        return "p < 0.001" if self.p < 0.001 else f"p = {self.p:.2g}"

    def in_words(self, how: str = "higher") -> str:
        """Whether an AUC is significantly higher or lower, with the p-value."""
        if math.isnan(self.p):
            return TOO_FEW
        return f"{'significantly' if self.significant else 'not significantly'} {how} ({self.p_in_words})"


def difference(first: Experiment, second: Experiment) -> Difference:
    """First minus second, by the paired test where both were tested on the same samples."""
    if _same_samples(first, second):
        return _paired(first, second)
    return difference_of_intervals((first.auc, first.auc_ci95), (second.auc, second.auc_ci95))


def difference_of_intervals(
    first: tuple[float, tuple[float, float]], second: tuple[float, tuple[float, float]]
) -> Difference:
    """First minus second of two AUCs on different samples, from each AUC's 95 % interval."""
    errors = [standard_error(*interval) for _, interval in (first, second)]
    return _tested(first[0] - second[0], math.hypot(*errors), paired=False)


def mean_difference(differences: Sequence[Difference]) -> Difference:
    """Mean of differences on different databases, which are independent of each other."""
    if len(differences) == 1:
        return differences[0]
    n = len(differences)
    return _tested(
        sum(one.value for one in differences) / n,
        math.hypot(*(one.error for one in differences)) / n,
        paired=all(one.paired for one in differences),
    )


def standard_error(low: float, high: float) -> float:
    """Standard error that belongs to a 95 % interval."""
    return (high - low) / (2 * Z_95)


def _tested(value: float, error: float, *, paired: bool) -> Difference:
    if not error:  # the same scores in both
        return Difference(value, error, math.nan if value else 1.0, paired)
    return Difference(value, error, math.erfc(abs(value) / error / math.sqrt(2)), paired)


def _same_samples(first: Experiment, second: Experiment) -> bool:
    one, two = first.test_set, second.test_set
    if one is None or two is None:
        return False
    return one is two or one.keys == two.keys


def _paired(first: Experiment, second: Experiment) -> Difference:
    test = first.test_set
    if test is None:
        return Difference(math.nan)
    groups = test.known_groups
    try:
        # Without groups DeLong's test is used, and the bootstrap not looked at.
        compared = compare(
            test.labels, first.scores, second.scores, groups, draws=2 if groups is None else DRAWS
        )
    except ValueError:  # no sample of a class has both scores
        return Difference(math.nan)
    if compared.resampled == "groups":
        error = standard_error(*compared.bootstrap_ci95)
        return Difference(compared.difference, error, compared.bootstrap_p)
    return Difference(compared.difference, standard_error(*compared.delong_ci95), compared.delong_p)
