"""From sources to features: files and frames become crops of faces, and crops become rows of numbers."""

from __future__ import annotations

from facespectra.features.crops import Crop, Sample, read_samples
from facespectra.features.feature_sets import FEATURES, make_features
from facespectra.features.table import FeatureTable, extract_features, feature_blocks

__all__ = [
    "FEATURES",
    "Crop",
    "FeatureTable",
    "Sample",
    "extract_features",
    "feature_blocks",
    "make_features",
    "read_samples",
]
