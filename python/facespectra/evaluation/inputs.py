"""What evaluations and comparisons accept."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def checked(
    labels: ArrayLike, scores: ArrayLike, groups: ArrayLike | None, groups_are: str = "groups"
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[Any] | None]:
    """Check what is to be judged.

    Parameters
    ----------
    labels, scores, groups
        As in :func:`evaluate`.
    groups_are : str
        What a complaint calls the groups.

    Returns
    -------
    labels : (n,) int64
    scores : (n,) float64
    groups : (n,) array or None

    Raises
    ------
    ValueError
        As :func:`evaluate` does.
    """
    truth, values = np.asarray(labels), np.asarray(scores, dtype=np.float64)
    of_group = None if groups is None else np.asarray(groups)
    for name, array in (("labels", truth), ("scores", values), (groups_are, of_group)):
        if array is not None and array.shape != (len(truth.ravel()),):
            raise ValueError(
                f"labels, scores and {groups_are} must be of one length; {name} has shape {array.shape}"
            )
    if not np.isin(truth, (0, 1)).all():
        raise ValueError(
            f"labels must be 0 (real) or 1 (fake), got {np.setdiff1d(truth, (0, 1))[:3].tolist()}"
        )
    if np.isinf(values).any():
        raise ValueError(
            f"scores must be finite, or NaN where there is none; score {np.isinf(values).argmax()} is not"
        )
    return truth.astype(np.int64), values, of_group
