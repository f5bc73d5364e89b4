"""What is found, and what is called fake wrongly, at each threshold."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from facespectra.evaluation import Evaluation
from facespectra.figures.roc import point_in_use, shown_points
from facespectra.figures.style import Drawing

RATES = (0.01, 0.02, 0.05, 0.1, 0.2)


class Operating(NamedTuple):
    """Counts at one threshold."""

    name: str
    threshold: str
    found: str
    alarms: str
    balanced: str


def operating_table(result: Evaluation) -> list[Operating]:
    """Counts at the threshold in use, and where at most so many of the real faces are called fake.

    A share of less than one real face is left out: it cannot be measured.
    """
    rows = []
    if result.threshold_source != "none":
        counts = result.confusion
        name = "in use" if result.threshold_source == "given" else "best on these very scores"
        rows.append(_row(result, name, result.threshold, counts["tp"], counts["fp"]))
    tp, fp = _counts(result)
    for rate in RATES:
        if rate * result.n_real < 1:
            continue
        k = int(np.flatnonzero(result.fpr <= rate + 1e-12)[-1])
        name = f"at most {100 * rate:g} % of the real faces called fake"
        rows.append(_row(result, name, float(result.thresholds[k]), tp[k], fp[k]))
    return rows


def slider(result: Evaluation, roc: Drawing) -> dict[str, Any]:
    """What the slider of the page shows: threshold, fakes found, false alarms, and the place on the curve.

    `roc` has the same thresholds as points, in the same order.
    """
    tp, fp = _counts(result)
    chosen = shown_points(result)
    points = [
        [_number(float(result.thresholds[k])), tp[k], fp[k], *roc.points[position][:2]]
        for position, k in enumerate(chosen)
    ]
    used = point_in_use(result)
    start = 0 if used is None else chosen.index(used)
    if used is not None:
        # The counts at the threshold in use are those of the next score above it.
        points[start][0] = _number(result.threshold)
    return {"real": result.n_real, "fake": result.n_fake, "start": start, "points": points}


def _counts(result: Evaluation) -> tuple[list[int], list[int]]:
    tp = np.rint(result.tpr * result.n_fake).astype(int).tolist()
    return tp, np.rint(result.fpr * result.n_real).astype(int).tolist()


def _row(result: Evaluation, name: str, threshold: float, tp: int, fp: int) -> Operating:
    found, alarms = tp / result.n_fake, fp / result.n_real
    return Operating(
        name,
        _number(threshold),
        f"{tp} of {result.n_fake} ({100 * found:.1f} %)",
        f"{fp} of {result.n_real} ({100 * alarms:.1f} %)",
        f"{50 * (found + 1 - alarms):.1f} %",
    )


def _number(threshold: float) -> str:
    return f"{threshold:.4g}" if np.isfinite(threshold) else "above all scores"
