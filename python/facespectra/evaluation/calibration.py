"""Calibration of probabilities: Brier score and expected calibration error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BINS = 10


def brier_score(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    """Mean squared difference between probability and label: 0 is perfect, a constant 0.5 gives 0.25."""
    return float(np.mean((probabilities - labels) ** 2))


def calibration_error(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], bins: int = BINS
) -> float:
    """Expected calibration error: mean of ``|mean probability - share of fakes|`` over bins of equal width.

    Bins are weighted by their samples; a probability on an edge belongs to the upper bin. A finite sample has
    an error above 0 even where the system is perfectly calibrated.
    """
    gaps = np.bincount(bin_of(probabilities, bins), weights=probabilities - labels, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def bin_of(probabilities: NDArray[np.float64], bins: int = BINS) -> NDArray[np.int64]:
    """Number of the bin of equal width that each probability is in, from 0; an edge is in the upper one."""
    return np.minimum((probabilities * bins).astype(np.int64), bins - 1)
