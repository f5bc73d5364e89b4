"""What is seen in a terminal of 80 columns, word for word: each command's help.

``FACESPECTRA_WRITE_GOLDEN=1 pytest tests/cli/test_golden_text.py`` writes all that is in ``golden/`` anew,
with ``-k bench`` what concerns one command. Look at what has changed before you commit it.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import pytest

from facespectra.cli import COMMANDS
from terminals import COLUMNS, Shown, show

GOLDEN = Path(__file__).parent / "golden"
WRITE = "FACESPECTRA_WRITE_GOLDEN"
PROGRAM = "facespectra"
ANEW = f"if it is meant to be so, {WRITE}=1 pytest tests/cli/test_golden_text.py -k {{}} writes it anew"


def check_fits(command: str, shown: Shown) -> None:
    """A line that is too wide is told before anything else: no golden text may have one."""
    wide = [line for line in shown.written if len(line) > COLUMNS]
    assert not wide, f"{command}: wider than {COLUMNS} columns: {wide}"
    assert shown.ended, f"{command}: a prompt would stand behind its last line, {shown.lines[-1]!r}"


def check_golden(name: str, file: Path, text: str) -> None:
    """Compare a text with the golden one, or write that."""
    if WRITE in os.environ:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return
    golden = file.read_text(encoding="utf-8") if file.is_file() else ""
    if text != golden:
        lines = difflib.unified_diff(golden.splitlines(), text.splitlines(), file.name, "now", lineterm="")
        pytest.fail("\n".join([*lines, "", ANEW.format(name)]), pytrace=False)


@pytest.mark.parametrize("name", [PROGRAM, *COMMANDS])
def test_help(name: str, tmp_path: Path) -> None:
    command = f"{PROGRAM} {'' if name == PROGRAM else f'{name} '}--help"
    shown = show(command, tmp_path)
    assert shown.status == 0
    check_fits(command, shown)
    check_golden(name, GOLDEN / "help" / f"{name}.txt", "\n".join([f"$ {command}", *shown.lines, ""]))


def test_no_golden_help_is_of_a_command_that_is_gone() -> None:
    assert {file.stem for file in (GOLDEN / "help").iterdir()} == {PROGRAM, *COMMANDS}
