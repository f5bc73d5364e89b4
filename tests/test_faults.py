"""A short run of faults.py, which kills commands and takes their disk and memory."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

import faults

pytest.importorskip("sklearn", reason="needs the detect extra")
pytest.importorskip("PIL", reason="needs the faces extra")
if sys.platform != "linux":
    pytest.skip("limits and kills as on Linux", allow_module_level=True)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Whole images, so that the commands are quick."""
    from PIL import Image

    rng = faults.np.random.default_rng(0)
    (tmp_path / "data").mkdir()
    for number in range(6):
        pixels = rng.integers(0, 256, (90, 80), dtype=faults.np.uint8)
        Image.fromarray(pixels).save(tmp_path / "data" / f"{number}.png")
    monkeypatch.setitem(faults.COMMANDS, "extract", ["extract", "data", "-o", "out/features.npz"])
    return tmp_path


@pytest.mark.slow
def test_kills_leave_nothing_half_written(folder: Path) -> None:
    tally = faults.killed(folder, "extract", 3, random.Random(0))
    assert (tally.faults, tally.restarts, tally.lost) == (3, 1, [])


def test_memory_that_does_not_suffice_costs_one_image(folder: Path) -> None:
    tally = faults.out_of_memory(folder)
    assert (tally.hit, tally.lost) == (1, [])


def test_the_script_sees_what_is_lost(folder: Path) -> None:
    (folder / "out" / ".cache").mkdir(parents=True)
    for name in ("whole.csv", "half.csv", ".half.csv.x.tmp", ".cache/entry"):
        (folder / "out" / name).write_text("half" if "half" in name else "whole")
    expected = {"whole.csv": b"whole", "half.csv": b"both halves"}
    assert faults.partial(folder / "out", expected) == ["half.csv"]
