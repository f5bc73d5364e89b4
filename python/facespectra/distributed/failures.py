"""What went wrong on a cluster, in one line that says what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from facespectra._files import one_line
from facespectra.errors import ClusterError, FacespectraError

_RAISED = re.compile(r"^\s*(?:ray\.exceptions\.\w+: )?facespectra\.errors\.\w+: (.+)$", re.MULTILINE)


@contextmanager
def in_one_line() -> Iterator[None]:
    """Raise errors of Ray as ours; those that a worker raised on purpose as they are."""
    try:
        yield
    except FacespectraError:
        raise
    except Exception as error:
        known = _ours(error)
        if known is not None:
            raise known from error
        message = explained(error)
        if message is None:
            raise
        raise ClusterError(message) from error


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and those behind it, in all the ways that Ray keeps them."""
    pending, seen = [error], set()
    while pending:
        one = pending.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        behind = (getattr(one, "cause", None), one.__cause__, one.__context__)
        pending += [other for other in behind if isinstance(other, BaseException)]


def _ours(error: BaseException) -> Exception | None:
    """The error that a worker raised on purpose, without Ray's account of where."""
    for one in _chain(error):
        kind = type(one)
        if isinstance(one, FacespectraError) and kind.__module__.startswith("facespectra."):
            return one
        # Of a worker that could not begin, there is Ray's account alone.
        if told := _RAISED.findall(str(one)):
            return ClusterError(one_line(told[-1]))
    return None


def explained(error: BaseException) -> str | None:
    """What became of a cluster, in words; None where the error is not Ray's."""
    from ray import exceptions

    for one in _chain(error):
        text = str(one)
        lost = isinstance(one, exceptions.ActorDiedError | exceptions.WorkerCrashedError)
        if isinstance(one, exceptions.OutOfMemoryError) or (lost and "out of memory" in text.lower()):
            return (
                "a worker ran out of memory, again and again; give it fewer or smaller inputs at a time, or "
                "nodes with more memory for each CPU"
            )
        if "No module named 'facespectra" in text:
            return "facespectra is not installed on the cluster's nodes: install the same version there"
        if isinstance(one, exceptions.ActorDiedError):
            return f"a worker died: {_cause(text)}"
        if isinstance(one, exceptions.WorkerCrashedError | exceptions.NodeDiedError):
            return f"the cluster lost a node or a worker, whose work could not be repeated: {_cause(text)}"
        if isinstance(one, exceptions.ObjectLostError | exceptions.RaySystemError):
            return f"the cluster lost data that was on its way: {_cause(text)}; --resume goes on"
        if isinstance(one, exceptions.RayTaskError):
            continue
        if type(one).__name__ == "ExecutionTimeoutError":
            return "the cluster has not got on for an hour: are its CPUs taken by other jobs?"
    if any(isinstance(one, exceptions.RayError) for one in _chain(error)):
        return f"a worker failed: {_last_line(str(error))}"
    return None


def _cause(text: str) -> str:
    """The telling line of an account that has many."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "Error" in line or "killed" in line or "died" in line]
    return one_line((telling or lines or ["no reason is known"])[-1])


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    last = lines[-1] if lines else "no reason is known"
    # Without the class that stands before it.
    head, _, rest = last.partition(": ")
    return one_line(rest if rest and head.replace(".", "").replace("_", "").isalnum() else last)
