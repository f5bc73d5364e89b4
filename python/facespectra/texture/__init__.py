"""Texture features: early layers of a network trained on ImageNet, region against region of the face."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facespectra.texture.fast import texture_features
from facespectra.texture.layout import feature_names

if TYPE_CHECKING:
    from facespectra.texture.transformer import TextureFeatures

__all__ = ["TextureFeatures", "feature_names", "texture_features"]


def __getattr__(name: str) -> object:
    # The transformer imports scikit-learn.
    if name == "TextureFeatures":
        from facespectra.texture.transformer import TextureFeatures

        return TextureFeatures
    raise AttributeError(f"module 'facespectra.texture' has no attribute {name!r}")
