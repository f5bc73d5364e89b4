"""What the network is given: a face at its fixed size, and the regions that are compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from facespectra._extras import require
from facespectra.deep.crops import SIDE
from facespectra.deep.efficientnet import REGIONS, normalised
from facespectra.regions.masks import height_at_width, regions, relative_points
from facespectra.texture.layout import FACE


def placement(shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Where a box of this shape comes to lie in the network's picture: left, top, width and height."""
    height, width = shape[:2]
    longer = max(height, width)
    w, h = (max(1, round(FACE * side / longer)) for side in (width, height))
    return (SIDE - w) // 2, (SIDE - h) // 2, w, h


def normalised_face(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Resize a face to its fixed size, repeat its edges around it, and normalise: (1, 3, 224, 224)."""
    require("faces", "PIL")
    from PIL import Image

    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
        raise ValueError(f"texture features need an (h, w, 3) uint8 picture, not {rgb.shape} {rgb.dtype}")
    height_at_width(rgb.shape[:2])
    left, top, width, height = placement(rgb.shape)
    image = Image.fromarray(np.ascontiguousarray(rgb)).resize((width, height), Image.Resampling.BICUBIC)
    around = (top, SIDE - top - height), (left, SIDE - left - width), (0, 0)
    return normalised(np.pad(np.asarray(image), around, mode="edge"))


def region_masks(shape: tuple[int, ...], landmarks: ArrayLike | None) -> NDArray[np.float32]:
    """Masks of the regions in the network's picture, (1, 3, 224, 224), 1 inside and 0 outside."""
    left, top, width, height = placement(shape)
    points = relative_points(shape[:2], landmarks) * (width, height)
    # No pixel is too dark here: the network's answer to darkness is as good as any.
    found = regions(np.full((height, width), 255.0), points)
    masks = np.zeros((1, len(REGIONS), SIDE, SIDE), np.float32)
    for mask, region in zip(masks[0], REGIONS, strict=True):
        mask[top : top + height, left : left + width] = found[region]
    return masks
