"""The texture features by torch, many faces at a time, for benchmarks/gpu.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from facespectra.deep.efficientnet import BLOCKS, FLOOR, LAYERS, REGIONS, STEM, Block, Convolution, padding
from facespectra.texture.inputs import normalised_face, region_masks
from facespectra.texture.layout import PARTS

Weights = Mapping[str, NDArray[np.float32]]


def inputs(crops: Sequence[NDArray[np.uint8]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures and masks of regions of some faces, both (n, 3, 224, 224) float32, on the CPU."""
    pictures = np.concatenate([normalised_face(crop) for crop in crops])
    masks = np.concatenate([region_masks(crop.shape, None) for crop in crops])
    return torch.from_numpy(pictures), torch.from_numpy(masks)


class TextureNetwork:
    """The first blocks of EfficientNet-Lite0 on a device, and the statistics of their channels."""

    def __init__(self, weights: Weights, device: str, dtype: torch.dtype = torch.float32) -> None:
        self.dtype = dtype
        self.device = torch.device(device)
        self.weights = {
            name: torch.from_numpy(np.array(values)).to(self.device, dtype)
            for name, values in weights.items()
        }

    def features(self, pictures: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        """Features, (n, 1632) float32, of pictures and masks on the device, both (n, 3, 224, 224)."""
        values = pictures.to(self.dtype, memory_format=torch.channels_last)
        values = self._block(values, STEM)
        parts: dict[str, list[torch.Tensor]] = {region: [] for region in REGIONS}
        for number in range(LAYERS[-1] + 1):
            values = self._block(values, BLOCKS[number])
            if number in LAYERS:
                # Statistics are of float32: sums over thousands of cells need it.
                for region, numbers in zip(REGIONS, _statistics(values.float(), masks), strict=True):
                    parts[region].append(numbers)
        joined = {region: torch.cat(numbers, dim=1) for region, numbers in parts.items()}
        named = [part.partition("-") for part in PARTS]
        return torch.cat(
            [joined[region] - (joined[other] if other else 0) for region, _, other in named], dim=1
        )

    def _block(self, values: torch.Tensor, block: Block) -> torch.Tensor:
        before = values
        for one in block.convolutions:
            values = self._convolved(values, one)
        return values + before if block.residual else values

    def _convolved(self, values: torch.Tensor, one: Convolution) -> torch.Tensor:
        first, last = padding(values.shape[2], one.kernel, one.stride)
        around: Any = first
        if first != last:
            values, around = torch.nn.functional.pad(values, (first, last, first, last)), 0
        weight, bias = (self.weights[f"{one.name}.{kind}"] for kind in ("weight", "bias"))
        result = torch.nn.functional.conv2d(values, weight, bias, one.stride, around, 1, one.groups)
        return result.clamp_(0, 6) if one.clipped else result


def _statistics(channels: torch.Tensor, masks: torch.Tensor) -> list[torch.Tensor]:
    """Mean and log spread of each channel over each region, (n, 2 * channels) each."""
    inside = torch.nn.functional.avg_pool2d(masks, masks.shape[2] // channels.shape[2]).flatten(2)
    share = inside / inside.sum(dim=2, keepdim=True)
    cells = channels.flatten(2)
    numbers = []
    for region in range(share.shape[1]):
        weights = share[:, region, :, None]
        mean = (cells @ weights)[:, :, 0]
        variance = ((cells - mean[:, :, None]).square() @ weights)[:, :, 0]
        numbers.append(torch.cat([mean, torch.log(variance.sqrt() + FLOOR)], dim=1))
    return numbers


def random_weights(seed: int) -> dict[str, NDArray[np.float32]]:
    """Weights of a network that was never trained, whose channels neither vanish nor explode."""
    rng = np.random.default_rng(seed)
    weights: dict[str, NDArray[np.float32]] = {}
    channels = 3
    for block in (STEM, *BLOCKS[: LAYERS[-1] + 1]):
        for one in block.convolutions:
            taps = channels // one.groups * one.kernel**2
            shape = (one.outputs, channels // one.groups, one.kernel, one.kernel)
            weights[f"{one.name}.weight"] = (rng.standard_normal(shape) * np.sqrt(2 / taps)).astype("f4")
            weights[f"{one.name}.bias"] = np.zeros(one.outputs, np.float32)
            channels = one.outputs
    return weights
