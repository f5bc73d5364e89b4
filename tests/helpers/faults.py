"""Kills commands at random moments, fills the disk under them, takes their memory; then looks what is left.

Run as a script: ``python tests/helpers/faults.py --kills 20``. Every command is first run undisturbed. After
each fault no output file may be there in part; after a restart every file must be, byte for byte, what it was
undisturbed. A short version is among the tests (test_faults.py).
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

COMMANDS: dict[str, list[str]] = {
    "extract": ["extract", "data", "--faces", "-o", "out/features.csv"],
    "evaluate": ["evaluate", "data/Task_1", "-m", "task1.model", "--out", "out"],
    "lab": ["lab", "--task1", "data/Task_1", "--task23", "data/Task_2_3", "--out", "out"],
}
PEOPLE = {"Task_1": 9, "Task_2_3": 4}
RESTART_EVERY = 3


@dataclass
class Tally:
    """What happened to one command."""

    faults: int = 0
    hit: int = 0
    restarts: int = 0
    lost: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        what = "; ".join(self.lost) or "nothing"
        return f"{self.faults} faults, {self.hit} of them in mid-run, {self.restarts} restarts; lost: {what}"


def make_inputs(folder: Path, commands: list[str]) -> None:
    """Render two databases and train a model: what the commands need."""
    from facespectra.rendered.database import render_database

    for name, people in PEOPLE.items():
        render_database(folder / "data" / name, name, n_people=people, pictures=1, seed=0)
        (folder / "data" / name / "manifest.csv").unlink()
    if "evaluate" in commands:
        run(folder, ["train", "data/Task_1", "-o", "task1.model", "--classifier", "logistic"])


def start(folder: Path, given: list[str], **more: object) -> subprocess.Popen[str]:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TORCH_HOME": str(folder / "no-weights")}
    return subprocess.Popen(
        [sys.executable, "-m", "facespectra", *given],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **more,  # type: ignore[call-overload]
    )


def run(folder: Path, given: list[str], *, status: int = 0, **more: object) -> str:
    process = start(folder, given, **more)
    _, complaints = process.communicate()
    if process.returncode != status:
        raise SystemExit(f"{' '.join(given)} left with {process.returncode}, not {status}: {complaints}")
    return complaints


def files(out: Path) -> dict[str, bytes]:
    """What a user finds: no cache, and no temporary files, whose names begin with a dot."""
    paths = [path for path in out.rglob("*") if path.is_file()]
    shown = {path.relative_to(out): path for path in paths}
    return {
        name.as_posix(): path.read_bytes()
        for name, path in shown.items()
        if not any(part.startswith(".") for part in name.parts)
    }


def undisturbed(folder: Path, command: str) -> tuple[dict[str, bytes], float]:
    """The files of a run that nobody disturbed, and how long it took: after a first one to warm up."""
    seconds = 0.0
    for _ in range(2):
        shutil.rmtree(folder / "out", ignore_errors=True)
        before = time.monotonic()
        run(folder, COMMANDS[command])
        seconds = time.monotonic() - before
    expected = files(folder / "out")
    shutil.rmtree(folder / "out")
    return expected, seconds


def kill(folder: Path, command: str, after: float) -> bool:
    """Start a command and kill it and all it started after some seconds; whether it was still running."""
    process = start(folder, COMMANDS[command])
    try:
        process.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return True
    return False


def partial(out: Path, expected: dict[str, bytes]) -> list[str]:
    """Files that are there and are not what they should be."""
    return [name for name, content in files(out).items() if expected.get(name) != content]


def killed(folder: Path, command: str, kills: int, rng: random.Random) -> Tally:
    """Kill a command many times, and let it finish now and then."""
    expected, seconds = undisturbed(folder, command)
    tally = Tally()
    out = folder / "out"
    for number in range(1, kills + 1):
        tally.faults += 1
        tally.hit += kill(folder, command, rng.uniform(0, seconds))
        tally.lost += [f"{name} (kill {number})" for name in partial(out, expected)]
        if number % RESTART_EVERY == 0 or number == kills:
            run(folder, COMMANDS[command])
            tally.restarts += 1
            if files(out) != expected:
                tally.lost.append(f"the restart after kill {number} gave other files")
            shutil.rmtree(out)
    return tally


@contextmanager
def small_disk(at: Path, kilobytes: int) -> Iterator[Callable[[], None]]:
    """A disk of that size at a folder, and what makes it larger; needs the rights to mount."""
    at.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(at)]
    subprocess.run(mount, check=True, capture_output=True)
    try:
        yield lambda: subprocess.run(["mount", "-o", "remount,size=256m", str(at)], check=True) and None
    finally:
        subprocess.run(["umount", str(at)], check=True)


def disk_full(folder: Path, command: str, sizes: list[int]) -> Tally:
    """Fill the disk under a command; then give it room and run it again."""
    expected, _ = undisturbed(folder, command)
    tally = Tally()
    for kilobytes in sizes:
        with small_disk(folder / "out", kilobytes) as enlarge:
            complaints = run(folder, COMMANDS[command], status=2)
            tally.faults += 1
            last = complaints.splitlines()[-1]
            tally.hit += "No space left on device" in last and "out" in last
            tally.lost += [f"{name} ({kilobytes} kB)" for name in partial(folder / "out", expected)]
            enlarge()
            run(folder, COMMANDS[command])
            tally.restarts += 1
            if files(folder / "out") != expected:
                tally.lost.append(f"the run after the full disk of {kilobytes} kB gave other files")
        shutil.rmtree(folder / "out")
    return tally


def out_of_memory(folder: Path, side: int = 9000, megabytes: int = 700) -> Tally:
    """Give `extract` an image that its memory does not suffice for, among others."""
    from PIL import Image

    many = folder / "memory"
    many.mkdir(exist_ok=True)
    (many / "b.png").unlink(missing_ok=True)
    rng = np.random.default_rng(0)
    for name in ("a", "c"):
        Image.fromarray(rng.integers(0, 256, (80, 80), dtype=np.uint8)).save(many / f"{name}.png")
    command = ["extract", "memory", "-o", "out/m.csv", "--dtype", "float64"]
    run(folder, command)
    expected = (folder / "out" / "m.csv").read_text().splitlines()
    Image.fromarray(np.zeros((side, side), np.uint8)).save(many / "b.png", compress_level=1)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))

    complaints = run(folder, command, status=1, preexec_fn=limit)
    rows = (folder / "out" / "m.csv").read_text().splitlines()
    tally = Tally(faults=1, hit=int("not enough memory" in complaints), restarts=0)
    if [row for row in rows if not row.startswith(f"memory{os.sep}b.png")] != expected:
        tally.lost.append("rows of the other images")
    shutil.rmtree(folder / "out")
    return tally


def main() -> int:
    """Run all faults and print what was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("commands", nargs="*", default=list(COMMANDS), help="extract, evaluate, lab")
    parser.add_argument("--kills", type=int, default=20, help="of each command")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--disks", type=int, nargs="*", default=[0, 8, 40], help="kB of the disks that fill up"
    )
    given = parser.parse_args()
    lost = False
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make_inputs(folder, given.commands)
        for command in given.commands:
            rng = random.Random(f"{given.seed} {command}")
            tally = killed(folder, command, given.kills, rng)
            print(f"{command}, kill -9: {tally}", flush=True)
            lost |= bool(tally.lost)
        if os.geteuid() == 0 and given.disks:
            for command in given.commands:
                # A disk of no size at all does not exist: the smallest is one page.
                tally = disk_full(folder, command, [max(4, size) for size in given.disks])
                print(f"{command}, disk full: {tally}", flush=True)
                lost |= bool(tally.lost)
        else:
            print("disk full: left out, it needs the rights to mount a disk")
        # Too little to decode the image, and too little for its spectrum.
        for megabytes in (700, 1200):
            tally = out_of_memory(folder, megabytes=megabytes)
            print(f"extract, {megabytes} MB of memory: {tally}", flush=True)
            lost |= bool(tally.lost)
    return int(lost)


if __name__ == "__main__":
    sys.exit(main())
