"""Scores, the probabilities among them, and how the AUC falls as images are degraded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facespectra.evaluation.curves import percent_axes
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
MAIN = COLOURS[0]
MOST_TICKS = 1000
PROBABILITY = "probability of a fake"


def scores_figure(
    labels: NDArray[np.int64], scores: Floats, threshold: float | None, *, probabilities: bool
) -> Drawing:
    """Draw the distribution of the finite scores of each class, and a tick for each score, as SVG."""
    with page_style():
        figure = new_figure(WIDTH, 3.3)
        ax = figure.subplots()
        low, high = (0.0, 1.0) if probabilities else (float(scores.min()), float(scores.max()))
        edges = np.linspace(low, high if high > low else low + 1, 31)
        classes = [(label, name, colour) for label, name, colour in ((0, "real", REAL), (1, "fake", FAKE))]
        shares = {
            label: 100 * np.histogram(scores[labels == label], edges)[0] / max(1, np.sum(labels == label))
            for label, _, _ in classes
        }
        top = max(float(share.max()) for share in shares.values())
        points = []
        for label, name, colour in classes:
            own = scores[labels == label]
            ax.stairs(shares[label], edges, color=colour, alpha=0.3, fill=True)
            ax.stairs(shares[label], edges, color=colour, linewidth=1.5, label=f"{name} ({len(own)})")
            # More ticks would merge into a bar, and make the page heavy.
            ticks = np.sort(own)[:: -(-len(own) // MOST_TICKS)]
            foot = -top * (0.16 if label == 0 else 0.08)
            ax.vlines(ticks, foot, foot + 0.06 * top, color=colour, linewidth=0.7, alpha=0.7)
            middles = (edges[1:] + edges[:-1]) / 2
            points += [
                Point(ax, x, share, f"{share:.1f} % of the {name} faces\n{left:.3g} to {right:.3g}")
                for x, share, left, right in zip(
                    middles.tolist(), shares[label].tolist(), edges[:-1], edges[1:], strict=True
                )
            ]
        if threshold is not None:
            ax.axvline(threshold, color=INK, linewidth=1, linestyle="--", alpha=0.8, label="threshold")
        ax.set(ylim=(-0.18 * top, 1.05 * top), ylabel="% of the class")
        ax.set_yticks([tick for tick in ax.get_yticks() if 0 <= tick <= 1.05 * top])
        ax.set_xlabel(PROBABILITY if probabilities else "score")
        ax.legend(loc="lower center", ncols=3, bbox_to_anchor=(0.5, 1), **LEGEND)
        return to_svg(figure, points)


class ReliabilityBins(NamedTuple):
    """Of each bin of predicted probabilities that is not empty."""

    predicted: Floats  # mean probability
    observed: Floats  # share that is fake, with its 95 % interval
    low: Floats
    high: Floats
    centres: Floats
    counts: NDArray[np.int64]
    width: float


def reliability_figure(bins: ReliabilityBins) -> Drawing:
    """Draw the share of fakes against the predicted probability, in percent, as SVG."""
    with page_style():
        figure = new_figure(WIDTH, 4.2)
        ax = figure.subplots()
        ax.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":", alpha=0.6)
        errors = np.clip([bins.observed - bins.low, bins.high - bins.observed], 0, None)
        ax.errorbar(
            bins.predicted,
            bins.observed,
            yerr=errors,
            fmt="o",
            color=MAIN,
            capsize=3,
            markersize=6,
            linewidth=1.2,
        )
        # How many faces a point stands for, on a scale of their own at the foot.
        heights = 0.12 * bins.counts / bins.counts.max()
        ax.bar(bins.centres, heights, bottom=-0.16, width=0.9 * bins.width, color=MAIN, alpha=0.35)
        ax.set(xlim=(0, 1), ylim=(-0.17, 1.03), xlabel=PROBABILITY, ylabel="share that is fake")
        ax.set_yticks(np.linspace(0, 1, 6))
        percent_axes(ax)
        rows = zip(bins.predicted.tolist(), bins.observed.tolist(), bins.counts.tolist(), strict=True)
        return to_svg(
            figure,
            [Point(ax, x, y, f"{100 * y:.0f} % fake of {n} faces\nat {100 * x:.0f} %") for x, y, n in rows],
        )


def robustness_figures(
    curves: Mapping[str, Floats], unchanged: tuple[float, float, float]
) -> list[tuple[str, Drawing]]:
    """Draw the AUC against the strength of each degradation, each as SVG with its name, on one scale.

    Each curve is an (n, 4) array of strength, AUC and the bounds of its interval; `unchanged` is the AUC of
    the unchanged images, with its bounds.
    """
    lowest = min(0.5, unchanged[1], *(float(np.nanmin(points[:, 1:])) for points in curves.values()))
    floor = max(0.0, np.floor(10 * lowest) / 10 - 0.02)
    drawn = []
    for name, points in curves.items():
        with page_style():
            figure = new_figure(WIDTH, 2.7)
            ax = figure.subplots()
            shown = _draw_degradation(ax, points, unchanged)
            ax.set(ylim=(floor, 1.02), ylabel="AUC", xlabel=name)
            drawn.append((name, to_svg(figure, shown)))
    return drawn


def _draw_degradation(ax: Axes, points: Floats, unchanged: tuple[float, float, float]) -> list[Point]:
    expected, lowest, highest = unchanged
    ax.axhspan(lowest, highest, color=INK, alpha=0.06, linewidth=0)
    ax.axhline(expected, color=INK, linewidth=1, linestyle="--", alpha=0.7)
    ax.axhline(0.5, color=INK, linewidth=0.8, linestyle=":", alpha=0.6)
    strengths, auc, low, high = points.T
    place = np.arange(len(points))
    ax.fill_between(place, low, high, color=MAIN, alpha=0.2, linewidth=0)
    ax.plot(place, auc, "o-", color=MAIN, linewidth=1.8, markersize=4)
    ax.set_xticks(place, [f"{strength:g}" for strength in strengths])
    return [
        Point(ax, k, value, f"{strength:g}: AUC {value:.3f}\n{start:.3f} to {end:.3f}")
        for k, (strength, value, start, end) in enumerate(points.tolist())
    ]
