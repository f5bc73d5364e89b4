"""The look of all figures on pages, and their files: the same bytes for the same figure."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from facespectra._extras import require

if TYPE_CHECKING:
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
            "font.family": ["DejaVu Sans"],
            "font.size": 9,
            "axes.titlesize": 10,
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


def to_svg(figure: Figure) -> str:
    """Draw a figure made under :func:`page_style` as SVG, its ink in the colour of the page's text."""
    return render(figure).decode().replace(INK, "currentColor").replace(_FONT, _FONTS)


def inline(svg: str, prefix: str) -> str:
    """Make the ``svg`` element for a page with several figures: `prefix` makes its identifiers unique."""
    element = svg[svg.index("<svg") :]
    opening, rest = element[: element.index(">")], element[element.index(">") :]
    # Its size follows the page; the viewBox keeps the proportions.
    element = re.sub(r' (?:width|height)="[^"]*"', "", opening) + rest
    element = re.sub(r'\bid="', f'id="{prefix}-', element)
    return re.sub(r'(href="|url\()#', rf"\1#{prefix}-", element)
