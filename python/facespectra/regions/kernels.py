"""Compiled loop of the region features: strength of each band in each region."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

# Histogram cells are the leading bits of a float, up to the fourth of its mantissa: 16 cells an octave.
SHIFT = 19
CELLS = 1 << 12


@numba.njit(cache=True, nogil=True)
def band_strengths(planes: Any, indices: Any, starts: Any, quantile: float) -> Any:
    """Root mean square and quantile of the absolute value, (regions, bands, 2).

    `planes` is (bands, pixels) float32; the pixels of region i are ``indices[starts[i] : starts[i + 1]]``.
    The quantile is the value of its rank, rounded down.
    """
    n_regions, n_bands = len(starts) - 1, len(planes)
    result = np.empty((n_regions, n_bands, 2))
    counts = np.empty(CELLS, np.int64)
    longest = 0
    for region in range(n_regions):
        longest = max(longest, starts[region + 1] - starts[region])
    values = np.empty(longest, np.float32)
    bits = values.view(np.int32)
    in_cell = np.empty(longest, np.float32)
    for region in range(n_regions):
        first, n = starts[region], starts[region + 1] - starts[region]
        rank = int(quantile * (n - 1))
        for band in range(n_bands):
            plane = planes[band]
            counts[:] = 0
            squares = 0.0
            for k in range(n):
                value = abs(plane[indices[first + k]])
                values[k] = value
                squares += np.float64(value) * value
                # Positive floats are ordered as their bits.
                counts[bits[k] >> SHIFT] += 1
            cell, below = 0, 0
            while below + counts[cell] <= rank:
                below += counts[cell]
                cell += 1
            m = 0
            for k in range(n):
                if bits[k] >> SHIFT == cell:
                    in_cell[m] = values[k]
                    m += 1
            result[region, band, 0] = np.sqrt(squares / n)
            result[region, band, 1] = np.sort(in_cell[:m])[rank - below]
    return result
