"""Region features, defined in readable NumPy; :mod:`~facespectra.regions.fast` is tested against it.

A face swap pastes a small generated face, enlarged, into a sharper picture: the mask lacks detail that the
ring around it still has. The features measure detail by frequency band and region, on faces resized to one
width, so that a band has the same meaning in every picture.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from facespectra.regions.layout import (
    BANDS,
    FLOOR,
    QUANTILE,
    REGIONS,
    RELATIVE_REGIONS,
    RINGS,
    SECTORS,
    STATISTICS,
    WIDTH,
)
from facespectra.regions.masks import height_at_width, regions, relative_points

Plane: TypeAlias = NDArray[np.float64]


def region_features(grey: ArrayLike, landmarks: ArrayLike | None = None) -> NDArray[np.float64]:
    """Features of one face, (192,); arguments and errors as :func:`facespectra.regions.region_features`."""
    native = np.asarray(grey, dtype=np.float64)
    height = height_at_width(native.shape)
    points = relative_points(native.shape, landmarks) * (WIDTH, height)
    face = resized(native, WIDTH, height)
    inside = regions(face, points)
    energies = {
        (region, band, kind): statistic(kind, plane[inside[region]])
        for band, plane in bands(face).items()
        for region in REGIONS
        for kind in STATISTICS
    }
    absolute = [energies[region, band, kind] for region in REGIONS for band in BANDS for kind in STATISTICS]
    relative = [
        energies[region, band, kind] - energies["ring", band, kind]
        for region in RELATIVE_REGIONS
        for band in BANDS
        for kind in STATISTICS
    ]
    return np.array([*absolute, *sector_powers(face), *relative])


def resized(picture: Plane, width: int, height: int) -> Plane:
    """Resize by area averaging where the picture shrinks, and by cubic convolution where it grows."""
    result: Plane = weights(picture.shape[0], height) @ picture @ weights(picture.shape[1], width).T
    return result


def weights(before: int, after: int) -> Plane:
    """Matrix, (after, before), that resamples a row of `before` pixels to `after`.

    Shrinking averages by area; growing is Keys' cubic convolution with a = -0.5, edges mirrored.
    """
    scale = before / after
    if scale >= 1:
        start, pixel = np.arange(after)[:, None] * scale, np.arange(before)[None, :]
        overlap = np.minimum(start + scale, pixel + 1) - np.maximum(start, pixel)
        area: Plane = np.clip(overlap, 0, None) / scale
        return area
    matrix = np.zeros((after, before))
    place = (np.arange(after) + 0.5) * scale - 0.5
    for step in range(-1, 3):
        pixel = np.floor(place).astype(int) + step
        mirrored = np.where(pixel < 0, -1 - pixel, np.where(pixel >= before, 2 * before - 1 - pixel, pixel))
        np.add.at(matrix, (np.arange(after), np.clip(mirrored, 0, before - 1)), _cubic(np.abs(place - pixel)))
    return matrix


def _cubic(distance: Plane) -> Plane:
    near = (1.5 * distance - 2.5) * distance**2 + 1
    far = ((-0.5 * distance + 2.5) * distance - 4) * distance + 2
    return np.where(distance <= 1, near, np.where(distance < 2, far, 0.0))


def bands(face: Plane) -> dict[str, Plane]:
    """Split a picture into its bands, by the names of `BANDS`, edges mirrored."""
    sigmas = [float(band.removeprefix("dog")) for band in BANDS if band.startswith("dog")]
    blurred = [face, *(ndimage.gaussian_filter(face, sigma) for sigma in sigmas)]
    second = np.array([0.25, -0.5, 0.25])
    planes = [
        face - ndimage.uniform_filter(face, 3),
        face - ndimage.uniform_filter(face, 5),
        ndimage.correlate1d(face, second, axis=1),
        ndimage.correlate1d(face, second, axis=0),
        *(sharper - softer for sharper, softer in pairwise(blurred)),
    ]
    return dict(zip(BANDS, planes, strict=True))


def statistic(kind: str, values: Plane) -> float:
    """Natural logarithm of a band's strength, one of `STATISTICS`, over the pixels of a region."""
    if kind == "rms":
        return float(np.log(np.sqrt(np.mean(values**2)) + FLOOR))
    # A quantile without interpolation.
    return float(np.log(np.sort(np.abs(values))[int(QUANTILE * (len(values) - 1))] + FLOOR))


def sector_powers(face: Plane) -> list[float]:
    """Log power of a face under a Hann window: sector by sector, by rising frequency.

    Power is the mean squared amplitude in a cell over the sum of the squared window; of white noise it is the
    variance.
    """
    h, w = face.shape
    window = np.outer(np.hanning(h + 2)[1:-1], np.hanning(w + 2)[1:-1])
    mean = float(np.sum(window * face) / np.sum(window))
    power = np.abs(np.fft.fft2((face - mean) * window)) ** 2 / np.sum(window**2)
    fx, fy = np.meshgrid(np.abs(np.fft.fftfreq(w)), np.abs(np.fft.fftfreq(h)))
    ring = np.ceil(np.hypot(fx, fy) * 2 * RINGS).astype(int) - 1
    sector = np.minimum((np.arctan2(fy, fx) / (np.pi / 6)).astype(int), len(SECTORS) - 1)
    cells = [power[(sector == s) & (ring == k)] for s in range(len(SECTORS)) for k in range(RINGS)]
    return [float(np.log(np.mean(cell) + FLOOR**2)) for cell in cells]
