"""Threads over images, for the backends in Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from facespectra.errors import InvalidImageError
from facespectra.spectrum.arrays import Grey


def for_each(images: Sequence[Grey], threads: int, work: Callable[[int, Grey], None]) -> None:
    """Call ``work(i, images[i])`` for all images, on at most `threads` threads.

    An :class:`InvalidImageError` of `work` gets the image's index; the first image by index is the one named.
    """

    def indexed(i: int) -> None:
        try:
            work(i, images[i])
        except InvalidImageError as error:
            raise InvalidImageError(error.reason, i) from None

    threads = min(threads, len(images))
    if threads < 2:
        for i in range(len(images)):
            indexed(i)
        return
    with ThreadPoolExecutor(threads) as pool:
        # Results are asked for in order: the first failure by index is the one that is raised.
        for _ in pool.map(indexed, range(len(images))):
            pass
