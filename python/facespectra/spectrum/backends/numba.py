"""scipy.fft and loops compiled by Numba.

The loops fold the half plane onto a quarter as the native core does; cpp/src/radial_fold.hpp explains how.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numba
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from facespectra.spectrum import definition
from facespectra.spectrum.arrays import Grey
from facespectra.spectrum.backends._parallel import for_each
from facespectra.spectrum.settings import SpectrumSettings

MAX_SHAPES = 64
MAX_SCRATCH = 1 << 22
# Centres the range of float32 powers so that four of them can be multiplied; see cpp/src/half_plane.cpp.
HEADROOM = {"float32": 2.0**7, "float64": 1.0}

compiled = numba.njit(nogil=True, cache=True, error_model="numpy")


@compiled
def _quarter_plane(
    height: int, width: int, n_bins: int, isotropic: bool
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Bins of the cells (0 and the last for none), the bins' numbers of amplitudes, the cells' weights."""
    half_y = not isotropic and height % 2 == 0
    half_x = not isotropic and width % 2 == 0
    rows = height // 2 if half_y else height // 2 + 1
    columns = width // 2 if half_x else width // 2 + 1
    weight_y = np.ones(rows)
    weight_x = np.ones(columns)
    # The weight is 1/2 where a frequency is its own partner.
    if not half_y:
        weight_y[0] = 0.5
        if 2 * (rows - 1) == height:
            weight_y[-1] = 0.5
    if not half_x:
        weight_x[0] = 0.5
        if 2 * (columns - 1) == width:
            weight_x[-1] = 0.5
    bins = np.empty((rows, columns), np.int32)
    counts = np.zeros(n_bins + 2)
    pixels = float(height) * float(width)
    for i in range(rows):
        y = float(2 * i + 1) if half_y else float(2 * i)
        for j in range(columns):
            if isotropic:
                root = math.sqrt((float(i) * width) ** 2 + (float(j) * height) ** 2)
                cell = int(min(math.ceil(2.0 * n_bins * root / pixels), n_bins + 1.0))
            else:
                x = float(2 * j + 1) if half_x else float(2 * j)
                cell = int(math.sqrt(y * y + x * x) * 0.5)
            bins[i, j] = cell
            counts[cell] += 4 * weight_y[i] * weight_x[j]
    return bins, counts, weight_y, weight_x


