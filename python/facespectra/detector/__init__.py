"""From paths to scores, in three steps that can be used on their own.

1. :func:`~facespectra.detector.samples.read_samples`: paths to crops, each with a status.
2. :func:`~facespectra.detector.features.extract_features`: crops to a matrix.
3. :meth:`Detector.fit_features` and :meth:`Detector.score_features`: the matrix to a classifier and its
scores.

Many classifiers on one data set share the first two.
"""

from __future__ import annotations

from facespectra.detector.classifiers import CLASSIFIERS
from facespectra.detector.detector import Detector
from facespectra.detector.feature_sets import FEATURES, make_features
from facespectra.detector.features import FeatureTable, extract_features, feature_blocks
from facespectra.detector.loading import load
from facespectra.detector.samples import Crop, Sample, Score, read_samples

__all__ = [
    "CLASSIFIERS",
    "FEATURES",
    "Crop",
    "Detector",
    "FeatureTable",
    "Sample",
    "Score",
    "extract_features",
    "feature_blocks",
    "load",
    "make_features",
    "read_samples",
]
