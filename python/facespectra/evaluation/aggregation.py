"""The one rule that joins the scores of frames to a video's, for predictions and figures alike."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Aggregate = Literal["mean", "median", "max"]
AGGREGATES: tuple[Aggregate, ...] = ("mean", "median", "max")


def rule(how: Aggregate) -> str:
    """The rule in words."""
    return (
        f"{how} of the scores of frames that can be told, weak signs included; of all that have a score "
        "where none can"
    )


def counted_frames(scores: NDArray[np.float64], undecided: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which frames of a video count: those that can be told, else all with a score; maybe none."""
    scored = ~np.isnan(scores)
    sure = scored & ~undecided
    return sure if sure.any() else scored


def aggregate_frames(
    scores: NDArray[np.float64], undecided: NDArray[np.bool_], how: Aggregate = "mean"
) -> float:
    """Join the scores of the frames of one video by the rule; NaN where no frame has one."""
    counted = counted_frames(scores, undecided)
    if not counted.any():
        return float("nan")
    combine: Any = getattr(np, how)
    return float(combine(scores[counted]))


def aggregate_by_unit(
    scores: NDArray[np.float64],
    undecided: NDArray[np.bool_],
    units: NDArray[np.intp],
    n_units: int,
    how: Aggregate = "mean",
) -> NDArray[np.float64]:
    """Join scores by unit, such as a video, (n_units,); `units` gives the position of each sample's."""
    order = np.argsort(units, kind="stable")
    edges = np.searchsorted(units[order], np.arange(n_units + 1))
    rows = (order[edges[k] : edges[k + 1]] for k in range(n_units))
    return np.array([aggregate_frames(scores[row], undecided[row], how) for row in rows], np.float64)
