"""Scores, the probabilities among them, and how the AUC falls as images are degraded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facespectra.report.figures.style import COLOURS, FAKE, INK, REAL, new_figure, page_style, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
MAIN = COLOURS[0]
MOST_TICKS = 1000


def scores_figure(
    labels: NDArray[np.int64], scores: Floats, threshold: float | None, *, probabilities: bool
) -> str:
    """Draw the distribution of the finite scores of each class, and a tick for each score, as SVG."""
    with page_style():
        figure = new_figure(5.4, 3)
        ax, rug = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (6, 1), "hspace": 0.02})
        low, high = (0.0, 1.0) if probabilities else (float(scores.min()), float(scores.max()))
        edges = np.linspace(low, high if high > low else low + 1, 31)
        for label, name, colour in ((0, "real", REAL), (1, "fake", FAKE)):
            own = scores[labels == label]
            weights = np.full(len(own), 100 / len(own))
            ax.hist(own, edges, weights=weights, color=colour, alpha=0.3)
            ax.hist(
                own,
                edges,
                weights=weights,
                color=colour,
                histtype="step",
                linewidth=1.5,
                label=f"{name} ({len(own)})",
            )
            # More ticks would merge into a bar, and make the page heavy.
            ticks = np.sort(own)[:: -(-len(own) // MOST_TICKS)]
            rug.vlines(ticks, 1 - label, 1.8 - label, color=colour, linewidth=0.7, alpha=0.7)
        for each in (ax, rug) if threshold is not None else ():
            each.axvline(threshold, color=INK, linewidth=1, linestyle="--", alpha=0.8)
        ax.set_ylabel("% of the class")
        ax.legend(frameon=False, loc="upper center", ncols=2, bbox_to_anchor=(0.5, 1.2))
        rug.set_yticks([0.4, 1.4], ["fake", "real"])
        rug.tick_params(axis="y", length=0)
        rug.spines["left"].set_visible(False)
        name = "probability of a fake" if probabilities else "score"
        rug.set_xlabel(name if threshold is None else f"{name}; dashed: the threshold")
        return to_svg(figure)


class ReliabilityBins(NamedTuple):
    """Of each bin of predicted probabilities that is not empty."""

    predicted: Floats  # mean probability
    observed: Floats  # share that is fake, with its 95 % interval
    low: Floats
    high: Floats
    centres: Floats
    counts: NDArray[np.int64]
    width: float


def reliability_figure(bins: ReliabilityBins) -> str:
    """Draw the share of fakes against the predicted probability as SVG."""
    with page_style():
        figure = new_figure(4.4, 4.6)
        ax, below = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (5, 1)})
        ax.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":", alpha=0.6)
        errors = np.clip([bins.observed - bins.low, bins.high - bins.observed], 0, None)
        look = {"fmt": "o", "color": MAIN, "capsize": 3, "markersize": 6, "linewidth": 1.2}
        ax.errorbar(bins.predicted, bins.observed, yerr=errors, **look)
        ax.set(xlim=(0, 1), ylim=(-0.02, 1.02), ylabel="share that is fake")
        below.bar(bins.centres, bins.counts, width=0.9 * bins.width, color=MAIN, alpha=0.5)
        below.set(xlabel="probability that the model gives", ylabel="faces")
        return to_svg(figure)


def robustness_figure(curves: Mapping[str, Floats], unchanged: tuple[float, float, float]) -> str:
    """Draw the AUC against the strength of each degradation, as SVG.

    Each curve is an (n, 4) array of strength, AUC and the bounds of its interval; `unchanged` is the AUC of
    the unchanged images, with its bounds.
    """
    with page_style():
        columns = 2
        rows = -(-len(curves) // columns)
        figure = new_figure(5.4, 2 * rows)
        axes = np.atleast_1d(figure.subplots(rows, columns, sharey=True)).ravel()
        for k, (name, points) in enumerate(curves.items()):
            _draw_degradation(axes[k], name, points, unchanged)
            if k % columns == 0:
                axes[k].set_ylabel("AUC")
        for ax in axes[len(curves) :]:
            ax.set_visible(False)
        return to_svg(figure)


def _draw_degradation(ax: Axes, name: str, points: Floats, unchanged: tuple[float, float, float]) -> None:
    expected, lowest, highest = unchanged
    ax.axhspan(lowest, highest, color=INK, alpha=0.06, linewidth=0)
    ax.axhline(expected, color=INK, linewidth=1, linestyle="--", alpha=0.7)
    ax.axhline(0.5, color=INK, linewidth=0.8, linestyle=":", alpha=0.6)
    strengths, auc, low, high = points.T
    place = np.arange(len(points))
    ax.fill_between(place, low, high, color=MAIN, alpha=0.2, linewidth=0)
    ax.plot(place, auc, "o-", color=MAIN, linewidth=1.8, markersize=4)
    ax.set_xticks(place, [f"{strength:g}" for strength in strengths])
    ax.set(title=name, ylim=(0, 1.02))
