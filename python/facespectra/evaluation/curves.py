"""ROC curves on Matplotlib axes: the same words, units and marks wherever one is drawn."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from facespectra._extras import require
from facespectra._files import one_line
from facespectra.evaluation.intervals import wilson_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from facespectra.evaluation import Evaluation

ALARMS, FOUND = "real faces called fake", "fakes found"
"""The axes of every ROC curve."""
CHANCE = "chance, 0.5"
IN_USE, EQUAL = "threshold in use", "equal errors"
DASHES: tuple[Any, ...] = (
    "-",
    (0, (5, 1.5)),
    (0, (1.2, 1.2)),
    (0, (6, 1.5, 1.2, 1.5)),
    (0, (9, 2)),
    (0, (3, 1.2, 1.2, 1.2, 1.2, 1.2)),
    (0, (2.5, 2.5)),
    (0, (9, 1.5, 3, 1.5)),
)
"""Of the curves in one figure, so that they differ without colour."""
# Characters of a name that stand in one line with the AUC, and in a line of their own.
BESIDE, ALONE = 16, 32
_AUC = re.compile(r"AUC \d\.\d{3}")


def auc_label(result: Evaluation, name: str | None = None) -> str:
    """Name a curve in a legend: its AUC with the interval; `name` may be any text, a long one is broken."""
    low, high = result.auc_ci95
    interval = "" if np.isnan(low) else f" ({low:.3f} to {high:.3f})"
    figures = f"AUC {result.auc:.3f}{interval}"
    if not name:
        return figures
    lines = [plain_text(line) for line in textwrap.wrap(one_line(name, 200), ALONE, break_on_hyphens=False)]
    return f"{chr(10).join(lines)}:{' ' if len(name) <= BESIDE else chr(10)}{figures}"


def plain_text(name: str) -> str:
    """Write a name so that Matplotlib takes no part of it for mathematics, nor leaves it out of a legend."""
    text = name.replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text


def draw_roc_curve(
    ax: Axes, result: Evaluation, *, colour: str | None = None, band: float = 0, **line: Any
) -> Line2D:
    """Draw a ROC curve; `band` is the opacity of the 95 % interval of the true positive rate.

    `line` is for Matplotlib's ``plot``; without a colour, the next of the axes' cycle is taken.
    """
    given = line if colour is None else {"color": colour} | line
    (curve,) = ax.plot(result.fpr, result.tpr, **given)
    if band:
        below, above = wilson_interval(result.tpr, result.n_fake)
        ax.fill_between(result.fpr, below, above, color=curve.get_color(), alpha=band, linewidth=0)
    return curve


def draw_marks(ax: Axes, result: Evaluation, *, in_use: Any, equal: Any, size: float = 6) -> None:
    """Mark the threshold in use, where there is one, and equal errors, in these colours; None for no mark."""
    if in_use is not None and result.threshold_source != "none":
        place = result.false_positive_rate, result.true_positive_rate
        label = f"{IN_USE}, {result.threshold:.3g}"
        ax.plot(*place, "D", color=in_use, markersize=size + 1, label=label)
    if equal is not None:
        label = f"{EQUAL}, {100 * result.eer:.1f} %"
        ax.plot(result.eer, 1 - result.eer, "o", color=equal, markersize=size, label=label)


def finish_roc(ax: Axes, ink: Any) -> None:
    """Draw the line of chance, and write on the axes, which show every rate."""
    ax.plot([0, 1], [0, 1], color=ink, linewidth=0.8, linestyle=":", alpha=0.6, label=CHANCE)
    ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    ax.set(xlabel=ALARMS, ylabel=FOUND)
    percent_axes(ax)


def percent_axes(ax: Axes) -> None:
    """Write the rates on both axes in percent."""
    from matplotlib.ticker import PercentFormatter

    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))


def plot_curve(result: Evaluation, ax: Axes | None, label: str | None, line: dict[str, Any]) -> Axes:
    """Draw what :meth:`facespectra.Evaluation.plot` describes."""
    require("detect", "matplotlib")
    import matplotlib as mpl

    if ax is None:
        from matplotlib import pyplot as plt

        _, ax = plt.subplots(figsize=(5, 5.4), layout="constrained")
    others = sum(_is_curve(known) for known in ax.lines)
    looks = {"linestyle": DASHES[others % len(DASHES)], "label": auc_label(result, label)} | line
    if "ls" in line:
        del looks["linestyle"]
    curve = draw_roc_curve(ax, result, band=0.15, **looks)
    draw_marks(ax, result, in_use=curve.get_color(), equal=curve.get_color(), size=5)
    if not any(known.get_label() == CHANCE for known in ax.lines):
        finish_roc(ax, mpl.rcParams["text.color"])
    roc_legend(ax)
    return ax


def _is_curve(line: Line2D) -> bool:
    return _AUC.search(str(line.get_label())) is not None


def roc_legend(ax: Axes) -> None:
    """Write the legend: curves, then marks, then chance; marks of several curves have one entry, no value."""
    entries = list(zip(*ax.get_legend_handles_labels(), strict=True))
    curves = [entry for entry in entries if _AUC.search(entry[1])]
    written = list(curves)
    for kind in (IN_USE, EQUAL, CHANCE):
        own = [entry for entry in entries if entry[1].startswith(kind) and entry not in curves]
        if own:
            handle, label = own[0]
            written.append((handle, kind if len(curves) > 1 else label))
    legend_below(ax, *zip(*written, strict=True), fontsize="small")


def legend_below(ax: Axes, handles: Sequence[Any], labels: Sequence[str], **settings: Any) -> None:
    """Write the legend below the axes, or inside them where nothing would make room for it there."""
    from matplotlib import rcParams
    from matplotlib.transforms import ScaledTranslation

    if ax.figure.get_layout_engine() is None:
        ax.legend(handles, labels, loc="best", **settings)
        return
    # Of the numbers and the words at the axis, which are as high in a small figure as in a large one.
    points = 2.4 * rcParams["font.size"] + 13
    below = ax.transAxes + ScaledTranslation(0, -points / 72, ax.figure.dpi_scale_trans)
    place: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.46, 0), "bbox_transform": below}
    ax.legend(handles, labels, **place, frameon=False, borderaxespad=0, **settings)
