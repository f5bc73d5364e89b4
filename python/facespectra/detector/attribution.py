"""What each band, or each region and band, adds to a score.

A linear score is a sum, and so are the contributions: exact. For a kernel a part of the features is
replaced by what is typical of training, and what the score loses is the contribution: occlusion. Both are
counted from the middle between the means of the training classes, so that a part in which a face is neither
more like the fakes nor more like the real ones contributes nothing.
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
class Part:
    """Features that are judged together.

    Attributes
    ----------
    name : str
        ``"0.1-0.2"`` for a band of the spectrum, in parts of its length; else that of a feature or of the
        network that they come from.
    columns : slice
        Which features.
    """

    name: str
    columns: slice


@dataclass(frozen=True, slots=True)
class Attribution:
    """What parts of the features add to scores.

    Attributes
    ----------
    parts : tuple of Part
        Of the features.
    amounts : (n, len(parts)) float64
        Above 0 speaks for a fake.
    method : {"exact", "occlusion"}
        Whether they add up to the score.
    base : float
        The score that they are counted from: of a face that is typical of neither class.
    unit : str
        What they are measured in.
    """

    parts: tuple[Part, ...]
    amounts: Floats
    method: Literal["exact", "occlusion"]
    base: float
    unit: str


def parts_of(detector: Detector) -> tuple[Part, ...]:
    """Divide a detector's features into what people have words for.

    Parameters
    ----------
    detector : Detector
        Trained or not.

    Returns
    -------
    tuple of Part
        Equal bands of the spectrum; each region feature for itself; all of a network's features as one.
    """
    width = detector.feature_set.width
    if detector.features == "regions":
        from facespectra.regions.layout import feature_names

        return tuple(Part(name, slice(k, k + 1)) for k, name in enumerate(feature_names()))
    spectrum = spectrum_columns(detector)
    if spectrum is None:
        return (Part(RESNET, slice(0, width)),)
    first = (Part(RESNET, slice(0, spectrum.start)),) if spectrum.start else ()
    edges = np.linspace(spectrum.start, spectrum.stop, BANDS + 1).round().astype(int).tolist()
    bands = (
        Part(f"{k / BANDS:g}-{(k + 1) / BANDS:g}", slice(edges[k], edges[k + 1]))
        for k in range(BANDS)
        if edges[k] < edges[k + 1]
    )
    return (*first, *bands)


def spectrum_columns(detector: Detector) -> slice | None:
    """Say which of a detector's features are the radial spectrum.

    Parameters
    ----------
    detector : Detector
        Trained or not.

    Returns
    -------
    slice or None
        None where it has none.
    """
    width = detector.feature_set.width
    if detector.features == "spectrum":
        return slice(0, width)
    if detector.features in ("fusion", "concatenation"):
        return slice(detector.feature_set.parts["resnet50"].width, width)
    return None


def attribute(detector: Detector, matrix: NDArray[Any]) -> Attribution | None:
    """Say what each part of the features adds to each score.

    Parameters
    ----------
    detector : Detector
        Trained.
    matrix : (n, d) array
        Features of n faces, finite.

    Returns
    -------
    Attribution or None
        None where the model does not know the means of its training classes.
    """
    rows = np.asarray(matrix, dtype=np.float64)
    parts = parts_of(detector)
    pipeline = detector.pipeline_
    judge = pipeline[-1]
    if hasattr(judge, "contributions"):
        each = [judge.contributions(row) for row in rows]
        amounts = np.array([[one[part.name] for part in parts] for one in each]).reshape(-1, len(parts))
        return Attribution(parts, amounts, "exact", 0.0, "the experts' mean, in standard deviations")
    if not detector.class_features_:
        return None
    middle = (detector.class_features_["real"]["mean"] + detector.class_features_["fake"]["mean"]) / 2
    base = float(pipeline.decision_function(middle[None].astype(matrix.dtype))[0])
    weights = _weights(pipeline)
    if weights is not None:
        products = (rows - middle) * weights
        return Attribution(parts, _summed(products, parts), "exact", base, "the score")
    return Attribution(parts, _occluded(pipeline, matrix, middle, parts), "occlusion", base, "the score")


def permutation_importance(
    detector: Detector, matrix: NDArray[Any], labels: NDArray[np.int64], *, seed: int = 0
) -> Floats:
    """Measure what the AUC loses where a part of the features is dealt out among the samples at random.

    Parameters
    ----------
    detector : Detector
        Trained.
    matrix : (n, d) array
        Features, finite.
    labels : (n,) int64
        0 or 1, both present.
    seed : int
        Of the shuffling, which is done five times.

    Returns
    -------
    (len(parts_of(detector)),) float64
        Below 0 where the AUC gains.
    """
    from facespectra.evaluation.intervals import components

    def auc(rows: NDArray[Any]) -> float:
        return float(components(labels, detector.pipeline_.decision_function(rows))[0].mean())

    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(matrix)) for _ in range(5)]
    whole = auc(matrix)
    lost = []
    for part in parts_of(detector):
        aucs = []
        for order in orders:
            changed = matrix.copy()
            changed[:, part.columns] = matrix[order][:, part.columns]
            aucs.append(auc(changed))
        lost.append(whole - float(np.mean(aucs)))
    return np.array(lost)


def _weights(pipeline: Any) -> Floats | None:
    """What a linear pipeline multiplies each feature by; None where it is not linear."""
    judge = pipeline[-1]
    if not hasattr(judge, "coef_"):  # SVC has it for the linear kernel only
        return None
    weights: Floats = np.asarray(judge.coef_, np.float64)[0].copy()
    for _, step in pipeline.steps[:-1]:
        weights /= step.scale_
    return weights


def _summed(products: Floats, parts: Sequence[Part]) -> Floats:
    return np.stack([products[:, part.columns].sum(axis=1) for part in parts], axis=1)


def _occluded(pipeline: Any, matrix: NDArray[Any], middle: Floats, parts: Sequence[Part]) -> Floats:
    whole = pipeline.decision_function(matrix)
    columns = []
    for part in parts:
        changed = matrix.copy()
        changed[:, part.columns] = middle[part.columns]
        columns.append(whole - pipeline.decision_function(changed))
    return np.stack(columns, axis=1)
