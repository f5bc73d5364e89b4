"""What the network is given: a face at its fixed size, and the regions that are compared."""

from __future__ import annotations

from functools import lru_cache

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
    face = normalised(np.asarray(image))[0]
    # As numpy.pad does with "edge", in a fraction of the time.
    picture = np.empty((1, 3, SIDE, SIDE), np.float32)
    band, right, bottom = picture[0, :, top : top + height], left + width, top + height
    band[:, :, left:right] = face
    band[:, :, :left], band[:, :, right:] = face[:, :, :1], face[:, :, -1:]
    picture[0, :, :top], picture[0, :, bottom:] = band[:, :1], band[:, -1:]
    return picture


def region_masks(shape: tuple[int, ...], landmarks: ArrayLike | None) -> NDArray[np.float32]:
    """Masks of the regions in the network's picture, (1, 3, 224, 224), 1 inside and 0 outside; read-only."""
    points = relative_points(shape[:2], landmarks)
    return _masks(placement(shape), points.tobytes())


# A robustness sweep asks for the same face again and again; an entry takes 600 kilobytes.
@lru_cache(8)
def _masks(place: tuple[int, int, int, int], relative: bytes) -> NDArray[np.float32]:
    left, top, width, height = place
    points = np.frombuffer(relative).reshape(-1, 2) * (width, height)
    # No pixel is too dark here: the network's answer to darkness is as good as any.
    found = regions(np.full((height, width), 255.0), points)
    masks = np.zeros((1, len(REGIONS), SIDE, SIDE), np.float32)
    for mask, region in zip(masks[0], REGIONS, strict=True):
        mask[top : top + height, left : left + width] = found[region]
    masks.flags.writeable = False
    return masks
