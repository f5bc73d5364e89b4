"""The look of all figures on pages, and their files: the same bytes for the same figure."""

from __future__ import annotations

import io
import json
import re
import textwrap
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from facespectra._extras import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Mid-tones, which stand out on white and on black alike.
COLOURS = (
    "#4c86c6",
    "#f08a24",
    "#4ea65a",
    "#d9534f",
    "#a06cc4",
    "#9c755f",
    "#3fb0ac",
    "#c9a227",
    "#d46aa0",
    "#7f8c99",
)
REAL, FAKE = "#2a9d8f", "#e0653f"

# No figure has this colour otherwise: in the file it is replaced by the colour of the text around it.
INK = "#010203"
_FONT = "'DejaVu Sans'"
_FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


# Without these, matplotlib puts random identifiers into every SVG file.
REPRODUCIBLE: dict[Any, Any] = {
    "svg.hashsalt": "facespectra",
    # render() has laid the figure out: it must not be laid out again.
    "figure.autolayout": False,
    "figure.constrained_layout.use": False,
}
# By file format: what keeps the date out of a file.
METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": "facespectra"},
    "png": {"Software": "facespectra"},
    "pdf": {"CreationDate": None, "Creator": "facespectra"},
}
# Of figures on pages, in inches, and their text in points, which has 11 pixels on a phone.
WIDTH = 4.4
TEXT = 10.5
# Of a column of most journals.
COLUMN = 3.5
# Of every legend on pages, narrow enough for three names beside each other.
LEGEND: dict[str, Any] = {"frameon": False, "handlelength": 1.2, "handletextpad": 0.5, "columnspacing": 1.0}
# Decimals of the position of axes, in fractions of the figure's width and height.
POSITION_DECIMALS = 6


def page_style(background: str = "none") -> Any:
    """Set the style of figures for pages, as a context manager; the background "none" shows the page."""
    require("detect", "matplotlib")
    import matplotlib as mpl

    ink = ("text.color", "axes.edgecolor", "axes.labelcolor", "axes.titlecolor", "xtick.color", "ytick.color")
    coloured: dict[Any, Any] = dict.fromkeys(ink, INK)
    return mpl.rc_context(
        {
            **REPRODUCIBLE,
            **coloured,
            "svg.fonttype": "none",
            "pdf.fonttype": 42,
            "font.family": ["DejaVu Sans"],
            "font.size": TEXT,
            "axes.titlesize": TEXT,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "figure.facecolor": background,
            "axes.facecolor": "none",
            "savefig.facecolor": background,
        }
    )


def new_figure(width: float, height: float) -> Figure:
    """Create an empty figure, with its size in inches."""
    from matplotlib.figure import Figure

    # A Figure of its own and no pyplot: neither a display nor the user's open figures are touched.
    return Figure(figsize=(width, height), layout="constrained")


def render(figure: Figure, file_format: str = "svg", *, dpi: int = 72) -> bytes:
    """Draw a figure as the content of a file: the same bytes each time where :data:`REPRODUCIBLE` is set.

    The figure is laid out here, and not again afterwards. `dpi` matters for PNG alone.
    """
    figure.set_dpi(dpi)
    engine = figure.get_layout_engine()
    if engine is not None:
        # savefig would draw the whole figure once more just to lay it out.
        engine.execute(figure)
        figure.set_layout_engine(None)
    for ax in figure.axes:
        # The solver adds up in the order of addresses in memory, and the last bit of a position goes into the
        # identifiers of an SVG file.
        ax.set_position(np.round(ax.get_position(original=True).bounds, POSITION_DECIMALS).tolist())
    content = io.BytesIO()
    figure.savefig(content, format=file_format, metadata=METADATA[file_format], dpi=dpi)
    return content.getvalue()


class Point(NamedTuple):
    """A value that is shown where somebody points at it."""

    ax: Axes
    x: float
    y: float
    text: str


class Drawing(str):
    """A figure as SVG, which shows values to who points at them, and can be had as PDF."""

    __slots__ = ("figure", "points")
    figure: Figure
    points: list[tuple[float, float, str]]  # across and down, in parts of the figure, and what to show

    def pdf(self) -> bytes:
        """Draw the same figure in the width of a column, its text as much smaller."""
        figure = self.figure
        width, height = figure.get_size_inches()
        factor = COLUMN / width
        with page_style():
            figure.set_size_inches(COLUMN, COLUMN * height / width)
            _scale_text(figure, factor)
            figure.set_layout_engine("constrained")
            content = render(figure, "pdf")
            figure.set_size_inches(width, height)
            _scale_text(figure, 1 / factor)
        return content


def _scale_text(figure: Figure, factor: float) -> None:
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        text.set_fontsize(factor * float(text.get_fontsize()))
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            # Ticks that are made only while it is drawn get their size from here.
            for label in axis.get_ticklabels()[:1]:
                axis.set_tick_params(labelsize=label.get_fontsize())


def to_svg(figure: Figure, points: Iterable[Point] = ()) -> Drawing:
    """Draw a figure made under :func:`page_style` as SVG, its ink in the colour of the page's text."""
    drawing = Drawing(render(figure).decode().replace(INK, "currentColor").replace(_FONT, _FONTS))
    drawing.figure = figure
    width, height = figure.bbox.width, figure.bbox.height
    drawing.points = []
    for point in points:
        x, y = point.ax.transData.transform((point.x, point.y)).tolist()
        drawing.points.append((round(x / width, 4), round(1 - y / height, 4), point.text))
    return drawing


def wrapped(notes: Iterable[str], width: int = 130) -> str:
    """Break notes below a sheet into lines that it has room for."""
    return "\n".join(line for note in notes for line in textwrap.wrap(note, width))


def inline(svg: str, prefix: str, label: str = "") -> str:
    """Make the ``svg`` element for a page with several figures: `prefix` makes its identifiers unique.

    `label` says what it shows to who can't see it.
    """
    element = svg[svg.index("<svg") :]
    opening, rest = element[: element.index(">")], element[element.index(">") :]
    # Its size follows the page; the viewBox keeps the proportions.
    opening = re.sub(r' (?:width|height)="[^"]*"', "", opening)
    if label:
        opening += f' role="img" aria-label="{escape(label)}"'
    if isinstance(svg, Drawing) and svg.points:
        opening += f' data-points="{escape(json.dumps(svg.points, separators=(",", ":")))}"'
    element = re.sub(r'\bid="', f'id="{prefix}-', opening + rest)
    return re.sub(r'(href="|url\()#', rf"\1#{prefix}-", element)
