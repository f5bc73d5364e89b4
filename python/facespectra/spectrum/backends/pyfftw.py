"""FFTW through pyfftw, the rest in NumPy with bins cached by shape."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pyfftw
from numpy.typing import NDArray

from facespectra.spectrum import definition
from facespectra.spectrum.arrays import Grey
from facespectra.spectrum.backends._parallel import for_each
from facespectra.spectrum.settings import SpectrumSettings

MAX_SHAPES = 32


@lru_cache(MAX_SHAPES)
def _half_plane_bins(
    shape: tuple[int, int], settings: SpectrumSettings
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Bins of the half plane's frequencies, of their mirrors, and bin sizes; one more bin for none."""
    bins, n_bins = definition.radial_bins(shape, settings)
    bins[bins < 0] = n_bins
    counts = np.bincount(bins.ravel(), minlength=n_bins + 1).astype(np.float64)
    height, width = shape
    direct = bins[:, : width // 2 + 1]
    # The zero frequency and, on an even width, the highest one have their mirrors inside the half plane.
    columns = np.arange(1, (width + 1) // 2)
    mirrored = bins[(-np.arange(height) % height)[:, None], (width - columns)[None, :]]
    return direct.ravel(), mirrored.ravel(), counts


class _Plans(threading.local):
    """Plans by shape, for one thread: a pyfftw plan owns the arrays that it works on."""

    def __init__(self) -> None:
        self._plans: OrderedDict[tuple[tuple[int, int], str], Any] = OrderedDict()

    def get(self, shape: tuple[int, int], dtype: str) -> Any:
        key = shape, dtype
        if key not in self._plans:
            image = pyfftw.empty_aligned(shape, dtype=dtype)
            kind = "complex64" if dtype == "float32" else "complex128"
            half = pyfftw.empty_aligned((shape[0], shape[1] // 2 + 1), dtype=kind)
            # Estimated: shapes of face crops hardly repeat, and measured plans differ from run to run.
            self._plans[key] = pyfftw.FFTW(image, half, axes=(0, 1), flags=("FFTW_ESTIMATE",), threads=1)
        self._plans.move_to_end(key)
        while len(self._plans) > MAX_SHAPES:
            self._plans.popitem(last=False)
        return self._plans[key]


_plans = _Plans()


def _one(image: Grey, settings: SpectrumSettings) -> definition.Floats:
    height, width = image.shape
    direct, mirrored, counts = _half_plane_bins((height, width), settings)
    scaled, scale, norm = definition.scaled_image(image, settings)
    epsilon = settings.epsilon * scale
    floor = definition.amplitude_floor(settings, norm, epsilon)
    plan = _plans.get((height, width), settings.dtype)
    half = plan(scaled)
    half += epsilon
    logs = np.log(np.maximum(np.abs(half), floor))
    n = len(counts)
    sums = np.bincount(direct, weights=logs.ravel(), minlength=n)
    sums += np.bincount(mirrored, weights=logs[:, 1 : (width + 1) // 2].ravel(), minlength=n)
    profile = definition.fill_empty(sums[:-1], counts[:-1])
    return definition.finish(20 * (profile - math.log(scale)), settings)


def extract(images: Sequence[Grey], settings: SpectrumSettings, threads: int, out: definition.Floats) -> None:
    """Write the spectrum of each image into its row of `out`."""

    def one(i: int, image: Grey) -> None:
        out[i] = _one(image, settings)

    for_each(images, threads, one)
