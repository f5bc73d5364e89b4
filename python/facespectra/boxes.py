"""Faces and their boxes in images: ``(x0, y0, x1, y1)`` in pixels, half-open, for ``image[y0:y1, x0:x1]``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

Box: TypeAlias = tuple[int, int, int, int]


def shift_box(box: Box, dx: int, dy: int) -> Box:
    """Move a box to the right and downwards."""
    x0, y0, x1, y1 = box
    return x0 + dx, y0 + dy, x1 + dx, y1 + dy


def scale_box(
    box: Box,
    fx: float,
    fy: float,
    rounding: Callable[[float], int] = round,
    limits: tuple[int, int] | None = None,
) -> Box:
    """Scale a box, clip it to a width and height, and keep it at least one pixel wide and high."""
    x0, y0, x1, y1 = (rounding(corner * factor) for corner, factor in zip(box, (fx, fy, fx, fy), strict=True))
    if limits is not None:
        width, height = limits
        x0, y0, x1, y1 = min(x0, width - 1), min(y0, height - 1), min(x1, width), min(y1, height)
    return x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)


def crop_box(box: Box, width: int, height: int, margin: float, square: bool, snap: bool) -> Box:
    """Extend a box by its margin, to a square and to 7-smooth sides, inside an image of this size."""
    left, top, right, bottom = x0, y0, x1, y1 = box
    margins = round(margin * (x1 - x0)), round(margin * (y1 - y0))
    x0, x1 = max(x0 - margins[0], 0), min(x1 + margins[0], width)
    y0, y1 = max(y0 - margins[1], 0), min(y1 + margins[1], height)
    if square:
        side = min(max(x1 - x0, y1 - y0), width, height)
        # A side that has to shrink loses margin, not face.
        x0, x1 = _centred(x0, x1, side, width) if side >= x1 - x0 else _centred(left, right, side, width)
        y0, y1 = _centred(y0, y1, side, height) if side >= y1 - y0 else _centred(top, bottom, side, height)
    if snap:
        # A square stays one: both sides take the nearest length within the smaller limit.
        limits = (min(width, height),) * 2 if square else (width, height)
        x0, x1 = _centred(x0, x1, _nearest_smooth(x1 - x0, limits[0]), width)
        y0, y1 = _centred(y0, y1, _nearest_smooth(y1 - y0, limits[1]), height)
    return x0, y0, x1, y1


def pixel_box(corners: Iterable[float], width: int, height: int) -> Box | None:
    """Truncate the corners to integers and clip them to the image; None if nothing is left."""
    corners = list(corners)
    if not all(map(math.isfinite, corners)):
        return None
    x0, y0, x1, y1 = map(int, corners)
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _centred(start: int, stop: int, length: int, limit: int) -> tuple[int, int]:
    """Give the range of `length` in [0, limit) whose centre is nearest to that of [start, stop)."""
    first = min(max((start + stop - length) // 2, 0), limit - length)
    return first, first + length


def _nearest_smooth(length: int, limit: int) -> int:
    """Give the 7-smooth number up to `limit` that is nearest to `length`; of two, the larger."""
    for step in range(length):
        for candidate in (length + step, length - step):
            if candidate <= limit and _is_smooth(candidate):
                return candidate
    return 1


def _is_smooth(number: int) -> bool:
    for factor in (2, 3, 5, 7):
        while number % factor == 0:
            number //= factor
    return number == 1


@dataclass(frozen=True, slots=True)
class Face:
    """One face, in pixels of its image.

    Attributes
    ----------
    box : tuple of int
        ``(x0, y0, x1, y1)``, half-open, inside the image and never empty: ``image[y0:y1, x0:x1]``.
    confidence : float
        Of the detector, between 0 and 1.
    landmarks : tuple of five (x, y)
        Left eye, right eye, nose, left and right corner of the mouth, as seen by the viewer. They may be
        outside the box or the image.
    """

    box: Box
    confidence: float
    landmarks: tuple[tuple[float, float], ...]

    @property
    def width(self) -> int:
        """Width of the box in pixels."""
        return self.box[2] - self.box[0]

    @property
    def height(self) -> int:
        """Height of the box in pixels."""
        return self.box[3] - self.box[1]

    def shifted(self, dx: int, dy: int) -> Face:
        """Give the face after its image was moved to the right by `dx` and down by `dy` pixels."""
        landmarks = tuple((x + dx, y + dy) for x, y in self.landmarks)
        return replace(self, box=shift_box(self.box, dx, dy), landmarks=landmarks)

    def scaled(
        self,
        fx: float,
        fy: float,
        *,
        rounding: Callable[[float], int] = round,
        limits: tuple[int, int] | None = None,
    ) -> Face:
        """Give the face after its image was resized by these factors; `limits` are its new (width, height).

        `rounding` and `limits` concern the box, as in :func:`scale_box`. Landmarks stay fractions of pixels.
        """
        landmarks = tuple((x * fx, y * fy) for x, y in self.landmarks)
        return replace(self, box=scale_box(self.box, fx, fy, rounding, limits), landmarks=landmarks)
