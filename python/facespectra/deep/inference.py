"""A network made ready to run: batch normalisation folded into the convolutions, in the precision that pays.

float32 is never given up unseen: bfloat16 is taken where the processor has instructions for it *and* the
features of the network at hand come out the same to :data:`AGREEMENT`, which is measured on made-up pictures
when the weights are loaded.
"""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["AGREEMENT", "PRECISIONS", "InBfloat16", "agreement", "cpu_has_bfloat16", "ready"]

PRECISIONS = ("auto", "float32", "bfloat16")
AGREEMENT = 0.999
"""Least cosine between the features in bfloat16 and in float32, of each picture that is looked at."""

N_PICTURES = 4
BFLOAT16 = frozenset({"amx_bf16", "avx512_bf16"})


def cpu_has_bfloat16() -> bool:
    """Whether this processor multiplies matrices in bfloat16 by instructions of its own: AMX or AVX512_BF16.

    Returns
    -------
    bool
        False where neither the kernel nor torch can tell.
    """
    found = flags_of_the_kernel()
    if found is None:
        import torch

        capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
        found = frozenset(name for name, there in capabilities.items() if there)
    return not found.isdisjoint(BFLOAT16)


@cache
def flags_of_the_kernel() -> frozenset[str] | None:
    """Give what Linux says that an x86 processor can do, by the names that torch has for it, too.

    Features that are all in a cache need no torch, which takes a second to load: their keys ask here.

    Returns
    -------
    frozenset of str, or None
        None on other systems and processors.
    """
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as lines:
            found = next((line for line in lines if line.startswith("flags")), None)
    except OSError:
        return None
    return None if found is None else frozenset(found.partition(":")[2].split())


def ready(network: Any, precision: str, device: str, side: int) -> tuple[Any, str]:
    """Make a trained network as fast as its device lets it be.

    Parameters
    ----------
    network : torchvision.models.ResNet
        In evaluation mode. Taken over: it is changed in place.
    precision : {"auto", "float32", "bfloat16"}
        ``"auto"`` is float32 but on a processor with :func:`cpu_has_bfloat16`, if the :func:`agreement` is
        good enough.
    device : str
        Where it will run.
    side : int
        Height and width of the pictures that it takes.

    Returns
    -------
    network : callable
        Takes float32 pictures, best in torch's channels-last layout, and gives float32, whatever it computes
        in.
    precision : {"float32", "bfloat16"}
        What was taken.
    """
    import torch

    # Where it is applied, the layout in which a pixel's channels lie together spares a copy per convolution.
    exact = _folded(network).to(device=device, memory_format=torch.channels_last)
    if precision == "float32" or (
        precision == "auto" and not (torch.device(device).type == "cpu" and cpu_has_bfloat16())
    ):
        return exact, "float32"
    rough = InBfloat16(copy.deepcopy(exact))
    if precision == "auto" and not agreement(exact, rough, device, side) >= AGREEMENT:
        return exact, "float32"
    return rough, "bfloat16"


class InBfloat16:
    """A network in bfloat16 that is spoken to in float32.

    Parameters
    ----------
    network : torchvision.models.ResNet
        Taken over: its parameters become bfloat16, but for the pooling at the end, which stays in float32.
    """

    def __init__(self, network: Any) -> None:
        self.network = network.bfloat16()
        # A mean over 49 places that was rounded to 8 bits would lose most of what they are good for.
        self.network.avgpool.register_forward_pre_hook(lambda _, inputs: (inputs[0].float(),))

    def __call__(self, pictures: Any) -> Any:
        """Run the network; the sums within a convolution are float32 all the same."""
        import torch

        return self.network(pictures.to(torch.bfloat16))


def agreement(exact: Any, rough: Any, device: str, side: int) -> float:
    """Compare the features of two networks on made-up pictures.

    Parameters
    ----------
    exact, rough : callable
        What takes (n, 3, side, side) float32 pictures.
    device : str
        Where they are.
    side : int
        Height and width of the pictures.

    Returns
    -------
    float
        The least cosine between the features of one picture; NaN if features are not finite.

    Notes
    -----
    The pictures have amplitudes that fall with the frequency, as those of photographs do, and phases by
    chance. Their brightness and contrast are those of normalised photographs: mean 0, variance 1.
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
