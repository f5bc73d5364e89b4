"""Files that are written are whole or not there."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import pytest

import facespectra._files as files

if sys.platform != "linux":
    pytest.skip("limits and devices as on Linux", allow_module_level=True)


def test_a_full_disk_names_the_output_and_leaves_the_old_file(tmp_path: Path) -> None:
    target = files.write_atomically(tmp_path / "f.csv", "old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match=r"f\.csv"):
            files.write_atomically(target, "new" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_device_is_written_to_and_never_replaced() -> None:
    with pytest.raises(OSError, match="/dev/full"):
        files.write_atomically("/dev/full", "x")
    assert files.write_atomically("/dev/null", "x").is_char_device()
    files.check_output("/dev/null")
    assert Path("/dev/null").is_char_device()


def test_outputs_are_tried_before_the_work_and_nothing_is_made(tmp_path: Path) -> None:
    files.check_output(tmp_path / "new" / "f.csv")
    files.check_output(tmp_path / "new" / "deep", folder=True)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("in the way")
    for target, folder in (
        (tmp_path, False),
        (tmp_path / "file", True),
        (tmp_path / "file" / "f.csv", False),
    ):
        with pytest.raises(OSError, match=str(tmp_path)):
            files.check_output(target, folder=folder)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_longest_name_can_be_written(tmp_path: Path) -> None:
    target = tmp_path / ("ä" * 125 + ".csv")
    assert files.write_atomically(target, "x").read_text() == "x"
