"""Region features, defined in readable NumPy; :mod:`~facespectra.regions.fast` is tested against it.

A face swap pastes a small generated face, enlarged, into a sharper picture: the mask lacks detail that the
ring around it still has. The features measure detail by frequency band and region, on faces resized to one
width, so that a band has the same meaning in every picture.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from facespectra.regions.layout import (
    BANDS,
    BLACK,
    FLOOR,
    HEIGHTS,
    MIN_PIXELS,
    QUANTILE,
    REGIONS,
    RELATIVE_REGIONS,
    RINGS,
    SECTORS,
    STATISTICS,
    WIDTH,
)

Plane: TypeAlias = NDArray[np.float64]
Points: TypeAlias = NDArray[np.float64]

TYPICAL = np.array([[0.27, 0.40], [0.74, 0.40], [0.50, 0.62], [0.30, 0.81], [0.72, 0.81]])
"""Typical positions of MTCNN's landmarks in its box: both eyes, nose, both corners of the mouth."""

CENTRES = ((0.35, 0.65), (0.42, 0.74))
"""Range of the landmarks' mean in the box, across and down, to which it is clipped."""


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


def height_at_width(shape: tuple[int, ...]) -> int:
    """Height of a box resized to `WIDTH`; ValueError if it is not the shape of a face."""
    if len(shape) != 2 or 0 in shape:
        raise ValueError(f"region features need a grey picture of a face, not an array of shape {shape}")
    height = round(shape[0] * WIDTH / shape[1])
    if not HEIGHTS[0] <= height <= HEIGHTS[1]:
        raise ValueError(f"a box of {shape[1]}x{shape[0]} pixels is not the shape of a face")
    return height


def relative_points(shape: tuple[int, ...], landmarks: ArrayLike | None) -> Points:
    """Landmarks as fractions of the box's size, (5, 2); ValueError if they are not five points."""
    if landmarks is None:
        return TYPICAL
    points = np.asarray(landmarks, dtype=np.float64)
    if points.shape != TYPICAL.shape or not np.isfinite(points).all():
        raise ValueError(f"landmarks must be five points (x, y), not an array of shape {points.shape}")
    return points / (shape[1], shape[0])


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


def regions(face: NDArray[np.floating[Any]], points: Points) -> dict[str, NDArray[np.bool_]]:
    """Mask of each region, of a face at its fixed width and its landmarks in pixels.

    ``inner`` is an ellipse about the landmarks' mean with semi-axes of 0.36 of the width and 0.30 of the
    height; ``ring``, the rest of the ellipse inscribed in the box; ``eyes`` and ``mouth``, ellipses about
    these within ``inner``; ``skin``, ``inner`` without them. Nearly black pixels are left out, unless too few
    others remain.
    """
    h, w = face.shape
    low, high = np.array(CENTRES).T * (w, h)
    centre = np.clip(points.mean(axis=0), low, high)
    span = np.clip(np.hypot(*(points[1] - points[0])), 0.2 * w, 0.6 * w)
    lips = np.clip(np.hypot(*(points[4] - points[3])), 0.2 * w, 0.6 * w)
    inner = ellipse(h, w, centre, (0.36 * w, 0.30 * h))
    eye = (0.34 * span, 0.22 * span)
    eyes = inner & (ellipse(h, w, points[0], eye) | ellipse(h, w, points[1], eye))
    mouth = inner & ~eyes & ellipse(h, w, (points[3] + points[4]) / 2, (0.68 * lips, 0.40 * lips))
    areas = {
        "inner": inner,
        "ring": ellipse(h, w, np.array([w, h]) / 2, (w / 2, h / 2)) & ~inner,
        "eyes": eyes if np.count_nonzero(eyes) >= MIN_PIXELS else inner,
        "mouth": mouth if np.count_nonzero(mouth) >= MIN_PIXELS else inner,
        "skin": inner & ~eyes & ~mouth,
    }
    lit = face > BLACK
    return {
        name: area & lit if np.count_nonzero(area & lit) >= MIN_PIXELS else area
        for name, area in areas.items()
    }


def ellipse(height: int, width: int, centre: Points, axes: tuple[float, float]) -> NDArray[np.bool_]:
    """Mask of the pixels whose centres lie in an upright ellipse, with its semi-axes across and down."""
    x = (np.arange(width) + 0.5 - centre[0]) / axes[0]
    y = (np.arange(height) + 0.5 - centre[1]) / axes[1]
    inside: NDArray[np.bool_] = x[None, :] ** 2 + y[:, None] ** 2 <= 1
    return inside


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
