"""Figures of what drives a decision: spectra by class, contributions by band, and by region and band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facespectra.report.figures.roc import Spectra
from facespectra.report.figures.style import COLOURS, FAKE, INK, REAL, new_figure, page_style, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
CORNERS = "radius, from the mean to the corner of the spectrum"


def class_spectra_figure(found: Spectra) -> str:
    """Draw the mean radial spectrum of each class, and how well each feature tells them apart on its own.

    Parameters
    ----------
    found : Spectra
        Of the samples; its bands are not looked at.

    Returns
    -------
    str
        SVG.
    """
    with page_style():
        figure = new_figure(5.4, 4)
        top, bottom = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (3, 2)})
        place = np.linspace(0, 1, len(found.auc))
        for mean, sd, colour, label in (
            (found.real_mean, found.real_sd, REAL, "real"),
            (found.fake_mean, found.fake_sd, FAKE, "fake"),
        ):
            top.fill_between(place, mean - sd, mean + sd, color=colour, alpha=0.2, linewidth=0)
            top.plot(place, mean, color=colour, linewidth=1.6, label=label)
        top.set_ylabel("mean spectrum, ±1 sd")
        top.legend(frameon=False, loc="upper right")
        bottom.axhline(0.5, color=INK, linewidth=0.8, linestyle=":", alpha=0.6)
        bottom.fill_between(place, 0.5, found.auc, color=COLOURS[0], alpha=0.25, linewidth=0)
        bottom.plot(place, found.auc, color=COLOURS[0], linewidth=1.3)
        bottom.set(xlabel=CORNERS, ylim=(0, 1), xlim=(0, 1), ylabel="AUC of each point")
        return to_svg(figure)


def bars_figure(names: Sequence[str], amounts: Floats, lost: Floats | None, axis: str) -> str:
    """Draw what each band adds, and what the AUC loses without it.

    Parameters
    ----------
    names : sequence of str
        Of the bands.
    amounts : (n,) float64
        What each adds.
    lost : (n,) float64 or None
        Of the AUC; a panel of its own.
    axis : str
        What the amounts are.

    Returns
    -------
    str
        SVG.
    """
    with page_style():
        panels = 1 if lost is None else 2
        figure = new_figure(5.4, 1.8 * panels + 0.4)
        axes = np.atleast_1d(figure.subplots(panels, 1, sharex=True))
        draw_bars(axes[0], names, amounts)
        axes[0].set_ylabel(axis)
        if lost is not None:
            axes[1].bar(range(len(names)), lost, color=COLOURS[0], width=0.8)
            axes[1].axhline(0, color=INK, linewidth=0.8)
            axes[1].set_ylabel("AUC lost, shuffled")
            axes[0].tick_params(axis="x", labelbottom=False)
        axes[-1].set_xticks(range(len(names)), names, rotation=30, ha="right")
        axes[-1].set_xlabel("band of the radius, in parts of the largest")
        return to_svg(figure)


def draw_bars(ax: Axes, names: Sequence[str], amounts: Floats) -> None:
    """Draw contributions as bars in the colours of the classes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    names : sequence of str
        Of the bars.
    amounts : (n,) float64
        Above 0 speaks for a fake.
    """
    colours = [FAKE if amount > 0 else REAL for amount in amounts]
    ax.bar(range(len(names)), amounts, color=colours, width=0.8)
    ax.axhline(0, color=INK, linewidth=0.8)
    ax.set_xticks(range(len(names)), names, rotation=30, ha="right")


def region_table(amounts: Mapping[str, float]) -> tuple[list[str], list[str], Floats]:
    """Put the contributions of region features into a table of regions and bands.

    Parameters
    ----------
    amounts : mapping of str to float
        By the names of :func:`facespectra.regions.layout.feature_names`, sector powers left out.

    Returns
    -------
    regions, bands : list of str
        Of the rows, and of the columns.
    cells : (len(regions), len(bands)) float64
        Both statistics together.
    """
    from facespectra.regions.layout import BANDS, REGIONS, RELATIVE_REGIONS, STATISTICS

    rows = [*REGIONS, *(f"{region}-ring" for region in RELATIVE_REGIONS)]
    cells = [
        [sum(amounts[f"{region} {band} {kind}"] for kind in STATISTICS) for band in BANDS] for region in rows
    ]
    names = [row.replace("-ring", " minus ring") for row in rows]
    return names, list(BANDS), np.array(cells)


def sector_table(amounts: Mapping[str, float]) -> tuple[list[str], list[str], Floats]:
    """Put the contributions of the sector powers into a table of directions and frequencies.

    Parameters
    ----------
    amounts : mapping of str to float
        As for :func:`region_table`, with the sector powers.

    Returns
    -------
    sectors, frequencies : list of str
        Of the rows, and of the columns, in cycles per pixel.
    cells : (len(sectors), len(frequencies)) float64
    """
    from facespectra.regions.layout import RINGS, SECTORS

    edges = [f"{0.5 * (k + 1) / RINGS:.3f}" for k in range(RINGS)]
    cells = [[amounts[f"power {sector} {edge}"] for edge in edges] for sector in SECTORS]
    return list(SECTORS), [edge.lstrip("0") for edge in edges], np.array(cells)


def regions_figure(amounts: Mapping[str, float], unit: str) -> str:
    """Draw the contributions of all region features as two heat maps.

    Parameters
    ----------
    amounts : mapping of str to float
        By the names of :func:`facespectra.regions.layout.feature_names`.
    unit : str
        What they are.

    Returns
    -------
    str
        SVG.
    """
    with page_style():
        figure = new_figure(5.6, 5.6)
        axes = figure.subplots(2, 1, gridspec_kw={"height_ratios": (9, 3.4)})
        draw_regions(figure, list(axes), amounts, unit)
        return to_svg(figure)


def draw_regions(figure: Any, axes: Sequence[Axes], amounts: Mapping[str, float], unit: str) -> None:
    """Draw the heat maps of :func:`regions_figure` into axes.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        For the scale of colours.
    axes : sequence of two Axes
        For regions and bands, and for directions and frequencies.
    amounts, unit
        As for :func:`regions_figure`.
    """
    from matplotlib.colors import LinearSegmentedColormap, to_rgba

    # What takes no side shows the page, light or dark.
    colours = LinearSegmentedColormap.from_list(
        "sides",
        [(0, to_rgba(REAL)), (0.5, to_rgba(REAL, 0)), (0.5, to_rgba(FAKE, 0)), (1, to_rgba(FAKE))],
    )
    tables = (region_table(amounts), sector_table(amounts))
    largest = max(float(np.abs(cells).max()) for *_, cells in tables) or 1.0
    for ax, (rows, columns, cells), title in zip(
        axes, tables, ("detail, by region and band", "power, by direction and cycles per pixel"), strict=True
    ):
        mesh = ax.pcolormesh(cells, cmap=colours, vmin=-largest, vmax=largest, edgecolors="none")
        ax.set_yticks(np.arange(len(rows)) + 0.5, rows)
        ax.set_xticks(np.arange(len(columns)) + 0.5, columns)
        ax.tick_params(axis="x", rotation=45)
        ax.tick_params(length=0, labelsize=8)
        ax.invert_yaxis()
        for spine in ax.spines.values():
            spine.set(visible=True, alpha=0.3)
        ax.set_title(title, loc="left")
        for (row, column), value in np.ndenumerate(cells):
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
