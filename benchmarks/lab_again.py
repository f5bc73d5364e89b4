"""What a second run of ``lab`` costs, as a share of the first.

``python benchmarks/lab_again.py [TASK_1 TASK_2_3]``: of two folders of photographs, which are copied, or of
rendered faces. The second run must write the same bytes, and after a byte more in one photograph a third must
compute that one again. Some of the cost is the start and the pages, which do not grow: the share falls with
the number of photographs.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from facespectra.rendered.database import render_database


def run(folder: Path) -> tuple[float, float, int]:
    """Run the lab; give its seconds on processors and on the wall, and how many results it computed."""
    command = [sys.executable, "-m", "facespectra", "lab", "--out", str(folder / "out")]
    command += ["--task1", str(folder / "Task_1"), "--task23", str(folder / "Task_2_3")]
    before, start = os.times(), perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    wall, after = perf_counter() - start, os.times()
    found = re.search(r"reused, (\d+) computed", done.stdout)
    assert found, done.stdout
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return cpu, wall, int(found[1])


def written(folder: Path) -> dict[str, bytes]:
    """Everything that was written, but the cache."""
    out = folder / "out"
    files = (path for path in out.rglob("*") if path.is_file() and ".cache" not in path.parts)
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


def main() -> int:
    """Run the lab three times, and print what each run took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("databases", nargs="*", type=Path)
    parser.add_argument("--people", type=int, default=40, help="of rendered faces, in Task 1")
    given = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name, database in zip(("Task_1", "Task_2_3"), given.databases, strict=False):
            shutil.copytree(database, folder / name)
        if not given.databases:
            render_database(folder / "Task_1", "Task_1", n_people=given.people, pictures=4, seed=0)
            render_database(folder / "Task_2_3", "Task_2_3", n_people=given.people // 2, pictures=4, seed=1)
        photographs = sorted(
            path for name in ("Task_1", "Task_2_3") for path in (folder / name).rglob("*.jpg")
        )
        first = run(folder)
        files = written(folder)
        second = run(folder)
        again = written(folder)
        changed = [name for name in files.keys() | again.keys() if files.get(name) != again.get(name)]
        assert not changed, changed
        assert second[2] == 0
        with photographs[0].open("ab") as file:
            file.write(b"x")  # after the end of the picture
        third = run(folder)
        assert third[2] > 0
    print(f"{len(photographs)} photographs, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    for name, (cpu, wall, computed) in (("first", first), ("second", second), ("one changed", third)):
        print(f"{name:<12} CPU {cpu:7.1f} s, wall {wall:7.1f} s, {computed} results computed")
    print(f"second / first: CPU {second[0] / first[0]:.3f}, wall {second[1] / first[1]:.3f}; the same bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
