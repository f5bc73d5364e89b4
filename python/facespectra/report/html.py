"""Pages in one file each: style and figures inside, no network, light and dark, for screens and for paper."""

from __future__ import annotations

import base64
import os
import re
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from facespectra._extras import require
from facespectra._files import as_utf8, write_atomically
from facespectra._version import __version__
from facespectra._versions import versions_of
from facespectra.features.cache import Cache, key_of
from facespectra.figures.style import Drawing, inline

# To be raised with every change of the code that draws PDFs and leaves the SVG as it is.
PDFS = 1

TEMPLATES = Path(__file__).with_name("templates")


def write_page(path: str | os.PathLike[str], template: str, context: Mapping[str, Any]) -> Path:
    """Fill a template of the package and write the page; text is escaped, figures are SVG."""
    require("detect", "jinja2")
    given = {"version": __version__, "date": today(), "figure_files": ()} | dict(context)
    page: str = _environment().get_template(template).render(given)
    # Names of files that are not UTF-8 would break the page: they are shown with escapes.
    return write_atomically(path, as_utf8(describe_tables(page)))


def write_figures(
    folder: str | os.PathLike[str], drawings: Mapping[str, str], cache: Cache | None = None
) -> list[str]:
    """Write figures as ``NAME.svg`` and, in the width of a column, ``NAME.pdf``; give the names of those.

    `cache` keeps the PDF of each figure, by its SVG.
    """
    written = []
    for name, drawing in drawings.items():
        if isinstance(drawing, Drawing):
            Path(folder).mkdir(parents=True, exist_ok=True)
            write_atomically(Path(folder, f"{name}.svg"), drawing)
            write_atomically(Path(folder, f"{name}.pdf"), _pdf(drawing, cache))
            written.append(name)
    return written


def _pdf(drawing: Drawing, cache: Cache | None) -> bytes:
    """Draw a figure as PDF, or take what the same figure gave before: its fonts take longest."""
    if cache is None:
        return drawing.pdf()
    # All that is drawn is in the SVG; how it becomes a PDF is in the versions.
    versions = versions_of("matplotlib", "fonttools", "numpy")
    key = key_of(stage=PDFS, svg=str(drawing), versions=versions)
    content = cache.fetch("pdf", key)
    if content is None:
        content = drawing.pdf()
        cache.store("pdf", key, content)
    return content


def today() -> str:
    """The date, in UTC; that of ``SOURCE_DATE_EPOCH`` where pages must come out the same on another day."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return time.strftime("%Y-%m-%d", time.gmtime(int(epoch) if epoch.isdecimal() else None))


def describe_tables(page: str) -> str:
    """Give the cells of every table their role and column, for screen readers and for cards on phones.

    The first cell of a row becomes its heading. Where a table is shown as cards its elements are no table to
    a browser any more: roles keep it one.
    """
    return re.sub(r"<table\b.*?</table>", lambda match: _described(match[0]), page, flags=re.DOTALL)


def _described(table: str) -> str:
    head, _, body = table.partition("</thead>")
    names = [re.sub(r"<[^>]*>", "", name).strip() for name in re.findall(r"<th\b[^>]*>(.*?)</th>", head)]
    head = head.replace("<table", '<table role="table"', 1).replace("<thead", '<thead role="rowgroup"', 1)
    head = head.replace("<tr", '<tr role="row"', 1)
    head = re.sub(r"<th\b", '<th role="columnheader" scope="col"', head)
    rows = re.sub(r"<tr\b.*?</tr>", lambda match: _described_row(match[0], names), body, flags=re.DOTALL)
    rows = rows.replace("<tbody", '<tbody role="rowgroup"')
    return f"{head}</thead>{rows}"


def _described_row(row: str, names: list[str]) -> str:
    cells = iter(re.split(r"(?=<td\b)", row))
    parts = [next(cells).replace("<tr", '<tr role="row"', 1)]
    column = 0
    for cell in cells:
        opening, rest = cell.split(">", 1)
        span = re.search(r'colspan="(\d+)"', opening)
        label = names[column] if column < len(names) else ""
        if column == 0:
            opening = opening.replace("<td", '<th role="rowheader" scope="row"', 1)
            rest = rest.replace("</td>", "</th>", 1)
        else:
            opening = opening.replace("<td", '<td role="cell"', 1)
            opening += f' data-label="{label}"' if label else ""
        parts.append(f"{opening}>{rest}")
        column += int(span[1]) if span else 1
    return "".join(parts)


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
    environment.filters["percent"] = _percent
    environment.filters["sentence"] = _sentence
    environment.filters["signed"] = _signed
    environment.filters["minus"] = _minus
    environment.filters["breakable"] = _breakable
    environment.filters["file"] = _file
    return environment


def _figure_markup(svg: str, prefix: str, label: str = "") -> Any:
    from markupsafe import Markup

    # Made by matplotlib, which escapes the text in it.
    return Markup(inline(svg, prefix, label))  # noqa: S704


def _sentence(text: str) -> str:
    """Begin with a capital, and leave the rest as it is."""
    return f"{text[:1].upper()}{text[1:]}"


def _signed(value: float) -> str:
    return _minus(f"{value:+.3f}")


def _minus(number: str) -> str:
    return number.replace("-", "\u2212")


def _breakable(name: str) -> Any:
    """Let a line end after the slashes of a name, and not in the midst of a word."""
    from markupsafe import Markup, escape

    return Markup("/<wbr>").join(map(escape, name.split("/")))


def _file(drawing: Drawing, kind: str) -> str:
    """A figure as a file in the address of a link: a page alone must do, without a network."""
    content, mime = (
        (drawing.pdf(), "application/pdf") if kind == "pdf" else (drawing.encode(), "image/svg+xml")
    )
    return f"data:{mime};base64,{base64.b64encode(content).decode()}"


def _percent(value: float | None, digits: int = 1) -> str:
    return "" if value is None else f"{100 * value:.{digits}f}\u00a0%"


def _auc(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
