"""The most memory that a piece of work needed, from the system's own count for this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak_of(work: Callable[[], object]) -> int | None:
    """Do the work, and give how far the process rose above what it held before, in bytes.

    Memory of native code counts. On Linux the mark is set back first; elsewhere it only rises, which is as
    good in a process that has done nothing else. None where the system does not tell.
    """
    before = _reset()
    work()
    after = _highest()
    return None if before is None or after is None else max(0, after - before)


def _reset() -> int | None:
    with suppress(OSError):
        _CLEAR.write_text("5")  # VmHWM becomes what is in memory now
    return _highest()


def _highest() -> int | None:
    try:
        lines = _STATUS.read_text(encoding="ascii").splitlines()
    except OSError:
        return _highest_by_rusage()
    # Not ru_maxrss: Linux hands that of the parent down to its children.
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), None)


def _highest_by_rusage() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest if sys.platform == "darwin" else highest * 1024


def available() -> int | None:
    """Bytes that can be used without others being swapped out; None where the system does not tell."""
    with suppress(OSError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable"):
                return int(line.split()[1]) * 1024
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
