"""One face: its pixels, its spectra, and the contributions to its score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facespectra.figures.attribution import (
    BAND_AXIS,
    HeatMap,
    bars_figure,
    draw_bars,
    draw_heat_maps,
    heat_map_figures,
)
from facespectra.figures.spectra import RADIUS, draw_class_spectra
from facespectra.figures.style import (
    FAKE,
    INK,
    LEGEND,
    REAL,
    WIDTH,
    Drawing,
    Point,
    new_figure,
    page_style,
    render,
    to_svg,
    wrapped,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from facespectra.images import UInt8Array

Floats = NDArray[np.float64]
# "real" and "fake": "mean" and "sd" of the spectrum; empty where they are not known.
Classes: TypeAlias = Mapping[str, Mapping[str, Floats]]
# By band of the spectrum, or as heat maps of the face.
Contributions: TypeAlias = Mapping[str, float] | tuple[HeatMap, HeatMap]


def sheet(
    file_format: str,
    *,
    rgb: UInt8Array,
    crop_title: str,
    log_spectrum: Floats,
    spectrum: Floats,
    classes: Classes,
    contributions: Contributions | None,
    title: str,
    notes: Sequence[str],
) -> bytes:
    """Draw everything on one sheet, as the content of an SVG, PNG or PDF file."""
    with page_style(background="white"):
        figure = new_figure(10, 7.6)
        rows = figure.add_gridspec(2, 1, height_ratios=(1, 1.15))
        top = rows[0].subgridspec(2, 3, width_ratios=(1, 1.05, 1.5))
        left = figure.add_subplot(top[:, 0])
        draw_crop(left, rgb)
        left.set_title(crop_title)
        draw_spectrum(figure, figure.add_subplot(top[:, 1]), log_spectrum)
        if classes:
            first = figure.add_subplot(top[0, 2])
            draw_radial(first, spectrum, classes)
            first.set_xlabel("")
            first.tick_params(axis="x", labelbottom=False)
            draw_distance(figure.add_subplot(top[1, 2], sharex=first), spectrum, classes)
        else:
            draw_radial(figure.add_subplot(top[:, 2]), spectrum, classes)
        if contributions is None:
            figure.add_subplot(rows[1]).axis("off")
        elif isinstance(contributions, tuple):
            below = rows[1].subgridspec(1, 2, width_ratios=(1.35, 1))
            axes = [figure.add_subplot(below[0]), figure.add_subplot(below[1])]
            draw_contributions(figure, axes, contributions)
        else:
            draw_contributions(figure, [figure.add_subplot(rows[1])], contributions)
        figure.suptitle(title, fontsize=13)
        figure.supxlabel(wrapped(notes), fontsize=8, alpha=0.8)
        return render(figure, file_format, dpi=160 if file_format == "png" else 72)


def spectrum_figure(log_spectrum: Floats) -> Drawing:
    """Draw the 2-D log spectrum as SVG."""
    with page_style():
        figure = new_figure(WIDTH, 3.6)
        ax = figure.subplots()
        draw_spectrum(figure, ax, log_spectrum)
        return to_svg(figure)


def radial_figure(spectrum: Floats, classes: Classes) -> Drawing:
    """Draw the radial spectrum, beside the training classes where they are known, as SVG."""
    with page_style():
        figure = new_figure(WIDTH, 3)
        ax = figure.subplots()
        draw_radial(ax, spectrum, classes)
        ax.set_title("")
        return to_svg(figure, _along(ax, spectrum, "{:.3f}"))


def distance_figure(spectrum: Floats, classes: Classes) -> Drawing:
    """Draw how far the spectrum, and each class, is from the middle between the classes, as SVG."""
    with page_style():
        figure = new_figure(WIDTH, 3)
        ax = figure.subplots()
        distances = draw_distance(ax, spectrum, classes)
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, **LEGEND)
        return to_svg(figure, _along(ax, distances, "{:+.2f} sd"))


def contribution_figures(contributions: Contributions) -> list[tuple[str, Drawing]]:
    """Draw the contributions to the score, each figure as SVG with its title."""
    if isinstance(contributions, tuple):
        return heat_map_figures(contributions, "evidence for fake")
    return [("by band of the spectrum", bars_figure(contributions, "adds to the score"))]


def _along(ax: Axes, values: Floats, form: str) -> list[Point]:
    radius = np.linspace(0, 1, len(values))
    step = max(1, len(values) // 60)
    return [
        Point(ax, x, y, f"radius {x:.2f}: {form.format(y)}")
        for x, y in zip(radius[::step].tolist(), values[::step].tolist(), strict=True)
    ]


def draw_crop(ax: Axes, rgb: UInt8Array) -> None:
    """Draw the pixels of the face."""
    ax.imshow(rgb, interpolation="nearest")
    ax.axis("off")


def draw_spectrum(figure: Figure, ax: Axes, log_spectrum: Floats) -> None:
    """Draw the 2-D log spectrum, its zero frequency in the middle."""
    low, high = np.percentile(log_spectrum, [2, 99.8])
    image = ax.imshow(
        log_spectrum,
        cmap="magma",
        vmin=low,
        vmax=max(high, low + 1e-9),
        extent=(-0.5, 0.5, 0.5, -0.5),
        aspect="equal",
    )
    ax.set_title("20 ln|F|")
    ax.set(xlabel="cycles per pixel")
    ax.set_xticks([-0.5, 0, 0.5])
    ax.set_yticks([-0.5, 0, 0.5])
    bar = figure.colorbar(image, ax=ax, shrink=0.6, pad=0.03)
    bar.outline.set_visible(False)


def draw_radial(ax: Axes, spectrum: Floats, classes: Classes) -> None:
    """Draw the radial spectrum, and the training classes where they are known."""
    if classes:
        real, fake = classes["real"], classes["fake"]
        pairs = (real["mean"], real["sd"]), (fake["mean"], fake["sd"])
        draw_class_spectra(ax, *pairs, linewidth=1.2, suffix=" in training")
    ax.plot(np.linspace(0, 1, len(spectrum)), spectrum, color=INK, linewidth=1.5, label="this face")
    ax.legend(loc="upper right", **LEGEND)
    ax.set_title("radial spectrum")
    ax.set(xlim=(0, 1), xlabel=RADIUS)


def draw_distance(ax: Axes, spectrum: Floats, classes: Classes) -> Floats:
    """Draw the distances from the middle between the classes; give those of the spectrum."""
    real, fake = classes["real"], classes["fake"]
    middle, sd = (real["mean"] + fake["mean"]) / 2, np.sqrt((real["sd"] ** 2 + fake["sd"] ** 2) / 2)
    unit = np.where(sd > 1e-9, sd, np.inf)
    radius = np.linspace(0, 1, len(spectrum))
    for values, colour, width, name in (
        (real["mean"], REAL, 1.2, "real, mean"),
        (fake["mean"], FAKE, 1.2, "fake, mean"),
        (spectrum, INK, 1.5, "this face"),
    ):
        ax.plot(radius, (values - middle) / unit, color=colour, linewidth=width, label=name)
    ax.set(xlim=(0, 1), ylabel="sd from the middle", xlabel=RADIUS)
    distances: Floats = (spectrum - middle) / unit
    return distances


def draw_regions(ax: Axes, amounts: Mapping[str, float], kinds: tuple[str, str]) -> None:
    """Draw what each region of the face adds to the score as bars, the first on top, between two kinds."""
    colours = [FAKE if amount > 0 else REAL for amount in amounts.values()]
    ax.barh(range(len(amounts)), list(amounts.values()), color=colours, height=0.7)
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.set_yticks(range(len(amounts)), [f"{name[:1].upper()}{name[1:]}" for name in amounts])
    ax.invert_yaxis()
    # As far to either side: the longest bar shows which side is stronger.
    limit = 1.1 * (max(map(abs, amounts.values()), default=0.0) or 1)
    ends = f"left, like {kinds[0]}; right, like {kinds[1]}"
    ax.set(xlim=(-limit, limit), xlabel=f"adds to the score:\n{ends}")


def draw_contributions(
    figure: Figure | SubFigure, axes: Sequence[Axes], contributions: Contributions
) -> None:
    """Draw the contributions to the score: as bars into one axes, or as heat maps into two."""
    if isinstance(contributions, tuple):
        draw_heat_maps(figure, axes, contributions, "evidence for fake")
        return
    (ax,) = axes
    draw_bars(ax, contributions)
    ax.set(xlabel=BAND_AXIS, ylabel="adds to the score")
    ax.set_title("what each band adds: above 0 is evidence for fake, below 0 for real", loc="left")
