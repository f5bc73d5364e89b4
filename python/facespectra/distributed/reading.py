"""Images out of object storage, Parquet and WebDataset archives, in batches of a bounded size."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from facespectra._files import as_utf8, one_line, printable
from facespectra._kinds import IMAGE_SUFFIXES, VIDEO_SUFFIXES, suffix_of
from facespectra._threads import ordered_map
from facespectra.distributed.keys import Done, content_key, file_key
from facespectra.distributed.listing import TAR, Item, opened
from facespectra.distributed.sources import BYTES, ERROR
from facespectra.distributed.storage import file_system_of, is_url, reader_of
from facespectra.distributed.workers import ROWS
from facespectra.errors import DatasetError

if TYPE_CHECKING:
    import pyarrow as pa

AT_ONCE = 8
LARGEST = 32 << 20
"""Bytes of images in a batch, and of a file in one; larger ones a worker fetches itself."""
CONTENTS = ("bytes", "image", "image_bytes", "content", "data", "jpg", "png")
"""Columns of Parquet that hold images, in the order that they are looked for."""


class Read(NamedTuple):
    """A file that was listed, or an image within one, with its content where that travels with it."""

    item: Item
    content: bytes | None = None
    sha256: str | None = None
    error: str | None = None


def read_batch(items: Sequence[Item], sources: Sequence[str], folder: str, done: Done) -> Iterator[pa.Table]:
    """Give the images and videos of some files, in batches of a bounded size."""
    waiting: list[Read] = []
    n_bytes = 0
    for one in _read(items, sources, folder):
        if one.sha256 is not None and done.has(content_key(one.item.path, one.sha256)):
            continue
        if one.error is not None and done.has(file_key(one.item.path, one.item.size, one.item.modified)):
            continue
        waiting.append(one)
        n_bytes += len(one.content or b"")
        if len(waiting) == ROWS or n_bytes > LARGEST:
            yield as_table(waiting)
            waiting, n_bytes = [], 0
    if waiting:
        yield as_table(waiting)


def as_table(read: Sequence[Read]) -> pa.Table:
    """The columns of :func:`facespectra.distributed.listing.as_table`, and contents."""
    import pyarrow as pa

    from facespectra.distributed import listing

    table = listing.as_table([one.item for one in read])
    table = table.append_column("sha256", pa.array([one.sha256 for one in read], pa.string()))
    table = table.append_column(ERROR, pa.array([one.error for one in read], pa.string()))
    contents = pa.array([one.content for one in read], pa.large_binary())
    return table.append_column(BYTES, contents)


def _read(items: Sequence[Item], sources: Sequence[str], folder: str) -> Iterator[Read]:
    if len(items) == 1 and items[0].container:
        yield from _within(items[0], folder)
        return
    yield from ordered_map(lambda item: _fetched(item, sources), items, workers=AT_ONCE, max_pending=AT_ONCE)


def _fetched(item: Item, sources: Sequence[str]) -> Read:
    """Fetch a picture from object storage; a worker reads all else itself."""
    local = not is_url(item.path)
    if local or suffix_of(item.path) in VIDEO_SUFFIXES or (item.size or 0) > LARGEST:
        return Read(item)
    try:
        with reader_of(item.path) as stream:
            return Read(item, stream.read())
    except FileNotFoundError:
        return Read(item)  # the worker finds that out, too, and says so in its row
    except Exception as error:  # noqa: BLE001 - what a file system raises is its own affair
        check_source(item.path, sources, error)
        return Read(item)


def check_source(path: str, sources: Sequence[str], error: Exception) -> None:
    """Raise a DatasetError if all of a source is out of reach, and not one file of it alone."""
    from pyarrow import fs

    for source in sources:
        root = source.partition("*")[0].rstrip("/")
        if not path.startswith(root):
            continue
        try:
            system, name = file_system_of(root)
            there = system.get_file_info(name.rpartition("/")[0] if "*" in source else name).type
        except Exception as failure:  # noqa: BLE001
            raise DatasetError(
                f"{printable(source)}: it cannot be read any more: {one_line(failure)}"
            ) from error
        if there == fs.FileType.NotFound:
            raise DatasetError(f"{printable(source)}: it is not there any more") from error
        return


def _within(item: Item, folder: str) -> Iterator[Read]:
    """The images in a file; the file itself where it cannot be read, which a worker then says."""
    given = False
    try:
        with opened(item.path, item.file, folder) as stream:
            for one in _of_tar(item, stream) if suffix_of(item.path) == TAR else _of_parquet(item, stream):
                given = True
                yield one
    except (OSError, ValueError, tarfile.TarError, EOFError) as error:
        # What came before it is good.
        name = f"{item.path} (the rest)" if given else item.path
        yield Read(item._replace(path=name), error=one_line(error))


def _of_tar(item: Item, stream: Any) -> Iterator[Read]:
    """Pictures and videos of a tar file, one after the other, without unpacking it."""
    with tarfile.open(fileobj=stream, mode="r|*") as archive:
        for member in archive:
            if not member.isfile() or suffix_of(member.name) not in IMAGE_SUFFIXES | VIDEO_SUFFIXES:
                continue
            file = archive.extractfile(member)
            if file is not None:
                yield _content(item, as_utf8(member.name), file.read())
            archive.members = []  # type: ignore[attr-defined]  # it keeps all that it has seen


def _of_parquet(item: Item, stream: Any) -> Iterator[Read]:
    """Rows of a Parquet file with a column of images: bytes, or the structs of Hugging Face's datasets."""
    import pyarrow as pa
    from pyarrow import parquet

    file = parquet.ParquetFile(stream)
    kinds = {field.name: field.type for field in file.schema_arrow}
    column = next((name for name in CONTENTS if name in kinds and _holds_bytes(kinds[name])), None)
    if column is None:
        raise ValueError(f"it has no column of images: call it {CONTENTS[0]}")
    named = "path" in kinds and pa.types.is_string(kinds["path"])
    row = 0
    for batch in file.iter_batches(batch_size=ROWS, columns=[column, *["path"] * named]):
        names = batch.column("path").to_pylist() if named else [None] * len(batch)
        for name, value in zip(names, batch.column(column), strict=True):
            content = value.as_py()
            if isinstance(content, dict):
                name, content = name or content.get("path"), content.get("bytes")
            yield _content(item, name, content or b"", row, alone=named and name is not None)
            row += 1


def _holds_bytes(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_struct(kind):
        return any(field.name == "bytes" for field in kind)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _content(item: Item, name: str | None, content: bytes, row: int = 0, *, alone: bool = False) -> Read:
    inside = name if alone and name else f"{item.path}/{name or f'row {row}'}"
    here = Item(inside, None, len(content), None)
    return Read(here, content, hashlib.sha256(content).hexdigest())
