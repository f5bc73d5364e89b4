"""Region features: detail of a face by frequency band, inside the mask of a swap and around it.

Names are loaded when they are first used: the features need SciPy, and the transformer scikit-learn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facespectra._lazy import lazy_names

if TYPE_CHECKING:
    from facespectra.regions.fast import region_features
    from facespectra.regions.layout import feature_names
    from facespectra.regions.transformer import RegionFeatures

__all__ = ["RegionFeatures", "feature_names", "region_features"]

__getattr__ = lazy_names(
    __name__,
    {
        "RegionFeatures": "facespectra.regions.transformer",
        "feature_names": "facespectra.regions.layout",
        "region_features": "facespectra.regions.fast",
    },
)
