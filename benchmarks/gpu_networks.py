"""Texture and ResNet-50 features on a device: how far both precisions agree, and how fast they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import facespectra as fs
from facespectra.deep import ResNet50
from facespectra.deep.efficientnet import read_weights
from facespectra.errors import FacespectraError
from gpu_figures import Figure, Run, apart, cosine, within
from gpu_texture import TextureNetwork, inputs, random_weights

TEXTURE_TOLERANCE, BFLOAT16_COSINE = 2e-3, 0.999


def faces(count: int) -> list[NDArray[np.uint8]]:
    """Pictures that are smooth in places and grainy in others, as crops of faces are."""
    rng = np.random.default_rng(1)
    found = []
    for k in range(count):
        coarse = rng.integers(40, 200, (8, 6, 3), dtype=np.uint8).repeat(24, 0).repeat(24, 1)
        grain = rng.integers(0, 1 + 4 * (k % 5), coarse.shape, dtype=np.uint8)
        found.append(coarse + grain)
    return found


def texture(run: Run) -> Iterator[Figure]:
    """Texture features: the network by torch against ONNX Runtime's, which is what the package uses."""
    crops = faces(2 if run.quick else 256)
    try:
        weights: Any = read_weights()
        trained = True
    except FacespectraError as error:
        print(f"  {error}; random weights instead, and no comparison with ONNX Runtime")
        weights, trained = random_weights(0), False
    exact = TextureNetwork(weights, run.device)
    rough = TextureNetwork(weights, run.device, torch.bfloat16)
    pictures, masks = (each.to(run.device) for each in inputs(crops))
    with torch.inference_mode():
        features = exact.features(pictures, masks).cpu().numpy()
        # Shown and held to nothing: the package computes texture in float32 alone.
        alike = cosine(rough.features(pictures, masks).cpu(), features)
        yield Figure("texture, bfloat16 against float32", alike, "cosine")
        yield run.ratio(
            "texture, bfloat16 over float32, on the device",
            lambda: exact.features(pictures, masks),
            lambda: rough.features(pictures, masks),
        )
        if not trained:
            return
        from facespectra.texture import texture_features

        alone = np.stack([texture_features(crop) for crop in crops])
        yield within("texture, against ONNX Runtime", apart(features, alone), TEXTURE_TOLERANCE)

        def from_pixels() -> None:
            exact.features(*(each.to(run.device) for each in inputs(crops))).cpu()

        transformer = fs.TextureFeatures(whole=True)
        yield run.ratio(
            f"texture of {len(crops)} crops, from pixels, over ONNX Runtime on all threads",
            lambda: transformer.transform(crops),
            from_pixels,
        )


def resnet_file(folder: Path) -> Path:
    """ImageNet's weights where torchvision has them, else those of a network that was never trained."""
    from torchvision.models import resnet50

    from facespectra.deep.weights import find_weights

    try:
        return find_weights(download=False)
    except FacespectraError as error:
        print(f"  {error}; random weights instead")
    file = folder / "resnet50.pth"
    torch.manual_seed(0)
    torch.save(resnet50(weights=None).state_dict(), file)
    return file


def resnet(run: Run) -> Iterator[Figure]:
    """ResNet-50's features in both precisions, against the CPU's and plain torchvision's."""
    from torchvision.models import resnet50

    crops = faces(2 if run.quick else 256)
    with TemporaryDirectory() as folder:
        file = resnet_file(Path(folder))
        size = 2 if run.quick else 64
        exact = ResNet50(file, device=run.device, precision="float32", batch_size=size)
        rough = ResNet50(file, device=run.device, precision="bfloat16", batch_size=size)
        on_cpu = ResNet50(file, precision="float32", batch_size=size)
        features = exact.features(crops)
        alike, least = cosine(rough.features(crops), features), f">= {BFLOAT16_COSINE}"
        name = "ResNet-50, bfloat16 against float32"
        yield Figure(name, alike, "cosine", least, alike >= BFLOAT16_COSINE)
        known = on_cpu.features(crops[:4])
        error = apart(features[:4], known) / float(np.abs(known).max())
        yield within("ResNet-50, float32 against the CPU, of the largest", error, 1e-3)
        state = torch.load(file, map_location="cpu", weights_only=True)
        network = resnet50()
        network.fc = torch.nn.Identity()
        network.load_state_dict({k: v for k, v in state.items() if not k.startswith("fc.")})
        network = network.eval().to(run.device)
        batch = torch.rand((size, 3, 224, 224), device=run.device)
        prepared = {name: one._load().network for name, one in (("float32", exact), ("bfloat16", rough))}
        folded = batch.to(memory_format=torch.channels_last)
        with torch.inference_mode():
            for name, mine in prepared.items():
                yield run.ratio(
                    f"ResNet-50 in {name} over torchvision's, {len(batch)} pictures on the device",
                    lambda: network(batch),
                    lambda mine=mine: mine(folded),  # type: ignore[misc]
                )
        few = crops[:32]
        chosen = ResNet50(file, batch_size=size if run.quick else None)
        yield run.ratio(
            f"ResNet-50 of {len(few)} crops, from pixels, over the CPU",
            lambda: chosen.features(few),
            lambda: rough.features(few),
        )
