"""Samples that are looked at again once they have been judged: a few, by a seeded and stratified choice."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facespectra.features.crops import Crop, Source, read_samples

if TYPE_CHECKING:
    from facespectra.faces import Box
    from facespectra.images import UInt8Array

TILE = 240
AROUND = 0.35


def chosen(labels: NDArray[np.int64], usable: NDArray[np.bool_], n: int, *, seed: int = 0) -> list[int]:
    """Choose samples, as many of each class where there are enough.

    Parameters
    ----------
    labels : (n,) int64
        0 or 1.
    usable : (n,) bool
        Which may be chosen.
    n : int
        How many at most.
    seed : int
        Of the choice.

    Returns
    -------
    list of int
        Rising.
    """
    rng = np.random.default_rng(seed)
    picked: list[int] = []
    for label in (0, 1):
        candidates = np.flatnonzero(usable & (labels == label))
        picked += rng.permutation(candidates)[: n // 2].tolist()
    return sorted(picked)


def read_again(sources: Sequence[Source], wanted: Sequence[int]) -> Iterator[tuple[int, Crop]]:
    """Read whole pictures.

    Parameters
    ----------
    sources : sequence
        Of all samples.
    wanted : sequence of int
        Which of them, rising: frames of a video are then decoded in one go.

    Yields
    ------
    index : int
        Into `sources`.
    picture : Crop
        The whole of it. A file that has gone since is passed over.
    """
    samples = read_samples([sources[index] for index in wanted], None)
    for index, sample in zip(wanted, samples, strict=True):
        if sample.crop is not None:
            yield index, sample.crop


def tile(rgb: UInt8Array, box: Box) -> tuple[str, tuple[float, float, float, float]]:
    """Make a small picture of a face and what surrounds it, for a page.

    Parameters
    ----------
    rgb : (h, w, 3) uint8
        The whole picture.
    box : (x0, y0, x1, y1)
        Of the face.

    Returns
    -------
    uri : str
        A JPEG of at most 240 pixels a side as a ``data:`` address.
    place : (left, top, width, height)
        Of the box, in percent of the small picture.
    """
    from PIL import Image

    x0, y0, x1, y1 = box
    side = round((1 + 2 * AROUND) * max(x1 - x0, y1 - y0))
    left, right = _window(x0, x1, side, rgb.shape[1])
    top, bottom = _window(y0, y1, side, rgb.shape[0])
    small = Image.fromarray(rgb[top:bottom, left:right])
    small.thumbnail((TILE, TILE), Image.Resampling.BICUBIC)
    content = io.BytesIO()
    small.save(content, "JPEG", quality=85)
    across, down = 100 / (right - left), 100 / (bottom - top)
    place = ((x0 - left) * across, (y0 - top) * down, (x1 - x0) * across, (y1 - y0) * down)
    return "data:image/jpeg;base64," + base64.b64encode(content.getvalue()).decode(), place


def _window(start: int, stop: int, length: int, limit: int) -> tuple[int, int]:
    """Give so long a part of a row around another one, as far as the row goes: tiles are square, mostly."""
    length = min(length, limit)
    first = min(max(0, (start + stop - length) // 2), limit - length)
    return first, first + length
