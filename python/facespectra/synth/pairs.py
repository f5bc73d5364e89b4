"""Pairs of a real picture and its fake twin out of many photographs, which are each other's donors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import PurePath
from typing import NamedTuple

import numpy as np

from facespectra._conversion import AnyImage
from facespectra._progress import Progress
from facespectra._threads import ordered_map, thread_count
from facespectra.faces import Face
from facespectra.synth.settings import SwapSettings
from facespectra.synth.twins import Twins, generator, make_twins


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
    progress: Progress | None = None,
) -> Iterator[Pair]:
    """Make `n` pairs of each photograph, one photograph after the other, or one pair of each in every round.

    A pair depends on the seed, the photograph's file name, its number, and the list of photographs, which its
    donor is drawn from, and not on the threads that make pairs ahead. `read`, which they call, gives the
    photograph at a position.
    """
    # Those at hand and their donors: all of them together may be too many to keep.
    photograph = lru_cache(maxsize=2 * thread_count())(read)
    everyone = range(len(paths))
    order = [(k, number) for k in everyone for number in range(n)]
    if in_rounds:
        order = [(k, number) for number in range(n) for k in everyone]

    def make(item: tuple[int, int]) -> Pair:
        k, number = item
        rng = generator(seed, PurePath(paths[k]).name, number)
        pixels = photograph(k)
        other = int(rng.integers(len(paths)))
        donor = None if other == k else (photograph(other), faces[other])
        return Pair(k, number, make_twins(pixels, faces[k], rng, settings, donor), rng)

    workers = thread_count()
    pairs = ordered_map(make, order, workers=workers, max_pending=4 * workers)
    for done, pair in enumerate(pairs, start=1):
        yield pair
        if progress is not None:
            progress(done, len(order))
