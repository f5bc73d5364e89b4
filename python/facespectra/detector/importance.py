"""What drives a model on a data set: bands of the spectrum, or regions and bands of the face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from facespectra.detector.attribution import Attribution, attribute
from facespectra.detector.classifiers import SelfExplaining
from facespectra.evaluation.intervals import roc_auc
from facespectra.features.sampling import stratified_sample
from facespectra.figures.attribution import HeatMap
from facespectra.texture import layout as texture

if TYPE_CHECKING:
    from facespectra.detector import Detector
    from facespectra.features import FeatureTable

Floats = NDArray[np.float64]
PER_CLASS = 400
STRONGEST = 12
REPEATS = 5
NO_MEANS = (
    "The model file does not hold the mean features of its training classes, which contributions are "
    "measured from: an earlier version wrote it. Training the model again adds them."
)


@dataclass(frozen=True, slots=True)
class Importance:
    """What moves the scores of fakes away from those of real faces, on average."""

    gaps: dict[str, float]  # contribution to fakes less that to real faces, by feature group
    method: Literal["exact", "occlusion"]
    unit: str
    lost: Floats | None = None  # AUC drop when a group is permuted; None for region features
    strongest: tuple[tuple[str, float, float], ...] = ()  # region features: name, gap, AUC on its own


def measure_importance(
    detector: Detector, table: FeatureTable, labels: NDArray[np.int64]
) -> Importance | str:
    """Measure what drives a detector on a data set, on some hundred faces; a sentence where it cannot be."""
    drawn = stratified_sample(labels, table.ok, 2 * PER_CLASS)
    matrix, own = table.matrix[drawn], labels[drawn]
    groups = detector.feature_set.groups
    if (nameless := _nameless(detector)) is not None:
        return nameless
    if min(np.sum(own == 0), np.sum(own == 1)) < 2:
        return "There are too few faces of one of the classes."
    attribution = attribute(detector, matrix)
    if attribution is None:
        return NO_MEANS
    gap = attribution.amounts[own == 1].mean(axis=0) - attribution.amounts[own == 0].mean(axis=0)
    gaps = dict(zip((group.name for group in groups), gap.tolist(), strict=True))
    if all(group.kind == "region" for group in groups):
        strongest = _strongest(attribution, gap, matrix, own)
        return Importance(gaps, attribution.method, attribution.unit, strongest=strongest)
    lost = permutation_importance(detector, matrix, own)
    return Importance(gaps, attribution.method, attribution.unit, lost)


def class_importance(detector: Detector) -> Importance | str:
    """The same between the mean face of either class of its training; a sentence where it cannot be known."""
    if (nameless := _nameless(detector)) is not None:
        return nameless
    known = detector.class_features_
    if not known:
        if isinstance(detector.pipeline_[-1], SelfExplaining):
            return (
                "The model does not hold the mean features of its training classes: give faces to measure "
                "on, as table (from the detector's extract) and labels."
            )
        return NO_MEANS
    attribution = attribute(detector, np.stack([known["real"]["mean"], known["fake"]["mean"]]))
    if attribution is None:
        return NO_MEANS
    gap = attribution.amounts[1] - attribution.amounts[0]
    gaps = dict(zip((group.name for group in attribution.groups), gap.tolist(), strict=True))
    return Importance(gaps, attribution.method, attribution.unit)


def _nameless(detector: Detector) -> str | None:
    """Why there is nothing to name in the features; None where there is."""
    groups = detector.feature_set.groups
    if not all(group.kind == "network" for group in groups):
        return None
    return f"The features are {detector.feature_set.width} numbers of a network: there are no bands to name."


def permutation_importance(
    detector: Detector, matrix: NDArray[Any], labels: NDArray[np.int64], *, seed: int = 0
) -> Floats:
    """AUC drop when a feature group is permuted among the samples, for each group; mean of five orders."""

    def auc(rows: NDArray[Any]) -> float:
        return roc_auc(labels, detector.pipeline_.decision_function(rows))

    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(matrix)) for _ in range(REPEATS)]
    unchanged = auc(matrix)
    drops = []
    for group in detector.feature_set.groups:
        aucs = []
        for order in orders:
            permuted = matrix.copy()
            permuted[:, group.columns] = matrix[order][:, group.columns]
            aucs.append(auc(permuted))
        drops.append(unchanged - float(np.mean(aucs)))
    return np.array(drops)


def heat_maps(amounts: Mapping[str, float]) -> tuple[HeatMap, HeatMap] | None:
    """Arrange contributions of region or texture features as tables; None if these are others."""
    from facespectra.regions import layout

    if amounts.keys() == {texture.group_name(*key) for key in texture.COLUMNS}:
        return _texture_maps(amounts)

    if amounts.keys() != set(layout.feature_names()):
        return None
    regions = [*layout.REGIONS, *(f"{region}-ring" for region in layout.RELATIVE_REGIONS)]
    detail = [
        [sum(amounts[f"{region} {band} {kind}"] for kind in layout.STATISTICS) for band in layout.BANDS]
        for region in regions
    ]
    edges = [f"{0.5 * (k + 1) / layout.RINGS:.3f}" for k in range(layout.RINGS)]
    power = [[amounts[f"power {sector} {edge}"] for edge in edges] for sector in layout.SECTORS]
    return (
        HeatMap(
            "detail, by region and band",
            [region.replace("-ring", " minus ring") for region in regions],
            layout.BANDS,
            np.array(detail),
        ),
        HeatMap(
            "power, by direction and cycles per pixel",
            layout.SECTORS,
            [edge.lstrip("0") for edge in edges],
            np.array(power),
        ),
    )


def _texture_maps(amounts: Mapping[str, float]) -> tuple[HeatMap, HeatMap]:
    """Arrange contributions of texture features by region and layer, means and spreads apart."""
    rows = [part.replace("-ring", " minus ring") for part in texture.PARTS[1:]]
    columns = [f"block {layer}" for layer in texture.CHANNELS]
    mean, spread = (
        HeatMap(
            f"{kind} of the channels, by region and layer",
            rows,
            columns,
            np.array(
                [
                    [amounts[texture.group_name(part, layer, kind)] for layer in texture.CHANNELS]
                    for part in texture.PARTS[1:]
                ]
            ),
        )
        for kind in texture.STATISTICS
    )
    return mean, spread


def _strongest(
    attribution: Attribution, gap: Floats, matrix: NDArray[Any], labels: NDArray[np.int64]
) -> tuple[tuple[str, float, float], ...]:
    rows = []
    for k in np.argsort(-np.abs(gap), kind="stable")[:STRONGEST].tolist():
        group = attribution.groups[k]
        numbers = matrix[:, group.columns]
        # Many numbers count by what they add to the score together.
        alone = numbers[:, 0] if numbers.shape[1] == 1 else attribution.amounts[:, k]
        auc = roc_auc(labels, alone)
        rows.append((group.name, float(gap[k]), auc))
    return tuple(rows)
