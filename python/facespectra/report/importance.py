"""What drives a model's decisions on a data set: bands of the spectrum, or regions and bands of the face."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facespectra.detector.attribution import RESNET, Attribution, attribute, permutation_importance
from facespectra.evaluation.intervals import components
from facespectra.report.figures.attribution import bars_figure, regions_figure
from facespectra.report.figures.roc import Spectra
from facespectra.report.sampling import chosen

if TYPE_CHECKING:
    from facespectra.detector import Detector
    from facespectra.features import FeatureTable

# Faces of each class that are looked at.
ENOUGH = 400
NAMED = 12


def class_spectra(matrix: NDArray[np.float64], labels: NDArray[np.int64]) -> Spectra | None:
    """Average the spectra of each class, and see how well each point of them tells the classes apart.

    Parameters
    ----------
    matrix : (n, d) float64
        Spectra.
    labels : (n,) int64
        0 or 1.

    Returns
    -------
    Spectra or None
        None where a class has fewer than two.
    """
    real, fake = matrix[labels == 0], matrix[labels == 1]
    if min(len(real), len(fake)) < 2:
        return None
    aucs = [float(components(labels, column)[0].mean()) for column in matrix.T]
    return Spectra(
        "",
        real.mean(axis=0),
        real.std(axis=0, ddof=1),
        fake.mean(axis=0),
        fake.std(axis=0, ddof=1),
        np.array(aucs),
        [],
    )


def found(detector: Detector, table: FeatureTable, labels: NDArray[np.int64]) -> dict[str, Any]:
    """Say what moves the scores of fakes away from those of real faces.

    Parameters
    ----------
    detector : Detector
        Trained.
    table : FeatureTable
        Of the samples.
    labels : (n,) int64
        0 or 1.

    Returns
    -------
    dict
        ``kind`` (``"bands"``, ``"regions"`` or nothing), ``svg``, ``method``, ``unit``, ``n``; ``rows``: the
        features with most to say as (name, what it adds to fakes over real faces, its AUC); ``words`` where
        there is nothing to draw.
    """
    picked = chosen(labels, table.ok, 2 * ENOUGH)
    matrix, own = table.matrix[picked], labels[picked]
    nothing: dict[str, Any] = {"kind": "", "svg": "", "rows": [], "n": len(picked)}
    if detector.features == "resnet50":
        return nothing | {"words": "The features are 2048 numbers of a network: there are no bands to name."}
    if min(np.sum(own == 0), np.sum(own == 1)) < 2:
        return nothing | {"words": "There are too few faces of one of the classes."}
    amounts = attribute(detector, matrix)
    if amounts is None:
        return nothing | {
            "words": "The model file does not hold the means of its training classes, from which "
            "contributions are counted: it was written by an earlier version. Training it again adds them."
        }
    gap = amounts.amounts[own == 1].mean(axis=0) - amounts.amounts[own == 0].mean(axis=0)
    names = [part.name for part in amounts.parts]
    common = nothing | {"method": amounts.method, "unit": amounts.unit, "words": ""}
    if detector.features == "regions":
        return common | {
            "kind": "regions",
            "svg": regions_figure(
                dict(zip(names, gap.tolist(), strict=True)), "adds to fakes, over real faces"
            ),
            "rows": _strongest(amounts, gap, matrix, own),
        }
    lost = permutation_importance(detector, matrix, own)
    return common | {
        "kind": "bands",
        "svg": bars_figure(names, gap, lost, "fakes over real faces"),
        "network": RESNET in names,
    }


def _strongest(
    amounts: Attribution, gap: NDArray[np.float64], matrix: NDArray[Any], labels: NDArray[np.int64]
) -> list[tuple[str, float, float]]:
    order = np.argsort(-np.abs(gap), kind="stable")[:NAMED]
    return [
        (
            amounts.parts[k].name,
            float(gap[k]),
            float(components(labels, matrix[:, amounts.parts[k].columns][:, 0])[0].mean()),
        )
        for k in order.tolist()
    ]
