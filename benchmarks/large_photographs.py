"""Photographs of 12 megapixels: ``score`` here, in plain Python, and beside bare decoding and face finding.

``python benchmarks/large_photographs.py [PORTRAITS]``: of the photographs in a folder, or of rendered faces,
enlarged and set into frames of 4032x3024 with grain, saved as JPEG. That is not how a camera sees detail, but
it costs what such files cost: decoding, a search of all the frame, and a large crop.

* ours: ``Detector.predict`` of the default model, and of one of the radial spectrum, in a warm process;
* plain: Pillow, facenet-pytorch's MTCNN, and the radial spectrum by the NumPy recipe;
* bare: Pillow's decoder, which is libjpeg-turbo, and the core's face finder on pixels that are there already.

Held: the boxes are those of facenet-pytorch, and the spectra those of NumPy, to 1e-4. Each time is the least
of several runs, taken in turns. The command is timed by the difference between all files and one.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import facespectra as fs
from facespectra._mtcnn import NativeFinder
from facespectra._threads import thread_count
from facespectra.features.status import OK
from facespectra.images import read_rgb
from facespectra.rendered.database import render_face

SIZE = 4032, 3024
SIDES = (700, 1000, 1400, 1900, 2400, 2900)  # of the enlarged pictures, about twice as wide as the faces
QUALITY, GRAIN = 92, 4.0
BARS = {"plain / ours": 4.0, "ours / bare": 1.5}

Timing = tuple[float, float]


def make(folder: Path, portraits: Path | None) -> list[Path]:
    """Write a photograph for each size of face; a face that is not found there gives way to the next."""
    rng = np.random.default_rng(0)
    known = iter(sorted(portraits.glob("*.jpg")) if portraits else [])
    cropper, files = fs.FaceCropper(), []
    for side in SIDES:
        found = False
        while not found:
            face = Image.open(next(known)).convert("RGB") if portraits else render_face(rng, 300)
            # Smooth light, in which no face can be seen.
            light = Image.fromarray(rng.integers(60, 180, (6, 8, 3), np.uint8))
            frame = light.resize(SIZE, Image.Resampling.BICUBIC)
            left, top = int(rng.integers(0, SIZE[0] - side)), int(rng.integers(0, SIZE[1] - side))
            frame.paste(face.resize((side, side), Image.Resampling.BICUBIC), (left, top))
            grain = rng.normal(0, GRAIN, (SIZE[1], SIZE[0], 1)).astype(np.float32)
            pixels = np.clip(np.asarray(frame) + grain, 0, 255).astype(np.uint8)
            found = cropper.detect([pixels])[0] is not None
        files.append(folder / f"{side}.jpg")
        Image.fromarray(pixels).save(files[-1], quality=QUALITY)
    return files


class Plain:
    """What one would write with the usual packages."""

    def __init__(self) -> None:
        import torch
        from facenet_pytorch import MTCNN

        torch.set_num_threads(thread_count())
        self.mtcnn = MTCNN(device=torch.device("cpu"))

    def __call__(self, path: Path) -> tuple[tuple[int, ...], NDArray[np.float64]]:
        image = Image.open(path).convert("RGB")
        found, _ = self.mtcnn.detect(image)
        corners = np.array(found[0]).astype(int)
        x0, y0, x1, y1 = (int(value) for value in np.clip(corners, 0, [*image.size, *image.size]))
        grey = np.asarray(image.convert("L"))[y0:y1, x0:x1]
        return (x0, y0, x1, y1), fs.radial_spectrum(grey, backend="numpy", dtype="float64")


def bare(path: Path, finder: NativeFinder, pixels: NDArray[np.uint8]) -> None:
    """Decode a photograph, and find the faces in its pixels."""
    with Image.open(path) as image:
        image.load()
    finder.find(pixels)


def decode(path: Path) -> None:
    """Decode a photograph."""
    with Image.open(path) as image:
        image.load()


def least(work: dict[str, Callable[[], Any]], runs: int) -> dict[str, Timing]:
    """Least seconds of processors and on the wall, each by itself; the first round is not counted."""
    found: dict[str, Timing] = dict.fromkeys(work, (np.inf, np.inf))
    for number in range(runs + 1):
        for name, function in work.items():
            start, before = perf_counter(), process_time()
            function()
            cpu, wall = process_time() - before, perf_counter() - start
            if number or name == "plain":
                found[name] = min(found[name][0], cpu), min(found[name][1], wall)
            if name == "plain" and number:
                work = {other: one for other, one in work.items() if other != "plain"}  # takes a minute
    return found


def command_cpu(files: list[Path], threads: int) -> float:
    """Seconds of processors that the command takes."""
    command = [sys.executable, "-m", "facespectra", "score", *map(str, files), "--threads", str(threads)]
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> int:
    """Check the answers, time all of it, and hold the ratios to the bars."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("portraits", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        files = make(Path(folder), given.portraits)
        return compare(files, given.runs)


def compare(files: list[Path], runs: int) -> int:
    """Compare on some files."""
    plain, finder = Plain(), NativeFinder()
    sources = [str(path) for path in files]
    spectrum = fs.Detector(threads=1)
    table = spectrum.extract(sources)
    assert all(status == OK for status in table.statuses), table.statuses
    for path, box, row in zip(files, table.boxes, table.matrix, strict=True):
        expected, values = plain(path)
        assert box == expected, (path.name, box, expected)
        np.testing.assert_allclose(row, values, rtol=1e-4)
    pixels = [read_rgb(path) for path in files]
    one, several = fs.load(threads=1), fs.load()
    n = len(files)
    work: dict[str, Callable[[], Any]] = {
        "ours, one thread": lambda: one.predict(files),
        "ours, all threads": lambda: several.predict(files),
        "ours, the spectrum": lambda: spectrum.extract(sources),
        "bare decode": lambda: [decode(path) for path in files],
        "bare decode and finder": lambda: [
            bare(path, finder, image) for path, image in zip(files, pixels, strict=True)
        ],
        "plain": lambda: [plain(path) for path in files],
    }
    times = least(work, runs)
    print(
        f"{n} photographs of {SIZE[0]}x{SIZE[1]}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"
    )
    print(f"{'a photograph':<26}{'CPU ms':>9}{'wall ms':>9}")
    for name, (cpu, wall) in times.items():
        print(f"{name:<26}{1e3 * cpu / n:>9.0f}{1e3 * wall / n:>9.0f}")
    alone, all_files = (command_cpu(some, 1) for some in (files[:1], files * 3))
    of_command = (all_files - alone) / (3 * n - 1)
    print(f"{'the command':<26}{1e3 * of_command:>9.0f}")
    ours, other = times["ours, one thread"][0], times["bare decode and finder"][0]
    ratios = {
        "plain / ours": times["plain"][0] / ours,
        "ours / bare": ours / other,
    }
    for name, ratio in ratios.items():
        print(f"{name}: {ratio:.2f} of processors (bar {BARS[name]})")
    walls = times["plain"][1] / times["ours, all threads"][1]
    print(f"plain / ours: {walls:.1f} on the wall, all threads of both")
    kept = ratios["plain / ours"] >= BARS["plain / ours"] and ratios["ours / bare"] <= BARS["ours / bare"]
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
