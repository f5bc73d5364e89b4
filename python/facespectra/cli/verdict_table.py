"""Verdicts as lines for people: file, verdict, score, and what is to be said of it.

On a terminal lines are wrapped under their last column, the folder that all files share is told once, and
verdicts have colours; anywhere else a verdict is one line with the whole path, for grep and logs.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import typer

from facespectra._files import printable
from facespectra.cli.terminal import NARROWEST, Terminal, wrap
from facespectra.detector.labels import CANNOT_TELL, NO_SWAP, REAL

if TYPE_CHECKING:
    from facespectra.detector.verdicts import Verdict

# What the last column has at least on a terminal.
NARROWEST_NOTE = 26
_VERDICT, _SCORE = len("no-swap-found"), len("-10.123")
_CUT = "..."


class Row(NamedTuple):
    """One verdict, and the model that gave it: its name and its hash."""

    verdict: Verdict
    model: str
    sha256: str


class TableWriter:
    """Lines of verdicts on inputs of these names."""

    def __init__(
        self,
        names: Sequence[str],
        *,
        several: bool,
        verbose: bool,
        per_frame: bool = False,
        terminal: Terminal | None = None,
    ) -> None:
        self.several, self.verbose, self.terminal = several, verbose, terminal
        self.folder = _shared_folder(names) if terminal else ""
        longest = max((len(printable(name)) for name in names), default=0) - len(self.folder)
        self.width = longest + len(" (frame 1000)") * per_frame
        if terminal:
            room = terminal.width - _VERDICT - _SCORE - NARROWEST_NOTE - 3 * len("  ")
            self.width = min(self.width, max(room, NARROWEST))

    def head(self) -> str:
        """The folder that all files share, where it is left out of their lines."""
        return f"in {self.folder}\n" if self.folder else ""

    def line(self, row: Row) -> str:
        """One verdict."""
        verdict = row.verdict
        number = "-" if math.isnan(verdict.score) else f"{verdict.score:.3f}"
        label = verdict.label or verdict.status.partition(":")[0]
        path = printable(verdict.path).removeprefix(self.folder)
        if self.terminal:
            path = _shortened(path, self.width)
        words = f"{label:<{_VERDICT}}  "
        text = self._text(row)
        if self.terminal is None:
            return f"{path:<{self.width}}  {words}{number:>{_SCORE}}  {text}".rstrip() + "\n"
        indent = self.width + len("  ") + len(words) + _SCORE + len("  ")
        first, *rest = wrap(text, self.terminal._replace(width=self.terminal.width - indent), indent=0)
        shown = _coloured(words, label) if self.terminal.colours else words
        start = f"{path:<{self.width}}  {shown}{number:>{_SCORE}}  {first}"
        return "".join(f"{line.rstrip()}\n" for line in [start, *(" " * indent + one for one in rest)])

    def _text(self, row: Row) -> str:
        """What is to be said of a verdict."""
        verdict = row.verdict
        why = verdict.reason if verdict.status == "ok" else verdict.status.partition(": ")[2]
        parts = [row.model if self.several else "", why, verdict.note]
        if self.verbose:
            box = "" if verdict.box is None else f"face at {','.join(map(str, verdict.box))}"
            by = f"by {verdict.feature}, {verdict.expert} expert" if verdict.feature else ""
            parts += [box, by]
        return "; ".join(printable(part) for part in parts if part)


def _shared_folder(names: Sequence[str]) -> str:
    """Give the folder that all of several files are in, with the separator at its end; empty for none."""
    if len(names) < 2 or len({os.path.isabs(name) for name in names}) > 1:  # noqa: PTH117
        return ""
    folder = os.path.commonpath([os.path.dirname(name) for name in names])  # noqa: PTH120
    return printable(os.path.join(folder, "")) if folder.strip(os.sep) else ""  # noqa: PTH118


def _shortened(path: str, width: int) -> str:
    """Leave out of the middle of a path what there is no room for: its end is what tells files apart."""
    if len(path) <= width:
        return path
    end = (width - len(_CUT)) * 2 // 3
    return f"{path[: width - len(_CUT) - end]}{_CUT}{path[len(path) - end :]}"


_COLOURS = {
    CANNOT_TELL: "yellow",
    # No colour says that a face is safe: nothing found is not the same as nothing there.
    NO_SWAP: None,
    REAL: None,
    "no-face": "bright_black",
    "unreadable": "magenta",
}


def _coloured(text: str, label: str) -> str:
    colour = _COLOURS.get(label, "red")
    return text if colour is None else typer.style(text, fg=colour)
