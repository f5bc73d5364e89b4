"""What counts as independent in a data set: groups where they are known, else videos, else samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facespectra.evaluation.intervals import (
    MIN_GROUPS,
    Groups,
    Interval,
    delong_interval,
    group_interval,
    group_samples,
    roc_auc,
)

FEW_GROUPS = (
    "{n} groups, with fewer than five of real or of fake samples, are too few to resample: the interval of "
    "the AUC treats samples as independent, and is too narrow"
)


@dataclass(frozen=True, slots=True)
class IndependentUnits:
    """The units that are taken to be independent, and which sample belongs to which."""

    name: str  # "groups", "videos" or "samples"
    groups: Groups

    @property
    def enough(self) -> bool:
        """Whether there are enough to resample: five with samples of each class."""
        return self.groups.can_bootstrap

    @property
    def single(self) -> bool:
        """Whether each unit is one sample."""
        return self.groups.n == len(self.groups.of_sample)

    @property
    def warning(self) -> str | None:
        """What the interval of the AUC leaves out; None where it leaves out nothing."""
        return None if self.single or self.enough else FEW_GROUPS.format(n=self.groups.n)


def independent_units(labels: NDArray[np.int64], units: dict[str, NDArray[Any]]) -> IndependentUnits:
    """Choose among known units, coarsest first: the first with enough to resample, else the last known."""
    found = None
    for name, unit in units.items():
        groups = group_samples(labels, unit)
        if groups.n == len(labels):
            continue
        found = IndependentUnits(name, groups)
        if found.enough:
            break
    if found is None:
        return IndependentUnits("samples", group_samples(labels, np.arange(len(labels))))
    return found


def auc_interval(
    labels: NDArray[np.int64], scores: NDArray[np.float64], known: IndependentUnits
) -> tuple[Interval, str]:
    """95 % interval of the AUC and its method: a bootstrap over units, or DeLong's over samples."""
    if known.enough and not known.single:
        return group_interval(labels, scores, known.groups), f"bootstrap over {known.name}"
    return delong_interval(labels, scores), "delong"


def auc_of_samples(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> tuple[float, Interval]:
    """AUC and its interval, as ``evaluate`` has them where nothing is known of groups, and nothing else."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(labels, scores)), delong_interval(labels, scores)


@dataclass(frozen=True, slots=True)
class MeasuredAuc:
    """AUC of a part of the samples; None where the part has fewer than five units of a class."""

    n_real: int
    n_fake: int
    auc: float | None
    ci95: Interval | None

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain data for JSON."""
        interval = None if self.ci95 is None else list(self.ci95)
        return {"n_real": self.n_real, "n_fake": self.n_fake, "auc": self.auc, "auc_ci95": interval}


def measure_auc(
    labels: NDArray[np.int64], scores: NDArray[np.float64], units: dict[str, NDArray[Any]]
) -> MeasuredAuc:
    """Measure the AUC of some samples that have a score, where there are enough of both classes."""
    n_real, n_fake = int(np.sum(labels == 0)), int(np.sum(labels == 1))
    if min(n_real, n_fake) < MIN_GROUPS:
        return MeasuredAuc(n_real, n_fake, None, None)
    known = independent_units(labels, units)
    if not known.enough:
        return MeasuredAuc(n_real, n_fake, None, None)
    interval, _ = auc_interval(labels, scores, known)
    return MeasuredAuc(n_real, n_fake, roc_auc(labels, scores), interval)