@lru_cache(MAX_SHAPES)
def _geometry(
    shape: tuple[int, int], settings: SpectrumSettings
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    n_bins = definition.number_of_bins(shape, settings)
    result: Any = _quarter_plane(*shape, n_bins, settings.convention == "isotropic")
    return result  # type: ignore[no-any-return]


@compiled
def _log32(products: NDArray[np.float32]) -> None:
    """Natural logarithm in place, so that LLVM vectorises it; cpp/src/kernels_impl.hpp explains it."""
    bits = products.view(np.int32)
    for i in range(len(products)):
        exponent = (bits[i] - np.int32(0x3F3504F3)) >> np.int32(23)
        bits[i] -= exponent << np.int32(23)
        t = products[i] - np.float32(1)
        q = np.float32(-0.10034613)
        q = q * t + np.float32(0.16335641)
        q = q * t + np.float32(-0.17325994)
        q = q * t + np.float32(0.19888277)
        q = q * t + np.float32(-0.24961466)
        q = q * t + np.float32(0.33335263)
        q = q * t + np.float32(-0.50000584)
        products[i] = np.float32(exponent) * np.float32(0.69314718) + (t + t * t * q)


@compiled
def _log64(products: NDArray[np.float64]) -> None:
    for i in range(len(products)):
        products[i] = math.log(products[i])


@compiled
def _convert(image: Any, converted: Any) -> float:
    """Copies 8- or 16-bit pixels; returns their sum of squares."""
    total = 0.0
    for y in range(image.shape[0]):
        # In whole numbers, whose sum may be taken in any order, and so by vector.
        row = np.uint64(0)
        for x in range(image.shape[1]):
            value = np.uint64(image[y, x])
            row += value * value
            converted[y, x] = image[y, x]
        total += float(row)
    return total


@compiled
def _clamped_power(half: Any, epsilon: Any, scale: Any, floor: Any, power: Any) -> None:
    for i in range(half.shape[0]):
        for j in range(half.shape[1]):
            re = half[i, j].real + epsilon
            im = half[i, j].imag
            power[i, j] = max((re * re + im * im) * scale, floor)


def _fold(log: Any) -> Any:
    @compiled
    def fold(
        power: Any,
        half_y: bool,
        half_x: bool,
        bins: NDArray[np.int32],
        weight_y: NDArray[np.float64],
        weight_x: NDArray[np.float64],
        sums: NDArray[np.float64],
    ) -> None:
        height = power.shape[0]
        rows, columns = bins.shape
        shift = 1 if half_x else 0
        products = np.empty(columns, power.dtype)
        for i in range(rows):
            second = (height - (i + 1 if half_y else i)) % height
            first_line, second_line = power[i], power[second]
            first_mirror, second_mirror = power[(height - i) % height], power[(height - second) % height]
            for j in range(columns):
                products[j] = (first_line[j] * second_line[j]) * (
                    first_mirror[j + shift] * second_mirror[j + shift]
                )
            log(products)
            products[0] *= weight_x[0]
            if columns > 1:
                products[-1] *= weight_x[-1]
            line = bins[i]
            weight = weight_y[i]
            for j in range(columns):
                sums[line[j]] += weight * products[j]

    return fold


_FOLDS = {"float32": _fold(_log32), "float64": _fold(_log64)}


@compiled
def _resample(values: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Not-a-knot spline through `values`, read at ``len(out)`` places; cpp/src/not_a_knot.cpp explains it."""
    n = len(values)
    slopes = np.empty(n)
    above = np.empty(n)
    if n == 2:
        slopes[:] = values[1] - values[0]
    elif n == 3:
        slopes[0] = -1.5 * values[0] + 2.0 * values[1] - 0.5 * values[2]
        slopes[1] = 0.5 * (values[2] - values[0])
        slopes[2] = 0.5 * values[0] - 2.0 * values[1] + 1.5 * values[2]
    else:
        above[0] = 2.0
        slopes[0] = -2.5 * values[0] + 2.0 * values[1] + 0.5 * values[2]
        for k in range(1, n - 1):
            above[k] = 1.0 / (4.0 - above[k - 1])
            slopes[k] = (3.0 * (values[k + 1] - values[k - 1]) - slopes[k - 1]) * above[k]
        last = 2.5 * values[n - 1] - 2.0 * values[n - 2] - 0.5 * values[n - 3]
        slopes[n - 1] = (last - 2.0 * slopes[n - 2]) / (1.0 - 2.0 * above[n - 2])
        for k in range(n - 2, -1, -1):
            slopes[k] -= above[k] * slopes[k + 1]
    step = (n - 1) / (len(out) - 1) if len(out) > 1 else 0.0
    for q in range(len(out)):
        k = min(int(q * step), n - 2)
        t = q * step - k
        rise = values[k + 1] - values[k]
        bend = slopes[k] + slopes[k + 1] - 2.0 * rise
        out[q] = values[k] + t * (slopes[k] + t * (rise - slopes[k] - bend + t * bend))


class _Scratch(threading.local):
    """Arrays that a thread uses again: fresh ones of this size come from the system page by page."""

    def __init__(self) -> None:
        self._buffers: dict[tuple[str, str], definition.Floats] = {}

    def get(self, name: str, shape: tuple[int, int], dtype: str) -> definition.Floats:
        size = shape[0] * shape[1]
        buffer = self._buffers.get((name, dtype))
        if buffer is None or len(buffer) < size:
            buffer = np.empty(size, dtype)
            if size <= MAX_SCRATCH:
                self._buffers[name, dtype] = buffer
        return buffer[:size].reshape(shape)


_scratch = _Scratch()


def _prepared(image: Grey, settings: SpectrumSettings) -> tuple[definition.Floats, float, float]:
    """As :func:`definition.scaled_image`, in one pass where the pixels are whole numbers."""
    if image.dtype.kind != "u":
        return definition.scaled_image(image, settings)
    height, width = image.shape
    converted = _scratch.get("image", (height, width), settings.dtype)
    return converted, 1.0, math.sqrt(_convert(image, converted))


def _one(image: Grey, settings: SpectrumSettings, out: definition.Floats) -> None:
    height, width = image.shape
    bins, counts, weight_y, weight_x = _geometry((height, width), settings)
    scaled, scale, norm = _prepared(image, settings)
    epsilon = settings.epsilon * scale
    # The larger of the three is never 0, and stands for 1 in what follows.
    reference = max(norm, epsilon, definition.TINY)
    real = np.dtype(settings.dtype).type
    if norm == 0:
        # Without this the powers of a black image, epsilon squared, could leave the range of a float32.
        out[:] = definition.radial_spectrum_of(image, settings)
        return
    half = scipy.fft.rfft2(scaled, overwrite_x=True)
    power = _scratch.get("power", (height, width // 2 + 1), settings.dtype)
    headroom = HEADROOM[settings.dtype]
    floor = definition.RELATIVE_FLOOR[settings.dtype] ** 2 * headroom
    _clamped_power(half, real(epsilon), real(headroom / reference**2), real(floor), power)
    sums = np.zeros(len(counts))
    durall = settings.convention == "durall"
    _FOLDS[settings.dtype](
        power, durall and height % 2 == 0, durall and width % 2 == 0, bins, weight_y, weight_x, sums
    )
    # Only the isotropic convention has empty bins.
    mean = sums[1:-1] / counts[1:-1] if durall else definition.fill_empty(sums[1:-1], counts[1:-1])
    profile = 10 * mean + (20 * (math.log(reference) - math.log(scale)) - 10 * math.log(headroom))
    if durall and settings.n_features is not None:
        resampled = np.empty(settings.n_features)
        _resample(profile, resampled)
        profile = resampled
    out[:] = profile / profile[0] if settings.normalize else profile


def extract(images: Sequence[Grey], settings: SpectrumSettings, threads: int, out: definition.Floats) -> None:
    """Write the spectrum of each image into its row of `out`."""

    def one(i: int, image: Grey) -> None:
        _one(image, settings, out[i])

    for_each(images, threads, one)
