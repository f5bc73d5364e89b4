"""The one loop of the region features, compiled: how strong each band is in each region."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

# Sixteen steps to each doubling, from the sign (always 0) to the fourth bit of the mantissa.
SHIFT = 19
CELLS = 1 << 12


@numba.njit(cache=True, nogil=True)
def strengths(planes: Any, places: Any, starts: Any, share: float) -> Any:
    """Root of the mean square and a quantile of the absolute value, by region and band.

    Parameters
    ----------
    planes : (bands, pixels) float32
        The bands.
    places : (n,) int64
        Pixels of all regions, one region after the other.
    starts : (regions + 1,) int64
        Where each region starts in `places`.
    share : float
        Of the quantile: the value of that rank, rounded down, in ascending order.

    Returns
    -------
    (regions, bands, 2) float64
    """
    n_regions, n_bands = len(starts) - 1, len(planes)
    found = np.empty((n_regions, n_bands, 2))
    counts = np.empty(CELLS, np.int64)
    longest = 0
    for region in range(n_regions):
        longest = max(longest, starts[region + 1] - starts[region])
    values = np.empty(longest, np.float32)
    bits = values.view(np.int32)
    kept = np.empty(longest, np.float32)
    for region in range(n_regions):
        first, n = starts[region], starts[region + 1] - starts[region]
        rank = int(share * (n - 1))
        for band in range(n_bands):
            plane = planes[band]
            counts[:] = 0
            squares = 0.0
            for k in range(n):
                value = abs(plane[places[first + k]])
                values[k] = value
                squares += np.float64(value) * value
                # Floats of one sign are in the order of their bits.
                counts[bits[k] >> SHIFT] += 1
            cell, below = 0, 0
            while below + counts[cell] <= rank:
                below += counts[cell]
                cell += 1
            m = 0
            for k in range(n):
                if bits[k] >> SHIFT == cell:
                    kept[m] = values[k]
                    m += 1
            found[region, band, 0] = np.sqrt(squares / n)
            found[region, band, 1] = np.sort(kept[:m])[rank - below]
    return found
