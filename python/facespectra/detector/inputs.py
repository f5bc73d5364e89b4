"""What a detector takes: images and videos, and which of their faces."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from facespectra.faces import FaceCropper

LARGEST, ALL, WHOLE = "largest", "all", "whole"
FACES = (LARGEST, ALL, WHOLE)
"""Which face of an image is scored."""
CUT_OUT = "where these are faces that were cut out already, add --faces whole"


def choose_cropper(cropper: FaceCropper | None, faces: str | None) -> FaceCropper | None:
    """Give a detector's cropper, or the one for faces that were asked for by name."""
    from facespectra.faces import EveryFaceCropper, FaceCropper

    if faces is None:
        return cropper
    if faces not in FACES:
        raise ValueError(f"faces must be {', '.join(FACES)}, not {faces!r}")
    if faces == WHOLE:
        return None
    settings = {} if cropper is None else cropper.get_params()
    if faces == ALL:
        return EveryFaceCropper(**settings)
    return FaceCropper() if cropper is None else cropper


def check_images(images: Iterable[Any]) -> Sequence[Any]:
    """Give the images as a sequence; TypeError for a single one."""
    single = isinstance(images, str | bytes | os.PathLike) or not isinstance(images, Iterable)
    if single or (isinstance(images, np.ndarray) and images.ndim < 4):
        raise TypeError("it takes a sequence of paths or images; put a single one into a list")
    return images if isinstance(images, Sequence) else list(images)
