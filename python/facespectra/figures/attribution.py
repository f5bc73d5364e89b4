"""Contributions to a score: bars by band of the spectrum, and heat maps by region and band of the face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facespectra.figures.style import (
    COLOURS,
    FAKE,
    INK,
    REAL,
    WIDTH,
    Drawing,
    Point,
    new_figure,
    page_style,
    to_svg,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

Floats = NDArray[np.float64]
MOST_NUMBERED, MOST_NAMED = 6, 10
BAND_AXIS = "band of the radius, in parts of the largest"


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A table of contributions: above 0 is evidence for fake."""

    title: str
    rows: Sequence[str]
    columns: Sequence[str]
    cells: Floats  # (len(rows), len(columns))


def bars_figure(amounts: Mapping[str, float], label: str) -> Drawing:
    """Draw the contribution of each band as SVG."""
    with page_style():
        figure = new_figure(WIDTH, 2.7)
        ax = figure.subplots()
        points = draw_bars(ax, amounts)
        ax.set(xlabel=BAND_AXIS, ylabel=label)
        return to_svg(figure, points)


def lost_figure(names: Sequence[str], lost: Floats) -> Drawing:
    """Draw the AUC lost when each band is permuted, as SVG."""
    with page_style():
        figure = new_figure(WIDTH, 2.5)
        ax = figure.subplots()
        ax.bar(range(len(lost)), lost, color=COLOURS[0], width=0.8)
        ax.axhline(0, color=INK, linewidth=0.8)
        ax.set_xticks(range(len(lost)), list(names), rotation=30, ha="right")
        ax.set(xlabel=BAND_AXIS, ylabel="AUC lost, permuted")
        values = zip(names, lost.tolist(), strict=True)
        return to_svg(
            figure, [Point(ax, k, value, f"{name}: {value:+.3f}") for k, (name, value) in enumerate(values)]
        )


def draw_bars(ax: Axes, amounts: Mapping[str, float]) -> list[Point]:
    """Draw contributions as bars in the colours of the classes."""
    colours = [FAKE if amount > 0 else REAL for amount in amounts.values()]
    ax.bar(range(len(amounts)), list(amounts.values()), color=colours, width=0.8)
    ax.axhline(0, color=INK, linewidth=0.8)
    ax.set_xticks(range(len(amounts)), list(amounts), rotation=30, ha="right")
    return [
        Point(ax, k, amount, f"{name}: {amount:+.3f}") for k, (name, amount) in enumerate(amounts.items())
    ]


def heat_map_figures(maps: Sequence[HeatMap], unit: str) -> list[tuple[str, Drawing]]:
    """Draw heat maps of a face on one scale of colours, each as SVG with its title."""
    largest = _largest(maps)
    drawn = []
    for one in maps:
        with page_style():
            figure = new_figure(WIDTH, 2.1 + 0.3 * len(one.rows))
            ax = figure.subplots()
            draw_heat_maps(figure, [ax], [one], unit, largest=largest)
            ax.set_title("", loc="left")
            points = [
                Point(ax, column + 0.5, row + 0.5, f"{one.rows[row]}, {one.columns[column]}: {value:+.3f}")
                for (row, column), value in np.ndenumerate(one.cells)
            ]
            drawn.append((one.title, to_svg(figure, points)))
    return drawn


def _largest(maps: Sequence[HeatMap]) -> float:
    return max(float(np.abs(one.cells).max()) for one in maps) or 1.0


def draw_heat_maps(
    figure: Figure | SubFigure,
    axes: Sequence[Axes],
    maps: Sequence[HeatMap],
    unit: str,
    *,
    largest: float = 0,
) -> None:
    """Draw heat maps on one scale of colours."""
    from matplotlib.colors import LinearSegmentedColormap, to_rgba

    # Where there is no evidence either way the page shows, light or dark.
    colours = LinearSegmentedColormap.from_list(
        "sides",
        [(0, to_rgba(REAL)), (0.5, to_rgba(REAL, 0)), (0.5, to_rgba(FAKE, 0)), (1, to_rgba(FAKE))],
    )
    largest = largest or _largest(maps)
    for ax, one in zip(axes, maps, strict=True):
        mesh = ax.pcolormesh(one.cells, cmap=colours, vmin=-largest, vmax=largest, edgecolors="none")
        ax.set_yticks(np.arange(len(one.rows)) + 0.5, one.rows)
        # Names of many columns would touch: some of them say what lies between.
        step = -(-len(one.columns) // MOST_NAMED)
        places = np.arange(len(one.columns))[::step] + 0.5
        ax.set_xticks(places, one.columns[::step], rotation=45, ha="right", rotation_mode="anchor")
        ax.tick_params(length=0)
        ax.invert_yaxis()
        for spine in ax.spines.values():
            spine.set(visible=True, alpha=0.3)
        ax.set_title(one.title, loc="left")
        # In narrower cells the numbers would touch.
        numbered = len(one.columns) <= MOST_NUMBERED
        for (row, column), value in np.ndenumerate(one.cells):
            if numbered and abs(value) >= largest / 4:
                ax.text(
                    column + 0.5,
                    row + 0.5,
                    f"{value:+.2f}",
                    ha="center",
                    va="center",
                    color=INK,
                )
    bar = figure.colorbar(mesh, ax=list(axes), location="bottom", shrink=0.7, pad=0.03, aspect=30)
    bar.outline.set_visible(False)
    bar.set_label(unit)
