"""Fast region features: filters as matrix products, regions as lists of pixel indices.

At a width of 112 pixels the dense matrix of a filter is small, and matrix products are what processors do
fastest. Everything that depends on the size alone is cached.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft, ndimage

from facespectra.regions.definition import weights
from facespectra.regions.layout import (
    BANDS,
    FLOOR,
    QUANTILE,
    REGIONS,
    RELATIVE_REGIONS,
    RINGS,
    SECTORS,
    WIDTH,
)
from facespectra.regions.masks import height_at_width, regions, relative_points

if TYPE_CHECKING:
    from facespectra.faces import Face

Plane: TypeAlias = NDArray[np.floating[Any]]

SIGMAS = tuple(float(band.removeprefix("dog")) for band in BANDS if band.startswith("dog"))
BOXES = (3, 5)
# Of the caches: sizes of faces repeat, but seldom; an entry takes some dozen kilobytes.
SIZES = 64


def region_features(grey: ArrayLike, landmarks: ArrayLike | None = None) -> NDArray[np.float64]:
    """Compute the region features of one face, as defined in :mod:`facespectra.regions.definition`.

    Parameters
    ----------
    grey : (h, w) array_like
        Grey crop of the face's box, 0 to 255, at native resolution.
    landmarks : (5, 2) array_like, optional
        Both eyes, nose and both corners of the mouth, ``(x, y)`` in pixels from the upper left corner of the
        crop. Default: their typical positions.

    Returns
    -------
    (192,) float64
        In the order of :func:`feature_names`, within 1e-4 of the definition.

    Raises
    ------
    ValueError
        If `grey` is not two-dimensional, or too flat or too tall for a face.
    """
    # Numba is slow to import.
    from facespectra.regions.kernels import band_strengths

    native = np.asarray(grey, dtype=np.float32)
    height = height_at_width(native.shape)
    points = relative_points(native.shape, landmarks) * (WIDTH, height)
    face: Plane = _weights(native.shape[0], height) @ native @ _weights(native.shape[1], WIDTH).T
    inside = regions(face, points)
    planes = bands(face).reshape(len(BANDS), -1)
    indices = [np.flatnonzero(inside[region]) for region in REGIONS]
    starts = np.cumsum([0, *map(len, indices)])
    energies = band_strengths(planes, np.concatenate(indices), starts, QUANTILE)
    energies = np.log(energies + FLOOR)
    rows = [REGIONS.index(region) for region in RELATIVE_REGIONS]
    relative = energies[rows] - energies[REGIONS.index("ring")]
    return np.concatenate([energies.ravel(), sector_powers(face), relative.ravel()])


def face_features(grey: NDArray[np.uint8], face: Face, left: int = 0, top: int = 0) -> NDArray[np.float64]:
    """The (192,) features of a face in a grey picture, or in a part of it that starts at (left, top)."""
    x0, y0, x1, y1 = face.box
    part = grey[y0 - top : y1 - top, x0 - left : x1 - left]
    return region_features(part, np.array(face.landmarks) - (x0, y0))


def bands(face: Plane) -> NDArray[np.float32]:
    """Split a face at its fixed width into its bands, (8, h, w), in the order of `BANDS`."""
    h, w = face.shape
    across = (face @ _filters(w).reshape(-1, w).T).reshape(h, -1, w)
    down = _filters(h)
    soft = np.stack([down[k] @ across[:, k] for k in range(len(down))])
    planes = np.empty((len(BANDS), h, w), np.float32)
    planes[:2] = face - soft[: len(BOXES)]
    planes[2, :, 1:-1] = 0.25 * (face[:, :-2] + face[:, 2:]) - 0.5 * face[:, 1:-1]
    planes[2][:, [0, -1]] = 0.25 * (face[:, [1, -2]] - face[:, [0, -1]])
    planes[3, 1:-1] = 0.25 * (face[:-2] + face[2:]) - 0.5 * face[1:-1]
    planes[3][[0, -1]] = 0.25 * (face[[1, -2]] - face[[0, -1]])
    planes[4] = face - soft[len(BOXES)]
    planes[5:] = soft[len(BOXES) : -1] - soft[len(BOXES) + 1 :]
    return planes


def sector_powers(face: Plane) -> NDArray[np.float64]:
    """Log power of a face by direction and frequency, (48,); see the definition."""
    window, total, squares, indices, cells, counts = _sectors(*face.shape)
    mean = np.float32(np.sum(window * face) / total)
    spectrum = fft.rfft2((face - mean) * window).ravel()[indices]
    power = spectrum.real**2 + spectrum.imag**2
    sums = np.bincount(cells, weights=power, minlength=len(counts))
    logs: NDArray[np.float64] = np.log(sums / (counts * squares) + FLOOR**2)
    return logs


@lru_cache(SIZES * 4)
def _weights(before: int, after: int) -> Plane:
    return weights(before, after).astype(np.float32)


@lru_cache(SIZES)
def _filters(length: int) -> NDArray[np.float32]:
    """Matrices of all blurs along an axis, (filters, length, length)."""
    unit = np.eye(length)
    blurs = [ndimage.uniform_filter1d(unit, size, axis=0) for size in BOXES]
    blurs += [ndimage.gaussian_filter1d(unit, sigma, axis=0) for sigma in SIGMAS]
    return np.stack(blurs).astype(np.float32)


@lru_cache(SIZES)
def _sectors(
    h: int, w: int
) -> tuple[Plane, float, float, NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Window, its sum and sum of squares; used frequencies of the half-plane, their cells; sizes of cells."""
    window = np.outer(np.hanning(h + 2)[1:-1], np.hanning(w + 2)[1:-1])
    fx, fy = np.meshgrid(np.abs(np.fft.rfftfreq(w)), np.abs(np.fft.fftfreq(h)))
    ring = np.ceil(np.hypot(fx, fy) * 2 * RINGS).astype(int) - 1
    sector = np.minimum((np.arctan2(fy, fx) / (np.pi / 6)).astype(int), len(SECTORS) - 1)
    # Columns count twice for their mirror images, but not at frequency 0 and 0.5.
    twice = np.where((fx > 0) & (fx < 0.5), 2, 1)
    used = (ring >= 0) & (ring < RINGS)
    indices = np.repeat(np.flatnonzero(used), twice[used])
    cells = np.repeat((sector * RINGS + ring)[used], twice[used])
    counts = np.bincount(cells, minlength=len(SECTORS) * RINGS).astype(np.float64)
    return window.astype(np.float32), float(window.sum()), float((window**2).sum()), indices, cells, counts
