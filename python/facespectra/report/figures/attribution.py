"""Contributions to a score: bars by band of the spectrum, and heat maps by region and band of the face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facespectra.report.figures.style import COLOURS, FAKE, INK, REAL, new_figure, page_style, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
BAND_AXIS = "band of the radius, in parts of the largest"
# Of the two heat maps of a face, one above the other.
HEIGHT_RATIOS = {"height_ratios": (9, 3.4)}


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A table of contributions: above 0 is evidence for fake."""

    title: str
    rows: Sequence[str]
    columns: Sequence[str]
    cells: Floats  # (len(rows), len(columns))


def bars_figure(amounts: Mapping[str, float], lost: Floats, label: str) -> str:
    """Draw the contribution of each band, and below the AUC lost when it is permuted, as SVG."""
    with page_style():
        figure = new_figure(5.4, 4.0)
        above, below = figure.subplots(2, 1, sharex=True)
        draw_bars(above, amounts)
        above.set_ylabel(label)
        above.tick_params(axis="x", labelbottom=False)
        below.bar(range(len(lost)), lost, color=COLOURS[0], width=0.8)
        below.axhline(0, color=INK, linewidth=0.8)
        below.set_ylabel("AUC lost, shuffled")
        below.set_xticks(range(len(lost)), list(amounts), rotation=30, ha="right")
        below.set_xlabel(BAND_AXIS)
        return to_svg(figure)


def draw_bars(ax: Axes, amounts: Mapping[str, float]) -> None:
    """Draw contributions as bars in the colours of the classes."""
    colours = [FAKE if amount > 0 else REAL for amount in amounts.values()]
    ax.bar(range(len(amounts)), list(amounts.values()), color=colours, width=0.8)
    ax.axhline(0, color=INK, linewidth=0.8)
    ax.set_xticks(range(len(amounts)), list(amounts), rotation=30, ha="right")


def heat_maps_figure(maps: Sequence[HeatMap], unit: str) -> str:
    """Draw the two heat maps of a face, one above the other, as SVG."""
    with page_style():
        figure = new_figure(5.6, 5.6)
        draw_heat_maps(figure, list(figure.subplots(2, 1, gridspec_kw=HEIGHT_RATIOS)), maps, unit)
        return to_svg(figure)


def draw_heat_maps(figure: Figure, axes: Sequence[Axes], maps: Sequence[HeatMap], unit: str) -> None:
    """Draw heat maps on one scale of colours."""
    from matplotlib.colors import LinearSegmentedColormap, to_rgba

    # Where there is no evidence either way the page shows, light or dark.
    colours = LinearSegmentedColormap.from_list(
        "sides",
        [(0, to_rgba(REAL)), (0.5, to_rgba(REAL, 0)), (0.5, to_rgba(FAKE, 0)), (1, to_rgba(FAKE))],
    )
    largest = max(float(np.abs(one.cells).max()) for one in maps) or 1.0
    for ax, one in zip(axes, maps, strict=True):
        mesh = ax.pcolormesh(one.cells, cmap=colours, vmin=-largest, vmax=largest, edgecolors="none")
        ax.set_yticks(np.arange(len(one.rows)) + 0.5, one.rows)
        ax.set_xticks(np.arange(len(one.columns)) + 0.5, one.columns)
        ax.tick_params(axis="x", rotation=45)
        ax.tick_params(length=0, labelsize=8)
        ax.invert_yaxis()
        for spine in ax.spines.values():
            spine.set(visible=True, alpha=0.3)
        ax.set_title(one.title, loc="left")
        for (row, column), value in np.ndenumerate(one.cells):
            if abs(value) >= largest / 4:
                ax.text(
                    column + 0.5,
                    row + 0.5,
                    f"{value:+.2f}",
                    ha="center",
                    va="center",
                    fontsize=6,
                    color=INK,
                )
    bar = figure.colorbar(mesh, ax=list(axes), shrink=0.6, pad=0.02, aspect=30)
    bar.outline.set_visible(False)
    bar.set_label(unit)
