"""What tests of commands have in common: pictures to give them, and what they write and say."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np


def save_texture(path: Path, *, fake: bool, seed: int) -> Path:
    """Noise; a fake has it at half the resolution, as after upsampling."""
    from PIL import Image

    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (60, 52), dtype=np.uint8)
    if fake:
        pixels = np.repeat(np.repeat(pixels[::2, ::2], 2, axis=0), 2, axis=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def one_line(text: str) -> str:
    """The only line of an error output."""
    (line,) = text.splitlines()
    assert line.startswith("facespectra: ")
    return line


def error_lines(text: str) -> list[str]:
    """Every line of an error output, without the name of the program."""
    return [line.removeprefix("facespectra: ") for line in text.splitlines()]


def read_csv(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file by column, whatever bytes its names are."""
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as stream:
        return list(csv.DictReader(stream))


def run_command(*arguments: str, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process of its own, with streams as a terminal in UTF-8 has them."""
    return subprocess.run(
        [*before, sys.executable, "-m", "facespectra", *arguments],
        capture_output=True,
        check=False,
        env=os.environ | {"PYTHONIOENCODING": "", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"},
    )
