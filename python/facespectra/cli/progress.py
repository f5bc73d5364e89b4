"""Progress on stderr: a bar on a terminal, a line each half minute in a log."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from facespectra._files import printable
from facespectra.cli.terminal import is_dumb

if TYPE_CHECKING:
    from rich.progress import Progress as Drawing
    from rich.progress import TaskID

    from facespectra._progress import Progress

INTERVAL = 30.0  # seconds between two lines
REST = 0.2  # seconds after something else was written, in which no bar is drawn
_bars: list[Bar] = []


@contextmanager
def progress_bar(what: str, *, interval: float = INTERVAL) -> Iterator[Progress]:
    """Show how far the stage `what` is, with rate and time left, on stderr.

    Where stderr is not a terminal, a line is written every `interval` seconds, even if nothing was done in
    them; nothing is written of a stage that takes less.
    """
    on_terminal = sys.stderr.isatty() and not is_dumb()
    with _bar(what) if on_terminal else _lines(what, interval) as update:
        yield update


def hide_bars() -> None:
    """Take bars off the terminal, where something else is to be written; they come back when work goes on."""
    for bar in _bars:
        bar.hide()


class Bar:
    """A bar on the terminal, of which nothing is left when it is hidden."""

    def __init__(self, drawing: Drawing, task: TaskID) -> None:
        self._drawing, self._task = drawing, task
        self._hidden_at: float | None = None
        self._lock = threading.Lock()

    def update(self, done: int, total: int) -> None:
        """Show how many are done, and of how many; 0 where that is not known yet."""
        with self._lock:
            self._drawing.update(self._task, completed=done, total=total or None)
            # Where lines come fast, a bar between them would flicker.
            if self._hidden_at is not None and time.monotonic() - self._hidden_at > REST:
                self._hidden_at = None
                self._drawing.start()

    def hide(self) -> None:
        """Take it off the terminal until the work goes on."""
        with self._lock:
            if self._hidden_at is None:
                self._drawing.stop()
            self._hidden_at = time.monotonic()


@contextmanager
def _bar(what: str) -> Iterator[Progress]:
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
    from rich.table import Column
    from rich.text import Text

    class Rate(ProgressColumn):
        """Items a second over the last half minute, as rich keeps them for the time left."""

        def render(self, task: Task) -> Text:
            return Text(rate_in_words(task.speed) if task.speed else "")

    def whole() -> Column:
        # A bar of two lines would leave one behind.
        return Column(no_wrap=True)

    columns = (
        TextColumn("{task.description}", markup=False, table_column=whole()),
        BarColumn(bar_width=20),
        MofNCompleteColumn(table_column=whole()),
        Rate(table_column=whole()),
        TimeRemainingColumn(table_column=whole()),
    )
    with Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        # That would send to stderr what is written to stdout; commands hide the bar instead.
        redirect_stdout=False,
        redirect_stderr=False,
    ) as drawing:
        bar = Bar(drawing, drawing.add_task(what, total=None))
        _bars.append(bar)
        try:
            yield bar.update
        finally:
            _bars.remove(bar)


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
            parts.append(rate_in_words(rate))
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


def rate_in_words(rate: float) -> str:
    """Give how many are done in a second, without an exponent."""
    return f"{rate:.0f}/s" if rate >= 100 else f"{rate:.3g}/s"


def duration(seconds: float) -> str:
    """Give a time in the unit that suits it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def _echo(line: str) -> None:
    typer.echo(f"facespectra: {printable(line)}", err=True)
