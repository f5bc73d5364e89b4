"""Files that are either complete or not there, and their names in messages."""

from __future__ import annotations

import csv
import errno
import io
import os
import secrets
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

PathLike = str | os.PathLike[str]

# Line ends, tabs and codes that control terminals; and surrogates, which stand for bytes that are not UTF-8.
_ESCAPED = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
_ESCAPED |= {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"}
_ESCAPED |= {0xDC00 + byte: f"\\x{byte:02x}" for byte in range(128, 256)}


def printable(path: PathLike) -> str:
    r"""Escape control characters and undecodable bytes in a file name, such as ``\n`` and ``\xff``."""
    return os.fspath(path).translate(_ESCAPED)


def one_line(error: object, max_length: int = 300) -> str:
    """Shorten an error or a text to one printable line; an error without text becomes its type."""
    text = " ".join(printable(" ".join(str(error).split())).split())
    if not text and isinstance(error, BaseException):
        text = type(error).__name__
    return text if len(text) <= max_length else text[: max_length - 3] + "..."


def as_utf8(text: str) -> str:
    r"""Escape bytes that are not UTF-8, such as ``\xff``, for formats that allow nothing else."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def write_atomically(path: PathLike, content: bytes | str, *, sync: bool = True) -> Path:
    """Write a file so that no reader and no crash ever sees half of it.

    The content goes to a temporary file in the same folder, which is synced to disk (unless `sync` is false:
    then only a power failure can lose it) and renamed. Missing folders are made. A killed process can leave
    the temporary file behind (``.*.tmp``). Devices and pipes, such as ``/dev/stdout``, are written to
    directly. Text is written as UTF-8 with its line ends as they are, undecodable bytes of names included.
    Errors are OSErrors that name `path`.
    """
    data = content.encode(errors="surrogateescape") if isinstance(content, str) else content
    with writing_atomically(path, sync=sync) as file:
        file.write(data)
    return Path(path)


def write_csv(path: PathLike, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    """Write a CSV file with a header, in UTF-8, lines ending in a line feed."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return write_atomically(path, text.getvalue())


@contextmanager
def writing_atomically(path: PathLike, *, sync: bool = True) -> Iterator[IO[bytes]]:
    """Open a file to write it piece by piece, in the way of :func:`write_atomically`."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary: Path | None = None
    try:
        if _is_device(target):
            with target.open("wb") as file:
                yield file
            return
        temporary = _beside(target)
        with temporary.open("xb") as file:
            yield file
            file.flush()
            if sync:
                os.fsync(file.fileno())
        temporary.replace(target)
        if sync:
            _sync_folder(target.parent)
    except OSError as error:
        _remove(temporary)
        if error.filename is not None and error.filename != str(temporary) and error.filename != str(target):
            # About another file that was read or written meanwhile.
            raise
        # The system's error names no file, or the temporary one.
        raise type(error)(error.errno, error.strerror, os.fspath(target)) from error
    except BaseException:
        _remove(temporary)
        raise


def check_output(
    path: PathLike, *, folder: bool = False, suffixes: Sequence[str] = (), grows: bool = False
) -> None:
    """Check before the work that its output can be written, and change nothing.

    A file, or a `folder` of files; missing folders are made when it is written. `suffixes` are the endings
    that a file may have; one that `grows` is written to where it is, not replaced. Errors are OSErrors and
    ValueErrors of one line that names the path.
    """
    target = Path(path)
    if not os.fspath(path).strip() or "\0" in os.fspath(path):
        raise ValueError(f"{printable(path)!r} is no name for the output")
    if suffixes and target.suffix.lower() not in suffixes:
        raise ValueError(f"{printable(target)}: end its name in {', '.join(suffixes)}")
    try:
        there = _exists(target)
        if there and folder and not target.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "it is a file: name a folder to write to")
        if there and not folder and target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "it is a folder: name a file to write to")
        if _is_device(target):
            return
        if there and grows and not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, "permission to write to it is denied")
        nearest = target if folder else target.parent
        while not _exists(nearest):
            nearest = nearest.parent
        if not nearest.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, f"{printable(nearest)} is a file, not a folder")
        temporary = _beside(nearest / "output")
        temporary.touch(exist_ok=False)
        temporary.unlink()
    except OSError as error:
        raise type(error)(error.errno, error.strerror, os.fspath(path)) from error


def _exists(path: Path) -> bool:
    """Whether there is something by that name; other errors than that are raised, unlike by Path.exists."""
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except NotADirectoryError:
        # A file stands where a folder should be: whoever goes up finds it.
        return False
    return True


def _beside(target: Path) -> Path:
    # Not by tempfile, whose files stay readable by their owner only. Not the whole name, which may be as long
    # as the system allows.
    return target.with_name(f".{target.stem[:40]}.{secrets.token_hex(6)}.tmp")


def _is_device(target: Path) -> bool:
    try:
        mode = target.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _remove(temporary: Path | None) -> None:
    if temporary is not None:
        temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Sync the new name to disk, on systems that can."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        # The file itself is on disk: a power failure can only lose its new name.
        return
    finally:
        os.close(descriptor)
