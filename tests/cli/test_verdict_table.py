"""The table of verdicts: one line each for programs, columns that fit for people."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from facespectra.cli.terminal import Terminal
from facespectra.cli.verdict_table import Row, TableWriter
from facespectra.detector.verdicts import Verdict

REASON = "the texture of the mouth does not match the rest of the face"
SWAP = Verdict(
    "a/b/one.jpg", "swap", 0.91234, 0.8, "ok", (1, 2, 30, 40), 1, REASON, "mouth-ring block 4 mean", "x"
)
NONE = replace(SWAP, path="a/b/two.jpg", label="no-swap-found", score=0.1)
UNSURE = replace(SWAP, path="a/c.jpg", label="cannot-tell", status="cannot-tell: too small", reason="")
NO_FACE = Verdict("a/b/three.jpg", "", float("nan"), 0.8, "no-face", None, 0, "")
BROKEN = Verdict("a/b/four\x1b[2J.jpg", "", float("nan"), 0.8, "unreadable: cut short", None, 0, "")
ALL = [SWAP, NONE, UNSURE, NO_FACE, BROKEN]


def table(verdicts: list[Verdict], terminal: Terminal | None = None, *, verbose: bool = False) -> list[str]:
    names = [one.path for one in verdicts]
    writer = TableWriter(names, several=False, verbose=verbose, terminal=terminal)
    text = writer.head() + "".join(writer.line(Row(one, "default", "0")) for one in verdicts)
    return text.splitlines()


def test_elsewhere_a_verdict_is_one_line_with_its_whole_path() -> None:
    lines = table(ALL)
    assert len(lines) == len(ALL)
    assert lines[0].split(maxsplit=3) == ["a/b/one.jpg", "swap", "0.912", REASON]
    assert lines[2].split(maxsplit=3) == ["a/c.jpg", "cannot-tell", "0.912", "too small"]
    assert lines[3].split() == ["a/b/three.jpg", "no-face", "-"]
    assert lines[4].split(maxsplit=3)[1:] == ["unreadable", "-", "cut short"]
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_terminal_is_filled_and_not_passed(width: int) -> None:
    long = [replace(one, path=f"photos/of/a very long/{'x' * 70}/{one.path}") for one in ALL]
    for verdicts in (ALL, long, [*long, replace(SWAP, path="/elsewhere/e.jpg")]):
        lines = table(verdicts, Terminal(width, colours=False))
        rows = lines[1:] if lines[0].startswith("in ") else lines
        assert max(map(len, rows)) <= width
        words = " ".join(" ".join(rows).split())
        assert all(part in words for part in ("swap", "no-swap-found", "cannot-tell", "0.912", "0.100"))
        # Each file is told by its end, however long its path.
        assert all(one.path.rpartition("/")[2] in words for one in verdicts[:3])


def test_the_folder_of_all_is_told_once() -> None:
    lines = table([SWAP, NONE], Terminal(80, colours=False))
    assert lines[0] == "in a/b/"
    assert [line.split()[0] for line in lines[1:] if line[0] != " "] == ["one.jpg", "two.jpg"]
    for verdicts in ([SWAP], [replace(SWAP, path="/x/a.jpg"), replace(SWAP, path="/y/a.jpg")]):
        assert not table(verdicts, Terminal(80, colours=False))[0].startswith("in ")


def test_colours_are_for_what_was_found_and_never_say_that_a_face_is_safe() -> None:
    lines = table([SWAP, NONE, UNSURE], Terminal(200, colours=True))
    coded = [re.findall(r"\x1b\[(\d+)m", line) for line in lines if not line.startswith("in ")]
    assert coded == [["31", "0"], [], ["33", "0"]]


def test_details_are_told_where_asked_for() -> None:
    (line,) = table([SWAP], verbose=True)
    assert line.endswith(f"{REASON}; face at 1,2,30,40; by mouth-ring block 4 mean, x expert")
    assert "1,2,30,40" not in table([SWAP])[0]
