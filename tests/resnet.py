"""Weights of a ResNet-50 that was never trained, for tests without ImageNet's."""

from __future__ import annotations

from typing import Any


def make_state(seed: int = 0) -> dict[str, Any]:
    """A ResNet-50 with random weights whose features neither vanish nor explode."""
    import torch
    from torchvision.models import resnet50

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return resnet50(weights=None).state_dict()
