"""How many threads to use, and work that runs ahead of who needs it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from numbers import Integral
from typing import Any, TypeVar

from facespectra.errors import SettingError

Item = TypeVar("Item")
Result = TypeVar("Result")


def thread_count(threads: int | None = None) -> int:
    """Settle how many threads to use.

    Parameters
    ----------
    threads : int, optional
        Default: ``FACESPECTRA_THREADS``, else as many as this process has processors.

    Returns
    -------
    int

    Raises
    ------
    SettingError
        If it is not a whole number of at least 1.
    """
    source = "threads"
    value: Any = threads
    if threads is None and (text := os.environ.get("FACESPECTRA_THREADS")):
        source, value = "FACESPECTRA_THREADS", int(text) if text.isdecimal() else text
    if value is None:
        # The processors of this process, not of the machine: containers and taskset give fewer.
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise SettingError(f"{source} must be a whole number of at least 1, got {value!r}")
    return int(value)


def ordered_map(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    workers: int,
    max_pending: int,
    cost: Callable[[Item], int] = lambda _: 1,
) -> Iterator[Result]:
    """Map a function over items on several threads, ahead of who takes the results.

    Parameters
    ----------
    function : callable
        Of one item.
    items : iterable
        Taken as they are needed, by the thread that takes the results.
    workers : int
        Threads. One means this one, and nothing runs ahead.
    max_pending : int
        How much may be in work or wait at once: what bounds the memory.
    cost : callable
        How much one item counts for, 1 unless told.

    Yields
    ------
    object
        A result for each item, in their order; an exception comes in its turn. Who stops taking them ends
        what has not begun.
    """
    if workers == 1:
        yield from map(function, items)
        return
    waiting: deque[tuple[Future[Result], int]] = deque()
    taken = 0
    pool = ThreadPoolExecutor(workers, thread_name_prefix="facespectra")
    try:
        for item in items:
            waiting.append((pool.submit(function, item), cost(item)))
            taken += waiting[-1][1]
            while taken > max_pending:
                future, counted = waiting.popleft()
                taken -= counted
                yield future.result()
                # Not to be held until the next one is asked for.
                del future
        while waiting:
            yield waiting.popleft()[0].result()
    finally:
        pool.shutdown(cancel_futures=True)
