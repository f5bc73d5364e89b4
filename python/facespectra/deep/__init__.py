"""Features of networks trained on ImageNet, ResNet-50 and EfficientNet-Lite0, without their last layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facespectra.deep.network import WIDTH, ResNet50
from facespectra.deep.pooled import EfficientNetLite0

if TYPE_CHECKING:
    from facespectra.deep.transformer import DeepFeatures

__all__ = ["WIDTH", "DeepFeatures", "EfficientNetLite0", "ResNet50"]


def __getattr__(name: str) -> object:
    # The transformer imports scikit-learn, which the network does not need.
    if name != "DeepFeatures":
        raise AttributeError(f"module 'facespectra.deep' has no attribute {name!r}")
    from facespectra.deep.transformer import DeepFeatures

    return DeepFeatures
