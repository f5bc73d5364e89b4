"""Region features as NumPy and SciPy that are meant to be read; :mod:`~facespectra.regions.fast` is to agree.

A generator of face swaps paints a small picture, which is enlarged and blended into a sharper one: inside
the mask, detail is missing that the ring around it still has. The features measure detail, band by band and
region by region, on faces that are all brought to one width, so that a band means the same in every picture.
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
    FEWEST,
    FLOOR,
    HEIGHTS,
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
"""Where MTCNN's five landmarks lie in its box, as a rule: both eyes, nose, both corners of the mouth."""

CENTRES = ((0.35, 0.65), (0.42, 0.74))
"""Where the landmarks' mean may lie in the box, across and down; beyond, it is drawn back."""


def region_features(grey: ArrayLike, landmarks: ArrayLike | None = None) -> NDArray[np.float64]:
    """Compute the region features of one face.

    Parameters
    ----------
    grey : (h, w) array_like
        The face's box out of a grey image, 0 to 255, at native resolution.
    landmarks : (5, 2) array_like, optional
        Both eyes, nose and both corners of the mouth, ``(x, y)`` in pixels from the box's upper left corner;
        default :data:`TYPICAL`.

    Returns
    -------
    (192,) float64
        In the order of :func:`~facespectra.regions.layout.feature_names`.

    Raises
    ------
    ValueError
        If `grey` is no picture, or too flat or too tall for a face.
    """
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
    """Give the height of a box once its width is :data:`WIDTH`.

    Parameters
    ----------
    shape : tuple of int
        ``(h, w)`` of the box.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        If it is not the shape of a face.
    """
    if len(shape) != 2 or 0 in shape:
        raise ValueError(f"region features need a grey picture of a face, not an array of shape {shape}")
    height = round(shape[0] * WIDTH / shape[1])
    if not HEIGHTS[0] <= height <= HEIGHTS[1]:
        raise ValueError(f"a box of {shape[1]}x{shape[0]} pixels is not the shape of a face")
    return height


def relative_points(shape: tuple[int, ...], landmarks: ArrayLike | None) -> Points:
    """Give landmarks as shares of the box's width and height.

    Parameters
    ----------
    shape : tuple of int
        ``(h, w)`` of the box.
    landmarks : (5, 2) array_like or None
        In pixels of the box.

    Returns
    -------
    (5, 2) float64

    Raises
    ------
    ValueError
        If there are not five of them.
    """
    if landmarks is None:
        return TYPICAL
    points = np.asarray(landmarks, dtype=np.float64)
    if points.shape != TYPICAL.shape or not np.isfinite(points).all():
        raise ValueError(f"landmarks must be five points (x, y), not an array of shape {points.shape}")
    return points / (shape[1], shape[0])


def resized(picture: Plane, width: int, height: int) -> Plane:
    """Resize by area where the picture shrinks, and by cubic convolution where it grows.

    Parameters
    ----------
    picture : (h, w) array
        Any picture.
    width, height : int
        The new size.

    Returns
    -------
    (height, width) float64
    """
    result: Plane = weights(picture.shape[0], height) @ picture @ weights(picture.shape[1], width).T
    return result


def weights(before: int, after: int) -> Plane:
    """Give the matrix that resamples a row of `before` pixels to `after`.

    Parameters
    ----------
    before, after : int
        Lengths.

    Returns
    -------
    (after, before) float64
        Shrinking: the share of each old pixel in each new one. Growing: Keys' cubic with a = -0.5, edges
        mirrored.
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
    """Give the pixels of each region.

    Parameters
    ----------
    face : (h, w) array
        The face at its fixed width.
    points : (5, 2) array
        Its landmarks in pixels.

    Returns
    -------
    dict of str to (h, w) bool
        ``inner``: an ellipse about the landmarks' mean, 0.36 and 0.30 of the box's width and height in its
        semi-axes. ``ring``: the rest of the ellipse that the box circumscribes. ``eyes``, ``mouth``:
        ellipses about these, inside the inner one. ``skin``: inner without eyes and mouth. Pixels that
        are almost black are left out of each, unless hardly any others would remain.
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
    found = {
        "inner": inner,
        "ring": ellipse(h, w, np.array([w, h]) / 2, (w / 2, h / 2)) & ~inner,
        "eyes": eyes if np.count_nonzero(eyes) >= FEWEST else inner,
        "mouth": mouth if np.count_nonzero(mouth) >= FEWEST else inner,
        "skin": inner & ~eyes & ~mouth,
    }
    lit = face > BLACK
    return {
        name: area & lit if np.count_nonzero(area & lit) >= FEWEST else area for name, area in found.items()
    }


def ellipse(height: int, width: int, centre: Points, axes: tuple[float, float]) -> NDArray[np.bool_]:
    """Give the pixels whose centres lie in an upright ellipse.

    Parameters
    ----------
    height, width : int
        Size of the picture.
    centre : (2,) array
        ``(x, y)``; the first pixel spans 0 to 1.
    axes : (float, float)
        Semi-axes across and down.

    Returns
    -------
    (height, width) bool
    """
    x = (np.arange(width) + 0.5 - centre[0]) / axes[0]
    y = (np.arange(height) + 0.5 - centre[1]) / axes[1]
    inside: NDArray[np.bool_] = x[None, :] ** 2 + y[:, None] ** 2 <= 1
    return inside


def bands(face: Plane) -> dict[str, Plane]:
    """Split a picture into its bands, edges mirrored.

    Parameters
    ----------
    face : (h, w) array
        The face at its fixed width.

    Returns
    -------
    dict of str to (h, w) float64
        By the names of :data:`~facespectra.regions.layout.BANDS`.
    """
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
    """Give the logarithm of how strong a band is in a region.

    Parameters
    ----------
    kind : str
        One of :data:`~facespectra.regions.layout.STATISTICS`.
    values : (n,) array
        The band's pixels in the region.

    Returns
    -------
    float
        Natural logarithm, :data:`~facespectra.regions.layout.FLOOR` added first.
    """
    if kind == "rms":
        return float(np.log(np.sqrt(np.mean(values**2)) + FLOOR))
    # The smallest value that nine tenths of the pixels do not exceed: no interpolation between two.
    return float(np.log(np.sort(np.abs(values))[int(QUANTILE * (len(values) - 1))] + FLOOR))


def sector_powers(face: Plane) -> list[float]:
    """Give the log power of a face by direction and frequency, under a Hann window.

    Parameters
    ----------
    face : (h, w) array
        The face at its fixed width.

    Returns
    -------
    list of float
        One sector after the other, within it from low to high frequency. Power is the mean of the squared
        amplitude in the bin over the sum of the squared window: of white noise, its variance.
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
