"""ROC curves of several systems in one figure, in the width of a paper's column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from facespectra.evaluation import Evaluation
from facespectra.evaluation.curves import (
    CHANCE,
    DASHES,
    IN_USE,
    auc_label,
    draw_marks,
    draw_roc_curve,
    finish_roc,
    legend_below,
)
from facespectra.figures.style import COLOURS, INK, new_figure, page_style, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 88 / 25.4  # inches
SIZE = 7.5  # points, of the text
# More intervals than these would merge.
MOST_BANDS = 3
DPI = 600
PAD = 0.05  # inches


def paper_roc(results: Sequence[tuple[str, Evaluation]], file_format: str) -> bytes:
    """Draw ROC curves as the content of an SVG, PNG or PDF file; each with its name.

    Curves differ in dashes as well as in colour; after as many as there are dashes they are thicker. The
    legend, with each AUC and its interval, stands below.
    """
    labels = [auc_label(result, name) for name, result in results]
    marked = any(result.threshold_source != "none" for _, result in results)
    lines = sum(label.count("\n") + 1 for label in labels)
    with page_style(background="white"):
        import matplotlib as mpl

        with mpl.rc_context({"font.size": SIZE, "axes.linewidth": 0.6, "hatch.linewidth": 0.5}):
            figure = new_figure(WIDTH, WIDTH + 1 + 0.2 * lines)
            ax = figure.subplots()
            handles = []
            for k, ((_, result), label) in enumerate(zip(results, labels, strict=True)):
                colour = COLOURS[k % len(COLOURS)]
                curve = draw_roc_curve(
                    ax,
                    result,
                    colour=colour,
                    band=0.14 if len(results) <= MOST_BANDS else 0,
                    linestyle=DASHES[k % len(DASHES)],
                    linewidth=1.2 + 0.9 * (k // len(DASHES)),
                    label=label,
                )
                draw_marks(ax, result, in_use=colour, equal=None, size=3.5)
                handles.append(curve)
            finish_roc(ax, INK)
            handles.append(ax.lines[-1])
            labels.append(CHANCE)
            if marked:
                handles.append(next(line for line in ax.lines if str(line.get_label()).startswith(IN_USE)))
                labels.append(IN_USE)
            legend_below(ax, handles, labels, handlelength=3.6, labelspacing=0.3)
            _cut_to_size(figure, ax)
            return render(figure, file_format, dpi=DPI if file_format == "png" else 72)


def _cut_to_size(figure: Figure, ax: Axes) -> None:
    """Make a figure that was made too high as high as what is in it."""
    figure.draw_without_rendering()
    taken = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    x, y, across, up = ax.get_position().bounds
    fitted = round(taken.height + 2 * PAD, 2)
    # Laid out anew in less room, axes of equal aspect would change their size once more.
    figure.set_layout_engine(None)
    figure.set_size_inches(width, fitted)
    ax.set_position((x, (y * height - taken.y0 + PAD) / fitted, across, up * height / fitted))
