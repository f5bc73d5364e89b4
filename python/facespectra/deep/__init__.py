"""Features of networks trained on ImageNet, ResNet-50 and EfficientNet-Lite0, without their last layers.

Names are loaded when they are first used: the transformer imports scikit-learn, and the networks
do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facespectra._lazy import lazy_names

if TYPE_CHECKING:
    from facespectra.deep.network import WIDTH, ResNet50
    from facespectra.deep.pooled import EfficientNetLite0
    from facespectra.deep.transformer import DeepFeatures

__all__ = ["WIDTH", "DeepFeatures", "EfficientNetLite0", "ResNet50"]

__getattr__ = lazy_names(
    __name__,
    {
        "WIDTH": "facespectra.deep.network",
        "DeepFeatures": "facespectra.deep.transformer",
        "EfficientNetLite0": "facespectra.deep.pooled",
        "ResNet50": "facespectra.deep.network",
    },
)
