"""Progress on stderr: a bar on a terminal, a line each half minute in a log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from facespectra._files import printable

if TYPE_CHECKING:
    from rich.console import Console

    from facespectra._progress import Progress

INTERVAL = 30.0  # seconds between two lines


@contextmanager
def progress_bar(what: str, *, interval: float = INTERVAL) -> Iterator[Progress]:
    """Show how far the stage `what` is, with rate and time left, on stderr.

    Where stderr is not a terminal, a line is written every `interval` seconds, even if nothing was done in
    them; nothing is written of a stage that takes less.
    """
    from rich.console import Console

    console = Console(stderr=True)
    with _bar(what, console) if console.is_terminal else _lines(what, interval) as update:
        yield update


@contextmanager
def _bar(what: str, console: Console) -> Iterator[Progress]:
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
        """Items a second over the last half minute, as rich keeps them for the time left."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.3g}/s" if task.speed else "")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)


@contextmanager
def _lines(what: str, interval: float) -> Iterator[Progress]:
    """Write a line every `interval` seconds, from a thread: a long step calls nothing."""
    stage = Stage(what)
    ended = threading.Event()

    def write() -> None:
        while not ended.wait(interval):
            try:
                stage.write()
            except OSError:  # nobody reads it any more: the work goes on
                return

    thread = threading.Thread(target=write, name="facespectra-progress", daemon=True)
    thread.start()
    try:
        yield stage.update
    finally:
        ended.set()
        thread.join()
    stage.end()


class Stage:
    """Counts what is done of a stage, and says so in lines; `clock` gives seconds."""

    def __init__(
        self,
        what: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        echo: Callable[[str], None] | None = None,
    ) -> None:
        self._what = what
        self._clock = clock
        self._echo = echo or _echo
        self._started = self._written = clock()
        # One assignment each, so that the thread that writes never sees one without the other.
        self._done: tuple[int, int] = (0, 0)
        self._done_before = 0
        self._n_lines = 0

    def update(self, done: int, total: int) -> None:
        """Note how many are done, and how many there are; 0 where that is not known yet."""
        self._done = done, total

    def write(self) -> None:
        """Write one line: what is done of all, the rate since the last line, and the time left."""
        now, (done, total) = self._clock(), self._done
        rate = (done - self._done_before) / max(now - self._written, 1e-9)
        parts = [f"{done} of {total}" if total else f"{done}" if done else "nothing done yet"]
        if rate > 0:
            parts.append(f"{rate:.3g}/s")
        if done and total > done:
            # By the rate of the whole stage: that of half a minute jumps about.
            left = (total - done) * (now - self._started) / done
            parts.append(f"about {duration(left)} left")
        parts.append(f"{duration(now - self._started)} so far")
        self._echo(f"{self._what}: {', '.join(parts)}")
        self._written, self._done_before = now, done
        self._n_lines += 1

    def end(self) -> None:
        """Write a last line for a stage that had others."""
        if self._n_lines:
            self._echo(f"{self._what}: done in {duration(self._clock() - self._started)}")


def duration(seconds: float) -> str:
    """Give a time in the unit that suits it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def _echo(line: str) -> None:
    typer.echo(f"facespectra: {printable(line)}", err=True)
