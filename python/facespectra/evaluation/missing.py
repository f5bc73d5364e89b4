"""How far samples without a score could change the AUC and the accuracy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bounds = dict[str, dict[str, float]]


def missing_score_bounds(labels: NDArray[np.int64], scores: NDArray[np.float64], threshold: float) -> Bounds:
    """AUC and accuracy for each way to count samples whose score is NaN.

    ``auc`` and ``accuracy``, each by ``left_out``, ``as_real`` (scored below all others), ``as_fake`` (above
    all others) and ``at_chance`` (expected value of random decisions). Scores from `threshold` on are fake.
    """
    from sklearn.metrics import roc_auc_score

    scored = ~np.isnan(scores)
    known = scores[scored]
    auc = float(roc_auc_score(labels[scored], known))
    right = (known >= threshold) == (labels[scored] == 1)

    def pairs(truth: NDArray[np.int64]) -> float:
        return float(np.sum(truth == 0)) * float(np.sum(truth == 1))

    def filled(value: float) -> float:
        return float(roc_auc_score(labels, np.where(scored, scores, value)))

    def accuracy(right_without: float) -> float:
        return float((right.sum() + right_without) / len(labels))

    real, fake = np.sum(labels[~scored] == 0), np.sum(labels[~scored] == 1)
    decided = pairs(labels[scored]) / pairs(labels)
    # Only ranks matter, but a step of 1 would be lost in rounding beside scores of 1e20.
    step = max(1.0, float(np.abs(known).max()))
    return {
        "auc": {
            "left_out": auc,
            "as_real": filled(float(known.min()) - step),
            "as_fake": filled(float(known.max()) + step),
            "at_chance": auc * decided + 0.5 * (1 - decided),
        },
        "accuracy": {
            "left_out": float(right.mean()),
            "as_real": accuracy(float(real)),
            "as_fake": accuracy(float(fake)),
            "at_chance": accuracy(float(real + fake) / 2),
        },
    }
