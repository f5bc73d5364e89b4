"""Pages in one file each: style and figures inside, no network, light and dark, for screens and for paper."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from facespectra._extras import require
from facespectra._files import as_utf8, write_atomically

TEMPLATES = Path(__file__).with_name("templates")


def write_page(path: str | os.PathLike[str], template: str, context: Mapping[str, Any]) -> Path:
    """Write a page.

    Parameters
    ----------
    path : path-like
        The file, such as ``report.html``.
    template : str
        Name of a file in the package's ``report/templates``.
    context : mapping
        What it shows. Text is escaped; figures come as SVG from :mod:`facespectra.report.figures.roc`.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    MissingExtraError
        If jinja2 is not installed.
    """
    require("report", "jinja2")
    page: str = _environment().get_template(template).render(context)
    # What is not UTF-8 would be no HTML: names of files are shown with escapes.
    return write_atomically(path, as_utf8(page))


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["figure"] = _figure_markup
    environment.filters["auc"] = _auc
    return environment


def _figure_markup(svg: str, prefix: str) -> Any:
    from markupsafe import Markup

    from facespectra.report.figures.style import inline

    # Made by matplotlib, which escapes the text in it.
    return Markup(inline(svg, prefix))  # noqa: S704


def _auc(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
