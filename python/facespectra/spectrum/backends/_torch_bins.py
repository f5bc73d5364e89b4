"""Which frequencies of a half plane fall into which bin, on torch's device: made once for a shape."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from facespectra.spectrum import definition
from facespectra.spectrum.settings import Convention, SpectrumSettings

MOST_BYTES = 1 << 28
"""Of all that is kept. 200 shapes of face crops need a quarter of it."""
MAX_SPLINES = 128
RUN = 16
"""Logarithms that are summed in float32."""
FEW = 4
"""Fewer images than this are too narrow for sums of whole rows on the CPU."""


@dataclass(frozen=True, slots=True)
class RadialBins:
    """Cells of the half plane in the order of their bins, and what follows their sums."""

    cells: torch.Tensor  # numbers of cells in the flattened half plane; one with a mirror image twice
    runs: torch.Tensor  # where each run of cells begins, at most RUN of one bin
    padded: torch.Tensor  # cells of all runs, RUN each: missing ones have the number behind the last cell
    bins: torch.Tensor  # the bin of each run, ascending
    starts: torch.Tensor  # (n_bins,), which run is the first of each bin
    numbers: torch.Tensor  # of all runs
    means: torch.Tensor  # (n_bins,) to divide sums by their counts, or a matrix where bins are empty
    spline: torch.Tensor | None  # (n_bins, n_features)

    def sums(self, logs: torch.Tensor) -> torch.Tensor:
        """Sums over the bins, (n_bins, B), of values (B, cells of the half plane)."""
        if len(logs) < FEW and logs.device.type == "cpu":
            gathered = torch.nn.functional.pad(logs, (0, 1)).index_select(1, self.padded)
            parts = gathered.reshape(len(logs), -1, RUN).sum(2).double()
            nothing = torch.zeros(len(self.starts), dtype=torch.float64)
            return torch.stack([nothing.index_add(0, self.bins, row) for row in parts], dim=1)
        # Images side by side: a bin's sum is then one of rows, in an order that never changes. Short runs are
        # summed in the precision of the logarithms, which is fast, and these in float64.
        bag = torch.nn.functional.embedding_bag
        parts = bag(self.cells, logs.T.contiguous(), self.runs, mode="sum").double()
        return bag(self.numbers, parts, self.starts, mode="sum")

    def profile(self, sums: torch.Tensor) -> torch.Tensor:
        """Profiles, (B, n), from the sums, in float64."""
        sums = sums.T.double()
        profile = sums * self.means if self.means.ndim == 1 else sums @ self.means
        return profile if self.spline is None else profile @ self.spline

    @property
    def n_bytes(self) -> int:
        """Memory that belongs to this shape alone."""
        own = (self.cells, self.padded, self.runs, self.bins, self.starts, self.means)
        return sum(one.nbytes for one in own)


_Key = tuple[tuple[int, int], Convention, int | None, torch.device]
_KEPT: OrderedDict[_Key, RadialBins] = OrderedDict()
_LOCK = threading.Lock()


def radial_bins(shape: tuple[int, int], settings: SpectrumSettings, device: torch.device) -> RadialBins:
    """The bins of a shape, kept for the next call; InvalidImageError if it is too small."""
    key = (shape, settings.convention, settings.n_features, device)
    with _LOCK:
        if key in _KEPT:
            _KEPT.move_to_end(key)
            return _KEPT[key]
    made = _made(shape, settings, device)
    with _LOCK:
        _KEPT[key] = made
        while len(_KEPT) > 1 and sum(one.n_bytes for one in _KEPT.values()) > MOST_BYTES:
            _KEPT.popitem(last=False)
    return made


def _made(shape: tuple[int, int], settings: SpectrumSettings, device: torch.device) -> RadialBins:
    bins, n_bins = definition.radial_bins(shape, settings)
    counts = np.bincount(bins[bins >= 0], minlength=n_bins)
    height, width = shape
    half = width // 2 + 1
    # The zero frequency and, on an even width, the highest one have their mirrors inside the half plane.
    columns = np.arange(1, (width + 1) // 2)
    mirrored = bins[(-np.arange(height) % height)[:, None], (width - columns)[None, :]]
    numbers = np.arange(height * half, dtype=np.int32).reshape(height, half)
    cell = np.concatenate([numbers.ravel(), numbers[:, columns].ravel()])
    # Small whole numbers are sorted by their digits, which takes no comparisons.
    fitting = np.int16 if n_bins < 2**15 else np.int32
    of_cell = np.concatenate([bins[:, :half].ravel(), mirrored.ravel()]).astype(fitting)
    order = np.argsort(of_cell, kind="stable")
    used = order[np.searchsorted(of_cell[order], 0) :]
    resampled = settings.n_features is not None and settings.convention == "durall"
    if counts.all():
        means = 1 / counts
    else:
        # All that follows the sums is linear: its matrix is what it makes of the unit vectors.
        means = np.stack([definition.fill_empty(unit, counts) for unit in np.eye(n_bins)])
    firsts, n_runs = np.cumsum(counts) - counts, -(-counts // RUN)
    starts = np.cumsum(n_runs) - n_runs
    its_bins = np.repeat(np.arange(n_bins), n_runs)
    within = np.arange(n_runs.sum()) - starts[its_bins]
    runs = firsts[its_bins] + RUN * within
    lengths = np.minimum(RUN, counts[its_bins] - RUN * within)
    padded = np.full((len(runs), RUN), height * half, np.int32)
    padded[np.arange(RUN) < lengths[:, None]] = cell[used]

    def whole(numbers: NDArray[Any]) -> torch.Tensor:
        return torch.from_numpy(numbers.astype(np.int32)).to(device)

    return RadialBins(
        cells=whole(cell[used]),
        runs=whole(runs),
        padded=whole(padded.ravel()),
        bins=whole(its_bins),
        starts=whole(starts),
        numbers=whole(np.arange(len(runs))),
        means=torch.from_numpy(means).to(device),
        spline=_spline(n_bins, settings.n_features or 0, device) if resampled else None,
    )


@lru_cache(MAX_SPLINES)
def _spline(n_bins: int, n: int, device: torch.device) -> torch.Tensor:
    """The matrix from a profile to n points of its spline, as in :func:`definition.finish`."""
    spline = CubicSpline(np.linspace(0, n, n_bins), np.eye(n_bins))(np.linspace(0, n, n))
    return torch.from_numpy(np.ascontiguousarray(spline.T)).to(device)
