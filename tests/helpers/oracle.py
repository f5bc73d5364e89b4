"""The radial spectrum once more, slow and obvious: pixel by pixel, from the published recipe's own words.

It shares nothing with the package, not even NumPy's FFT.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.interpolate import interp1d


def dft2(image: np.ndarray) -> np.ndarray:
    height, width = image.shape
    y, x = np.arange(height), np.arange(width)
    rows = np.exp(-2j * np.pi * (np.outer(y, y) % height) / height)
    columns = np.exp(-2j * np.pi * (np.outer(x, x) % width) / width)
    return rows @ image.astype(np.float64) @ columns


def profile(
    image: np.ndarray, convention: str, n_bins: int | None, epsilon: float, floor: float
) -> np.ndarray:
    height, width = image.shape
    spectrum = np.fft.fftshift(dft2(image))
    least = floor * max(math.sqrt(np.sum(image.astype(np.float64) ** 2)), epsilon)
    bins: dict[int, list[float]] = {}
    if convention == "isotropic" and n_bins is None:
        n_bins = min(height, width) // 2
    for row in range(height):
        for column in range(width):
            if convention == "durall":
                bin_ = int(math.hypot(column - (width - 1) / 2, row - (height - 1) / 2))
            else:
                ky, kx = row - height // 2, column - width // 2
                bin_ = (
                    math.ceil(
                        2 * n_bins * math.sqrt((ky * width) ** 2 + (kx * height) ** 2) / (height * width)
                    )
                    - 1
                )
                if not 0 <= bin_ < n_bins:
                    continue
            bins.setdefault(bin_, []).append(20 * math.log(max(abs(spectrum[row, column] + epsilon), least)))
    if convention == "durall":
        return np.array([np.mean(bins[r]) for r in sorted(bins)[1:-1]])
    occupied = sorted(bins)
    return np.interp(range(n_bins), occupied, [np.mean(bins[b]) for b in occupied])


def radial_spectrum(
    image: np.ndarray,
    n_features: int | None = 300,
    convention: str = "durall",
    epsilon: float = 1e-8,
    normalize: bool = True,
    floor: float = 0.0,
) -> np.ndarray:
    result = profile(image, convention, n_features, epsilon, floor)
    if convention == "durall" and n_features is not None:
        # Not-a-knot for four values and more; the polynomial through all of them for fewer.
        kind = {1: "linear", 2: "quadratic"}.get(len(result) - 1, "cubic")
        spline = interp1d(np.linspace(0, n_features, len(result)), result, kind=kind)
        result = spline(np.linspace(0, n_features, n_features))
    return result / result[0] if normalize else result
