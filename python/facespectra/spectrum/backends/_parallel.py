"""Spreads images over threads for the backends that are written in Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from facespectra.spectrum.arrays import Grey


def for_each(images: Sequence[Grey], threads: int, work: Callable[[int, Grey], None]) -> None:
    """Call ``work(i, images[i])`` for all images, on at most `threads` threads.

    Raises
    ------
    ValueError
        What `work` raised for the first image by index, with that index before it.
    """

    def named(i: int) -> None:
        try:
            work(i, images[i])
        except ValueError as error:
            raise ValueError(f"image {i}: {error}") from None

    threads = min(threads, len(images))
    if threads < 2:
        for i in range(len(images)):
            named(i)
        return
    with ThreadPoolExecutor(threads) as pool:
        # Results are asked for in order: the first failure by index is the one that is raised.
        for _ in pool.map(named, range(len(images))):
            pass
