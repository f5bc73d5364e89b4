"""Where in a face its texture differs: the contributions of mean features, split over positions.

A mean over a region is a sum over positions, and a linear score is a sum over features: what the means add to
the score splits exactly. What the spreads add does not, and is left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from facespectra.deep.efficientnet import LAYERS, REGIONS, session
from facespectra.texture.inputs import normalised_face, placement, region_masks
from facespectra.texture.layout import COLUMNS, FACE, PARTS

Floats = NDArray[np.float64]

CELLS = 28
"""Cells along the longer side of a face's box."""


def channel_maps(rgb: NDArray[np.uint8]) -> dict[int, Floats]:
    """Outputs of the layers by position, (channels, h, w), of a face in its box."""
    outputs = session("layers").run(None, {"picture": normalised_face(rgb)})
    return {layer: one[0].astype(np.float64) for layer, one in zip(LAYERS, outputs, strict=True)}


def split_means(
    rgb: NDArray[np.uint8], landmarks: ArrayLike | None, weights: Floats, reference: Floats
) -> Floats:
    """Split ``(mean - reference) * weights``, summed over all mean features, over cells of the box.

    `rgb` and `landmarks` are those of :func:`facespectra.texture.texture_features`, `weights` and `reference`
    of its 1632 features. What the inner face and the mouth have more than the ring is counted where they are.
    """
    maps = channel_maps(rgb)
    masks = dict(zip(REGIONS, region_masks(rgb.shape, landmarks)[0].astype(np.float64), strict=True))
    pixels = np.zeros_like(masks["ring"])
    for part in PARTS:
        region, _, other = part.partition("-")
        mask = masks[region]
        for layer, channels in maps.items():
            columns = COLUMNS[part, layer, "mean"]
            own = weights[columns]
            weighted = np.tensordot(own, channels, 1)
            base = float(own @ reference[columns])
            if other:
                base += float((weighted * _shares(masks[other], len(weighted))).sum())
            amounts = _shares(mask, len(weighted)) * (weighted - base)
            pixels += _over_pixels(amounts, mask)
    left, top, width, height = placement(rgb.shape)
    return _cells(pixels[top : top + height, left : left + width])


def _pooled(mask: Floats, side: int) -> Floats:
    """Pixels of a mask in each cell of a layer."""
    step = len(mask) // side
    pooled: Floats = mask.reshape(side, step, side, step).sum(axis=(1, 3))
    return pooled


def _shares(mask: Floats, side: int) -> Floats:
    shares: Floats = _pooled(mask, side) / mask.sum()
    return shares


def _over_pixels(amounts: Floats, mask: Floats) -> Floats:
    """Spread the amount of each cell evenly over those of its pixels that are inside."""
    inside = _pooled(mask, len(amounts))
    each = np.divide(amounts, inside, out=np.zeros_like(amounts), where=inside > 0)
    step = len(mask) // len(amounts)
    spread: Floats = np.repeat(np.repeat(each, step, axis=0), step, axis=1) * mask
    return spread


def _cells(pixels: Floats) -> Floats:
    """Sum pixels by nearly equal cells."""
    for axis in (0, 1):
        length = pixels.shape[axis]
        n = max(1, round(CELLS * length / FACE))
        pixels = np.add.reduceat(pixels, np.arange(n) * length // n, axis=axis)
    return pixels
