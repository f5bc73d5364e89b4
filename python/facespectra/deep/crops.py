"""Crops as the networks take them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from facespectra._extras import require
from facespectra.images import UInt8Array

SIDE = 224
"""Width and height in pixels of the pictures that the networks take."""


def check_crops(crops: Sequence[UInt8Array]) -> None:
    """Raise ValueError unless all crops are colour pictures, (h, w, 3) uint8, that are not empty."""
    for crop in crops:
        if crop.ndim != 3 or crop.shape[2] != 3 or crop.dtype != np.uint8 or crop.size == 0:
            raise ValueError(f"a crop must be (h, w, 3) uint8, not {crop.shape} {crop.dtype}")


def resized(crop: UInt8Array) -> UInt8Array:
    """Resize to SIDE x SIDE by Pillow's bilinear filter, which averages where it shrinks."""
    require("faces", "PIL")
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(crop))
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR))
