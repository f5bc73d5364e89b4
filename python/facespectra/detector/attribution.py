"""What each feature group, such as a band of the spectrum, adds to a score.

A linear score is a sum, and its terms are the contributions: exact. For a kernel, a group of features is
replaced by the mean of training, and the drop in the score is the contribution: occlusion. Both are measured
from the middle between the means of the training classes, so that a group in which a face is no more like the
fakes than like the real faces contributes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from facespectra.detector.classifiers import SelfExplaining
from facespectra.features.feature_set import FeatureGroup

if TYPE_CHECKING:
    from facespectra.detector import Detector

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Attribution:
    """Contributions of feature groups to scores.

    Attributes
    ----------
    groups : tuple of FeatureGroup
        All features, in order.
    amounts : (n, len(groups)) float64
        Above 0 is evidence for fake.
    method : {"exact", "occlusion"}
        Exact contributions add up to the score, counted from `base`.
    base : float
        The score of a face midway between the classes.
    unit : str
        Of `amounts` and `base`, in words.
    weights, reference : (d,) float64 or None
        Of exact contributions: the weight of each feature, and the value from which it counts.
    """

    groups: tuple[FeatureGroup, ...]
    amounts: Floats
    method: Literal["exact", "occlusion"]
    base: float
    unit: str
    weights: Floats | None = None
    reference: Floats | None = None


def attribute(detector: Detector, matrix: NDArray[Any]) -> Attribution | None:
    """Compute the contributions of each feature group to the score of each row of finite features.

    None where the model does not hold the mean features of its training classes.
    """
    rows = np.asarray(matrix, dtype=np.float64)
    groups = detector.feature_set.groups
    pipeline = detector.pipeline_
    classifier = pipeline[-1]
    if isinstance(classifier, SelfExplaining):
        each = [classifier.contributions(row) for row in rows]
        amounts = np.array([[one[group.name] for group in groups] for one in each]).reshape(-1, len(groups))
        unit = "the experts' mean, in standard deviations"
        return Attribution(groups, amounts, "exact", 0.0, unit, *classifier.linear_terms())
    if not detector.class_features_:
        return None
    middle = (detector.class_features_["real"]["mean"] + detector.class_features_["fake"]["mean"]) / 2
    base = float(pipeline.decision_function(middle[None].astype(matrix.dtype))[0])
    weights = _weights(pipeline)
    if weights is not None:
        products = (rows - middle) * weights
        return Attribution(groups, _summed(products, groups), "exact", base, "the score", weights, middle)
    return Attribution(groups, _occluded(pipeline, matrix, middle, groups), "occlusion", base, "the score")


def _weights(pipeline: Any) -> Floats | None:
    """Weights of the features in a linear pipeline; None where it is not linear."""
    classifier = pipeline[-1]
    if not hasattr(classifier, "coef_"):  # SVC has it for the linear kernel only
        return None
    weights: Floats = np.asarray(classifier.coef_, np.float64)[0].copy()
    for _, step in pipeline.steps[:-1]:
        weights /= step.scale_
    return weights


def _summed(products: Floats, groups: Sequence[FeatureGroup]) -> Floats:
    return np.stack([products[:, group.columns].sum(axis=1) for group in groups], axis=1)


def _occluded(pipeline: Any, matrix: NDArray[Any], middle: Floats, groups: Sequence[FeatureGroup]) -> Floats:
    unchanged = pipeline.decision_function(matrix)
    columns = []
    for group in groups:
        occluded = matrix.copy()
        occluded[:, group.columns] = middle[group.columns]
        columns.append(unchanged - pipeline.decision_function(occluded))
    return np.stack(columns, axis=1)
