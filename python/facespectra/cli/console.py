"""What commands say, and where: results on stdout, everything else on stderr."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from facespectra._files import printable

if TYPE_CHECKING:
    import pandas as pd

PARTLY_DONE = 1


def complain(message: str) -> None:
    """Write one line to stderr, after the name of the program.

    Parameters
    ----------
    message : str
        Line ends in it become spaces; what would make a terminal do things becomes an escape.
    """
    lines = (line.strip() for line in message.splitlines())
    typer.echo(f"facespectra: {printable(' '.join(filter(None, lines)))}", err=True)


def complain_of(unreadable: Iterable[tuple[str, str]]) -> int:
    """Name every input that could not be read, each once, and count them.

    Parameters
    ----------
    unreadable : iterable of (path, status)
        As :attr:`facespectra.detector.FeatureTable.unreadable` has them.

    Returns
    -------
    int
        How many there were: the frames of a video that cannot be read have one name, and one line.
    """
    failures = list(unreadable)
    for path, status in dict.fromkeys(failures):
        complain(f"{printable(path)}: {status}")
    return len(failures)


def found(sources: Sequence[str], find: Callable[[Sequence[str]], list[Path]]) -> tuple[list[Path], int]:
    """Find files, and let a source that gives nothing be one failure among many.

    Parameters
    ----------
    sources : sequence of str
        As the user named them.
    find : callable
        :func:`facespectra.videos.find_media` or :func:`facespectra.images.find_images`.

    Returns
    -------
    files : list of pathlib.Path
        Each once, in order.
    n_missing : int
        Sources without any; each was named on stderr.

    Raises
    ------
    DatasetError
        If no source gives a file.
    """
    from facespectra.errors import DatasetError

    files: dict[str, Path] = {}
    missing: list[DatasetError] = []
    for source in sources:
        try:
            for file in find([source]):
                files.setdefault(os.path.normpath(Path.cwd() / file), file)
        except DatasetError as error:
            missing.append(error)
    if not files and missing:
        raise missing[0]
    for failure in missing:
        complain(str(failure))
    return list(files.values()), len(missing)


def leave(n_unreadable: int) -> None:
    """End a command that did its work.

    Parameters
    ----------
    n_unreadable : int
        Inputs that could not be read.

    Raises
    ------
    typer.Exit
        With status 1 if there were any.
    """
    if n_unreadable:
        raise typer.Exit(PARTLY_DONE)


def warn_of(manifest: pd.DataFrame, part: pd.DataFrame) -> list[str]:
    """Say what could make figures better than a detector is, as far as it can be told quickly.

    Parameters
    ----------
    manifest : pandas.DataFrame
        The whole data set: groups are looked for in several of its splits.
    part : pandas.DataFrame
        What is trained or tested on: size, format and JPEG tables are looked at.

    Returns
    -------
    list of str
        What was said.
    """
    from facespectra.datasets.checks import check, groups_across_splits

    warnings = list(dict.fromkeys([*groups_across_splits(manifest), *check(part, quick=True)]))
    for warning in warnings:
        complain(f"warning: {warning}")
    return warnings


def command_line() -> str:
    """Give the command that is running, for reports.

    Returns
    -------
    str
    """
    return shlex.join(["facespectra", *sys.argv[1:]])


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar with rate and time left on stderr while something runs, if stderr is a terminal.

    Parameters
    ----------
    what : str
        Written before the bar.

    Yields
    ------
    callable
        To be called with the number of items done and of all.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """Over the last half minute, as rich keeps it for the time left; worked out when it is drawn."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.3g}/s" if task.speed else "")

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def show_table(rows: Sequence[tuple[str, str]]) -> None:
    """Write names and values to stdout, in two columns.

    Parameters
    ----------
    rows : sequence of (name, value)
        In the order to be shown.
    """
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        typer.echo(f"{name:<{width}}  {value}")
