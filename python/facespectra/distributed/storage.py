"""Object storage and other file systems by their URLs: pyarrow's own, else fsspec's."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from facespectra._files import one_line, printable
from facespectra.errors import DatasetError
from facespectra.features.status import Status, unreadable

if TYPE_CHECKING:
    from pyarrow import fs

_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_GONE = "there is no such file"


def is_url(name: str) -> bool:
    """Whether a name is an address, such as ``s3://bucket/key``."""
    return bool(_URL.match(name))


def file_system_of(url: str) -> tuple[fs.FileSystem, str]:
    """Give the file system of a URL, and the path in it; a DatasetError of one line where there is none."""
    root, marker, path = url.partition("://")
    place, slash, rest = path.partition("/")
    system, base = _root(f"{root}{marker}{place}")
    return system, f"{base}{slash}{rest}"


@lru_cache(maxsize=16)
def _root(url: str) -> tuple[Any, str]:
    """The file system of a bucket or host: connecting takes longer than reading a photograph."""
    from pyarrow import ArrowInvalid, ArrowNotImplementedError, fs

    try:
        system, path = fs.FileSystem.from_uri(url)
        return system, path
    except (ArrowInvalid, ArrowNotImplementedError):
        pass  # fsspec knows more schemes
    except OSError as error:
        raise DatasetError(f"{printable(url)}: {one_line(error)}") from error
    try:
        import fsspec

        system, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        scheme = url.partition("://")[0]
        raise DatasetError(
            f"{printable(url)}: nothing opens {scheme}:// here ({one_line(error)}); install fsspec and what "
            "it needs for that"
        ) from error
    return fs.PyFileSystem(fs.FSSpecHandler(system)), path


def reader_of(url: str) -> Any:
    """Open a file for reading, from its start to its end."""
    system, path = file_system_of(url)
    return system.open_input_stream(path)


def reading_error(url: str, error: Exception) -> Status:
    """The status of a file that could not be read."""
    if isinstance(error, FileNotFoundError):
        return unreadable(_GONE)
    reason = one_line(error)
    return unreadable(reason)
