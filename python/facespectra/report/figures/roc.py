"""ROC and DET curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facespectra.evaluation import Evaluation, wilson_interval
from facespectra.report.figures.style import COLOURS, INK, new_figure, page_style, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
MAIN = COLOURS[0]
DET_TICKS = (0.001, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99, 0.999)


@dataclass(frozen=True, slots=True)
class Curve:
    """A ROC curve and its name; the main one is drawn thick, with its interval."""

    label: str
    evaluation: Evaluation
    main: bool = False

    @property
    def legend(self) -> str:
        """Name and AUC."""
        return f"{self.label}: {self.evaluation.auc:.3f}"


def draw_roc_curve(
    ax: Axes,
    result: Evaluation,
    colour: str,
    *,
    linewidth: float,
    alpha: float = 1,
    band: float = 0,
    label: str = "",
) -> None:
    """Draw a ROC curve; `band` is the opacity of the 95 % interval of the true positive rate."""
    if band:
        below, above = wilson_interval(result.tpr, result.n_fake)
        ax.fill_between(result.fpr, below, above, color=colour, alpha=band, linewidth=0)
    ax.plot(result.fpr, result.tpr, color=colour, linewidth=linewidth, alpha=alpha, label=label)


def evaluation_roc_figure(result: Evaluation) -> str:
    """Draw the ROC curve of one evaluation, with its interval and its equal error rate, as SVG."""
    with page_style():
        figure = new_figure(4.4, 4.4)
        ax = figure.subplots()
        draw_roc_curve(ax, result, MAIN, linewidth=2, band=0.2)
        _finish_roc(ax)
        ax.plot(result.eer, 1 - result.eer, "o", color=COLOURS[1], markersize=6)
        ax.annotate(
            f"equal errors, {result.eer:.3f}",
            (result.eer, 1 - result.eer),
            xytext=(9, -9),
            textcoords="offset points",
            va="top",
        )
        return to_svg(figure)


def roc_figure(panels: Mapping[str, Sequence[Curve]]) -> str:
    """Draw ROC curves as SVG, one panel for each title; a label has the same colour in each."""
    labels = list(dict.fromkeys(curve.label for curves in panels.values() for curve in curves))
    colours = {label: COLOURS[index % len(COLOURS)] for index, label in enumerate(labels)}
    rows = max(len(curves) for curves in panels.values())
    with page_style():
        figure = new_figure(4.6 * len(panels), 5.1 + 0.2 * rows)
        axes = np.atleast_1d(figure.subplots(1, len(panels)))
        for ax, (title, curves) in zip(axes, panels.items(), strict=True):
            for curve in sorted(curves, key=lambda curve: curve.main):
                look = {"linewidth": 2.4, "band": 0.18} if curve.main else {"linewidth": 1.1, "alpha": 0.85}
                colour = colours[curve.label]
                draw_roc_curve(ax, curve.evaluation, colour, label=curve.legend, **look)
            _finish_roc(ax)
            ax.set_title(title)
            _legend_by_auc(ax, curves)
        return to_svg(figure)


def _finish_roc(ax: Axes) -> None:
    ax.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":", alpha=0.6)
    ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    ax.set(xlabel="real faces called fake", ylabel="fakes found")


def _legend_by_auc(ax: Axes, curves: Sequence[Curve]) -> None:
    handles = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    names = list(dict.fromkeys(c.legend for c in sorted(curves, key=lambda c: -c.evaluation.auc)))
    ax.legend(
        [handles[name] for name in names],
        names,
        loc="upper center",
        bbox_to_anchor=(0.5, -0.13),
        frameon=False,
        fontsize=8,
    )


def det_figure(result: Evaluation) -> str:
    """Draw the DET curve as SVG: both error rates, on the scale of the normal distribution.

    Rates of 0 and 1, which that scale has no place for, are moved inwards by half a sample.
    """
    from scipy.stats import norm

    def on_scale(rate: Floats, n: int) -> Floats:
        deviate: Floats = norm.ppf(np.clip(rate, 0.5 / n, 1 - 0.5 / n))
        return deviate

    with page_style():
        figure = new_figure(4.4, 4.4)
        ax = figure.subplots()
        missed = 1 - result.tpr
        below, above = (on_scale(rate, result.n_fake) for rate in wilson_interval(missed, result.n_fake))
        x = on_scale(result.fpr, result.n_real)
        ax.fill_between(x, below, above, color=MAIN, alpha=0.2, linewidth=0)
        ax.plot(x, on_scale(missed, result.n_fake), color=MAIN, linewidth=2)
        least = 0.5 / max(result.n_real, result.n_fake, 20)
        limits = float(norm.ppf(least)), float(norm.ppf(0.99))
        ticks = [rate for rate in DET_TICKS if limits[0] <= norm.ppf(rate) <= limits[1]]
        names = [f"{100 * rate:g} %" for rate in ticks]
        ax.set_xticks(norm.ppf(ticks), names, rotation=45, ha="right")
        ax.set_yticks(norm.ppf(ticks), names)
        ax.plot(limits, limits, color=INK, linewidth=0.6, linestyle="--", alpha=0.5)
        ax.plot(limits, [-limits[0], -limits[1]], color=INK, linewidth=0.8, linestyle=":", alpha=0.6)
        ax.grid(color=INK, alpha=0.1)
        ax.set(xlim=limits, ylim=limits, aspect="equal")
        ax.set(xlabel="real faces called fake", ylabel="fakes missed")
        return to_svg(figure)
