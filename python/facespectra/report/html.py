"""Pages in one file each: style and figures inside, no network, light and dark, for screens and for paper."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from facespectra._extras import require
from facespectra._files import as_utf8, write_atomically
from facespectra._version import __version__
from facespectra.report.figures.style import inline

TEMPLATES = Path(__file__).with_name("templates")


def write_page(path: str | os.PathLike[str], template: str, context: Mapping[str, Any]) -> Path:
    """Fill a template of the package and write the page; text is escaped, figures are SVG."""
    require("detect", "jinja2")
    page: str = _environment().get_template(template).render({"version": __version__} | dict(context))
    # Names of files that are not UTF-8 would break the page: they are shown with escapes.
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

    # Made by matplotlib, which escapes the text in it.
    return Markup(inline(svg, prefix))  # noqa: S704


def _auc(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
