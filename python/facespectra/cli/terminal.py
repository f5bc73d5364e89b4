"""The terminal that output goes to, and lines that fit it."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence
from typing import NamedTuple, TextIO

# The widest that lines are still easy to read, and the least that is left to the text of a line.
WIDEST, NARROWEST = 120, 16
# Of a table's first column: longer names have a line of their own.
_WIDEST_NAME = 26
_USUAL = 80


class Terminal(NamedTuple):
    """What lines are written to, where that is a terminal."""

    width: int
    colours: bool


def terminal_of(stream: TextIO) -> Terminal | None:
    """Give the terminal that a stream is; None where it is a file or a pipe."""
    if not stream.isatty():
        return None
    # The convention of no-color.org.
    colours = not os.environ.get("NO_COLOR") and not is_dumb()
    return Terminal(min(_columns(stream), WIDEST), colours=colours)


def is_dumb() -> bool:
    """Whether terminals are said to understand nothing but text."""
    return os.environ.get("TERM") == "dumb"


def wrap(text: str, terminal: Terminal | None, *, start: str = "", indent: int = 2) -> list[str]:
    """Lines of a terminal's width, all but the first indented; one line where there is no terminal.

    Words are never cut: a path that is too long for a line can still be copied.
    """
    if terminal is None:
        return [start + text]
    return textwrap.wrap(
        text,
        max(terminal.width, indent + NARROWEST),
        initial_indent=start,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [start.rstrip()]


def table_lines(rows: Sequence[tuple[str, str]], terminal: Terminal | None) -> list[str]:
    """Names and values in two columns; on a terminal values are wrapped within theirs."""
    width = max(len(name) for name, _ in rows)
    if terminal is None:
        return [f"{name:<{width}}  {value}" for name, value in rows]
    width = min(width, _WIDEST_NAME, max(terminal.width // 3, NARROWEST))
    lines: list[str] = []
    for name, value in rows:
        if len(name) > width:
            lines.append(name)
            name = ""
        start = f"{name:<{width}}  "
        lines += wrap(value, terminal, start=start, indent=len(start))
    return lines


def _columns(stream: TextIO) -> int:
    """How wide the terminal is: as COLUMNS says, or it itself."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    try:
        return os.get_terminal_size(stream.fileno()).columns or _USUAL
    except (OSError, ValueError):  # not one of this system's
        return _USUAL
