"""Holds a reader of files to its promises: its own errors, one file opened, nothing written, nothing run."""

from __future__ import annotations

import os
import sys
import sysconfig
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from facespectra._files import printable
from facespectra.errors import FacespectraError

# What Python tells of, before it happens, that no reader has any business with.
FORBIDDEN = (
    "ctypes.dlopen", "ftplib.", "http.client.", "os.chmod", "os.chown", "os.exec", "os.fork", "os.kill",
    "os.link", "os.mkdir", "os.posix_spawn", "os.putenv", "os.remove", "os.rename", "os.rmdir",
    "os.spawn", "os.symlink", "os.system", "os.truncate", "os.unsetenv", "pickle.find_class",
    "pty.spawn", "shutil.", "signal.", "smtplib.", "socket.", "sqlite3.", "subprocess.", "tempfile.",
    "urllib.", "webbrowser.",
)  # fmt: skip
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Modules that are loaded on first use.
LIBRARIES = tuple(
    {*sysconfig.get_paths().values(), *sys.path[1:], str(Path(__file__).parents[2] / "python")} - {""}
)
LONGEST = 4000


class BrokenPromiseError(BaseException):
    """Not an Exception: no reader may swallow it."""


class Guard:
    """Watches what happens in this process while it is on."""

    def __init__(self) -> None:
        self.on = False
        self.allowed = ""
        self.seen: list[str] = []
        sys.addaudithook(self._audit)

    def _audit(self, event: str, given: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event == "open":
            self._opened(*given)
        elif event.startswith(FORBIDDEN):
            self._refuse(f"{event} {given}")

    def _opened(self, path: Any, mode: Any, flags: Any) -> None:
        if isinstance(path, int) or path is None:
            return
        name = os.fsdecode(path)
        if isinstance(flags, int) and flags & WRITING:
            self._refuse(f"{name} is opened for writing")
        elif name != self.allowed and not name.startswith(
            (*LIBRARIES, "/proc/", "/sys/", "/usr/share/zoneinfo/")
        ):
            self._refuse(f"{name} is opened")

    def _refuse(self, what: str) -> None:
        self.seen.append(what)
        raise BrokenPromiseError(what)


_guard: Guard | None = None


def hold(read: Callable[[Path], object], path: Path) -> str:
    """Read a file, and see that all that is promised of readers holds.

    Parameters
    ----------
    read : callable
        Takes the path; what it gives does not matter.
    path : Path
        The only file that may be opened, in a folder with nothing else that may change.

    Returns
    -------
    str
        The error's message; empty where there was none.
    """
    global _guard
    _guard = _guard or Guard()
    before = sorted(path.parent.rglob("*"))
    _guard.allowed, _guard.seen, message = str(path), [], ""
    try:
        _guard.on = True
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read(path)
    except FacespectraError as error:
        message = str(error)
        _guard.on = False
        check_message(message, path)
    finally:
        _guard.on = False
    if _guard.seen:
        raise BrokenPromiseError(f"nothing is written and nothing run: {_guard.seen}")
    if sorted(path.parent.rglob("*")) != before:
        raise BrokenPromiseError("no file is left behind")
    return message


def check_message(message: str, path: Path) -> None:
    """See that an error is one line that names the file."""
    if not message or any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in message):
        raise BrokenPromiseError(f"an error is one line, without codes for terminals: {message!r}")
    if printable(path) not in message and printable(path.parent) not in message:
        raise BrokenPromiseError(f"an error names the file: {message!r}")
    if len(message) > LONGEST:
        raise BrokenPromiseError(f"an error can be read: it has {len(message)} letters, {message[:200]!r}")


def folder() -> tempfile.TemporaryDirectory[str]:
    """Make a folder in memory, where there is one."""
    return tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)  # noqa: S108
