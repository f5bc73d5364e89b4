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

if TYPE_CHECKING:
    from facespectra.detector.detector import Detector

Floats = NDArray[np.float64]
BANDS = 10
RESNET = "ResNet-50"


@dataclass(frozen=True, slots=True)
class FeatureGroup:
    """Features that are explained together, such as the band ``"0.1-0.2"`` of the spectrum's length."""

    name: str
    columns: slice


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
    """

    groups: tuple[FeatureGroup, ...]
    amounts: Floats
    method: Literal["exact", "occlusion"]
    base: float
    unit: str


def parts_of(detector: Detector) -> tuple[FeatureGroup, ...]:
    """Group a detector's features: by band of the spectrum, one by one, or all of a network's together."""
    width = detector.feature_set.width
    if detector.features == "regions":
        from facespectra.regions.layout import feature_names

        return tuple(FeatureGroup(name, slice(k, k + 1)) for k, name in enumerate(feature_names()))
    spectrum = spectrum_columns(detector)
    if spectrum is None:
        return (FeatureGroup(RESNET, slice(0, width)),)
    first = (FeatureGroup(RESNET, slice(0, spectrum.start)),) if spectrum.start else ()
    edges = np.linspace(spectrum.start, spectrum.stop, BANDS + 1).round().astype(int).tolist()
    bands = (
        FeatureGroup(f"{k / BANDS:g}-{(k + 1) / BANDS:g}", slice(edges[k], edges[k + 1]))
        for k in range(BANDS)
        if edges[k] < edges[k + 1]
    )
    return (*first, *bands)


def spectrum_columns(detector: Detector) -> slice | None:
    """Say which of a detector's features are the radial spectrum; None where none are."""
    width = detector.feature_set.width
    if detector.features == "spectrum":
        return slice(0, width)
    if detector.features in ("fusion", "concatenation"):
        return slice(detector.feature_set.parts["resnet50"].width, width)
    return None


def attribute(detector: Detector, matrix: NDArray[Any]) -> Attribution | None:
    """Compute the contributions of each feature group to the score of each row of finite features.

    None where the model does not hold the mean features of its training classes.
    """
    rows = np.asarray(matrix, dtype=np.float64)
    groups = parts_of(detector)
    pipeline = detector.pipeline_
    classifier = pipeline[-1]
    if hasattr(classifier, "contributions"):
        each = [classifier.contributions(row) for row in rows]
        amounts = np.array([[one[group.name] for group in groups] for one in each]).reshape(-1, len(groups))
        return Attribution(groups, amounts, "exact", 0.0, "the experts' mean, in standard deviations")
    if not detector.class_features_:
        return None
    middle = (detector.class_features_["real"]["mean"] + detector.class_features_["fake"]["mean"]) / 2
    base = float(pipeline.decision_function(middle[None].astype(matrix.dtype))[0])
    weights = _weights(pipeline)
    if weights is not None:
        products = (rows - middle) * weights
        return Attribution(groups, _summed(products, groups), "exact", base, "the score")
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
