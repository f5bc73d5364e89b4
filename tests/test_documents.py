"""What the documents promise of tests."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_row_of_what_each_case_gets_names_tests_that_are_there() -> None:
    there = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    rows = [
        line
        for line in (ROOT / "docs" / "inputs.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and not line.startswith("| kind ")
    ]
    assert len(rows) > 80
    named = {row: re.findall(r"`(test_\w+)`", row.rpartition(" | ")[2]) for row in rows}
    assert [row for row, tests in named.items() if not tests] == []
    assert sorted({test for tests in named.values() for test in tests} - there) == []
