"""Progress where stderr is not a terminal: a line every so often."""

from __future__ import annotations

import re
import time

import pytest

from facespectra.cli.console import progress_bar
from facespectra.cli.progress import INTERVAL, Stage, duration


def test_half_a_minute_lies_between_two_lines() -> None:
    assert INTERVAL == 30


def test_a_log_gets_a_line_every_interval(capfd: pytest.CaptureFixture[str]) -> None:
    with progress_bar("work", interval=0.02) as update:
        for done in range(1, 5):
            update(done, 5)
            time.sleep(0.05)
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) >= 4
    assert all(line.startswith("facespectra: work: ") for line in lines)
    assert re.search(r"work: \d of 5, .*/s, about 0 s left, 0 s so far", "\n".join(lines))
    assert lines[-1] == "facespectra: work: done in 0 s"


def test_lines_come_even_while_nothing_is_done(capfd: pytest.CaptureFixture[str]) -> None:
    with progress_bar("fit", interval=0.02):
        time.sleep(0.1)
    first = capfd.readouterr().err.splitlines()[0]
    assert first == "facespectra: fit: nothing done yet, 0 s so far"


def test_a_short_stage_writes_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with progress_bar("work") as update:
        update(1, 1)
    assert capfd.readouterr().err == ""


def test_an_error_ends_the_lines(capfd: pytest.CaptureFixture[str]) -> None:
    def stopped() -> None:
        with progress_bar("work", interval=0.02) as update:
            update(1, 2)
            time.sleep(0.05)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    written = capfd.readouterr().err
    assert "1 of 2" in written
    assert "done in" not in written
    time.sleep(0.05)
    assert capfd.readouterr().err == ""


def test_rate_is_of_the_last_interval_and_the_rest_of_the_whole_stage() -> None:
    now, lines = [0.0], []
    stage = Stage("score", clock=lambda: now[0], echo=lines.append)
    for seconds, done in ((30.0, 300), (60.0, 1500), (90.0, 1500)):
        now[0] = seconds
        stage.update(done, 6000)
        stage.write()
    now[0] = 240.0
    stage.update(6000, 6000)
    stage.end()
    assert lines == [
        "score: 300 of 6000, 10/s, about 10 min left, 30 s so far",
        "score: 1500 of 6000, 40/s, about 3 min left, 60 s so far",
        "score: 1500 of 6000, about 4 min left, 90 s so far",
        "score: done in 4 min",
    ]
    assert [duration(seconds) for seconds in (5, 119, 300, 7200)] == ["5 s", "119 s", "5 min", "2.0 h"]
