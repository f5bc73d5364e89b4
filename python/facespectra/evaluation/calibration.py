"""How far probabilities can be taken at their word: Brier score and expected calibration error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BINS = 10


def brier_score(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    """Mean squared distance of the probabilities from the labels; 0 is perfect, 0.25 is a constant 0.5.

    Parameters
    ----------
    labels : (n,) int64
        0 or 1.
    probabilities : (n,) float64
        Of being fake, in [0, 1].

    Returns
    -------
    float
    """
    return float(np.mean((probabilities - labels) ** 2))


def calibration_error(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], bins: int = BINS
) -> float:
    """Expected calibration error: how far mean probability and share of fakes lie apart in a bin, on average.

    Parameters
    ----------
    labels : (n,) int64
        0 or 1.
    probabilities : (n,) float64
        Of being fake, in [0, 1].
    bins : int
        Bins of equal width over [0, 1]; a probability on a border belongs to the upper one. Each counts by
        the samples in it.

    Returns
    -------
    float
        Never 0 for a finite sample, even of a perfectly calibrated system, unless by chance.
    """
    index = np.minimum((probabilities * bins).astype(np.int64), bins - 1)
    gaps = np.bincount(index, weights=probabilities - labels, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))
