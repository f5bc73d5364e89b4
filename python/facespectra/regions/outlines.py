"""The regions of a face as outlines, for drawings."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from facespectra._extras import require
from facespectra.regions.layout import WIDTH
from facespectra.regions.masks import height_at_width, regions, relative_points

Points = NDArray[np.float64]

# Pixels, of a face at its fixed width: a mask's steps are smoothed by this much, and of its outline every
# third point is kept.
SMOOTH = 1.2
STEP = 3


def outlines(shape: tuple[int, ...], landmarks: ArrayLike | None) -> dict[str, list[Points]]:
    """Closed lines around each region, (n, 2) ``x, y`` each, in pixels of a box of this shape.

    A region may have several, and what an odd number of them surround is inside: the ring has a hole.
    """
    require("detect", "contourpy")
    from contourpy import contour_generator
    from scipy import ndimage

    height = height_at_width(shape[:2])
    points = relative_points(shape[:2], landmarks) * (WIDTH, height)
    # Where nothing is dark, the regions are those of the landmarks alone.
    masks = regions(np.full((height, WIDTH), 255.0), points)
    scale = shape[1] / WIDTH, shape[0] / height
    found: dict[str, list[Points]] = {}
    for name, mask in masks.items():
        # A border, so that every line is closed.
        soft = ndimage.gaussian_filter(np.pad(mask.astype(np.float64), 4), SMOOTH)
        lines = [np.asarray(line) for line in contour_generator(z=soft).lines(0.5)]
        # The middle of the first pixel is half a pixel from the edge.
        found[name] = [
            np.clip((line[:-1:STEP] - 3.5) * scale, 0, (shape[1], shape[0]))
            for line in lines
            if len(line) > 4 * STEP
        ]
    return found
