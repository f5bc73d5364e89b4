"""From sources to features: files and frames become crops of faces, and crops become rows of numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facespectra._lazy import lazy_names

if TYPE_CHECKING:
    from facespectra.features.crops import Crop, Sample, read_samples
    from facespectra.features.extraction import Extractor, extract_features
    from facespectra.features.feature_sets import FEATURES, make_features
    from facespectra.features.status import Status
    from facespectra.features.table import FeatureTable

__all__ = [
    "FEATURES",
    "Crop",
    "Extractor",
    "FeatureTable",
    "Sample",
    "Status",
    "extract_features",
    "make_features",
    "read_samples",
]

__getattr__ = lazy_names(
    __name__,
    {
        "FEATURES": "facespectra.features.feature_sets",
        "Crop": "facespectra.features.crops",
        "Extractor": "facespectra.features.extraction",
        "FeatureTable": "facespectra.features.table",
        "Sample": "facespectra.features.crops",
        "Status": "facespectra.features.status",
        "extract_features": "facespectra.features.extraction",
        "make_features": "facespectra.features.feature_sets",
        "read_samples": "facespectra.features.crops",
    },
)
