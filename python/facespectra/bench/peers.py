"""Other implementations of the spectrum, each as fast as it can be written: one thread, shapes cached."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.fft
import scipy.sparse
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline, griddata

from facespectra.spectrum import definition
from facespectra.spectrum.settings import SpectrumSettings

SETTINGS = SpectrumSettings()
N = 300
MAX_SHAPES = 256

Spectrum = NDArray[np.floating[Any]]
Peer = Callable[[NDArray[np.uint8]], Spectrum]


def published_recipe(image: NDArray[np.uint8]) -> Spectrum:
    """Spectrum as the method's authors published it: complex FFT, argsort, cumsum, griddata."""
    spectrum = 20 * np.log(np.abs(np.fft.fftshift(np.fft.fft2(image)) + SETTINGS.epsilon))
    y, x = np.indices(image.shape)
    radius = np.hypot(x - (image.shape[1] - 1) / 2, y - (image.shape[0] - 1) / 2)
    order = np.argsort(radius.flat)
    whole = radius.flat[order].astype(int)
    ends = np.flatnonzero(np.diff(whole))
    sums = np.cumsum(spectrum.flat[order], dtype=float)[ends]
    profile = np.diff(sums) / np.diff(ends)
    places = np.linspace(0, N, num=len(profile))
    resampled: NDArray[np.float64] = griddata(places, profile, np.linspace(0, N, num=N), method="cubic")
    result: Spectrum = resampled / resampled[0]
    return result


@lru_cache(MAX_SHAPES)
def _geometry(shape: tuple[int, int]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Bins of the half plane and of its mirror, bin 0 for none, and the bins' sizes."""
    bins, n_bins = definition.radial_bins(shape, SETTINGS)
    bins += 1
    counts = np.bincount(bins.ravel(), minlength=n_bins + 1)[1:]
    height, width = shape
    mirrored = np.zeros((height, width // 2 + 1), np.int64)
    columns = np.arange(1, (width + 1) // 2)
    mirrored[:, columns] = bins[(-np.arange(height) % height)[:, None], (width - columns)[None, :]]
    return bins[:, : width // 2 + 1].ravel(), mirrored.ravel(), counts


@lru_cache(MAX_SHAPES)
def _spline_matrix(n_bins: int) -> NDArray[np.float64]:
    spline = CubicSpline(np.linspace(0, N, n_bins), np.eye(n_bins))
    result: NDArray[np.float64] = spline(np.linspace(0, N, N))
    return result


def _finish(sums: NDArray[Any], counts: NDArray[np.int64]) -> Spectrum:
    resampled = _spline_matrix(len(counts)) @ (sums / counts)
    result: Spectrum = resampled / resampled[0]
    return result


def _half_plane_logs(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    half = scipy.fft.rfft2(image.astype(np.float32), overwrite_x=True)
    power = half.real * half.real
    power += half.imag * half.imag
    logs: NDArray[np.float32] = np.log(power, out=power)
    logs *= 10
    return logs.ravel()


def cached_bincount(image: NDArray[np.uint8]) -> Spectrum:
    """Spectrum by ``scipy.fft.rfft2`` and ``numpy.bincount``, with bins and spline matrix cached by shape."""
    height, width = image.shape
    direct, mirrored, counts = _geometry((height, width))
    logs = _half_plane_logs(image)
    n = len(counts) + 1
    sums = np.bincount(direct, weights=logs, minlength=n) + np.bincount(mirrored, weights=logs, minlength=n)
    return _finish(sums[1:], counts)


@lru_cache(MAX_SHAPES)
def _bin_matrix(shape: tuple[int, int]) -> Any:
    direct, mirrored, counts = _geometry(shape)
    pixels = np.arange(len(direct))
    rows = np.concatenate([direct, mirrored])
    columns = np.concatenate([pixels, pixels])
    matrix = scipy.sparse.csr_array(
        (np.ones(len(rows), np.float32), (rows, columns)), shape=(len(counts) + 1, len(direct))
    )
    return matrix[1:]


def csr_product(image: NDArray[np.uint8]) -> Spectrum:
    """Spectrum by ``scipy.fft.rfft2`` and a sparse matrix product, with the matrix cached by shape."""
    height, width = image.shape
    _, _, counts = _geometry((height, width))
    return _finish(_bin_matrix((height, width)) @ _half_plane_logs(image), counts)


PEERS: dict[str, Peer] = {
    "scipy rfft2 + CSR product": csr_product,
    "scipy rfft2 + bincount": cached_bincount,
    "published recipe": published_recipe,
}
