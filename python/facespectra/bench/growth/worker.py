"""A process that measures one point: ``python -m ...worker SERIES SIZE SECONDS [VIDEO]`` prints JSON."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from facespectra.bench.growth.memory import peak_of
from facespectra.bench.growth.series import SERIES
from facespectra.bench.growth.works import Work, make_work

ENOUGH_RUNS = 3
SHORTEST = 2e-3
"""Seconds between two readings of the clock: that of the process is not exact to microseconds."""
PATIENCE = 3
"""Runs that are long are repeated for so many times the seconds given, instead of `ENOUGH_RUNS` times."""


def measure(
    warm_up: Work, work: Work, seconds: float, processor: bool = False
) -> dict[str, float | int | None]:
    """Peak memory of the first run, and the shortest time of the others with their spread.

    With `processor`, time is that of the process on processors: what other programs take away does not count.
    """
    clock = process_time if processor else perf_counter
    warm_up()
    start = clock()
    peak = peak_of(work)
    first = clock() - start
    each = 1
    if first < SHORTEST:
        # Another run tells how many are done between two readings: the first one planned, too.
        start = clock()
        work()
        each = max(1, math.ceil(SHORTEST / max(clock() - start, 1e-6)))
    times: list[float] = []
    while each * sum(times) < seconds or len(times) < ENOUGH_RUNS:
        if first + each * sum(times) > PATIENCE * seconds and (times or first > PATIENCE * seconds):
            break
        start = clock()
        for _ in range(each):
            work()
        times.append((clock() - start) / each)
    spread = None
    if len(times) >= ENOUGH_RUNS:
        low, median, high = np.quantile(times, (0.25, 0.5, 0.75))
        spread = float((high - low) / median)
    return {
        "seconds": min(times, default=first),
        "spread": spread,
        "runs": max(1, each * len(times)),
        "peak_bytes": peak,
    }


def main(arguments: list[str]) -> None:
    """Measure a point, and print it as JSON."""
    name, size, seconds, *file = arguments
    works = make_work(name, int(size), Path(file[0]) if file else None)
    print(json.dumps(measure(*works, float(seconds), SERIES[name].processor)))  # noqa: T201 - what the parent reads


if __name__ == "__main__":
    main(sys.argv[1:])
