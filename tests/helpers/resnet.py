"""Weights of a ResNet-50 that was never trained, for tests without ImageNet's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def make_state(seed: int = 0) -> dict[str, Any]:
    """A ResNet-50 with random weights whose features neither vanish nor explode."""
    import torch
    from torchvision.models import resnet50

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return resnet50(weights=None).state_dict()


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch's threads wait busily for each other: beside other work, they take ten times as long."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
