"""Drawings as SVG: the same bytes for the same figures."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from facespectra._extras import require
from facespectra._files import write_atomically
from facespectra.evaluation import Evaluation

# Without these, matplotlib puts random identifiers and the date into every file.
REPRODUCIBLE: dict[Any, Any] = {"svg.hashsalt": "facespectra"}
NO_DATE = {"Date": None, "Creator": "facespectra"}


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
    content = io.BytesIO()
    with mpl.rc_context(REPRODUCIBLE):
        figure.savefig(content, format="svg", metadata=NO_DATE)
    return write_atomically(path, content.getvalue())
