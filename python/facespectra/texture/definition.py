"""Texture features, defined in readable NumPy; :mod:`~facespectra.texture.fast` is tested against it.

The early layers of a network trained on ImageNet are a bank of filters for fine texture. A face swap pastes a
generated face into a picture: what the filters answer inside the face then differs from what they answer in
the ring around it, which is the camera's own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from facespectra.deep.crops import SIDE
from facespectra.deep.efficientnet import (
    BLOCKS,
    FLOOR,
    LAYERS,
    REGIONS,
    STEM,
    Block,
    Convolution,
    padding,
    read_weights,
)
from facespectra.texture.inputs import normalised_face, region_masks
from facespectra.texture.layout import PARTS

Floats = NDArray[np.float64]


def texture_features(rgb: NDArray[np.uint8], landmarks: ArrayLike | None = None) -> Floats:
    """Features of one face, (1632,); arguments and errors as :func:`facespectra.texture.texture_features`."""
    outputs = layers(normalised_face(rgb)[0].astype(np.float64))
    masks = dict(zip(REGIONS, region_masks(rgb.shape, landmarks)[0].astype(np.float64), strict=True))
    numbers = {
        region: np.concatenate([statistics(outputs[layer], mask) for layer in LAYERS])
        for region, mask in masks.items()
    }
    parts = [part.partition("-") for part in PARTS]
    return np.concatenate([numbers[region] - (numbers[other] if other else 0) for region, _, other in parts])


def statistics(channels: Floats, mask: Floats) -> Floats:
    """Mean, and log standard deviation, of each channel over a region; cells count by the share inside."""
    step = len(mask) // channels.shape[1]
    inside = mask.reshape(channels.shape[1], step, channels.shape[2], step).mean(axis=(1, 3))
    share = inside / inside.sum()
    mean = (channels * share).sum(axis=(1, 2))
    variance = ((channels - mean[:, None, None]) ** 2 * share).sum(axis=(1, 2))
    return np.concatenate([mean, np.log(np.sqrt(variance) + FLOOR)])


def layers(picture: Floats) -> dict[int, Floats]:
    """Outputs, (channels, h, w), of the first blocks, by their numbers, for a picture (3, 224, 224)."""
    if picture.shape != (3, SIDE, SIDE):
        raise ValueError(f"the network takes pictures of (3, {SIDE}, {SIDE}), not {picture.shape}")
    current = block_output(picture, STEM)
    outputs = {}
    for number in range(LAYERS[-1] + 1):
        current = block_output(current, BLOCKS[number])
        outputs[number] = current
    return outputs


def block_output(values: Floats, block: Block) -> Floats:
    """Pass channels through the convolutions of a block."""
    before = values
    for one in block.convolutions:
        values = convolved(values, one)
    return values + before if block.residual else values


def convolved(values: Floats, one: Convolution) -> Floats:
    """Convolve channels, (channels, h, w), as a sum over the taps of the kernel."""
    weights = read_weights()
    weight, bias = (weights[f"{one.name}.{kind}"].astype(np.float64) for kind in ("weight", "bias"))
    around = padding(values.shape[1], one.kernel, one.stride)
    padded = np.pad(values, ((0, 0), around, around))
    size = -(-values.shape[1] // one.stride)
    result = np.empty((one.outputs, size, size))
    result[:] = bias[:, None, None]
    for row in range(one.kernel):
        for column in range(one.kernel):
            part = padded[:, row :: one.stride, column :: one.stride][:, :size, :size]
            tap = weight[:, :, row, column]
            # A kernel for each channel by itself, or sums over all channels.
            result += tap[:, :, None] * part if one.groups > 1 else np.tensordot(tap, part, 1)
    return np.clip(result, 0, 6) if one.clipped else result
