"""Growth as lines of text, in 80 columns."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence

from facespectra.bench.growth.fitting import LEAST_BYTES, Exponent, exponents, serial_share
from facespectra.bench.growth.points import LeftOut, Point
from facespectra.bench.growth.series import Series
from facespectra.bench.timing import MOST_APART

WIDTH = 80


def header(series: Series) -> Iterator[str]:
    """Lines above the points of a series: what grows, and the units of the columns."""
    yield f"{series.name}: {series.title}"
    time = "CPU time, ms" if series.processor else "time, ms"
    yield f"{series.unit:>18}{time:>14}{'local exponent':>16}{'peak memory, MiB':>19}{'runs':>8}"


def row(point: Point, before: Point | None) -> str:
    """One point, with the exponent of time from the one before."""
    peak = "not known" if point.peak_bytes is None else f"{point.peak_bytes / 2**20:.1f}"
    grown = ""
    if before is not None:
        grown = f"{math.log(point.seconds / before.seconds) / math.log(point.size / before.size):.2f}"
    mark = " ?" if point.noisy else ""
    return f"{point.size:>18}{1e3 * point.seconds:>14.3f}{grown:>16}{peak:>19}{point.runs:>8}{mark}"


def notes(points: Sequence[Point]) -> Iterator[str]:
    """What a mark means, if there is one."""
    if any(point.noisy for point in points):
        text = (
            f"Too noisy to tell: where there is a ?, runs differ by over {MOST_APART:.0%}. "
            "Close other programs, or give more --seconds."
        )
        yield from textwrap.wrap(text, WIDTH)


def left_out(left: LeftOut) -> Iterator[str]:
    """What was not measured, and why."""
    text = f"not measured: {', '.join(map(str, left.sizes))}: {left.reason}"
    yield from textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")


def fitted(series: Series, points: Sequence[Point]) -> Iterator[str]:
    """The exponents of a series beside the expected ones."""
    found = {exponent.cost: exponent for exponent in exponents(series, points)}
    for cost in ("time", "memory"):
        if cost in found:
            yield from textwrap.wrap(exponent_line(found[cost]), WIDTH, subsequent_indent="    ")
        elif cost == "memory" and all((point.peak_bytes or 0) < LEAST_BYTES for point in points[-2:]):
            yield "  memory: too little to tell, under 1 MiB"
    if series.name == "threads" and (share := serial_share(points)) is not None:
        yield f"  Amdahl's law: {min(1.0, max(0.0, share)):.1%} of the work stays on one thread"


def exponent_line(exponent: Exponent) -> str:
    """One exponent, its interval, and what was expected."""
    spread = "" if exponent.low is None else f" +-{exponent.value - exponent.low:.2f}"
    expected = f"{exponent.expected_low:.2f}"
    if exponent.expected_high - exponent.expected_low > 0.005:
        expected += f" to {exponent.expected_high:.2f}"
    sizes = f"{exponent.sizes[0]} to {exponent.sizes[-1]}"
    faster = "; GROWS FASTER" if exponent.grows_faster else "; noisy, see ?" if exponent.noisy else ""
    law = "" if exponent.law == "constant" else f" ({exponent.law})"
    return (
        f"  {exponent.cost}: exponent {exponent.value:.2f}{spread}, expected {expected}{law}, {sizes}{faster}"
    )
