"""Score many files, killed on the way: ``python benchmarks/many_files.py [--files N] [--work DIR]``.

Draws faces, gives each many names by hard links, scores them into a CSV file, kills the run without warning
after a third of the rows, goes on with ``--resume``, and checks that every name has one row, and the row that
its face has alone. Prints the rate and the resident memory (Linux) as the rows grow.
"""

from __future__ import annotations

import argparse
import csv
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, sleep

import numpy as np

from facespectra.rendered.database import render_face

SIDE = 96
IN_A_FOLDER = 1000


def make(folder: Path, n: int, faces: int) -> None:
    """Write faces, and link them under `n` names."""
    rng = np.random.default_rng(0)
    drawn = folder / "drawn"
    drawn.mkdir(parents=True)
    for k in range(faces):
        render_face(rng, SIDE).save(drawn / f"{k}.jpg", quality=90)
    for number in range(n):
        part = folder / "files" / f"{number // IN_A_FOLDER:04d}"
        if number % IN_A_FOLDER == 0:
            part.mkdir(parents=True)
        os.link(drawn / f"{number % faces}.jpg", part / f"{number:06d}-{number % faces}.jpg")


def memory(process: subprocess.Popen[bytes]) -> float:
    """Resident memory of a process, in MB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def rows(out: Path) -> int:
    """Lines that are there so far, without the header."""
    return max(0, out.read_bytes().count(b"\n") - 1) if out.exists() else 0


def score(folder: Path, out: Path, stop_at: int | None) -> None:
    """Run the command and print what it takes; kill it once `stop_at` rows are there."""
    command = [sys.executable, "-m", "facespectra", "score", str(folder / "files"), "-o", str(out)]
    if out.exists():
        command.append("--resume")
    before, start = rows(out), perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    shown = 0.0
    while process.poll() is None:
        sleep(0.5)
        passed = perf_counter() - start
        if passed - shown >= 30 and process.poll() is None:
            shown = passed
            n = rows(out)
            print(f"| {n} | {(n - before) / passed:.0f} | {memory(process):.0f} |", flush=True)
        if stop_at is not None and rows(out) >= stop_at:
            process.send_signal(signal.SIGKILL)
            process.wait()
            print(f"| {rows(out)}, killed | | |", flush=True)
            return
    assert process.returncode == 0, process.returncode
    seconds = perf_counter() - start
    print(f"| {rows(out)}, done | {(rows(out) - before) / seconds:.0f} | |", flush=True)


def check(folder: Path, out: Path, n: int) -> None:
    """Check that every name has one row, and that of its face."""
    with out.open(newline="") as file:
        found = list(csv.DictReader(file))
    names = [Path(row["path"]).stem for row in found]
    assert sorted(names) == sorted(path.stem for path in (folder / "files").rglob("*.jpg"))
    assert len(found) == n
    of_faces: dict[str, set[str]] = {}
    for name, row in zip(names, found, strict=True):
        of_faces.setdefault(name.partition("-")[2], set()).add(f"{row['score']} {row['label']}")
    assert all(len(scores) == 1 for scores in of_faces.values())
    print(f"\n{n} names, {len(of_faces)} faces: one row each, and the same score under every name.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--faces", type=int, default=200)
    parser.add_argument("--work", type=Path, help="an empty folder; default: a temporary one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.work or Path(temporary)
        make(folder, given.files, given.faces)
        print("| rows | files a second | resident MB |\n|---|---|---|", flush=True)
        out = folder / "scores.csv"
        score(folder, out, given.files // 3)
        score(folder, out, None)
        check(folder, out, given.files)


if __name__ == "__main__":
    main()
