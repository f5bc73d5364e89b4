"""Radial spectra of real and fake faces, and how well their features and bands separate the classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facespectra.evaluation.class_spectra import ClassSpectra
from facespectra.figures.style import (
    COLOURS,
    FAKE,
    INK,
    LEGEND,
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

Floats = NDArray[np.float64]
RADIUS = "radius, from the mean to the corner of the spectrum"
BAND = "band of the radius, in parts of the largest"


def draw_class_spectra(
    ax: Axes, real: tuple[Floats, Floats], fake: tuple[Floats, Floats], *, linewidth: float, suffix: str = ""
) -> None:
    """Draw the mean spectrum of each class, shaded by one standard deviation, from (mean, sd) pairs."""
    for (mean, sd), colour, label in ((real, REAL, "real"), (fake, FAKE, "fake")):
        radius = np.linspace(0, 1, len(mean))
        ax.fill_between(radius, mean - sd, mean + sd, color=colour, alpha=0.2, linewidth=0)
        ax.plot(radius, mean, color=colour, linewidth=linewidth, label=label + suffix)


def spectra_figure(database: ClassSpectra, beside: Sequence[ClassSpectra] = ()) -> Drawing:
    """Draw the mean spectra of both classes as SVG, on a scale that fits the databases `beside` it, too."""
    with page_style():
        figure = new_figure(WIDTH, 3.1)
        ax = figure.subplots()
        pairs = (database.real_mean, database.real_sd), (database.fake_mean, database.fake_sd)
        draw_class_spectra(ax, *pairs, linewidth=1.6)
        ax.legend(frameon=False, loc="upper right")
        ends = [
            mean + sign * sd
            for one in (database, *beside)
            for mean, sd in ((one.real_mean, one.real_sd), (one.fake_mean, one.fake_sd))
            for sign in (-1, 1)
        ]
        low, high = (float(find(ends)) for find in (np.min, np.max))
        pad = 0.03 * (high - low or 1)
        ax.set(xlim=(0, 1), ylim=(low - pad, high + pad), xlabel=RADIUS, ylabel="mean spectrum, ±1 sd")
        means = zip(database.real_mean.tolist(), database.fake_mean.tolist(), strict=True)
        radius = np.linspace(0, 1, len(database.real_mean)).tolist()
        shown = [
            Point(ax, x, (real + fake) / 2, f"radius {x:.2f}\nreal {real:.4f}\nfake {fake:.4f}")
            for x, (real, fake) in zip(radius, means, strict=True)
        ]
        return to_svg(figure, shown[:: max(1, len(shown) // 60)])


def feature_auc_figure(
    database: ClassSpectra, beside: Sequence[ClassSpectra] = (), *, label: str = "AUC of each feature"
) -> Drawing:
    """Draw how well each point of the spectrum alone tells the classes apart, as SVG, on a common scale."""
    with page_style():
        figure = new_figure(WIDTH, 2.4)
        ax = figure.subplots()
        radius = np.linspace(0, 1, len(database.auc))
        ax.axhline(0.5, color=INK, linewidth=0.8, linestyle=":", alpha=0.6)
        ax.fill_between(radius, 0.5, database.auc, color=COLOURS[0], alpha=0.25, linewidth=0)
        ax.plot(radius, database.auc, color=COLOURS[0], linewidth=1.3)
        limits = _auc_limits(np.concatenate([one.auc for one in (database, *beside)]))
        ax.set(xlabel=RADIUS, ylabel=label, xlim=(0, 1), ylim=limits)
        values = list(zip(radius.tolist(), database.auc.tolist(), strict=True))
        step = max(1, len(values) // 60)
        return to_svg(figure, [Point(ax, x, y, f"radius {x:.2f}: AUC {y:.3f}") for x, y in values[::step]])


def _auc_limits(values: Floats) -> tuple[float, float]:
    """Limits that fit AUCs, as far from chance on either side; never so close that noise looks large."""
    far = min(0.5, max(0.2, 1.1 * float(np.nanmax(np.abs(values - 0.5)))))
    return 0.5 - far, 0.5 + far


def bands_figure(databases: Sequence[ClassSpectra]) -> Drawing:
    """Draw the AUC of each band's mean with its interval as SVG; all databases have the same bands."""
    with page_style():
        figure = new_figure(WIDTH, 3.2)
        ax = figure.subplots()
        points, bounds = [], []
        for index, database in enumerate(databases):
            auc, low, high = np.array(database.bands).T
            bounds += [auc, low, high]
            places = np.arange(len(auc)) + (index - (len(databases) - 1) / 2) * 0.3
            ax.errorbar(
                places,
                auc,
                yerr=[np.nan_to_num(auc - low), np.nan_to_num(high - auc)],
                fmt="os"[index % 2],
                color=COLOURS[index],
                capsize=3,
                markersize=5,
                label=database.name,
            )
            points += [
                Point(ax, x, y, f"{database.name}\nAUC {y:.3f}, {a:.3f} to {b:.3f}")
                for x, (y, a, b) in zip(places.tolist(), database.bands, strict=True)
            ]
        n = len(databases[0].bands)
        ax.axhline(0.5, color=INK, linewidth=0.8, linestyle=":", alpha=0.6)
        ax.set(ylim=_auc_limits(np.concatenate(bounds)), ylabel="AUC of the band's mean", xlabel=BAND)
        ax.set_xticks(
            range(n),
            [f"{i / n:g}-{(i + 1) / n:g}" for i in range(n)],
            rotation=45,
            ha="right",
            rotation_mode="anchor",
        )
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), **LEGEND)
        return to_svg(figure, points)
