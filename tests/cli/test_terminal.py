"""Lines that fit a terminal, and bars that get out of their way."""

from __future__ import annotations

import io
import os

import pytest

from facespectra.cli import console, progress
from facespectra.cli.progress import Bar, hide_bars, rate_in_words
from facespectra.cli.terminal import Terminal, table_lines, terminal_of, wrap

TEXT = "one line for programs, and for people as many as it takes, whole-word by whole-word"


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_whether_there_is_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert terminal_of(io.StringIO()) is None
    monkeypatch.setenv("COLUMNS", "77")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert terminal_of(Screen()) == Terminal(77, colours=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert terminal_of(Screen()) == Terminal(77, colours=False)
    monkeypatch.setenv("COLUMNS", "400")
    assert terminal_of(Screen()) == Terminal(120, colours=False)
    # It has no size of its own.
    monkeypatch.delenv("COLUMNS")
    assert terminal_of(Screen()) == Terminal(80, colours=False)


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="there are no pseudo-terminals here")
def test_a_terminal_says_how_wide_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl
    import struct
    import termios

    monkeypatch.delenv("COLUMNS", raising=False)
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 61, 0, 0))
    with os.fdopen(slave, "w") as stream:
        terminal = terminal_of(stream)
    os.close(master)
    assert terminal is not None
    assert terminal.width == 61


@pytest.mark.parametrize("width", [40, 60, 80])
def test_words_are_wrapped_and_never_cut(width: int) -> None:
    lines = wrap(TEXT, Terminal(width, colours=False))
    assert len(lines) > 1
    assert max(map(len, lines)) <= width
    assert " ".join(line.strip() for line in lines) == TEXT
    assert all(line.startswith("  ") for line in lines[1:])
    path = "a/" * 60
    assert path in wrap(f"in {path}", Terminal(width, colours=False))[1]
    assert wrap(TEXT, None) == [TEXT]
    assert wrap("", Terminal(width, colours=False)) == [""]


def test_values_of_a_table_stay_in_their_column() -> None:
    rows = [("name", TEXT), ("a name that takes more than its share", "1"), ("", "more")]
    lines = table_lines(rows, Terminal(60, colours=False))
    assert max(map(len, lines)) <= 60
    column = lines[0].index("one")
    assert all(line.startswith(" " * column) for line in lines[1:3])
    start = lines.index("a name that takes more than its share")
    assert lines[start + 1] == f"{'':<{column}}1"
    assert table_lines(rows, None)[0] == f"{'name':<37}  {TEXT}"


def test_messages_are_wrapped_for_people_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    console.complain(TEXT)
    console.say(TEXT)
    out, err = capsys.readouterr()
    assert (out, err) == (f"{TEXT}\n", f"facespectra: {TEXT}\n")
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    console.complain(TEXT)
    lines = screen.getvalue().splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= 50


class Drawing:
    """Keeps what a bar asks for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def update(self, *_: object, **__: object) -> None:
        self.asked.append("update")

    def start(self) -> None:
        self.asked.append("start")

    def stop(self) -> None:
        self.asked.append("stop")


def test_a_bar_is_hidden_while_something_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing, now = Drawing(), [0.0]
    bar = Bar(drawing, 0)  # type: ignore[arg-type]
    monkeypatch.setattr(progress, "_bars", [bar])
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    bar.update(1, 9)
    hide_bars()
    bar.update(2, 9)  # too soon to draw it again
    hide_bars()
    assert drawing.asked == ["update", "stop", "update"]
    now[0] = 1.0
    bar.update(3, 9)
    hide_bars()
    assert drawing.asked[3:] == ["update", "start", "stop"]


def test_rates_have_no_exponent() -> None:
    assert [rate_in_words(rate) for rate in (0.1234, 12.34, 123.4, 123456)] == [
        "0.123/s",
        "12.3/s",
        "123/s",
        "123456/s",
    ]
