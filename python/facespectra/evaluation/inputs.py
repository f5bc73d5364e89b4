"""Validation of labels, scores and groups."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def validate_inputs(
    labels: ArrayLike, scores: ArrayLike, groups: ArrayLike | None, groups_name: str = "groups"
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[Any] | None]:
    """Labels as int64, scores as float64 and groups as an array, all (n,), or ValueError as in `evaluate`."""
    truth, values = np.asarray(labels), np.asarray(scores, dtype=np.float64)
    of_group = None if groups is None else np.asarray(groups)
    for name, array in (("labels", truth), ("scores", values), (groups_name, of_group)):
        if array is not None and array.shape != (len(truth.ravel()),):
            raise ValueError(
                f"labels, scores and {groups_name} must have the same length; {name} has shape {array.shape}"
            )
    if not np.isin(truth, (0, 1)).all():
        raise ValueError(
            f"labels must be 0 (real) or 1 (fake), got {np.setdiff1d(truth, (0, 1))[:3].tolist()}"
        )
    if np.isinf(values).any():
        raise ValueError(
            f"scores must be finite, or NaN for no score; score {np.isinf(values).argmax()} is infinite"
        )
    return truth.astype(np.int64), values, of_group
