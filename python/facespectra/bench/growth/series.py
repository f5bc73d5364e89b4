"""What is made larger, in which steps, and how time and memory should grow with it."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Growth = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Law:
    """How a cost should grow: in words, and at least and at most as these functions of the size."""

    words: str
    least: Growth
    most: Growth


def power(words: str, least: float, most: float | None = None) -> Law:
    """A power of the size, or anything between two."""
    upper = least if most is None else most
    return Law(words, lambda n: n**least, lambda n: n**upper)


def _fft_growth(n: float) -> float:
    return n * n * math.log2(n)


CONSTANT = power("constant", 0)
LINEAR = power("n", 1)
SQUARE = power("n^2", 2)
FFT = Law("n^2 log n", _fft_growth, _fft_growth)


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of work in several sizes."""

    name: str  # what the command is given
    title: str
    unit: str  # of the size
    sizes: tuple[int, ...]
    time: Law
    memory: Law  # of the peak above the inputs
    input_bytes: float = 0.0  # about, for each size**input_power
    input_power: int = 1
    modules: tuple[str, ...] = ()  # of the extra detect

    @property
    def processor(self) -> bool:
        """Whether time is that on processors: for one thread it hardly depends on how busy they are."""
        return self.name not in ("threads", "video", "frames")

    def inputs(self, size: int) -> float:
        """Bytes that the inputs take, about."""
        return float(self.input_bytes * size**self.input_power)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _doubled(first: int, last: int) -> tuple[int, ...]:
    return tuple(first << k for k in range((last // first).bit_length()))


_BATCHES = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000)
_LEARNING = ("sklearn", "threadpoolctl")

ALL = (
    Series("side", "one square image, one thread", "pixels a side", _doubled(32, 8192), FFT, SQUARE, 1, 2),
    Series("batch", "a stack of 64x64, one thread", "images", _BATCHES, LINEAR, LINEAR, 64 * 64),
    Series("crops", "a list of images in 200 shapes, one thread", "images", _BATCHES, LINEAR, LINEAR, 200),
    Series(
        "threads",
        "a stack of 64 of 512x512",
        "threads",
        tuple(n for n in _doubled(1, 256) if n <= _processors()),
        power("1/n", -1),
        LINEAR,
        64 * 512 * 512,
        0,
    ),
    Series(
        "video",
        "every frame of a video of 320x240",
        "seconds of video",
        _doubled(2, 128),
        LINEAR,
        CONSTANT,
        modules=("av", "PIL"),
    ),
    Series(
        "frames",
        "ten frames of a video of 320x240",
        "seconds of video",
        _doubled(2, 128),
        power("constant to n", 0, 1),
        CONSTANT,
        modules=("av", "PIL"),
    ),
    Series(
        "svm",
        "fit of svm-poly, with 5 folds",
        "rows",
        _doubled(100, 12_800),
        power("n^2 to n^3", 2, 3),
        LINEAR,
        300 * 4,
        modules=_LEARNING,
    ),
    Series(
        "logistic",
        "fit of logistic, with 5 folds",
        "rows",
        _doubled(100, 12_800),
        LINEAR,
        LINEAR,
        300 * 4,
        modules=_LEARNING,
    ),
)
SERIES = {series.name: series for series in ALL}
"""All series by their names."""


def select_series(names: Sequence[str]) -> list[Series]:
    """The series of these names, all for none; ValueError if there is none of a name."""
    for name in names:
        if name not in SERIES:
            raise ValueError(f"unknown case {name!r}: with --scaling, give some of {' '.join(SERIES)}")
    return [SERIES[name] for name in dict.fromkeys(names or SERIES)]
