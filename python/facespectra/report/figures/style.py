"""The look of all figures on pages: text in the page's font, ink in the page's colour."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from facespectra._extras import require
from facespectra.report.figures.drawings import REPRODUCIBLE, drawn

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


def page_style(background: str = "none") -> Any:
    """Give the settings under which figures for pages are drawn, as a context.

    Parameters
    ----------
    background : str
        Of the figure; none shows the page.

    Returns
    -------
    context manager

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    require("report", "matplotlib")
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
    """Make an empty figure.

    Parameters
    ----------
    width, height : float
        In inches.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    # A Figure of its own and no pyplot: neither a display nor the user's open figures are touched.
    return Figure(figsize=(width, height), layout="constrained")


def to_svg(figure: Figure) -> str:
    """Draw a figure as SVG whose ink follows the page.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Drawn under :func:`page_style`.

    Returns
    -------
    str
    """
    return drawn(figure).decode().replace(INK, "currentColor").replace(_FONT, _FONTS)


def inline(svg: str, prefix: str) -> str:
    """Make a figure fit to stand in a page among others.

    Parameters
    ----------
    svg : str
        From :func:`to_svg`.
    prefix : str
        Put before its identifiers, which are unique in a file only.

    Returns
    -------
    str
        The ``svg`` element alone.
    """
    element = svg[svg.index("<svg") :]
    opening, rest = element[: element.index(">")], element[element.index(">") :]
    # Its size follows the page; the viewBox keeps the proportions.
    element = re.sub(r' (?:width|height)="[^"]*"', "", opening) + rest
    element = re.sub(r'\bid="', f'id="{prefix}-', element)
    return re.sub(r'(href="|url\()#', rf"\1#{prefix}-", element)
