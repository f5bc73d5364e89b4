"""Radial spectra of real and fake faces, and how well their features and bands separate the classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facespectra.evaluation.class_spectra import ClassSpectra
from facespectra.report.figures.style import COLOURS, FAKE, INK, REAL, new_figure, page_style, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
RADIUS = "radius, from the mean to the corner of the spectrum"


def draw_class_spectra(
    ax: Axes, real: tuple[Floats, Floats], fake: tuple[Floats, Floats], *, linewidth: float, suffix: str = ""
) -> None:
    """Draw the mean spectrum of each class, shaded by one standard deviation, from (mean, sd) pairs."""
    for (mean, sd), colour, label in ((real, REAL, "real"), (fake, FAKE, "fake")):
        radius = np.linspace(0, 1, len(mean))
        ax.fill_between(radius, mean - sd, mean + sd, color=colour, alpha=0.2, linewidth=0)
        ax.plot(radius, mean, color=colour, linewidth=linewidth, label=label + suffix)


def spectra_figure(
    databases: Sequence[ClassSpectra],
    *,
    width: float = 4.7,
    height: float = 5.6,
    auc_label: str = "AUC of each feature",
) -> str:
    """Draw the spectra of the classes and below the AUC of each feature as SVG, one column for each database.

    A column is `width` inches wide.
    """
    with page_style():
        figure = new_figure(width * len(databases), height)
        ratios = {"height_ratios": (3, 2)}
        axes = figure.subplots(
            2, len(databases), sharex=True, sharey="row", squeeze=False, gridspec_kw=ratios
        )
        for (top, bottom), one in zip(axes.T, databases, strict=True):
            draw_class_spectra(top, (one.real_mean, one.real_sd), (one.fake_mean, one.fake_sd), linewidth=1.6)
            top.set_title(one.name)
            top.legend(frameon=False, loc="upper right")
            radius = np.linspace(0, 1, len(one.auc))
            bottom.axhline(0.5, color=INK, linewidth=0.8, linestyle=":", alpha=0.6)
            bottom.fill_between(radius, 0.5, one.auc, color=COLOURS[0], alpha=0.25, linewidth=0)
            bottom.plot(radius, one.auc, color=COLOURS[0], linewidth=1.3)
            bottom.set(xlabel=RADIUS, ylim=(0, 1), xlim=(0, 1))
        axes[0, 0].set_ylabel("mean spectrum, ±1 sd")
        axes[1, 0].set_ylabel(auc_label)
        return to_svg(figure)


def bands_figure(databases: Sequence[ClassSpectra]) -> str:
    """Draw the AUC of each band's mean with its interval as SVG; all databases have the same bands."""
    with page_style():
        figure = new_figure(9.2, 3.4)
        ax = figure.subplots()
        for index, database in enumerate(databases):
            auc, low, high = np.array(database.bands).T
            ax.errorbar(
                np.arange(len(auc)) + (index - (len(databases) - 1) / 2) * 0.3,
                auc,
                yerr=[np.nan_to_num(auc - low), np.nan_to_num(high - auc)],
                fmt="os"[index % 2],
                color=COLOURS[index],
                capsize=3,
                markersize=6,
                label=database.name,
            )
        n = len(databases[0].bands)
        ax.axhline(0.5, color=INK, linewidth=0.8, linestyle=":", alpha=0.6)
        ax.set(
            ylim=(0, 1), ylabel="AUC of the band's mean", xlabel="band of the radius, in parts of the largest"
        )
        ax.set_xticks(range(n), [f"{i / n:g}-{(i + 1) / n:g}" for i in range(n)])
        ax.legend(frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
        return to_svg(figure)
