"""From sources to features: files and frames become crops of faces, and crops become rows of numbers."""

from __future__ import annotations

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
