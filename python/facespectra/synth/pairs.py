"""Pairs of a real picture and its fake twin out of many photographs, which are each other's donors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import PurePath
from typing import Any, NamedTuple, TypeVar

import numpy as np

from facespectra._conversion import AnyImage
from facespectra._progress import Progress
from facespectra._threads import ordered_map, thread_count
from facespectra.faces import Face
from facespectra.synth.settings import SwapSettings
from facespectra.synth.twins import Twins, generator, make_twins

Result = TypeVar("Result")


class Pair(NamedTuple):
    """Twins, and the random generator as it was left after drawing them."""

    photograph: int  # its position
    number: int  # among the pairs of this photograph
    twins: Twins
    rng: np.random.Generator


def make_pairs(
    paths: Sequence[str],
    faces: Sequence[Face],
    read: Callable[[int], AnyImage],
    n: int,
    *,
    seed: int,
    settings: SwapSettings,
    in_rounds: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Iterator[Pair]:
    """Make `n` pairs of each photograph, one photograph after the other, or one pair of each in every round.

    A pair depends on the seed, the photograph's file name, its number, and the list of photographs, which its
    donor is drawn from, and not on the threads that make pairs ahead. `read`, which they call, gives the
    photograph at a position.
    """
    more: dict[str, Any] = {"in_rounds": in_rounds, "threads": threads, "progress": progress}
    yield from map_pairs(_same, paths, faces, read, n, seed=seed, settings=settings, **more)


def map_pairs(
    function: Callable[[Pair], Result],
    paths: Sequence[str],
    faces: Sequence[Face],
    read: Callable[[int], AnyImage],
    n: int,
    *,
    seed: int,
    settings: SwapSettings,
    in_rounds: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Iterator[Result]:
    """Give what `function` makes of each pair of :func:`make_pairs`, on the thread that made the pair."""
    from threadpoolctl import threadpool_limits

    workers = thread_count(threads)
    # Those at hand and their donors: all of them together may be too many to keep.
    photograph = lru_cache(maxsize=2 * workers)(read)
    everyone = range(len(paths))
    order = [(k, number) for k in everyone for number in range(n)]
    if in_rounds:
        order = [(k, number) for number in range(n) for k in everyone]

    def make(item: tuple[int, int]) -> Result:
        k, number = item
        rng = generator(seed, PurePath(paths[k]).name, number)
        pixels = photograph(k)
        other = int(rng.integers(len(paths)))
        donor = None if other == k else (photograph(other), faces[other])
        return function(Pair(k, number, make_twins(pixels, faces[k], rng, settings, donor), rng))

    # Each worker would start as many threads of BLAS as there are processors.
    with threadpool_limits(1, user_api="blas"):
        results = ordered_map(make, order, workers=workers, max_pending=4 * workers)
        for done, result in enumerate(results, start=1):
            yield result
            if progress is not None:
                progress(done, len(order))


def _same(pair: Pair) -> Pair:
    return pair
