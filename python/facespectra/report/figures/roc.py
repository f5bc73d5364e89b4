"""The lab's figures: ROC curves by task, spectra by database, bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facespectra.evaluation import Evaluation, wilson_interval
from facespectra.report.figures.style import COLOURS, FAKE, INK, REAL, new_figure, page_style, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class Curve:
    """A ROC curve and its name; the main one is drawn thick, with its interval."""

    label: str
    evaluation: Evaluation
    main: bool = False


@dataclass(frozen=True, slots=True)
class Spectra:
    """Mean and spread of the radial spectra of a database's classes, and how well each part tells them apart.

    Attributes
    ----------
    name : str
        Of the database.
    real_mean, real_sd, fake_mean, fake_sd : (n,) float64
        Of each feature.
    auc : (n,) float64
        Of each feature on its own.
    bands : list of (auc, low, high)
        Of equal parts of the features, with their intervals.
    """

    name: str
    real_mean: NDArray[np.float64]
    real_sd: NDArray[np.float64]
    fake_mean: NDArray[np.float64]
    fake_sd: NDArray[np.float64]
    auc: NDArray[np.float64]
    bands: list[tuple[float, float, float]]


def roc_figure(panels: Mapping[str, Sequence[Curve]]) -> str:
    """Draw ROC curves, one panel for each test.

    Parameters
    ----------
    panels : mapping of str to sequence of Curve
        By title. A label has the same colour in each.

    Returns
    -------
    str
        SVG.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    labels = list(dict.fromkeys(curve.label for curves in panels.values() for curve in curves))
    colours = {label: COLOURS[index % len(COLOURS)] for index, label in enumerate(labels)}
    rows = max(len(curves) for curves in panels.values())
    with page_style():
        figure = new_figure(4.6 * len(panels), 5.1 + 0.2 * rows)
        for ax, (title, curves) in zip(
            np.atleast_1d(figure.subplots(1, len(panels))), panels.items(), strict=True
        ):
            for curve in sorted(curves, key=lambda curve: curve.main):
                _roc(ax, curve, colours[curve.label])
            ax.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":", alpha=0.6)
            ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal", title=title)
            ax.set(xlabel="real faces called fake", ylabel="fake faces called fake")
            handles, names = ax.get_legend_handles_labels()
            order = sorted(range(len(names)), key=lambda i: -_auc_of(curves, names[i]))
            ax.legend(
                [handles[i] for i in order],
                [names[i] for i in order],
                loc="upper center",
                bbox_to_anchor=(0.5, -0.13),
                frameon=False,
                fontsize=8,
            )
        return to_svg(figure)


def _auc_of(curves: Sequence[Curve], label: str) -> float:
    return next(curve.evaluation.auc for curve in curves if label == _named(curve))


def _named(curve: Curve) -> str:
    return f"{curve.label}: {curve.evaluation.auc:.3f}"


def _roc(ax: Axes, curve: Curve, colour: str) -> None:
    result = curve.evaluation
    if curve.main:
        below, above = wilson_interval(result.tpr, result.n_fake)
        ax.fill_between(result.fpr, below, above, color=colour, alpha=0.18, linewidth=0)
    ax.plot(
        result.fpr,
        result.tpr,
        color=colour,
        linewidth=2.4 if curve.main else 1.1,
        alpha=1 if curve.main else 0.85,
        label=_named(curve),
    )


def spectra_figure(databases: Sequence[Spectra]) -> str:
    """Draw the mean radial spectrum of each class with its spread, and below what tells the classes apart.

    Parameters
    ----------
    databases : sequence of Spectra
        One column each.

    Returns
    -------
    str
        SVG.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    with page_style():
        figure = new_figure(4.7 * len(databases), 5.6)
        axes = figure.subplots(
            2, len(databases), sharex=True, sharey="row", squeeze=False, gridspec_kw={"height_ratios": (3, 2)}
        )
        for column, database in enumerate(databases):
            top, bottom = axes[:, column]
            place = np.linspace(0, 1, len(database.auc))
            for mean, sd, colour, label in (
                (database.real_mean, database.real_sd, REAL, "real"),
                (database.fake_mean, database.fake_sd, FAKE, "fake"),
            ):
                top.fill_between(place, mean - sd, mean + sd, color=colour, alpha=0.2, linewidth=0)
                top.plot(place, mean, color=colour, linewidth=1.6, label=label)
            top.set_title(database.name)
            top.legend(frameon=False, loc="upper right")
            bottom.axhline(0.5, color=INK, linewidth=0.8, linestyle=":", alpha=0.6)
            bottom.fill_between(place, 0.5, database.auc, color=COLOURS[0], alpha=0.25, linewidth=0)
            bottom.plot(place, database.auc, color=COLOURS[0], linewidth=1.3)
            bottom.set(xlabel="radius, from the mean to the corner of the spectrum", ylim=(0, 1), xlim=(0, 1))
        axes[0, 0].set_ylabel("mean spectrum, ±1 sd")
        axes[1, 0].set_ylabel("AUC of each feature")
        return to_svg(figure)


def bands_figure(databases: Sequence[Spectra]) -> str:
    """Draw how well each band of the spectrum tells the classes apart, in each database, with intervals.

    Parameters
    ----------
    databases : sequence of Spectra
        With as many bands each.

    Returns
    -------
    str
        SVG.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    with page_style():
        figure = new_figure(9.2, 3.4)
        ax = figure.subplots()
        for index, database in enumerate(databases):
            auc, low, high = np.array(database.bands).T
            place = np.arange(len(auc)) + (index - (len(databases) - 1) / 2) * 0.3
            errors = [np.nan_to_num(auc - low), np.nan_to_num(high - auc)]
            ax.errorbar(
                place,
                auc,
                yerr=errors,
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
