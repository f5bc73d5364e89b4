"""The regions of a face: where they lie in its box. Pure NumPy, which scoring needs at its start."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from facespectra.regions.layout import BLACK, HEIGHTS, MIN_PIXELS, WIDTH

Points: TypeAlias = NDArray[np.float64]

TYPICAL = np.array([[0.27, 0.40], [0.74, 0.40], [0.50, 0.62], [0.30, 0.81], [0.72, 0.81]])
"""Typical positions of MTCNN's landmarks in its box: both eyes, nose, both corners of the mouth."""

CENTRES = ((0.35, 0.65), (0.42, 0.74))
"""Range of the landmarks' mean in the box, across and down, to which it is clipped."""


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
