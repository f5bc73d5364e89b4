"""What commands print: results on stdout, everything else on stderr."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from facespectra._files import printable
from facespectra.cli.progress import hide_bars, progress_bar
from facespectra.cli.terminal import table_lines, terminal_of, wrap

if TYPE_CHECKING:
    import pandas as pd

    from facespectra.features import Status

__all__ = [
    "PARTLY_DONE",
    "command_line",
    "complain",
    "complain_of",
    "find_sources",
    "leave",
    "progress_bar",
    "say",
    "show_table",
    "warn_of",
]

PARTLY_DONE = 1


def complain(message: str) -> None:
    """Write one line to stderr, after the name of the program; wrapped at words on a terminal."""
    text = " ".join(filter(None, (line.strip() for line in message.splitlines())))
    hide_bars()
    for line in wrap(f"facespectra: {printable(text)}", terminal_of(sys.stderr)):
        typer.echo(line, err=True)


def say(message: str) -> None:
    """Write one line to stdout; wrapped at words on a terminal."""
    for line in wrap(message, terminal_of(sys.stdout)):
        typer.echo(line)


def complain_of(unreadable: Iterable[tuple[str, Status | str]]) -> int:
    """Name every path and status that could not be read, and count them.

    The frames of a video that cannot be read have one name, and one line.
    """
    failures = list(unreadable)
    for path, status in dict.fromkeys(failures):
        complain(f"{printable(path)}: {status}")
    return len(failures)


def complain_of_notes(notes: Iterable[tuple[str, str]], told: set[tuple[str, str]]) -> None:
    """Tell what is to be known of files that were read in part, once for each path and note."""
    for path, note in notes:
        if note and (path, note) not in told:
            told.add((path, note))
            complain(f"{printable(path)}: {note}")


def find_sources(sources: Sequence[str], *, as_named: bool = False) -> tuple[list[Path], int]:
    """List the images and videos of the sources, each once, and count the sources without any.

    What is passed over in a source is told on stderr, a line each. Sources without any file are named there,
    too; where all are, the first one's DatasetError is raised. With `as_named`, names that are neither
    folders nor globs are taken as files, as often as they are named.
    """
    from facespectra._listing import Passed, in_words, url_reason
    from facespectra.errors import DatasetError
    from facespectra.videos import find_media

    files: list[Path] = []
    missing: list[DatasetError] = []
    for source in sources:
        passed = Passed()
        try:
            plain = as_named and _is_plain(source) and not url_reason(source)
            files += [Path(source)] if plain else find_media([source], passed=passed)
        except DatasetError as error:
            missing.append(error)
        if passed:
            complain(f"{printable(source)}: {in_words(passed)}")
    if not files and missing:
        raise missing[0]
    for failure in missing:
        complain(str(failure))
    if as_named:
        return files, len(missing)
    unique: dict[str, Path] = {}
    for file in files:
        unique.setdefault(os.path.normpath(Path.cwd() / file), file)
    return list(unique.values()), len(missing)


def _is_plain(name: str) -> bool:
    return not Path(name).is_dir() and not any(mark in name for mark in "*?[")


def leave(n_unreadable: int) -> None:
    """End a command that did its work, with status 1 if some inputs could not be read."""
    if n_unreadable:
        raise typer.Exit(PARTLY_DONE)


def warn_of(manifest: pd.DataFrame, part: pd.DataFrame) -> list[str]:
    """Warn of what could make figures better than a detector is, as far as it is quickly found.

    The whole manifest is searched for groups in several splits; the part that is trained or tested on, for
    sizes, formats and JPEG tables that tell the classes apart.
    """
    from facespectra.datasets.checks import check, groups_across_splits

    warnings = list(dict.fromkeys([*groups_across_splits(manifest), *check(part, quick=True)]))
    for warning in warnings:
        complain(f"warning: {warning}")
    return warnings


def command_line() -> str:
    """The command that is running, for reports."""
    return shlex.join(["facespectra", *sys.argv[1:]])


def show_table(rows: Sequence[tuple[str, str]]) -> None:
    """Write names and values to stdout, in two columns; values are wrapped on a terminal."""
    for line in table_lines(rows, terminal_of(sys.stdout)):
        typer.echo(line)
