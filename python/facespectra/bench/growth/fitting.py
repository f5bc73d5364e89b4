"""Exponents of growth, fitted to points, beside those that theory expects over the same sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from facespectra.bench.growth.points import Point
from facespectra.bench.growth.series import Law, Series

CONFIDENCE = 0.95
TOO_MUCH = 0.15
"""An exponent may be above the expected one by this: caches become too small for no fault of the code."""
LEAST_BYTES = 1 << 20
"""Peaks below that are the memory allocator's steps, and are left out of the fit."""


@dataclass(frozen=True, slots=True)
class Exponent:
    """The slope of a cost over the size, both as logarithms."""

    series: str
    cost: str  # "time" or "memory"
    value: float
    low: float | None  # of the 95 % interval; None with fewer than three points
    high: float | None
    expected_low: float
    expected_high: float
    law: str
    sizes: tuple[int, ...]  # it was fitted to
    noisy: bool  # whether runs of one of these sizes differ too much

    @property
    def grows_faster(self) -> bool:
        """Whether the whole interval lies above what is expected, by more than caches explain.

        Two points have no interval, and noisy ones tell nothing.
        """
        return not self.noisy and self.low is not None and self.low > self.expected_high + TOO_MUCH

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain data for JSON."""
        return {**asdict(self), "sizes": list(self.sizes), "grows_faster": self.grows_faster}


def exponents(series: Series, points: Sequence[Point]) -> list[Exponent]:
    """Those of time and of memory, as far as there are two points of each in the upper half of the sizes."""
    costs: list[tuple[str, Law, list[tuple[int, float]]]] = [
        ("time", series.time, [(p.size, p.seconds) for p in points]),
        ("memory", series.memory, [(p.size, p.peak_bytes) for p in points if p.peak_bytes is not None]),
    ]
    fitted = []
    for cost, law, costly in costs:
        upper = _upper_half(costly)
        if cost == "memory":
            upper = [(size, value) for size, value in upper if value >= LEAST_BYTES]
        if len(upper) < 2:
            continue
        sizes = tuple(size for size, _ in upper)
        value, low, high = slope(sizes, [value for _, value in upper])
        least, most = (slope(sizes, [growth(n) for n in sizes])[0] for growth in (law.least, law.most))
        noisy = cost == "time" and any(point.noisy for point in points if point.size in sizes)
        found = Exponent(series.name, cost, value, low, high, least, most, law.words, sizes, noisy)
        fitted.append(found)
    return fitted


def _upper_half(points: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Points above the middle of the sizes as logarithms, at least three: below it constants count."""
    if not points:
        return []
    middle = math.sqrt(points[0][0] * points[-1][0]) * (1 - 1e-9)
    n = sum(size >= middle for size, _ in points)
    return list(points[-max(n, 3) :])


def slope(sizes: Sequence[float], values: Sequence[float]) -> tuple[float, float | None, float | None]:
    """Least-squares slope of the logarithms, and its 95 % interval by Student's t."""
    x, y = np.log(np.asarray(sizes, float)), np.log(np.asarray(values, float))
    x -= x.mean()
    value = float(x @ y / (x @ x))
    n = len(x)
    if n < 3:
        return value, None, None
    from scipy.special import stdtrit

    residual = y - y.mean() - value * x
    error = math.sqrt(float(residual @ residual) / (n - 2) / float(x @ x))
    half = float(stdtrit(n - 2, (1 + CONFIDENCE) / 2)) * error
    return value, value - half, value + half


def serial_share(points: Sequence[Point]) -> float | None:
    """Share of one thread's time that more threads do not shorten, by Amdahl's law; None for one point."""
    if len(points) < 2:
        return None
    threads = np.array([point.size for point in points], float)
    times = np.array([point.seconds for point in points])
    columns = np.stack([np.ones_like(threads), 1 / threads], axis=1)
    # Relative errors count: short times are as exact as long ones.
    (serial, parallel), *_ = np.linalg.lstsq(columns / times[:, None], np.ones_like(times), rcond=None)
    return float(serial / (serial + parallel))
