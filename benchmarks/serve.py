"""How fast the page's server answers and what it takes: ``python benchmarks/serve.py [--uploads N]``.

Renders a photograph of 12 megapixels with two people and a video of 30 seconds at 1280x720, sends them to
``facespectra serve`` as the page does, and prints when the first verdict and the whole result were there; the
memory of all its processes (proportional set size, Linux) when idle; and memory and files that are left after
N uploads, half of them hostile.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import sys
import tempfile
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter, sleep

import av
import numpy as np
from PIL import Image

sys.path.append(str(Path(__file__).parents[1] / "tests" / "helpers"))

from facespectra.rendered.database import render_face
from facespectra.serve.samples import SAMPLES
from hostile import hostile_files
from servers import Served, running

PHOTOGRAPH = (4000, 3000)
VIDEO, RATE, SECONDS = (1280, 720), 30, 30
REPEATS = 5


def photograph(faces: list[tuple[int, tuple[int, int]]]) -> bytes:
    """A JPEG file of 12 megapixels: faces of given sides at given places, before grain."""
    rng = np.random.default_rng(0)
    picture = Image.new("RGB", PHOTOGRAPH, (96, 110, 124))
    for number, (side, place) in enumerate(faces):
        picture.paste(render_face(np.random.default_rng(number + 1), side), place)
    grain = rng.normal(0, 5, (PHOTOGRAPH[1], PHOTOGRAPH[0], 1)).astype(np.float32)
    pixels = np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=92)
    return stream.getvalue()


def video(path: Path) -> bytes:
    """A video with a face that moves."""
    face = np.asarray(render_face(np.random.default_rng(5), 480))
    wall = np.asarray(render_face(np.random.default_rng(6), 1280).resize(VIDEO).rotate(180))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height = VIDEO
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "20", "preset": "veryfast"}
        for number in range(RATE * SECONDS):
            pixels = wall.copy()
            x, y = 400 + int(300 * np.sin(number / 40)), 120 + int(100 * np.cos(number / 25))
            pixels[y : y + 480, x : x + 480] = face
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(stream.encode(None))
    return path.read_bytes()


def processor_seconds(served: Served) -> float:
    """What the workers have used so far."""

    def of(pid: int) -> int:
        return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))

    return sum(map(of, served.workers)) / os.sysconf("SC_CLK_TCK")


def timed(served: Served, content: bytes, name: str) -> tuple[float, float, float]:
    """Seconds from sending to the first verdict and to the result, and processor seconds till then.

    On a machine that has other work, the last are the ones to compare.
    """
    used, start, first, whole = processor_seconds(served), perf_counter(), 0.0, 0.0
    key = served.add(content, name)
    for _, event, _ in served.events(key):
        if event == "partial" and not first:
            first = perf_counter() - start
        if event == "result":
            whole, used = perf_counter() - start, processor_seconds(served) - used
    # Its pictures are still being written: the next one is not to wait for them.
    served.client.get(f"/api/items/{key}/picture", params={"side": 4096})
    served.client.delete(f"/api/items/{key}")
    return first, whole, used


def megabytes(served: Served) -> float:
    """Memory of the server and its workers."""

    def of(pid: int) -> int:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))

    return sum(map(of, [served.process.pid, *served.workers])) / 1024


def report(what: str, runs: list[tuple[float, float, float]]) -> None:
    """Print the median and the range of some runs."""
    for name, values in zip(("first verdict", "result", "processors"), zip(*runs, strict=True), strict=True):
        low, middle, high = min(values), statistics.median(values), max(values)
        print(f"{what:<34} {name:<14} {middle:6.2f} s ({low:.2f} to {high:.2f})", flush=True)


def uploads(served: Served, n: int, portrait: bytes) -> None:
    """Send many files, half of them hostile, and print what is left of it."""
    before, refused, failed = megabytes(served), 0, 0
    for number, (name, content) in enumerate(islice(cycle(list(hostile_files(portrait))), n // 2)):
        key = served.add(portrait, f"{number}.jpg")
        answer = served.post(content, name)
        refused += answer.status_code != 201
        failed += answer.status_code == 201 and served.last(answer.json()["id"])[0] == "failed"
        if served.last(key)[0] != "result":
            raise SystemExit("a good file was not judged")
        if (number + 1) % 25 == 0:
            print(f"{2 * (number + 1)} uploads: {megabytes(served):.0f} MB while they are kept", flush=True)
    served.client.post("/api/close", params={"session": "s"})
    sleep(45)
    after, left = megabytes(served), len(served.stored())
    print(f"{n} uploads, {refused} refused and {failed} failed: {before:.0f} MB before, {after:.0f} MB after")
    print(f"files left: {left}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--uploads", type=int, default=200, metavar="N")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = video(folder / "clip.mp4")
        (folder / "served").mkdir()
        command = [sys.executable, "-m", "facespectra", "serve", "--no-browser", "--port", "0"]
        start = perf_counter()
        with running(command, folder / "served") as served:
            load = os.getloadavg()[0]
            took = perf_counter() - start
            print(f"{os.cpu_count()} processors, load {load:.1f}; ready after {took:.1f} s", flush=True)
            print(f"idle: {megabytes(served):.0f} MB in {1 + len(served.workers)} processes", flush=True)
            places = [(100 + 620 * column, 200 + 900 * row) for column in range(6) for row in range(3)]
            for what, faces in (
                ("12 MP, two people", [(1400, (200, 700)), (1100, (2300, 900))]),
                ("12 MP, a portrait", [(2900, (500, 50))]),
                ("12 MP, a group of 18", [(500, place) for place in places]),
            ):
                content = photograph(faces)
                timed(served, content, "warm.jpg")
                report(what, [timed(served, content, "photograph.jpg") for _ in range(REPEATS)])
            report("30 s of 1280x720", [timed(served, clip, "clip.mp4") for _ in range(3)])
            uploads(served, options.uploads, SAMPLES["swapped.jpg"].file.read_bytes())


if __name__ == "__main__":
    main()
