"""Measures the points of a series, each in a process of its own, as far as time and memory allow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from facespectra._extras import require
from facespectra.bench.growth.memory import available
from facespectra.bench.growth.series import Series
from facespectra.bench.growth.works import write_video
from facespectra.bench.timing import MOST_APART
from facespectra.errors import MissingExtraError

LONGEST = 10
"""A run may take so many times the seconds given to a point."""
MEMORY_SHARE = 0.5
"""What a point may use of the memory that is free."""
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Point:
    """What one size cost."""

    series: str
    size: int
    seconds: float  # shortest run
    spread: float | None  # distance of the quartiles of the runs over their median; None for few runs
    runs: int
    peak_bytes: int | None  # above the inputs, in the first run; None where the system does not tell

    @property
    def noisy(self) -> bool:
        """Whether half of the runs differ by more than a tenth."""
        return self.spread is not None and self.spread > MOST_APART

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain data for JSON."""
        return {**asdict(self), "noisy": self.noisy}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Sizes that were not measured, and why."""

    series: str
    sizes: tuple[int, ...]
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain data for JSON."""
        return {"series": self.series, "sizes": list(self.sizes), "reason": self.reason}


def measure(series: Series, seconds: float) -> Iterator[Point | LeftOut]:
    """Measure one size after the other, and give what was left out at the end.

    A point takes about `seconds`, or one run if that is longer.
    """
    try:
        require("detect", *series.modules)
    except MissingExtraError as error:
        yield LeftOut(series.name, series.sizes, str(error))
        return
    points: list[Point] = []
    with TemporaryDirectory(prefix="facespectra-") as folder:
        for number, size in enumerate(series.sizes):
            reason = too_much(series, size, points, seconds)
            if reason is None:
                try:
                    points.append(_measured(series, size, seconds, Path(folder)))
                except ChildProcessError as error:
                    reason = str(error)
            if reason is not None:
                yield LeftOut(series.name, series.sizes[number:], reason)
                return
            yield points[-1]


def too_much(series: Series, size: int, before: list[Point], seconds: float) -> str | None:
    """Why a size is left out, by what the last one cost and how that should grow at most; else None."""
    free = available()
    expected_seconds = expected_bytes = 0.0
    if before:
        last = before[-1]
        expected_seconds = last.seconds * series.time.most(size) / series.time.most(last.size)
        expected_bytes = (last.peak_bytes or 0) * series.memory.most(size) / series.memory.most(last.size)
    if expected_seconds > LONGEST * seconds:
        return f"a run would take up to {expected_seconds:.0f} s; give more --seconds"
    needed = series.inputs(size) + expected_bytes
    if free is not None and needed > MEMORY_SHARE * free:
        return f"it would need about {needed / 2**30:.1f} GiB of the {free / 2**30:.1f} GiB that are free"
    return None


def _measured(series: Series, size: int, seconds: float, folder: Path) -> Point:
    command = [sys.executable, "-m", "facespectra.bench.growth.worker", series.name, str(size), str(seconds)]
    if "av" in series.modules:
        file = folder / f"{size}.mp4"
        write_video(file, size)
        command.append(str(file))
    # A process that is killed for its memory says nothing: what it returned does.
    done = subprocess.run(  # noqa: S603 - ourselves
        command, env={**os.environ, **_ONE_THREAD}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise ChildProcessError(said[-1] if said else f"the process ended with {done.returncode}")
    return Point(series.name, size, **json.loads(done.stdout))
