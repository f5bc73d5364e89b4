"""How far the spectrum ignores what augmentation does, measured on the photographs at hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facespectra.features.crops import Crop
from facespectra.features.feature_sets import Matrix, Runtime, SpectrumFeatures
from facespectra.features.status import OK
from facespectra.features.table import FeatureTable
from facespectra.lab.subsets import Subset

MIRRORED, ISOTROPIC, MIRRORED_ISOTROPIC = "mirrored", "isotropic", "mirrored-isotropic"
STAGES = (MIRRORED, ISOTROPIC, MIRRORED_ISOTROPIC)


class MirroredSpectrum(SpectrumFeatures):
    """The radial spectrum of the crop's mirror image: the same box, no new detection.

    Parameters
    ----------
    runtime, **settings
        As for :class:`facespectra.features.feature_sets.SpectrumFeatures`.
    """

    def extract(self, crops: Sequence[Crop]) -> Matrix:
        """Compute the radial spectra of mirrored crops."""
        return super().extract([replace(crop, grey=crop.grey[:, ::-1]) for crop in crops])


def feature_sets(runtime: Runtime) -> dict[str, SpectrumFeatures]:
    """Make the feature sets that are compared with the published spectrum and with each other.

    Parameters
    ----------
    runtime : Runtime
        Where they are computed.

    Returns
    -------
    dict
        By the names in :data:`STAGES`.
    """
    return {
        MIRRORED: MirroredSpectrum(runtime),
        ISOTROPIC: SpectrumFeatures(runtime, convention="isotropic"),
        MIRRORED_ISOTROPIC: MirroredSpectrum(runtime, convention="isotropic"),
    }


def measured(part: Subset, augmented: Subset) -> dict[str, Any]:
    """Compare spectra before and after each change.

    Parameters
    ----------
    part : Subset
        Originals, with the spectra of :data:`STAGES`.
    augmented : Subset
        The same originals with their copies.

    Returns
    -------
    dict
        By change: the root mean square difference of a face's spectrum from its original's, in units of the
        standard deviation of each feature over the originals, median over the faces; None where no face was
        found in both. And ``"missed"``: copies in which no face was found although it was in the original, by
        change.
    """
    published = part.table("spectrum")
    found: dict[str, Any] = {
        "mirrored crop, isotropic": _distance(part.table(ISOTROPIC), part.table(MIRRORED_ISOTROPIC)),
        "mirrored crop, published": _distance(published, part.table(MIRRORED)),
    }
    missed = {}
    table, changes = augmented.table("spectrum"), augmented.samples["change"]
    for change in dict.fromkeys(changes):
        if not change:
            continue
        rows = np.flatnonzero(changes == change)
        copies = FeatureTable(
            published.paths, [table.statuses[row] for row in rows], published.boxes, table.matrix[rows]
        )
        found[change] = _distance(published, copies)
        missed[change] = int(np.sum(published.ok & ~copies.ok))
    return {**found, "missed": missed}


def _distance(original: FeatureTable, changed: FeatureTable) -> float | None:
    both = [one == other == OK for one, other in zip(original.statuses, changed.statuses, strict=True)]
    if sum(both) < 2:
        return None
    before: NDArray[np.float64] = original.matrix[original.ok].astype(np.float64)
    spread = before.std(axis=0)
    used = spread > 1e-9
    difference = (changed.matrix[both] - original.matrix[both])[:, used] / spread[used]
    return float(np.median(np.sqrt(np.mean(difference**2, axis=1))))
