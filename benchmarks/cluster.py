"""Two nodes, one lost, a killed run, and what Ray costs: ``python benchmarks/cluster.py [--part PART]``.

``recovery`` (default): photographs (5,000) and ten videos in object storage on this machine are scored by two
raylets (`ray.cluster_utils.Cluster`), into object storage. One raylet is killed on the way, then the run
itself, which `--resume` ends. Every file must have one row, and that of one machine, to the last bit.
``throughput``: one worker against two, and `--ray local` against the plain command on as many photographs
(`--files 20000`); the start is measured with one photograph and taken off.
``memory``: peak resident memory of driver and workers at a tenth of the files and at all of them (Linux).
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
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))

from clusters import STORE, cluster
from facespectra.cli.verdict_files import COLUMNS as VERDICT_COLUMNS
from facespectra.distributed.parts import Output
from many_files import make
from object_storage import object_storage, upload

SIDE = 160
COLUMNS = VERDICT_COLUMNS[1:-2]  # without the path and the model
# Small parts, so that a run can be killed between them.
PROGRAM = """
import sys
from facespectra.distributed import run
run.BATCHES = int(sys.argv[1])
from facespectra.cli import main
sys.exit(main(sys.argv[2:]))
"""


def command(*arguments: str, batches: int = 32) -> list[str]:
    return [sys.executable, "-c", PROGRAM, str(batches), *arguments]


def make_videos(folder: Path, n: int) -> None:
    """Write videos of faces that are drawn once."""
    from clips import write_clip
    from facespectra.rendered.database import render_face

    for number in range(n):
        face = folder.parent / f"face_{number}.png"
        render_face(np.random.default_rng(1000 + number), SIDE).save(face)
        write_clip(folder / f"{number}.mp4", 30, size=(SIDE, SIDE), picture_file=face)


def of_table(row: dict[str, Any]) -> list[str]:
    texts = {name: "" if row[name] is None else str(row[name]) for name in COLUMNS}
    exact = {name: "" if row[name] is None else repr(row[name]) for name in ("score", "threshold")}
    return [(texts | exact)[name] for name in COLUMNS]


def rows_of(place: str) -> list[dict[str, Any]]:
    output = Output(place, "/")
    return [row for name in output.parts() for row in output.table(name).to_pylist()]


def wait_for(place: str, n: int, process: subprocess.Popen[bytes]) -> None:
    output = Output(place, "/")
    while len(output.parts()) < n:
        assert process.poll() is None, f"the run ended with {process.returncode}"
        sleep(0.5)


def recovery(folder: Path, files: int, faces: int, videos: int) -> None:
    """Lose a node and the run, go on, and compare every row."""
    make(folder, files, faces)
    make_videos(folder / "files" / "videos", videos)
    here = folder / "here.csv"
    start = perf_counter()
    subprocess.run(
        [sys.executable, "-m", "facespectra", "score", str(folder / "files"), "-q", "-o", here], check=True
    )
    print(f"one machine, the plain command: {perf_counter() - start:.0f} s")
    with here.open(newline="") as file:
        rows = csv.DictReader(file)
        expected = {
            Path(row["path"]).relative_to(folder / "files").as_posix(): [row[name] for name in COLUMNS]
            for row in rows
        }
    source, out = "s3://bucket/in", "s3://bucket/out"
    with object_storage():
        upload(folder / "files", "in")
        with cluster(nodes=1) as nodes:
            second = nodes.add_node(num_cpus=2, object_store_memory=STORE)
            given = ["score", source, "-o", out, "--ray", nodes.address]
            start = perf_counter()
            parts = max(4, (files + videos) // (32 * 4))
            process = subprocess.Popen(command(*given, batches=4))
            wait_for(out, parts // 4, process)
            nodes.remove_node(second, allow_graceful=False)
            print(
                f"a raylet killed after {len(Output(out, '/').parts())} parts, {perf_counter() - start:.0f} s"
            )
            wait_for(out, parts // 2, process)
            process.send_signal(signal.SIGKILL)
            process.wait()
            before = set(Output(out, "/").parts())
            print(f"the run killed after {len(before)} parts, {perf_counter() - start:.0f} s")
            done = subprocess.run(command(*given, "--resume", batches=4), check=False)
            assert done.returncode == 0, done.returncode
            print(f"done with --resume, {perf_counter() - start:.0f} s")
            found = rows_of(out)
    names = [row["path"].removeprefix(f"{source}/") for row in found]
    assert sorted(names) == sorted(expected), f"{len(names)} rows, {len(set(names))} names of {len(expected)}"
    different = [name for name, row in zip(names, found, strict=True) if of_table(row) != expected[name]]
    assert not different, different[:5]
    print(f"{len(names)} files: one row each, and the row of one machine to the last bit")


def seconds(arguments: list[str]) -> float:
    start = perf_counter()
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return perf_counter() - start


def throughput(folder: Path, files: int, faces: int) -> None:
    """Ratios of rates in one run, without the start."""
    make(folder, files, faces)
    one = folder / "one"
    one.mkdir()
    os.link(next((folder / "drawn").glob("*.jpg")), one / "0.jpg")
    number = 0

    def rate(*arguments: str, ray: bool, threads: int | None = None) -> float:
        nonlocal number
        taken = []
        for source in (one, folder / "files"):
            number += 1
            out = folder / f"out{number}"
            name = str(out) if ray else f"{out}.csv"
            more = [] if threads is None else ["--threads", str(threads)]
            given = ["score", str(source), "-o", name, *arguments, *more]
            taken.append(seconds([sys.executable, "-m", "facespectra", *given]))
        print(
            f"| {' '.join(arguments) or 'plain'} | {taken[0]:.1f} | {files / (taken[1] - taken[0]):.1f} |",
            flush=True,
        )
        return files / (taken[1] - taken[0])

    print("| command | start, s | files a second |\n|---|---|---|")
    plain = rate(ray=False)
    local = rate("--ray", "local", ray=True)
    single = rate("--ray", "local", "--workers", "1", ray=True)
    double = rate("--ray", "local", "--workers", "2", ray=True)
    print(
        f"\ntwo workers {double / single:.2f} times one; --ray local {local / plain:.2f} of the plain command"
    )


def peaks(arguments: list[str]) -> dict[str, float]:
    """Peak resident memory, in MB, of a command and of the largest of its workers."""
    import psutil

    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    top = {"driver": 0.0, "worker": 0.0}
    while process.poll() is None:
        try:
            driver = psutil.Process(process.pid)
            top["driver"] = max(top["driver"], driver.memory_info().rss / 1e6)
            for child in driver.children(recursive=True):
                if "MapWorker" in " ".join(child.cmdline()):
                    # What it shares with the object store counts once, and not here.
                    memory = child.memory_info()
                    top["worker"] = max(top["worker"], (memory.rss - memory.shared) / 1e6)
        except psutil.Error:
            pass  # it has ended meanwhile
        sleep(0.5)
    assert process.returncode == 0, process.returncode
    return top


def memory(folder: Path, files: int, faces: int) -> None:
    """Peaks at a tenth of the files, and at all."""
    found = []
    print("| files | driver, MB | worker, MB |\n|---|---|---|")
    for n in (files // 10, files):
        part = folder / str(n)
        make(part, n, faces)
        given = ["score", str(part / "files"), "-o", str(part / "out"), "--ray", "local"]
        found.append(peaks([sys.executable, "-m", "facespectra", *given]))
        print(f"| {n} | {found[-1]['driver']:.0f} | {found[-1]['worker']:.0f} |", flush=True)
    few, many = found
    ratios = ", ".join(f"{name} {many[name] / few[name]:.2f}" for name in few)
    print(f"\nall of the files against a tenth: {ratios}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=("recovery", "throughput", "memory"), default="recovery")
    parser.add_argument("--files", type=int, help="default: 5000, or 20000 for throughput and memory")
    parser.add_argument("--faces", type=int, default=200)
    parser.add_argument("--videos", type=int, default=10)
    parser.add_argument("--work", type=Path, help="an empty folder; default: a temporary one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.work or Path(temporary)
        files = given.files or (5000 if given.part == "recovery" else 20_000)
        faces = min(given.faces, files)
        if given.part == "recovery":
            recovery(folder, files, faces, given.videos)
        elif given.part == "throughput":
            throughput(folder, files, faces)
        else:
            memory(folder, files, faces)


if __name__ == "__main__":
    main()
