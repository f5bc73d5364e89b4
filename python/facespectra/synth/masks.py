"""Masks of swaps, and the smooth noise that deforms masks and faces."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Plane: TypeAlias = NDArray[np.floating[Any]]
Points: TypeAlias = NDArray[np.float64]

KINDS = ("ellipse", "hull", "rectangle")


def smooth_noise(shape: tuple[int, int], scale: float, rng: np.random.Generator) -> Plane:
    """Make noise between -1 and 1, (h, w) float32, with waves of `scale` pixels."""
    # A coarse grid enlarged by cubic splines looks like blurred noise, at a fraction of the cost.
    cells = [int(np.ceil(side / scale)) + 4 for side in shape]
    grid = rng.uniform(-1, 1, cells)
    rows, columns = (np.arange(side) / scale + 1.5 for side in shape)
    spread = ndimage.map_coordinates(grid, np.meshgrid(rows, columns, indexing="ij"), order=3)
    return np.clip(spread, -1, 1).astype(np.float32)


def draw_mask(
    shape: tuple[int, int],
    landmarks: Points,
    width: float,
    kind: str,
    size: float,
    softness: float,
    rng: np.random.Generator,
) -> Plane:
    """Draw the mask of a swap, (h, w) float32 between 0 and 1.

    `width` is that of the face's box and `softness` the sigma of the edge, both in pixels; `size` is relative
    to the usual mask.
    """
    centre, across, down = frame_of(landmarks)
    x, y = np.meshgrid(np.arange(shape[1]) + 0.5 - centre[0], np.arange(shape[0]) + 0.5 - centre[1])
    u, v = (x * across[0] + y * across[1]) / width, (x * down[0] + y * down[1]) / width
    wobble = 0.08 * smooth_noise(shape, 0.35 * width, rng)
    shift = rng.uniform(-0.04, 0.04, 2)
    u, v = (u - shift[0]) / size, (v - shift[1]) / size
    if kind == "ellipse":
        a, b = rng.uniform(0.36, 0.44), rng.uniform(0.44, 0.56)
        distance = np.hypot(u / a, v / b) - 1
    elif kind == "rectangle":
        a, b = rng.uniform(0.32, 0.42), rng.uniform(0.38, 0.5)
        angle = rng.uniform(-0.12, 0.12)
        u, v = u * np.cos(angle) - v * np.sin(angle), u * np.sin(angle) + v * np.cos(angle)
        distance = np.maximum(np.abs(u) / a, np.abs(v) / b) - 1
    else:
        distance = _hull_distance(u, v, rng)
    inside = (distance + wobble * (kind != "rectangle") < 0).astype(np.float32)
    mask = ndimage.gaussian_filter(inside, max(softness, 0.3))
    # Fade only inwards, like masks that are eroded before they are blurred.
    if rng.random() < 0.5:
        mask = np.clip(2 * mask - 1, 0, 1)
    return mask.astype(np.float32)


def frame_of(landmarks: Points) -> tuple[Points, Points, Points]:
    """Give the centre of a face, the unit vector from eye to eye, and the one at a right angle to it."""
    eyes = landmarks[1] - landmarks[0]
    across = eyes / max(float(np.hypot(*eyes)), 1e-6)
    return landmarks.mean(axis=0), across, np.array([-across[1], across[0]])


def _hull_distance(u: NDArray[np.float64], v: NDArray[np.float64], rng: np.random.Generator) -> Points:
    """Give the distance from an outline over brows, cheeks and chin, like the hull of a face's landmarks."""
    outline = np.array(
        [
            [-0.40, -0.36], [-0.15, -0.42], [0.15, -0.42], [0.40, -0.36], [0.42, -0.05], [0.36, 0.27],
            [0.20, 0.48], [0.0, 0.55], [-0.20, 0.48], [-0.36, 0.27], [-0.42, -0.05],
        ]
    )  # fmt: skip
    outline = outline + rng.uniform(-0.03, 0.03, outline.shape)
    angles = np.arctan2(outline[:, 1], outline[:, 0])
    order = np.argsort(angles)
    radii = np.hypot(*outline.T)[order]
    edge = np.interp(np.arctan2(v, u), angles[order], radii, period=2 * np.pi)
    distance: Points = np.hypot(u, v) / edge - 1
    return distance
