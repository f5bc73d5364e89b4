"""Prepare a network for inference: fold batch normalisation into the convolutions, and select the precision.

bfloat16 is used only where the processor has instructions for it *and* this network's features agree with
those in float32 to :data:`MIN_AGREEMENT`, measured on synthetic pictures when the weights are loaded.
"""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["MIN_AGREEMENT", "PRECISIONS", "Bfloat16Network", "agreement", "cpu_has_bfloat16", "prepare"]

PRECISIONS = ("auto", "float32", "bfloat16")
MIN_AGREEMENT = 0.999
"""Least cosine similarity between features in bfloat16 and in float32, for each picture."""

N_PICTURES = 4
BFLOAT16 = frozenset({"amx_bf16", "avx512_bf16"})


def cpu_has_bfloat16() -> bool:
    """Whether the processor has instructions for bfloat16 (AMX or AVX512_BF16); False where unknown."""
    flags = cpu_flags()
    if flags is None:
        import torch

        capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
        flags = frozenset(name for name, present in capabilities.items() if present)
    return not flags.isdisjoint(BFLOAT16)


@cache
def cpu_flags() -> frozenset[str] | None:
    """Features of an x86 processor as Linux names them, which are torch's names too; None elsewhere.

    This avoids importing torch, which takes a second, where all features are cached.
    """
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as lines:
            flags = next((line for line in lines if line.startswith("flags")), None)
    except OSError:
        return None
    return None if flags is None else frozenset(flags.partition(":")[2].split())


def prepare(network: Any, precision: str, device: str, side: int) -> tuple[Any, str]:
    """Prepare a trained ResNet, which is changed in place, for inference on pictures of `side` pixels.

    Gives a callable from float32 pictures, best in channels-last layout, to float32 features, and the
    precision it computes in. "auto" is bfloat16 on a processor that has it if :func:`agreement` suffices.
    """
    import torch

    # Channels-last spares a copy at each convolution.
    exact = _folded(network).to(device=device, memory_format=torch.channels_last)
    if precision == "float32" or (
        precision == "auto" and not (torch.device(device).type == "cpu" and cpu_has_bfloat16())
    ):
        return exact, "float32"
    rough = Bfloat16Network(copy.deepcopy(exact))
    if precision == "auto" and not agreement(exact, rough, device, side) >= MIN_AGREEMENT:
        return exact, "float32"
    return rough, "bfloat16"


class Bfloat16Network:
    """A ResNet converted in place to bfloat16, with float32 input, output and pooling."""

    def __init__(self, network: Any) -> None:
        self.network = network.bfloat16()
        # A mean of 49 values rounded to 8 bits would lose most of their precision.
        self.network.avgpool.register_forward_pre_hook(lambda _, inputs: (inputs[0].float(),))

    def __call__(self, pictures: Any) -> Any:
        """Run the network; sums within a convolution are accumulated in float32."""
        import torch

        return self.network(pictures.to(torch.bfloat16))


def agreement(exact: Any, rough: Any, device: str, side: int) -> float:
    """Least cosine similarity of two networks' features over synthetic pictures; NaN if not finite.

    The pictures have random phases and amplitudes that fall with frequency as those of photographs do; their
    mean is 0 and their variance 1.
    """
    import torch

    rng = np.random.default_rng(0)
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    falling = 1.0 / np.maximum(frequency, 1.0 / side)
    noise = np.fft.rfft2(rng.standard_normal((N_PICTURES, 3, side, side)))
    pictures = np.fft.irfft2(noise * falling, s=(side, side))
    pictures -= pictures.mean(axis=(2, 3), keepdims=True)
    pictures /= pictures.std(axis=(2, 3), keepdims=True)
    batch = torch.from_numpy(pictures.astype(np.float32)).to(device=device, memory_format=torch.channels_last)
    with torch.inference_mode():
        one, other = exact(batch).double(), rough(batch).double()
    return float(torch.nn.functional.cosine_similarity(one, other).min())


def _folded(network: Any) -> Any:
    """Fold every batch normalisation of a ResNet into the convolution before it."""
    import torch
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    def fold(parent: Any, convolution: str, normalisation: str) -> None:
        fused = fuse_conv_bn_eval(getattr(parent, convolution), getattr(parent, normalisation))
        setattr(parent, convolution, fused)
        setattr(parent, normalisation, torch.nn.Identity())

    fold(network, "conv1", "bn1")
    for stage in (network.layer1, network.layer2, network.layer3, network.layer4):
        for block in stage:
            for number in (1, 2, 3):
                fold(block, f"conv{number}", f"bn{number}")
            if block.downsample is not None:
                fold(block.downsample, "0", "1")
    return network.requires_grad_(False)
