"""Batches that take their workers down with them, one after the other, found by counting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from facespectra._files import printable
from facespectra._wording import counted
from facespectra.distributed.keys import digest_of
from facespectra.errors import ClusterError

MOST = 4
"""Times that a batch is begun: nodes can be lost, but hardly so often in a row while they are at the same."""


class Attempts:
    """Counts how often each batch was begun that has not been ended; one for all workers."""

    def __init__(self) -> None:
        self.begun: Counter[bytes] = Counter()

    def begin(self, batch: bytes) -> int:
        """Count a batch, and give how often it was begun."""
        self.begun[batch] += 1
        return self.begun[batch]

    def end(self, batch: bytes) -> None:
        """Forget a batch."""
        del self.begun[batch]


def new_attempts() -> Any:
    """Start the counter, beside the program: what loses it loses the run."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    remote: Any = ray.remote
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=True)
    return remote(num_cpus=0, max_restarts=-1, max_task_retries=-1, scheduling_strategy=here)(
        Attempts
    ).remote()


@contextmanager
def counted_attempt(attempts: Any, paths: Sequence[str]) -> Iterator[None]:
    """Work on a batch; a ClusterError if it has ended its worker several times before.

    Ray would try for ever: it cannot tell a batch that takes all memory from a node that is lost.
    """
    if attempts is None:
        yield
        return
    import ray

    batch = digest_of("\0".join(paths))
    n = ray.get(attempts.begin.remote(batch))
    if n > MOST:
        raise ClusterError(
            f"a worker died {n - 1} times over the same {counted(len(paths), 'file')}, the first of which is "
            f"{printable(paths[0])}: give nodes more memory for each CPU, or leave these files out"
        )
    yield
    ray.get(attempts.end.remote(batch))
