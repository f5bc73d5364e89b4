"""Files that are either there and whole, or not there; and their names, shown safely."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PathLike = str | os.PathLike[str]

# Line ends, tabs and the codes that make a terminal do things; and what stands for bytes that are not UTF-8,
# which no encoding takes.
_ESCAPED = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}
_ESCAPED |= {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"}
_ESCAPED |= {0xDC00 + byte: f"\\x{byte:02x}" for byte in range(128, 256)}


def printable(path: PathLike) -> str:
    r"""Put the name of a file into text for people: one line, without codes for terminals.

    Parameters
    ----------
    path : path-like
        Any name that a system allows.

    Returns
    -------
    str
        Control characters, and bytes that are not UTF-8, as escapes such as ``\n`` and ``\xff``. Everything
        else is as it was.
    """
    return os.fspath(path).translate(_ESCAPED)


def one_line(what: object, most: int = 300) -> str:
    """Put what others wrote, such as an error about a stranger's file, into one of our messages.

    Parameters
    ----------
    what : object
        An error, or a text.
    most : int
        Letters to keep.

    Returns
    -------
    str
        One line without codes for terminals; of an error that says nothing, its type.
    """
    text = " ".join(printable(" ".join(str(what).split())).split())
    if not text and isinstance(what, BaseException):
        text = type(what).__name__
    return text if len(text) <= most else text[: most - 3] + "..."


def as_utf8(text: str) -> str:
    r"""Make text of what need not be UTF-8, for formats that hold nothing else.

    Parameters
    ----------
    text : str
        Such as the name of a file.

    Returns
    -------
    str
        Bytes that are not UTF-8 as escapes such as ``\xff``.
    """
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def write_atomically(path: PathLike, content: bytes | str, *, sync: bool = True) -> Path:
    """Write a file so that no reader and no crash ever sees half of it.

    The content goes to a temporary file in the same folder, is synced to the disk, and takes the name in one
    step. The folder is made where it is missing. A process that is killed meanwhile can leave the temporary
    file behind, whose name begins with a dot and ends in ``.tmp``.

    Parameters
    ----------
    path : path-like
        The file to write; one that is there is replaced. What is no file, such as ``/dev/stdout`` or a pipe,
        is written to, and stays.
    content : bytes or str
        Text is written as UTF-8, its line ends as they are; of names that are not UTF-8, the bytes.
    sync : bool
        Whether to wait until the disk has it. Without, the power must not fail; what is killed is only this
        process.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    OSError
        If the folder cannot be made or written, or the disk is full. It names `path`.
    """
    data = content.encode(errors="surrogateescape") if isinstance(content, str) else content
    with writing_atomically(path, sync=sync) as file:
        file.write(data)
    return Path(path)


@contextmanager
def writing_atomically(path: PathLike, *, sync: bool = True) -> Iterator[IO[bytes]]:
    """Write a file bit by bit, in the way of :func:`write_atomically`: it is there once all of it is.

    Parameters
    ----------
    path, sync : object
        As in :func:`write_atomically`.

    Yields
    ------
    binary file
        To write to. Where the block is left by an exception, nothing takes the file's name.

    Raises
    ------
    OSError
        If the folder cannot be made or written, or the disk is full. It names `path`.
    """
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
            # Some other file's, that was read or written meanwhile.
            raise
        # The system's own error names no file, or one that the user has never heard of.
        raise type(error)(error.errno, error.strerror, os.fspath(target)) from error
    except BaseException:
        _remove(temporary)
        raise


def check_writable(path: PathLike) -> None:
    """Make the folder of a file, and see that files can be made in it: before the work, and not after it.

    Parameters
    ----------
    path : path-like
        A file that is to be written later. It is neither made nor touched.

    Raises
    ------
    OSError
        If the folder cannot be made or written, or `path` is a folder. It names `path`.
    """
    target = Path(path)
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder", os.fspath(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if not _is_device(target):
            temporary = _beside(target)
            temporary.touch(exist_ok=False)
            temporary.unlink()
    except OSError as error:
        raise type(error)(error.errno, error.strerror, os.fspath(target)) from error


def _beside(target: Path) -> Path:
    # Not tempfile: its files are readable by their owner only, and keep that when they are renamed. Not the
    # whole name, which may be as long as the system allows.
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
    """Make the new name last, where the system lets folders be synced."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        # The file itself is on the disk: only its new name may be lost if the power fails now.
        return
    finally:
        os.close(descriptor)
