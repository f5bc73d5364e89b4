"""Figures of one evaluation: curves, scores, how far these can be believed, and what wears them down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facespectra.evaluation import Evaluation, wilson_interval
from facespectra.report.figures.style import COLOURS, FAKE, INK, REAL, new_figure, page_style, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from facespectra.report.robustness import Sweep

Floats = NDArray[np.float64]
RATES = (0.001, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99, 0.999)
MAIN = COLOURS[0]


def roc_figure(result: Evaluation) -> str:
    """Draw the ROC curve with the interval of the true positive rate.

    Parameters
    ----------
    result : Evaluation
        Of a system.

    Returns
    -------
    str
        SVG.
    """
    with page_style():
        figure = new_figure(4.4, 4.4)
        ax = figure.subplots()
        below, above = wilson_interval(result.tpr, result.n_fake)
        ax.fill_between(result.fpr, below, above, color=MAIN, alpha=0.2, linewidth=0)
        ax.plot(result.fpr, result.tpr, color=MAIN, linewidth=2)
        ax.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":", alpha=0.6)
        ax.plot(result.eer, 1 - result.eer, "o", color=COLOURS[1], markersize=6)
        ax.annotate(
            f"equal errors, {result.eer:.3f}",
            (result.eer, 1 - result.eer),
            xytext=(9, -9),
            textcoords="offset points",
            va="top",
        )
        ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
        ax.set(xlabel="real faces called fake", ylabel="fake faces called fake")
        return to_svg(figure)


def det_figure(result: Evaluation) -> str:
    """Draw the DET curve: both errors against each other, on the scale of the normal distribution.

    Parameters
    ----------
    result : Evaluation
        Of a system.

    Returns
    -------
    str
        SVG. Rates of 0 and 1, which have no place on that scale, lie half a sample inside.
    """
    from scipy.stats import norm

    def placed(rate: Floats, n: int) -> Floats:
        place: Floats = norm.ppf(np.clip(rate, 0.5 / n, 1 - 0.5 / n))
        return place

    with page_style():
        figure = new_figure(4.4, 4.4)
        ax = figure.subplots()
        missed = 1 - result.tpr
        below, above = wilson_interval(missed, result.n_fake)
        across = placed(result.fpr, result.n_real)
        ax.fill_between(
            across,
            placed(below, result.n_fake),
            placed(above, result.n_fake),
            color=MAIN,
            alpha=0.2,
            linewidth=0,
        )
        ax.plot(across, placed(missed, result.n_fake), color=MAIN, linewidth=2)
        least = 0.5 / max(result.n_real, result.n_fake, 20)
        limits = float(norm.ppf(least)), float(norm.ppf(0.99))
        ticks = [rate for rate in RATES if limits[0] <= norm.ppf(rate) <= limits[1]]
        names = [f"{100 * rate:g} %" for rate in ticks]
        ax.set_xticks(norm.ppf(ticks), names, rotation=45, ha="right")
        ax.set_yticks(norm.ppf(ticks), names)
        ax.plot(limits, limits, color=INK, linewidth=0.6, linestyle="--", alpha=0.5)
        ax.plot(limits, [-limits[0], -limits[1]], color=INK, linewidth=0.8, linestyle=":", alpha=0.6)
        ax.grid(color=INK, alpha=0.1)
        ax.set(xlim=limits, ylim=limits, aspect="equal")
        ax.set(xlabel="real faces called fake", ylabel="fake faces called real")
        return to_svg(figure)


def scores_figure(labels: NDArray[np.int64], scores: Floats, threshold: float, *, probabilities: bool) -> str:
    """Draw how the scores of both classes are distributed, with every single one as a tick below.

    Parameters
    ----------
    labels : (n,) int64
        0 or 1.
    scores : (n,) float64
        Finite.
    threshold : float
        The detector's.
    probabilities : bool
        Whether the scores lie in [0, 1].

    Returns
    -------
    str
        SVG.
    """
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
            # At most a thousand: more are a bar, and make the page heavy.
            shown = np.sort(own)[:: -(-len(own) // 1000)]
            rug.vlines(shown, 1 - label, 1.8 - label, color=colour, linewidth=0.7, alpha=0.7)
        for each in (ax, rug):
            each.axvline(threshold, color=INK, linewidth=1, linestyle="--", alpha=0.8)
        ax.set_ylabel("% of the class")
        ax.legend(frameon=False, loc="upper center", ncols=2, bbox_to_anchor=(0.5, 1.2))
        rug.set_yticks([0.4, 1.4], ["fake", "real"])
        rug.tick_params(axis="y", length=0)
        rug.spines["left"].set_visible(False)
        rug.set_xlabel(
            "probability of a fake; dashed: the threshold"
            if probabilities
            else "score; dashed: the threshold that was chosen in training"
        )
        return to_svg(figure)


def reliability_figure(labels: NDArray[np.int64], scores: Floats, bins: int = 10) -> str:
    """Draw how many of the faces with a certain probability are in fact fake.

    Parameters
    ----------
    labels : (n,) int64
        0 or 1.
    scores : (n,) float64
        Probabilities.
    bins : int
        Of equal width.

    Returns
    -------
    str
        SVG.
    """
    index = np.minimum((scores * bins).astype(np.int64), bins - 1)
    with page_style():
        figure = new_figure(4.4, 4.6)
        ax, counts = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": (5, 1)})
        ax.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":", alpha=0.6)
        said, found, lows, highs, sizes = [], [], [], [], []
        for number in range(bins):
            own = labels[index == number]
            if len(own):
                said.append(float(scores[index == number].mean()))
                found.append(float(own.mean()))
                ((low,), (high,)) = wilson_interval(np.array([own.mean()]), len(own))
                lows.append(found[-1] - low)
                highs.append(high - found[-1])
                sizes.append(len(own))
        errors = np.clip([lows, highs], 0, None)
        ax.errorbar(said, found, yerr=errors, fmt="o", color=MAIN, capsize=3, markersize=6, linewidth=1.2)
        ax.set(xlim=(0, 1), ylim=(-0.02, 1.02), ylabel="share that is fake")
        counts.bar((np.unique(index) + 0.5) / bins, sizes, width=0.9 / bins, color=MAIN, alpha=0.5)
        counts.set(xlabel="probability that the model gives", ylabel="faces")
        return to_svg(figure)


def robustness_figure(sweep: Sweep) -> str:
    """Draw the AUC against the strength of each degradation.

    Parameters
    ----------
    sweep : Sweep
        From :func:`facespectra.report.robustness.sweep`.

    Returns
    -------
    str
        SVG.
    """
    with page_style():
        columns = 2
        rows = -(-len(sweep.curves) // columns)
        figure = new_figure(5.4, 2 * rows)
        axes = np.atleast_1d(figure.subplots(rows, columns, sharey=True)).ravel()
        for k, (name, points) in enumerate(sweep.curves.items()):
            _curve(axes[k], name, points, sweep.unchanged)
            if k % columns == 0:
                axes[k].set_ylabel("AUC")
        for ax in axes[len(sweep.curves) :]:
            ax.set_visible(False)
        return to_svg(figure)


def _curve(ax: Axes, name: str, points: Any, unchanged: Any) -> None:
    ax.axhspan(unchanged.low, unchanged.high, color=INK, alpha=0.06, linewidth=0)
    ax.axhline(unchanged.auc, color=INK, linewidth=1, linestyle="--", alpha=0.7)
    ax.axhline(0.5, color=INK, linewidth=0.8, linestyle=":", alpha=0.6)
    place = np.arange(len(points))
    auc, low, high = (np.array([getattr(one, key) for one in points]) for key in ("auc", "low", "high"))
    ax.fill_between(place, low, high, color=MAIN, alpha=0.2, linewidth=0)
    ax.plot(place, auc, "o-", color=MAIN, linewidth=1.8, markersize=4)
    ax.set_xticks(place, [f"{one.strength:g}" for one in points])
    ax.set(title=name, ylim=(0, 1.02))
