"""EfficientNet-Lite0's early layers, trained further on synthetic swaps: for `modern_swaps.py`."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from facespectra.deep.efficientnet import (
    BLOCKS,
    FLOOR,
    LAYERS,
    STEM,
    Block,
    Convolution,
    padding,
    read_weights,
)
from facespectra.features.crops import Crop
from facespectra.texture.inputs import normalised_face, region_masks
from facespectra.texture.layout import CHANNELS

SIDE = 224
CELLS = 28  # side of the masks as they are kept: of the layer in the middle
PIXEL = 127.0  # pixels are (x - 127) / 128


def network_input(crop: Crop) -> NDArray[np.uint8]:
    """What the network is given of a face, as bytes: the picture; masks of inner face, ring and mouth."""
    marks = np.array(crop.face.landmarks) - np.array(crop.box[:2]) if crop.face else None
    step = SIDE // CELLS
    masks = region_masks(crop.rgb.shape, marks)[0].reshape(3, CELLS, step, CELLS, step).mean(axis=(2, 4))
    picture = normalised_face(crop.rgb)[0] * 128 + PIXEL
    return np.rint(np.concatenate([picture.ravel(), 255 * masks.ravel()])).astype(np.uint8)


def batch(
    inputs: NDArray[np.uint8], rows: NDArray[np.intp] | slice, mirrored: bool = False
) -> tuple[Tensor, Tensor]:
    """Pictures and masks of some rows, as the network takes them."""
    whole = torch.from_numpy(inputs[rows]).float()
    edge = 3 * SIDE * SIDE
    x = ((whole[:, :edge] - PIXEL) / 128).reshape(-1, 3, SIDE, SIDE)
    masks = (whole[:, edge:] / 255).reshape(-1, 3, CELLS, CELLS)
    if mirrored:
        x, masks = x.flip(-1), masks.flip(-1)
    return x.contiguous(memory_format=torch.channels_last), masks


class EarlyLayers(nn.Module):
    """The blocks that texture features look at, and a linear layer on inner face and mouth minus ring."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleDict()
        weights = read_weights()
        for block in (STEM, *BLOCKS[: LAYERS[-1] + 1]):
            for one in block.convolutions:
                inputs = weights[f"{one.name}.weight"].shape[1] * one.groups
                layer = nn.Conv2d(inputs, one.outputs, one.kernel, one.stride, groups=one.groups)
                layer.weight.data = torch.tensor(weights[f"{one.name}.weight"])
                layer.bias.data = torch.tensor(weights[f"{one.name}.bias"])
                self.layers[one.name.replace(".", "/")] = layer
        width = 2 * 2 * sum(CHANNELS.values())
        self.normalise = nn.BatchNorm1d(width, affine=False)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(width, 1)

    def forward(self, x: Tensor, masks: Tensor) -> Tensor:
        x = self._block(x, STEM)
        numbers = []
        for k in range(LAYERS[-1] + 1):
            x = self._block(x, BLOCKS[k])
            if k in LAYERS:
                numbers.append(_compare(x, masks))
        result: Tensor = self.head(self.drop(self.normalise(torch.cat(numbers, dim=1))))[:, 0]
        return result

    def _block(self, x: Tensor, block: Block) -> Tensor:
        before = x
        for one in block.convolutions:
            x = self._convolved(x, one)
        return x + before if block.residual else x

    def _convolved(self, x: Tensor, one: Convolution) -> Tensor:
        top, bottom = padding(x.shape[-1], one.kernel, one.stride)
        x = self.layers[one.name.replace(".", "/")](functional.pad(x, (top, bottom, top, bottom)))
        return x.clamp(0, 6) if one.clipped else x


def _compare(x: Tensor, masks: Tensor) -> Tensor:
    """Mean and log standard deviation of each channel: inner face and mouth minus ring."""
    inside = functional.interpolate(masks, size=x.shape[-2:], mode="area") if x.shape[-1] != CELLS else masks
    share = inside / inside.sum(dim=(2, 3), keepdim=True).clamp(min=1e-6)
    mean = torch.einsum("bchw,brhw->brc", x, share)
    square = torch.einsum("bchw,brhw->brc", x * x, share)
    spread = 0.5 * torch.log((square - mean**2).clamp(min=0) + FLOOR**2)
    both = torch.cat([mean, spread], dim=2)
    return torch.cat([both[:, 0] - both[:, 1], both[:, 2] - both[:, 1]], dim=1)


def fine_tune(
    train: NDArray[np.uint8], y: NDArray[np.int64], *, epochs: int = 4, seed: int = 0, rate: float = 3e-4
) -> EarlyLayers:
    """Train the layers and the comparison together; real and fake twins of a pair are shuffled apart."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = EarlyLayers().to(memory_format=torch.channels_last)
    groups = [
        {"params": network.head.parameters(), "lr": 10 * rate, "weight_decay": 1e-2},
        {"params": network.layers.parameters(), "lr": rate, "weight_decay": 1e-3},
    ]
    optimiser = torch.optim.AdamW(groups)
    steps = epochs * (len(y) // 32)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [10 * rate, rate], total_steps=steps)
    target = torch.from_numpy(y.astype(np.float32))
    for epoch in range(epochs):
        start, total = perf_counter(), 0.0
        network.train()
        order = rng.permutation(len(y))
        for first in range(0, len(y) - 31, 32):
            rows = order[first : first + 32]
            optimiser.zero_grad()
            scores = network(*batch(train, rows, mirrored=bool(rng.random() < 0.5)))
            loss = functional.binary_cross_entropy_with_logits(scores, target[rows])
            loss.backward()
            optimiser.step()
            schedule.step()
            total += float(loss.detach())
        print(
            f"<!-- epoch {epoch + 1}: loss {32 * total / len(y):.3f}, {perf_counter() - start:.0f} s -->",
            flush=True,
        )
    return network


def scores_of(network: EarlyLayers, pictures: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Scores of pictures, in batches."""
    network.eval()
    with torch.no_grad():
        parts = [network(*batch(pictures, slice(k, k + 64))) for k in range(0, len(pictures), 64)]
    return torch.cat(parts).numpy().astype(np.float64)
