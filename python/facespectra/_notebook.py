"""Results as HTML for notebooks: no script, no other file, legible on light and dark, any text escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from facespectra._files import printable

# Colours are the notebook's own, so that both its themes are served.
_LINE = "1px solid rgba(128,128,128,.4)"
STYLE = (
    ".facespectra{max-width:60em;line-height:1.45;color:inherit}"
    ".facespectra p,.facespectra ul,.facespectra details{margin:.4em 0}"
    ".facespectra table{border-collapse:collapse;margin:.4em 0;color:inherit;font-size:inherit;"
    "font-variant-numeric:tabular-nums}"
    ".facespectra caption{caption-side:top;text-align:left;font-weight:600;color:inherit;padding:0 0 .3em}"
    f".facespectra th,.facespectra td{{padding:.2em 1.2em .2em .3em;text-align:left;vertical-align:top;"
    f"border:0;border-bottom:{_LINE};white-space:normal;max-width:none}}"
    ".facespectra tbody th{font-weight:400;white-space:nowrap}"
    ".facespectra summary{cursor:pointer}"
    ".facespectra .stack{position:relative;display:inline-block;line-height:0}"
    ".facespectra .stack img{max-width:none;margin:0}"
    ".facespectra .stack svg{position:absolute;inset:0;width:100%;height:100%}"
    ".facespectra .faces{display:flex;flex-wrap:wrap;gap:.8em;margin:.4em 0}"
    ".facespectra figure{margin:0}"
)


def text(value: object) -> str:
    """Any text, such as the name of a file, for HTML; what can't be printed is shown with escapes."""
    return escape(printable(str(value)).encode("utf-8", "backslashreplace").decode("utf-8"))


def block(*parts: str) -> str:
    """Put parts together, with the style of them all."""
    return f'<div class="facespectra"><style>{STYLE}</style>{"".join(parts)}</div>'


def paragraph(*sentences: str) -> str:
    """A paragraph of those sentences that are not empty."""
    words = " ".join(text(sentence) for sentence in sentences if sentence)
    return f"<p>{words}</p>" if words else ""


def bullets(items: Iterable[str]) -> str:
    """A list; nothing where there is nothing to list."""
    lines = "".join(f"<li>{text(item)}</li>" for item in items)
    return f"<ul>{lines}</ul>" if lines else ""


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the first cell of each row is its heading. Columns that are empty are left out."""
    listed = [list(row) for row in rows]
    kept = [k for k in range(len(head)) if k == 0 or any(row[k] for row in listed)]
    above = "".join(f'<th scope="col">{text(head[k])}</th>' for k in kept)
    lines = []
    for row in listed:
        first, *others = (text(row[k]) for k in kept)
        cells = "".join(f"<td>{cell}</td>" for cell in others)
        lines.append(f'<tr><th scope="row"><bdi>{first}</bdi></th>{cells}</tr>')
    return (
        f"<table><caption>{text(caption)}</caption><thead><tr>{above}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table>"
    )


def folded(summary: str, *parts: str) -> str:
    """Parts that are shown to who asks for them."""
    return f"<details><summary>{text(summary)}</summary>{''.join(parts)}</details>"
