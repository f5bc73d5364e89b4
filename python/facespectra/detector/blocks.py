"""Blocks of features with equal weight. Import it where it is used: it imports scikit-learn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted, validate_data


class BlockScaler(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Standardises each feature and divides it by the square root of the size of its block.

    Each block then adds the same to the squared distance between two samples, on average: 2048 features of a
    network do not drown 300 of a spectrum, whatever the units of either. `widths` are the numbers of features
    of the blocks, in order; the size of a block is the number of its features that vary at all.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        self.widths = widths

    def fit(self, X: NDArray[Any], y: Any = None) -> BlockScaler:
        """Learn mean and scale of each feature; a ValueError if the widths do not add up."""
        X = validate_data(self, X, dtype=np.float64)
        if sum(self.widths) != X.shape[1]:
            raise ValueError(f"blocks of {list(self.widths)} features do not make up {X.shape[1]}")
        standard = StandardScaler().fit(X)
        self.mean_: NDArray[np.float64] = standard.mean_
        self.scale_: NDArray[np.float64] = standard.scale_.copy()
        varies = X.max(axis=0) > X.min(axis=0)
        for stop, width in zip(np.cumsum(self.widths).tolist(), self.widths, strict=True):
            block = slice(stop - width, stop)
            self.scale_[block] *= math.sqrt(max(1, int(varies[block].sum())))
        return self

    def transform(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Centre and scale (n, d) features."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        scaled: NDArray[np.float64] = (X - self.mean_) / self.scale_
        return scaled
