"""Signs of an earlier JPEG compression: the edges of its blocks of 8x8 pixels, wherever they lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facespectra._conversion import to_grey
from facespectra.images import read_image

BLOCK = 8
PART = 1024
"""Pixels a side that are looked at, in the middle of the picture."""
STANDS_OUT = 1.08
"""How much stronger than at all other places steps are at the edges of blocks, in both directions."""


def jpeg_grid(path: Path) -> tuple[int, int] | None:
    """Give the column and row, 0 to 7, at which blocks of a compression begin; None where none are seen.

    (0, 0) is where blocks begin that the picture has not been cut since. After heavy later compression, or
    after resizing, nothing is to be seen.
    """
    picture = read_image(path)
    # By multiples of a block: where blocks begin stays as it is.
    left, top = ((max(0, side - PART) // 2) // BLOCK * BLOCK for side in picture.size)
    box = (left, top, min(picture.width, left + PART), min(picture.height, top + PART))
    grey = to_grey(picture.crop(box)).astype(np.float32)
    if min(grey.shape) < 8 * BLOCK:
        return None
    column, row = _phase(grey), _phase(grey.T)
    return None if column is None or row is None else (column, row)


def _phase(grey: NDArray[np.float32]) -> int | None:
    """The column at which blocks begin; None where no column stands out."""
    # A slope is no edge of a block: what bends sharply between two pixels is.
    bend = np.abs(grey[:, :-3] - 3 * grey[:, 1:-2] + 3 * grey[:, 2:-1] - grey[:, 3:])
    # Strong edges of the picture itself count no more than others.
    strength = np.minimum(bend, 24).mean(axis=0)
    sums = np.array([strength[phase::BLOCK].mean() for phase in range(BLOCK)])
    best = int(np.argmax(sums))
    rest = np.delete(sums, best)
    if sums[best] < STANDS_OUT * rest.max():
        return None
    # The bend at position k lies between pixels k + 1 and k + 2.
    return (best + 2) % BLOCK
