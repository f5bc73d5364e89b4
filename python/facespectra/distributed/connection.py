"""A Ray cluster by its address: this machine's processors, the cluster that runs here, or one elsewhere."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from facespectra._extras import require
from facespectra._files import one_line, printable
from facespectra._threads import thread_count
from facespectra.errors import ClusterError

LOCAL, AUTO, CLIENT = "local", "auto", "ray://"
STORE = 1 << 30
"""Bytes that a local cluster has for what is on its way between workers."""
_NO_PROGRESS, _ANSWER = 3600, 10  # seconds
# The log of Ray's C++ side goes to stderr, past Python. Nobody is told that somebody uses Ray.
_QUIET = {
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_IGNORE_UNHANDLED_ERRORS": "1",
}


@contextmanager
def connected(address: str, threads: int | None = None) -> Iterator[bool]:
    """Connect to a cluster for a while; gives whether this process is part of it, and not a client from afar.

    ``local`` starts one on this machine, which ends with the block: with a processor for each thread, and one
    in name for what reads and writes, which mostly waits.
    """
    require("ray", "ray")
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    if address == LOCAL and "ray" not in sys.modules and "RAY_AUTH_MODE" not in os.environ:
        # Ray listens to the whole network, also where it is started for this process alone.
        os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    import ray

    if ray.is_initialized():
        raise ClusterError("this process is connected to a Ray cluster already; call ray.shutdown() first")
    here: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address == LOCAL:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        here |= {"num_cpus": thread_count(threads) + 1, "object_store_memory": min(STORE, memory // 4)}
        here["include_dashboard"] = False
    _check_answer(address)
    try:
        with _without_stderr():
            ray.init(address=address, **here)
    except (Exception, SystemExit) as error:
        raise ClusterError(_why_not(address, error)) from error
    try:
        with warnings.catch_warnings():
            # Few files are no matter to warn of.
            warnings.filterwarnings("ignore", "The maximum number of concurrent tasks")
            quiet()
            yield not address.startswith(CLIENT)
    finally:
        ray.shutdown()


def _check_answer(address: str) -> None:
    """Raise a ClusterError where nothing listens: Ray would try for minutes, and end the process."""
    if address == LOCAL:
        return
    place = address
    if address == AUTO:
        place = os.environ.get("RAY_ADDRESS", "") or _last_started()
        if not place:
            raise ClusterError(_why_not(address, ConnectionError("none was started")))
    place = place.removeprefix(CLIENT).partition("?")[0].rstrip("/")
    if ":" not in place:
        place = f"{place}:10001"
    host, _, port = place.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER):
            pass
    except (OSError, ValueError) as error:
        raise ClusterError(_why_not(address, error)) from error


def _last_started() -> str:
    """The address of the cluster that was started last on this machine; empty where none was."""
    try:
        from ray._private.utils import read_ray_address

        return str(read_ray_address() or "")
    except (ImportError, OSError):
        return ""


@contextmanager
def _without_stderr() -> Iterator[None]:
    """Close stderr for what is written past Python: Ray's C++ side greets whoever asks it to be quiet."""
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # it is closed already
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def quiet() -> None:
    """Leave progress and failures to us."""
    import ray.data
    from ray._private import worker

    # What becomes of single tasks, which Ray does again, it tells on stdout.
    if hasattr(worker, "print_to_stdstream"):
        worker.print_to_stdstream = lambda *_, **__: None
    logging.getLogger("ray").setLevel(logging.ERROR)
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    ray.data.DataContext.get_current().enable_progress_bars = False


def _why_not(address: str, error: BaseException) -> str:
    reason = one_line(error)
    if address == LOCAL:
        return f"--ray local: Ray did not start on this machine: {reason}"
    if address == AUTO:
        return (
            "--ray auto: no Ray cluster runs on this machine; start one (ray start --head), or use --ray "
            f"local ({reason[:120]})"
        )
    return f"--ray {printable(address)}: no Ray cluster answers there ({reason[:160]})"


def set_context(context: object) -> None:
    """Set up a run of packed batches: each a block of its own, and never a wait without end."""
    settings = {
        "target_max_block_size": 1,
        "enable_progress_bars": False,
        "print_on_execution_start": False,
        "execution_no_progress_timeout_s": _NO_PROGRESS,
    }
    for name, value in settings.items():
        if hasattr(context, name):
            setattr(context, name, value)
