"""Results of a benchmark as lines of text, in 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from facespectra.bench.run import Result
from facespectra.bench.timing import MOST_APART, MOST_OFF

_NAME, _TIME, _RATIO, _ERROR = 26, 10, 26, 18
WIDTH = 80


def header(result: Result) -> Iterator[str]:
    """Two lines above the results of a case: what the columns are, and in which units."""
    yardstick = result.yardstick.removeprefix("bare ").partition(" (")[0]
    yield _line(result.case, "time", "time as a multiple", "largest error")
    yield _line("", "us/image", f"of bare {yardstick}", "first number = 1")


def _line(name: str, time: str, ratio: str, error: str) -> str:
    return f"{name:<{_NAME}}{time:>{_TIME}}{ratio:>{_RATIO}}{error:>{_ERROR}}".rstrip()


def row(result: Result) -> str:
    """One result: microseconds, the ratio with half its interquartile range, and its error."""
    ratio = f"{result.ratio:.2f} +-{result.timing.spread:.2f}{' ?' if result.noisy else '  '}"
    error = "" if result.error is None else f"{result.error:.1e}"
    return _line(result.name, f"{result.microseconds:.1f}", ratio, error)


def notes(results: Sequence[Result]) -> Iterator[str]:
    """Lines below all results: how to read a ratio, and what a noisy machine leaves open."""
    yield "Each ratio is the median of runs in turn; half of them lie within its +-."
    notice = noise_notice(results)
    yield from textwrap.wrap(notice, WIDTH) if notice else ()


def noise_notice(results: Sequence[Result]) -> str | None:
    """One sentence on what a noisy machine leaves open, and what to do; None where it was quiet."""
    noisy = [result for result in results if result.noisy]
    if not noisy:
        return None
    itself = [one for one in noisy if one.name == one.yardstick and abs(one.ratio - 1) > MOST_OFF]
    if itself:
        worst = max(itself, key=lambda one: abs(one.ratio - 1))
        what = f"{worst.name} takes {worst.ratio:.2f} times as long as itself on {worst.case}"
    else:
        what = f"where there is a ?, ratios differ by over {MOST_APART:.0%} from round to round"
    return f"Too noisy to tell: {what}. Close other programs, or give more --seconds."
