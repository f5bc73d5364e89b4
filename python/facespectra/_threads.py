"""How many threads to use, and a parallel map that keeps the order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from numbers import Integral
from typing import TYPE_CHECKING, Any, TypeVar

from facespectra.errors import SettingError

if TYPE_CHECKING:
    from concurrent.futures import Future

Item = TypeVar("Item")
Result = TypeVar("Result")


def thread_count(threads: int | None = None) -> int:
    """Give `threads`, or ``FACESPECTRA_THREADS``, or the number of processors that this process may use."""
    if type(threads) is int and threads >= 1:
        return threads
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
    """Map a function over items in a thread pool, preserving their order.

    At most `max_pending` (in units of `cost`) are computed or waiting at a time, which bounds the memory.
    `items` is consumed in the calling thread; one worker means that nothing runs ahead. An exception is
    raised in its place. Closing the iterator cancels pending tasks.
    """
    if workers == 1:
        yield from map(function, items)
        return
    from concurrent.futures import ThreadPoolExecutor

    waiting: deque[tuple[Future[Result], int]] = deque()
    in_progress = 0
    pool = ThreadPoolExecutor(workers, thread_name_prefix="facespectra")
    try:
        for item in items:
            waiting.append((pool.submit(function, item), cost(item)))
            in_progress += waiting[-1][1]
            while in_progress > max_pending:
                future, counted = waiting.popleft()
                in_progress -= counted
                yield future.result()
                # Free the result before the next one is asked for.
                del future
        while waiting:
            yield waiting.popleft()[0].result()
    finally:
        pool.shutdown(cancel_futures=True)
