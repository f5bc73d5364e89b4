"""Pictures for the page: JPEG files of limited size, written by a worker."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from facespectra._conversion import shared_rgb

if TYPE_CHECKING:
    from facespectra._conversion import AnyImage

PICTURE_SIDES = (1600, 400, 4096)
"""Longest sides of the pictures of a photograph, in the order in which they are wanted."""
FRAME_SIDES = (1600, 400)
"""Those of frames of a video."""
QUALITY = 88


def save_picture(image: AnyImage, path: Path, side: int) -> None:
    """Write an image, or a smaller copy of it, as a JPEG file; complete, or not there at all."""
    from PIL import Image

    picture = image if isinstance(image, Image.Image) else Image.fromarray(shared_rgb(image))
    if max(picture.size) > side:
        factor = side / max(picture.size)
        size = tuple(max(1, round(length * factor)) for length in picture.size)
        # Halves come first, by plain means, which is fast: nothing is measured in this copy.
        picture = picture.resize((size[0], size[1]), Image.Resampling.BILINEAR, reducing_gap=2.0)
    partial = path.with_suffix(".part")
    picture.save(partial, "JPEG", quality=QUALITY)
    partial.replace(path)
