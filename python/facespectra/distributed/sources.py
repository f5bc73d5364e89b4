"""The files behind the rows of a batch, as names that can be opened where the batch is worked on.

Images and videos in memory or in object storage become files in a folder of their own for as long as the
batch is worked on: all that reads files, be it Pillow, PyAV or the reader of what is cut short, then does
with them exactly what it does with any other.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from facespectra._kinds import suffix_of
from facespectra.distributed.storage import is_url, reader_of, reading_error
from facespectra.features.status import Status, unreadable

if TYPE_CHECKING:
    import pyarrow as pa

PATH, BYTES, FILE, ERROR = "path", "bytes", "_file", "_error"
"""Columns of a batch: names, contents, names as bytes where they are no text, and what went wrong before."""
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Opened:
    """One row: what to call it, and the file to read; or what is wrong with it."""

    name: str
    file: str
    status: Status | None = None

    def named(self, path: str) -> str:
        """A path in terms of the name: frames of videos have the file's, and their number."""
        return self.name + path.removeprefix(self.file) if path.startswith(self.file) else path


@contextmanager
def opened_rows(table: pa.Table, folder: str) -> Iterator[list[Opened]]:
    """Give the rows of a batch as files; paths that are not absolute start in `folder`."""
    columns = set(table.column_names)
    if not columns & {PATH, BYTES}:
        raise ValueError(
            f"the dataset needs a column {PATH} or {BYTES}; it has {', '.join(table.column_names)}"
        )
    nothing = [None] * len(table)
    names = table[PATH].to_pylist() if PATH in columns else nothing
    files = table[FILE].to_pylist() if FILE in columns else nothing
    errors = table[ERROR].to_pylist() if ERROR in columns else nothing
    contents: Sequence[Any] = table[BYTES] if BYTES in columns else nothing
    with TemporaryDirectory(prefix="facespectra-") as temporary:

        def opened(row: int) -> Opened:
            name = names[row]
            error = errors[row]
            if error is not None:
                return Opened(name or "", "", unreadable(error))
            content = contents[row]
            content = content.as_buffer() if hasattr(content, "as_buffer") else content
            # A number first, so that no two are the same; the ending as it was, which readers look at.
            place = Path(temporary, f"{row}{_plain_suffix(name or '')}")
            if content is not None:
                place.write_bytes(content)
                return Opened(name or "", str(place))
            if not name:
                return Opened("", "", unreadable("it has neither a path nor bytes"))
            if is_url(name):
                return _fetched(name, place)
            exact = files[row]
            return Opened(name, str(Path(folder, name if exact is None else os.fsdecode(exact))))

        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="facespectra-read") as pool:
            yield list(pool.map(opened, range(len(table))))


def _fetched(url: str, place: Path) -> Opened:
    try:
        with reader_of(url) as source, place.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
    except Exception as error:  # noqa: BLE001 - what a file system raises is its own affair
        return Opened(url, "", reading_error(url, error))
    return Opened(url, str(place))


def _plain_suffix(name: str) -> str:
    suffix = suffix_of(name)
    return suffix if suffix[1:].isalnum() and suffix.isascii() and len(suffix) < 12 else ""
