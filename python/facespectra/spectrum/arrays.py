"""Validates images once, for every backend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from facespectra.errors import InvalidImageError

DTYPES = ("uint8", "uint16", "float32", "float64")
_NATIVE = frozenset(np.dtype(name) for name in DTYPES)
COLOUR_CHANNELS = (3, 4)

Grey = NDArray[Any]


def checked(array: Any, name: str) -> Grey:
    """The array in the machine's byte order; TypeError if backends do not support its dtype."""
    array = np.asarray(array)
    if array.dtype in _NATIVE:
        return array  # type: ignore[no-any-return]
    if array.dtype.name not in DTYPES:
        raise TypeError(
            f"{name} has dtype {array.dtype}; expected one of {', '.join(DTYPES)} (convert with .astype)"
        )
    native: Grey = array.astype(array.dtype.newbyteorder("="), copy=False)
    return native


def as_images(images: Any) -> tuple[Sequence[Grey], bool]:
    """The images one by one, and whether the argument was a single ``(H, W)`` array.

    Arrays are not copied where that can be avoided; a ``(B, H, W)`` array stays one.
    """
    if isinstance(images, np.ndarray) or not isinstance(images, Iterable):
        return _from_array(images)
    listed = []
    for i, image in enumerate(images):
        array = checked(image, f"image {i}")
        if array.ndim != 2:
            reason = f"has {array.ndim} dimensions, expected 2 (rows, columns) of a grey image"
            raise InvalidImageError(reason, i, f"image {i} {reason}")
        if array.size == 0:
            reason = f"is empty: shape {array.shape[0]}x{array.shape[1]}"
            raise InvalidImageError(reason, i, f"image {i} {reason}")
        listed.append(array)
    return listed, False


def _from_array(images: Any) -> tuple[Sequence[Grey], bool]:
    array = checked(images, "images")
    if array.ndim not in (2, 3):
        raise InvalidImageError(f"images has {array.ndim} dimensions; expected (H, W) or (B, H, W)")
    if array.ndim == 3 and array.shape[2] in COLOUR_CHANNELS:
        raise InvalidImageError(
            f"images of shape {array.shape} look like one colour image; convert it to grey, (H, W), first"
        )
    if array.shape[-1] == 0 or array.shape[-2] == 0:
        raise InvalidImageError(f"images is empty: shape {'x'.join(map(str, array.shape))}")
    if array.ndim == 2:
        return [array], True
    return cast("Sequence[Grey]", array), False
