"""Axes of the user's: those that were given, or of a new pyplot figure; and their colour of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from facespectra.figures.style import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def axes_for(ax: Any, widths: Sequence[float], size: tuple[float, float]) -> tuple[Axes, ...]:
    """Give as many axes as there are relative widths: the user's own, else of a new figure of this size."""
    if ax is None:
        from matplotlib import pyplot as plt

        shape: dict[str, Any] = {"width_ratios": widths}
        _, grid = plt.subplots(1, len(widths), figsize=size, gridspec_kw=shape, layout="constrained")
        return tuple(np.atleast_1d(grid).tolist())
    given = tuple(np.atleast_1d(np.asarray(ax, object)).ravel().tolist())
    if len(given) != len(widths):
        raise ValueError(f"ax: this drawing takes {len(widths)} axes, not {len(given)}")
    return given


def own_ink(*axes: Axes) -> None:
    """Write and draw in the colour of the user's style what is in the colour of the page's text."""
    from matplotlib import rcParams
    from matplotlib.lines import Line2D
    from matplotlib.text import Text

    for ax in axes:
        for kind in (Line2D, Text):
            for artist in ax.findobj(kind):
                if isinstance(artist, Line2D | Text) and artist.get_color() == INK:
                    artist.set_color(rcParams["text.color"])
