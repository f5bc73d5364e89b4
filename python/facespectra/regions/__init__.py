"""Region features: detail of a face by frequency band, inside the mask of a swap and around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facespectra.regions.fast import region_features
from facespectra.regions.layout import feature_names

if TYPE_CHECKING:
    from facespectra.regions.transformer import RegionFeatures

__all__ = ["RegionFeatures", "feature_names", "region_features"]


def __getattr__(name: str) -> object:
    # The transformer imports scikit-learn.
    if name == "RegionFeatures":
        from facespectra.regions.transformer import RegionFeatures

        return RegionFeatures
    raise AttributeError(f"module 'facespectra.regions' has no attribute {name!r}")
