"""Sizes, regions and names of the texture features."""

from __future__ import annotations

from itertools import accumulate, pairwise

from facespectra.deep.efficientnet import BLOCKS, LAYERS

FACE = 172
"""Pixels to which the longer side of a face's box is resized, in the middle of the network's picture."""

PARTS = ("ring", "inner-ring", "mouth-ring")
"""What the features are of: the ring itself, and what the inner face and the mouth have more than it."""

STATISTICS = ("mean", "spread")
"""Mean of a channel over a region, and the natural logarithm of its standard deviation."""

CHANNELS = {layer: BLOCKS[layer].convolutions[-1].outputs for layer in LAYERS}
"""Channels of each layer."""

_KEYS = [(part, layer, kind) for part in PARTS for layer in LAYERS for kind in STATISTICS]
_EDGES = [0, *accumulate(CHANNELS[layer] for _, layer, _ in _KEYS)]

COLUMNS = {key: slice(start, stop) for key, (start, stop) in zip(_KEYS, pairwise(_EDGES), strict=True)}
"""Columns of the features of each part, layer and statistic: one for each channel."""

WIDTH = _EDGES[-1]
"""Number of features."""


def group_name(part: str, layer: int, kind: str) -> str:
    """Name the features of all channels of a layer, such as ``"inner-ring block 4 mean"``."""
    return f"{part} block {layer} {kind}"


def feature_names() -> list[str]:
    """Name every feature by part, layer, statistic and channel, such as ``"inner-ring block 4 mean 17"``."""
    return [
        f"{group_name(*key)} {channel}"
        for key, columns in COLUMNS.items()
        for channel in range(columns.stop - columns.start)
    ]
