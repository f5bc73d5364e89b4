"""A process that measures one point: ``python -m ...worker SERIES SIZE SECONDS [VIDEO]`` prints JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter

from facespectra.bench.growth.memory import peak_of
from facespectra.bench.growth.works import Work, make_work

ENOUGH_RUNS = 3
PATIENCE = 3
"""Runs that are long are repeated for so many times the seconds given, instead of `ENOUGH_RUNS` times."""


def measure(warm_up: Work, work: Work, seconds: float) -> dict[str, float | int | None]:
    """Peak memory of the first run, and the shortest time of the others."""
    warm_up()
    start = perf_counter()
    peak = peak_of(work)
    first = perf_counter() - start
    times: list[float] = []
    while sum(times) < seconds or len(times) < ENOUGH_RUNS:
        if first + sum(times) > PATIENCE * seconds and (times or first > PATIENCE * seconds):
            break
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return {"seconds": min(times, default=first), "runs": max(1, len(times)), "peak_bytes": peak}


def main(arguments: list[str]) -> None:
    """Measure a point, and print it as JSON."""
    name, size, seconds, *file = arguments
    works = make_work(name, int(size), Path(file[0]) if file else None)
    print(json.dumps(measure(*works, float(seconds))))  # noqa: T201 - what the parent reads


if __name__ == "__main__":
    main(sys.argv[1:])
