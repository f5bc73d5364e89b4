"""How many workers a cluster has room for, beside what reads and writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facespectra._extras import require
from facespectra._threads import thread_count
from facespectra._wording import counted
from facespectra.errors import ClusterError

if TYPE_CHECKING:
    from ray.data import Dataset

ROWS = 32
"""Images and videos that a worker has at a time: what is done again where one is lost."""
NONE = 0
"""Processors that a task takes which lists, reads or writes. It mostly waits; and where a node is lost,
workers that start anew take all that are left: if it needed one, both would wait for each other."""
PER_READER = 16
"""Processors of a cluster for each one that is left to reading and writing."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Workers, and what each of them takes."""

    size: int  # that there is room for
    threads: int
    gpus: float
    most: int  # as the cluster grows

    def map(self, ds: Dataset, function: type, **settings: Any) -> Dataset:
        """Map a callable class, made with some settings in each worker, over the blocks of a dataset."""
        from ray.data import ActorPoolStrategy

        more: dict[str, Any] = {"num_gpus": self.gpus} if self.gpus else {}
        return ds.map_batches(
            function,
            fn_constructor_kwargs=settings,
            # From one on, so that idle workers make room for those that a lost node has cost.
            compute=ActorPoolStrategy(min_size=1, max_size=self.most, initial_size=self.size),
            num_cpus=self.threads,
            batch_size=None,
            batch_format="pyarrow",
            **more,
        )


def pool_of(
    *,
    threads: int | None = None,
    workers: int | None = None,
    device: str | None = None,
    gpus: float | None = None,
) -> Pool:
    """Plan workers for the cluster that is connected; a ClusterError says what it lacks.

    One processor in :data:`PER_READER`, and at least one, is left to what reads and writes: workers that take
    all of them would wait for ever for something to work on.
    """
    require("ray", "ray")
    if workers is not None and workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers}")
    each = 1 if threads is None else thread_count(threads)
    if gpus is None:
        gpus = 1.0 if (device or "cpu").startswith("cuda") else 0.0
    nodes = [node["Resources"] for node in _nodes() if node["Alive"]]
    processors = int(sum(node.get("CPU", 0) for node in nodes))
    left = processors - max(1, processors // PER_READER)
    room = sum(
        min(int(node.get("CPU", 0) // each), int(node.get("GPU", 0) // gpus) if gpus else processors)
        for node in nodes
    )
    size = min(left // each, room)
    if size < 1:
        has = f"the Ray cluster has {counted(processors, 'CPU')}"
        if gpus and room < 1 <= left // each:
            raise ClusterError(
                f"{has} and no GPU for a worker on {device}: add nodes with one, or leave the device out"
            )
        raise ClusterError(
            f"{has} on {counted(len(nodes), 'node')}, and a worker of {each} beside one CPU that reads takes "
            f"{each + 1}: start it with more (ray start --num-cpus), add nodes, or ask for fewer threads"
        )
    most = workers or size
    return Pool(min(size, most), each, gpus, most)


def _nodes() -> list[dict[str, Any]]:
    import ray

    if not ray.is_initialized():
        ray.init()
    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    return nodes
