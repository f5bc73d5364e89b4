"""What a cold start costs: whole commands in new processes, as a multiple of ``import sklearn, pandas``.

``python benchmarks/cold_start.py [PHOTOGRAPH]``: without one, of a rendered face. Each is the median of
several runs, taken in turns, so that a busy minute falls on all of them.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from facespectra.rendered.database import render_face

YARDSTICK = "import sklearn, pandas"
PROGRAM = [sys.executable, "-m", "facespectra"]


def run(command: list[str]) -> tuple[float, float]:
    """Run a command, and give its seconds on the wall and on processors."""
    before, start = os.times(), perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall, after = perf_counter() - start, os.times()
    return wall, after.children_user + after.children_system - before.children_user - before.children_system


def main() -> int:
    """Time the commands, and print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photograph", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=7)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        photograph = given.photograph
        if photograph is None:
            photograph = Path(folder, "face.png")
            render_face(np.random.default_rng(4), 300).save(photograph)
        commands = {
            YARDSTICK: [sys.executable, "-c", YARDSTICK],
            "score of one photograph": [*PROGRAM, "score", str(photograph)],
            "score -m regions": [*PROGRAM, "score", str(photograph), "-m", "regions"],
            "score --help": [*PROGRAM, "score", "--help"],
            "--help": [*PROGRAM, "--help"],
            "import facespectra": [sys.executable, "-c", "import facespectra"],
        }
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for name, command in commands.items():
            run(command)  # compiles what Python has not yet, and fails here where it fails
            times[name] = []
        for _ in range(given.runs):
            for name, command in commands.items():
                times[name].append(run(command))
    walls, processors = (
        {name: statistics.median(each[k] for each in of) for name, of in times.items()} for k in (0, 1)
    )
    print(
        f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, {given.runs} runs"
    )
    print(f"{'':<26}{'seconds':>9}{'ratio':>7}{'CPU s':>9}{'ratio':>7}")
    for name in commands:
        cells = (walls[name], walls[name] / walls[YARDSTICK])
        more = (processors[name], processors[name] / processors[YARDSTICK])
        print(f"{name:<26}{cells[0]:>9.2f}{cells[1]:>7.2f}{more[0]:>9.2f}{more[1]:>7.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
