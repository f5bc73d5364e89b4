"""What counts as independent in a data set: groups where they are known, else videos, else samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facespectra.evaluation.intervals import Groups, group_samples

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
