"""Ours and a yardstick on the same work, in turn, so that a busy machine is busy for both."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Ratio:
    """Seconds of both, and what they gave, part by part."""

    ours: list[float] = field(default_factory=list)
    yardstick: list[float] = field(default_factory=list)
    results: list[tuple[Any, Any]] = field(default_factory=list)

    @property
    def times_as_fast(self) -> float:
        return sum(self.yardstick) / sum(self.ours)


def in_turn(parts: Iterable[Any], ours: Callable[[Any], Any], yardstick: Callable[[Any], Any]) -> Ratio:
    """Time both on part after part; who comes first changes. The first part is done once more, untimed."""
    ratio = Ratio()
    for number, part in enumerate(parts):
        if number == 0:
            ours(part), yardstick(part)
        found: dict[str, Any] = {}
        order = [("ours", ours, ratio.ours), ("yardstick", yardstick, ratio.yardstick)]
        for name, function, seconds in order if number % 2 else reversed(order):
            start = time.perf_counter()
            found[name] = function(part)
            seconds.append(time.perf_counter() - start)
        ratio.results.append((found["ours"], found["yardstick"]))
    return ratio


def judged(benchmark: Any, ratio: Ratio, bar: float, n: int) -> None:
    """Put a ratio where pytest-benchmark saves it, say it, and hold it to the bar where times count."""
    figures = {
        "times as fast": round(ratio.times_as_fast, 2),
        "bar": bar,
        "ours, ms each": round(1e3 * sum(ratio.ours) / n, 2),
        "yardstick, ms each": round(1e3 * sum(ratio.yardstick) / n, 2),
    }
    benchmark.extra_info |= figures
    print(f"\n{benchmark.name}: " + ", ".join(f"{name} {value}" for name, value in figures.items()))
    if benchmark.enabled:
        assert ratio.times_as_fast >= bar
