"""Drawings as SVG: the same bytes for the same figures."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from facespectra._extras import require
from facespectra._files import write_atomically
from facespectra.evaluation import Evaluation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Without these, matplotlib puts random identifiers and the date into every file.
REPRODUCIBLE: dict[Any, Any] = {
    "svg.hashsalt": "facespectra",
    # What drawn() has laid out is not to be laid out again.
    "figure.autolayout": False,
    "figure.constrained_layout.use": False,
}
NO_DATE = {"Date": None, "Creator": "facespectra"}
# Of the figure's width and height, in decimals.
PLACE = 6


def drawn(
    figure: Figure, form: str = "svg", *, metadata: Mapping[str, Any] = NO_DATE, dpi: int = 72
) -> bytes:
    """Draw a figure as a file.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        With a layout engine. It is laid out once and for all: what is changed afterwards stays in its place.
    form : str
        The format, such as ``"svg"``.
    metadata : mapping
        Of the file.
    dpi : int
        Dots per inch; of SVG and PDF there are always 72.

    Returns
    -------
    bytes
        The content of the file, the same for the same figure where :data:`REPRODUCIBLE` is set.
    """
    figure.set_dpi(dpi)
    engine = figure.get_layout_engine()
    if engine is not None:
        # savefig would draw to nowhere for its sake, and then draw.
        engine.execute(figure)
        figure.set_layout_engine(None)
    for ax in figure.axes:
        # The solver adds up in the order of addresses in memory, and the last bit of a place goes into the
        # identifiers of an SVG file.
        ax.set_position(np.round(ax.get_position(original=True).bounds, PLACE).tolist())
    content = io.BytesIO()
    figure.savefig(content, format=form, metadata=dict(metadata), dpi=dpi)
    return content.getvalue()


def draw_roc(path: str | os.PathLike[str], evaluations: Mapping[str, Evaluation], *, title: str = "") -> Path:
    """Draw ROC curves with their intervals into an SVG file.

    Parameters
    ----------
    path : path-like
        The file, such as ``roc.svg``.
    evaluations : mapping of str to Evaluation
        The curves, by the name that the legend gives them.
    title : str
        Written above.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    require("report", "matplotlib")
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # A Figure of its own and no pyplot: neither a display nor the user's open figures are touched.
    figure = Figure(figsize=(5.2, 5.2), layout="constrained")
    ax = figure.subplots()
    for name, evaluation in evaluations.items():
        evaluation.plot(ax, label=name)
    if title:
        ax.set_title(title)
    with mpl.rc_context(REPRODUCIBLE):
        return write_atomically(path, drawn(figure))
