"""One face: its pixels, its spectra, and the contributions to its score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facespectra.report.figures.attribution import (
    BAND_AXIS,
    HEIGHT_RATIOS,
    HeatMap,
    draw_bars,
    draw_heat_maps,
)
from facespectra.report.figures.spectra import RADIUS, draw_class_spectra
from facespectra.report.figures.style import FAKE, INK, REAL, new_figure, page_style, render, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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
            draw_radial(first, figure.add_subplot(top[1, 2], sharex=first), spectrum, classes)
        else:
            draw_radial(figure.add_subplot(top[:, 2]), None, spectrum, classes)
        if contributions is None:
            figure.add_subplot(rows[1]).axis("off")
        elif isinstance(contributions, tuple):
            below = rows[1].subgridspec(1, 2, width_ratios=(1.35, 1))
            axes = [figure.add_subplot(below[0]), figure.add_subplot(below[1])]
            draw_contributions(figure, axes, contributions)
        else:
            draw_contributions(figure, [figure.add_subplot(rows[1])], contributions)
        figure.suptitle(title, fontsize=13)
        figure.supxlabel("\n".join(notes), fontsize=8, alpha=0.8)
        return render(figure, file_format, dpi=160 if file_format == "png" else 72)


def pictures_figure(rgb: UInt8Array, log_spectrum: Floats) -> str:
    """Draw the face and its 2-D log spectrum side by side, as SVG."""
    with page_style():
        figure = new_figure(4.6, 2.9)
        left, right = figure.subplots(1, 2, gridspec_kw={"width_ratios": (1, 1.3)})
        draw_crop(left, rgb)
        draw_spectrum(figure, right, log_spectrum)
        return to_svg(figure)


def radial_figure(spectrum: Floats, classes: Classes) -> str:
    """Draw the radial spectrum against the training classes, as SVG."""
    with page_style():
        figure = new_figure(5.4, 4.4 if classes else 2.8)
        if classes:
            above, below = figure.subplots(2, 1, sharex=True)
            draw_radial(above, below, spectrum, classes)
        else:
            draw_radial(figure.subplots(), None, spectrum, classes)
        return to_svg(figure)


def contributions_figure(contributions: Contributions) -> str:
    """Draw the contributions to the score, as SVG."""
    with page_style():
        maps = isinstance(contributions, tuple)
        figure = new_figure(5.6, 5.6 if maps else 2.9)
        axes = figure.subplots(2 if maps else 1, 1, squeeze=False, gridspec_kw=HEIGHT_RATIOS if maps else {})
        draw_contributions(figure, axes[:, 0].tolist(), contributions)
        return to_svg(figure)


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


def draw_radial(ax: Axes, below: Axes | None, spectrum: Floats, classes: Classes) -> None:
    """Draw the radial spectrum against the training classes, and below its distance from their midpoint.

    Without classes, `below` is None.
    """
    radius = np.linspace(0, 1, len(spectrum))
    if classes:
        real, fake = classes["real"], classes["fake"]
        pairs = (real["mean"], real["sd"]), (fake["mean"], fake["sd"])
        draw_class_spectra(ax, *pairs, linewidth=1.2, suffix=" in training")
    ax.plot(radius, spectrum, color=INK, linewidth=1.5, label="this face")
    ax.legend(frameon=False, loc="upper right", fontsize=8)
    ax.set_title("radial spectrum")
    ax.set_xlim(0, 1)
    if below is None or not classes:
        ax.set_xlabel(RADIUS)
        return
    ax.tick_params(axis="x", labelbottom=False)
    middle, sd = (real["mean"] + fake["mean"]) / 2, np.sqrt((real["sd"] ** 2 + fake["sd"] ** 2) / 2)
    unit = np.where(sd > 1e-9, sd, np.inf)
    for values, colour, width in ((real["mean"], REAL, 1.2), (fake["mean"], FAKE, 1.2), (spectrum, INK, 1.5)):
        below.plot(radius, (values - middle) / unit, color=colour, linewidth=width)
    below.set_ylabel("sd from the middle")
    below.set_xlabel(RADIUS)


def draw_contributions(figure: Figure, axes: Sequence[Axes], contributions: Contributions) -> None:
    """Draw the contributions to the score: as bars into one axes, or as heat maps into two."""
    if isinstance(contributions, tuple):
        draw_heat_maps(figure, axes, contributions, "evidence for fake")
        return
    (ax,) = axes
    draw_bars(ax, contributions)
    ax.set(xlabel=BAND_AXIS, ylabel="adds to the score")
    ax.set_title("what each band adds: above 0 is evidence for fake, below 0 for real", loc="left")
