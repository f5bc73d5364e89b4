"""What drives a detector, drawn into Matplotlib axes, as the page of an evaluation draws it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from facespectra._extras import require
from facespectra.detector.importance import class_importance, heat_maps, measure_importance
from facespectra.errors import ModelError
from facespectra.figures.attribution import BAND_AXIS, draw_bars, draw_heat_maps
from facespectra.figures.own import axes_for, own_ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from facespectra.detector import Detector
    from facespectra.features.table import FeatureTable

BANDS, MAPS = "adds to fakes", "adds to fakes, over real faces"


def plot_drives(
    detector: Detector,
    ax: Axes | Sequence[Axes] | None,
    table: FeatureTable | None,
    labels: ArrayLike | None,
) -> Axes | tuple[Axes, ...]:
    """Draw what :meth:`facespectra.Detector.plot` describes."""
    require("detect", "matplotlib")
    if not hasattr(detector, "pipeline_"):
        raise ModelError("the detector has not been trained; call fit first")
    if (table is None) != (labels is None):
        raise ValueError("give table and labels together, or neither of them")
    if table is None or labels is None:
        importance = class_importance(detector)
    else:
        truth = np.asarray(labels)
        if truth.shape != (len(table.matrix),) or not np.isin(truth, (0, 1)).all():
            raise ValueError(f"labels must be 0 or 1, one for each of the {len(table.matrix)} rows of table")
        importance = measure_importance(detector, table, truth.astype(np.int64))
    if isinstance(importance, str):
        raise ModelError(importance)
    maps = heat_maps(importance.gaps)
    if maps is None:
        (axes,) = axes_for(ax, (1,), (5, 3))
        draw_bars(axes, importance.gaps)
        axes.set(xlabel=BAND_AXIS, ylabel=BANDS)
        own_ink(axes)
        return axes
    both = axes_for(ax, (1.35, 1), (9, 4.2))
    draw_heat_maps(both[0].figure, both, maps, MAPS)
    for one, axes in zip(maps, both, strict=True):
        axes.set_title(one.title, loc="left", fontsize="medium")
    own_ink(*both)
    return both
