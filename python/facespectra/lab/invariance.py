"""How much mirroring and rotating change the spectrum, measured on the photographs of the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facespectra.features.crops import Crop
from facespectra.features.feature_set import Matrix, Runtime
from facespectra.features.feature_sets import SpectrumFeatures
from facespectra.features.table import FeatureTable
from facespectra.lab.subsets import Subset

MIRRORED, ISOTROPIC, MIRRORED_ISOTROPIC = "mirrored", "isotropic", "mirrored-isotropic"
STAGES = (MIRRORED, ISOTROPIC, MIRRORED_ISOTROPIC)


class MirroredSpectrum(SpectrumFeatures):
    """The radial spectrum of the mirror image of the crop: the same box, no new detection."""

    def extract(self, crops: Sequence[Crop]) -> Matrix:
        """Compute the radial spectra of mirrored crops."""
        return super().extract([replace(crop, greys=crop.grey[:, ::-1]) for crop in crops])


def feature_sets(runtime: Runtime) -> dict[str, SpectrumFeatures]:
    """Feature sets to compare with the published spectrum and with each other, by the names in `STAGES`."""
    return {
        MIRRORED: MirroredSpectrum(runtime),
        ISOTROPIC: SpectrumFeatures(runtime, convention="isotropic"),
        MIRRORED_ISOTROPIC: MirroredSpectrum(runtime, convention="isotropic"),
    }


def measure_invariance(originals: Subset, augmented: Subset) -> dict[str, Any]:
    """Change of the spectrum by each augmentation: the median over the faces.

    It is the root mean square difference in units of each feature's standard deviation over the originals;
    None where fewer than two faces were found in both. ``"missed"`` counts the copies in which the face was
    not found again.
    """
    published = originals.table("spectrum")
    changes: dict[str, Any] = {
        "mirrored crop, isotropic": _distance(
            originals.table(ISOTROPIC), originals.table(MIRRORED_ISOTROPIC)
        ),
        "mirrored crop, published": _distance(published, originals.table(MIRRORED)),
    }
    missed = {}
    table, change_of_row = augmented.table("spectrum"), augmented.samples["change"]
    for change in dict.fromkeys(change_of_row):
        if not change:
            continue
        rows = np.flatnonzero(change_of_row == change)
        copies = FeatureTable(
            published.paths, [table.statuses[row] for row in rows], published.boxes, table.matrix[rows]
        )
        changes[change] = _distance(published, copies)
        missed[change] = int(np.sum(published.ok & ~copies.ok))
    return {**changes, "missed": missed}


def _distance(original: FeatureTable, changed: FeatureTable) -> float | None:
    both = [one.ok and other.ok for one, other in zip(original.statuses, changed.statuses, strict=True)]
    if sum(both) < 2:
        return None
    before: NDArray[np.float64] = original.matrix[original.ok].astype(np.float64)
    spread = before.std(axis=0)
    used = spread > 1e-9
    difference = (changed.matrix[both] - original.matrix[both])[:, used] / spread[used]
    return float(np.median(np.sqrt(np.mean(difference**2, axis=1))))
