"""ROC and DET curves: the same words on the axes of each, rates in percent."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facespectra.evaluation import Evaluation, wilson_interval
from facespectra.evaluation.curves import (
    ALARMS,
    CHANCE,
    FOUND,
    auc_label,
    draw_marks,
    draw_roc_curve,
    finish_roc,
)
from facespectra.figures.style import (
    COLOURS,
    INK,
    LEGEND,
    TEXT,
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
MISSED = "fakes missed"
DET_TICKS = (0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 0.999)
# Points of a curve whose values are shown, and of one of several.
POINTS, POINTS_EACH = 400, 40
LEGEND_WIDTH = 44  # letters
# Curves after the tenth have its colours again, and another line.
LINES = ("-", "--", ":", "-.")


@dataclass(frozen=True, slots=True)
class Curve:
    """A ROC curve and its name; the main one is drawn thick, with its interval."""

    label: str
    evaluation: Evaluation
    main: bool = False

    @property
    def legend(self) -> str:
        """Name and AUC, in as many lines as a long name needs."""
        return textwrap.fill(f"{self.label}: {self.evaluation.auc:.3f}", LEGEND_WIDTH)


def thinned(n: int, most: int) -> list[int]:
    """Give at most so many of `n` positions, evenly spread, the first and the last among them."""
    chosen: list[int] = np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int)).tolist()
    return chosen


def shown_points(result: Evaluation) -> list[int]:
    """Which points of a curve show their values: evenly spread ones, and that of the threshold in use."""
    chosen = set(thinned(len(result.fpr), POINTS))
    if (used := point_in_use(result)) is not None:
        chosen.add(used)
    return sorted(chosen)


def point_in_use(result: Evaluation) -> int | None:
    """The point of the curve that has the counts at the threshold in use; None where there is none."""
    if result.threshold_source == "none":
        return None
    return int(np.flatnonzero(result.thresholds >= result.threshold)[-1])


def evaluation_roc_figure(result: Evaluation) -> Drawing:
    """Draw the ROC curve of one evaluation, with its interval, its threshold and its equal errors, as SVG."""
    with page_style():
        figure = new_figure(WIDTH, 5.2)
        ax = figure.subplots()
        draw_roc_curve(ax, result, colour=MAIN, linewidth=2, band=0.2, label=auc_label(result))
        draw_marks(ax, result, in_use=COLOURS[3], equal=COLOURS[1])
        finish_roc(ax, INK)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), **LEGEND)
        return to_svg(figure, [_point(ax, result, k) for k in shown_points(result)])


def roc_figures(panels: Mapping[str, Sequence[Curve]]) -> dict[str, Drawing]:
    """Draw ROC curves as SVG, a figure for each title; a label has the same colour in each."""
    labels = list(dict.fromkeys(curve.label for curves in panels.values() for curve in curves))
    looks = {
        label: {"colour": COLOURS[k % len(COLOURS)], "linestyle": LINES[k // len(COLOURS) % len(LINES)]}
        for k, label in enumerate(labels)
    }
    drawn = {}
    for title, curves in panels.items():
        with page_style():
            figure = new_figure(WIDTH, 4.2 + _legend_height([*(curve.legend for curve in curves), CHANCE]))
            ax = figure.subplots()
            # A square in a higher figure stands at its top: what is left is the legend's.
            ax.set_anchor("N")
            points = []
            for curve in sorted(curves, key=lambda curve: curve.main):
                band = 0.18 if curve.main else 0
                look: dict[str, Any] = looks[curve.label] | {"label": curve.legend}
                look |= {"linewidth": 2.4} if curve.main else {"linewidth": 1.1, "alpha": 0.85}
                draw_roc_curve(ax, curve.evaluation, band=band, **look)
                chosen = thinned(len(curve.evaluation.fpr), POINTS_EACH)
                points += [_point(ax, curve.evaluation, k, f"{curve.legend}\n") for k in chosen]
            finish_roc(ax, INK)
            _legend_by_auc(ax, curves)
            drawn[title] = to_svg(figure, points)
    return drawn


def _point(ax: Axes, result: Evaluation, k: int, name: str = "") -> Point:
    x, y, threshold = float(result.fpr[k]), float(result.tpr[k]), float(result.thresholds[k])
    at = f"\nthreshold {threshold:.4g}" if np.isfinite(threshold) else ""
    return Point(ax, x, y, f"{name}{100 * y:.1f} % {FOUND}\n{100 * x:.1f} % {ALARMS}{at}")


def _legend_height(names: Sequence[str]) -> float:
    """Give the inches that a legend of one column takes: its lines, and half a line between two names."""
    lines = sum(name.count("\n") + 1 for name in names)
    return (1.2 * lines + 0.5 * len(names)) * TEXT / 72


def _legend_by_auc(ax: Axes, curves: Sequence[Curve]) -> None:
    handles = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    names = list(dict.fromkeys(c.legend for c in sorted(curves, key=lambda c: -c.evaluation.auc)))
    ax.legend(
        [handles[name] for name in [*names, CHANCE]],
        [*names, CHANCE],
        loc="upper center",
        bbox_to_anchor=(0.5, -0.16),
        **LEGEND,
    )


def det_figure(result: Evaluation) -> Drawing:
    """Draw the DET curve as SVG: both error rates, on the scale of the normal distribution.

    Rates of 0 and 1, which that scale has no place for, are moved inwards by half a sample.
    """
    from scipy.stats import norm

    def on_scale(rate: Floats, n: int) -> Floats:
        deviate: Floats = norm.ppf(np.clip(rate, 0.5 / n, 1 - 0.5 / n))
        return deviate

    with page_style():
        figure = new_figure(WIDTH, 5.4)
        ax = figure.subplots()
        missed = 1 - result.tpr
        below, above = (on_scale(rate, result.n_fake) for rate in wilson_interval(missed, result.n_fake))
        x, y = on_scale(result.fpr, result.n_real), on_scale(missed, result.n_fake)
        ax.fill_between(x, below, above, color=MAIN, alpha=0.2, linewidth=0)
        ax.plot(x, y, color=MAIN, linewidth=2, label="at every threshold")
        # Wide enough for every rate of these samples.
        limit = float(-norm.ppf(0.5 / max(result.n_real, result.n_fake, 20)))
        ticks = [rate for rate in DET_TICKS if abs(norm.ppf(rate)) <= limit]
        names = [f"{100 * rate:g} %" for rate in ticks]
        ax.set_xticks(norm.ppf(ticks), names, rotation=45, ha="right", rotation_mode="anchor")
        ax.set_yticks(norm.ppf(ticks), names)
        ends = -limit, limit
        ax.plot(ends, ends, color=INK, linewidth=0.6, linestyle="--", alpha=0.6, label="equal errors")
        ax.plot(ends, ends[::-1], color=INK, linewidth=0.8, linestyle=":", alpha=0.6, label="chance")
        if result.threshold_source != "none":
            place = (
                on_scale(np.array([result.false_positive_rate]), result.n_real),
                on_scale(np.array([1 - result.true_positive_rate]), result.n_fake),
            )
            name = f"threshold in use, {result.threshold:.3g}"
            ax.plot(*place, "D", color=COLOURS[3], markersize=7, linestyle="none", label=name)
        ax.grid(color=INK, alpha=0.1)
        pad = 0.03 * limit
        ax.set(xlim=(-limit - pad, limit + pad), ylim=(-limit - pad, limit + pad), aspect="equal")
        ax.set(xlabel=ALARMS, ylabel=MISSED)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.26), **LEGEND)
        rates = zip(result.fpr.tolist(), missed.tolist(), x.tolist(), y.tolist(), strict=True)
        texts = [(f"{100 * b:.1f} % {MISSED}\n{100 * a:.1f} % {ALARMS}", u, v) for a, b, u, v in rates]
        return to_svg(figure, [Point(ax, *texts[k][1:], texts[k][0]) for k in thinned(len(texts), POINTS)])
