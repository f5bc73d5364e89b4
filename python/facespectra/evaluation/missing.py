"""What samples without a score could do to the figures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Effect = dict[str, dict[str, float]]


def missing_effect(labels: NDArray[np.int64], scores: NDArray[np.float64], threshold: float) -> Effect:
    """Judge all samples, whatever those without a score are taken for.

    Parameters
    ----------
    labels : (n,) int64
        0 or 1, both present among the samples with a score.
    scores : (n,) float64
        NaN where there is none.
    threshold : float
        Scores from here on count as fake.

    Returns
    -------
    dict
        ``auc`` and ``accuracy``, each by ``left_out``, ``as_real`` (they score below all others),
        ``as_fake`` (above all others) and ``at_chance`` (a coin is tossed for each comparison: what is
        expected).
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
    # Ranks and not distances matter: half of the range, for a step of 1 would drown in scores of 1e20.
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
