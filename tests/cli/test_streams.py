"""Standard output that is full, or closed by its reader."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_a_full_disk_behind_stdout_is_one_line() -> None:
    given = [sys.executable, "-m", "facespectra", "--version"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(given, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 2
    assert done.stderr == b"facespectra: output: No space left on device\n"


def test_a_reader_who_has_had_enough_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    given = [sys.executable, "-m", "facespectra", "--version"]
    done = subprocess.run(given, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")
