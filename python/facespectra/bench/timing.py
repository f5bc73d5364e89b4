"""Times of two pieces of work in turn, and whether the machine was quiet enough to believe them."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from facespectra.bench.cases import Work

MIN_ROUNDS = 3
MOST_APART = 0.10
"""Quartiles of the ratios may be this share of their median apart: beyond that a machine is noisy."""
MOST_OFF = 0.03
"""The yardstick against itself should give 1, and may be off by this much."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Rounds of a yardstick and a contender, one after the other."""

    seconds: float  # median of the contender's
    ratio: float  # median of contender over yardstick, each of two consecutive runs
    ratio_low: float  # lower and upper quartile of the ratios
    ratio_high: float
    rounds: int

    @property
    def spread(self) -> float:
        """Half of what lies between the quartiles: the 0.02 of "0.90 +-0.02"."""
        return (self.ratio_high - self.ratio_low) / 2

    @property
    def noisy(self) -> bool:
        """Whether half of the rounds lie in more than a tenth of the ratio."""
        return self.ratio_high - self.ratio_low > MOST_APART * self.ratio


def time_in_turn(yardstick: Work, contender: Work, seconds: float) -> Timing:
    """Run both in turn for some seconds, and in at least three rounds."""
    times: list[float] = []
    ratios: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < MIN_ROUNDS or time.perf_counter() < end:
        start = time.perf_counter()
        yardstick()
        middle = time.perf_counter()
        contender()
        times.append(time.perf_counter() - middle)
        ratios.append(times[-1] / (middle - start))
    low, median, high = (float(value) for value in np.quantile(ratios, (0.25, 0.5, 0.75)))
    return Timing(float(np.median(times)), median, low, high, len(times))
