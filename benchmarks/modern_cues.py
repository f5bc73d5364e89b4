"""Single numbers of a face that a well-blended swap might give away: a feature set for `modern_swaps.py`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from facespectra.features.crops import Crop
from facespectra.features.feature_sets import FeatureSet
from facespectra.regions.definition import Plane
from facespectra.regions.masks import regions, relative_points

CUES = (
    "noise: inner - ring",
    "noise of colours: inner - ring",
    "correlation of neighbours in the noise: inner - ring",
    "grid of JPEG: inner - ring",
    "pattern of demosaicing: inner - ring",
    "step of brightness at the seam",
    "step of colour at the seam",
    "sharpness of eyes - ring",
    "sharpness of mouth - ring",
)
"""What the columns of :class:`ModernCues` are; each a logarithm, a correlation or a ratio."""

TINY = 1e-3
SEAM = (0.82, 1.18)  # from inside to outside the edge of the inner face, relative to its axes


class ModernCues(FeatureSet):
    """The numbers of :data:`CUES` of each face, at native resolution."""

    colour = True
    width = len(CUES)

    def extract(self, crops: Sequence[Crop]) -> NDArray[np.float64]:
        return np.array([cues(crop) for crop in crops])


def cues(crop: Crop) -> list[float]:
    """The numbers of one face."""
    grey = crop.grey.astype(np.float64)
    marks = np.array(crop.face.landmarks) - np.array(crop.box[:2]) if crop.face else None
    points = relative_points(grey.shape, marks) * (grey.shape[1], grey.shape[0])
    masks = regions(grey, points)
    inner, ring = masks["inner"], masks["ring"]
    noise = grey - ndimage.median_filter(grey, 3)
    red, green, blue = (crop.rgb[:, :, k].astype(np.float64) for k in range(3))
    colours = [red - green, blue - green]
    grains = [plane - ndimage.median_filter(plane, 3) for plane in colours]
    detail = grey - ndimage.gaussian_filter(grey, 1.0)
    return [
        _level(noise, inner) - _level(noise, ring),
        float(np.mean([_level(one, inner) - _level(one, ring) for one in grains])),
        _correlation(noise, inner) - _correlation(noise, ring),
        _grid(grey, crop.box, inner) - _grid(grey, crop.box, ring),
        _checkers(green, inner) - _checkers(green, ring),
        _seam(ndimage.gaussian_filter(grey, 2.0), points),
        _seam(ndimage.gaussian_filter(colours[0], 2.0), points),
        _level(detail, masks["eyes"]) - _level(detail, ring),
        _level(detail, masks["mouth"]) - _level(detail, ring),
    ]


def _level(plane: Plane, mask: NDArray[np.bool_]) -> float:
    return float(np.log(np.sqrt(np.mean(plane[mask] ** 2)) + TINY))


def _correlation(noise: Plane, mask: NDArray[np.bool_]) -> float:
    """Correlation of neighbours in a row, both in the region: low in white noise, high in painted skin."""
    both = mask[:, 1:] & mask[:, :-1]
    left, right = noise[:, :-1][both], noise[:, 1:][both]
    return float(np.mean(left * right) / (np.sqrt(np.mean(left**2) * np.mean(right**2)) + TINY))


def _grid(grey: Plane, box: tuple[int, int, int, int], mask: NDArray[np.bool_]) -> float:
    """How much larger second differences are across the edges of JPEG's blocks than elsewhere."""
    across = np.abs(grey[:, :-3] - 3 * grey[:, 1:-2] + 3 * grey[:, 2:-1] - grey[:, 3:])
    inside = mask[:, 1:-2]
    at_edge = (np.arange(across.shape[1]) + box[0] + 2) % 8 == 0
    edge, other = inside & at_edge[None, :], inside & ~at_edge[None, :]
    if not edge.any() or not other.any():
        return 0.0
    return float(np.log((across[edge].mean() + TINY) / (across[other].mean() + TINY)))


def _checkers(green: Plane, mask: NDArray[np.bool_]) -> float:
    """How unlike the two lattices of a Bayer filter's green are, which interpolation leaves behind."""
    kernel = np.array([[0, 0.25, 0], [0.25, -1, 0.25], [0, 0.25, 0]])
    error = ndimage.correlate(green, kernel) ** 2
    odd = np.add.outer(np.arange(green.shape[0]), np.arange(green.shape[1])) % 2 == 1
    parts = [np.log(error[mask & part].mean() + TINY) for part in (odd, ~odd)]
    return float(abs(parts[0] - parts[1]))


def _seam(plane: Plane, points: Plane) -> float:
    """Steepest change from one ellipse to the next about the seam, over the mean of the others."""
    h, w = plane.shape
    centre = points.mean(axis=0)
    angles = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    profile = []
    for scale in np.linspace(*SEAM, 10):
        x = centre[0] + 0.42 * w * scale * np.cos(angles)
        y = centre[1] + 0.36 * h * scale * np.sin(angles)
        profile.append(ndimage.map_coordinates(plane, [y, x], order=1, mode="nearest"))
    steps = np.abs(np.diff(np.array(profile), axis=0)).mean(axis=1)
    return float(np.log((steps.max() + TINY) / (np.median(steps) + TINY)))
