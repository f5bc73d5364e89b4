"""A Ray cluster of two nodes on this machine, and what a run on it is compared with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NODE_CPUS = 2
STORE = 80 << 20  # bytes; the least that Ray takes is 75 MB


@contextmanager
def cluster(*, nodes: int = 2, cpus: int = NODE_CPUS) -> Iterator[Any]:
    """Start nodes of so many processors each, in name: they share this machine's."""
    # Nothing that a test does is reported to anyone.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray
    from ray.cluster_utils import Cluster

    started = Cluster(
        initialize_head=True,
        head_node_args={
            "num_cpus": cpus,
            "object_store_memory": STORE,
            "include_dashboard": False,
            # A lost node is noticed in ten seconds, not in half a minute or more.
            "_system_config": {"health_check_period_ms": 1000, "health_check_failure_threshold": 10},
        },
    )
    try:
        for _ in range(nodes - 1):
            started.add_node(num_cpus=cpus, object_store_memory=STORE)
        yield started
    finally:
        ray.shutdown()
        started.shutdown()


@contextmanager
def connected(address: str) -> Iterator[None]:
    """Connect this process to a cluster."""
    import logging

    import ray

    ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    try:
        yield
    finally:
        ray.shutdown()
