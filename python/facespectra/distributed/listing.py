"""The files that sources stand for, found on a worker as they are asked for: nobody holds all their names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import translate
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from facespectra._files import as_utf8, one_line, printable
from facespectra._kinds import IMAGE_SUFFIXES, VIDEO_SUFFIXES, suffix_of
from facespectra._listing import Passed, in_words, is_litter, iter_media
from facespectra.distributed.keys import Done, digest_of, file_key
from facespectra.distributed.storage import file_system_of, is_url
from facespectra.distributed.workers import ROWS
from facespectra.errors import DatasetError

if TYPE_CHECKING:
    import pyarrow as pa

PARQUET, TAR = ".parquet", ".tar"
CONTAINERS = frozenset({PARQUET, TAR})
"""Endings of files that hold images, or their bytes."""
_WANTED = IMAGE_SUFFIXES | VIDEO_SUFFIXES | CONTAINERS
_MAGIC = re.compile(r"[*?\[]")


class Item(NamedTuple):
    """One file: its name, the same as bytes where it is no text, its size and when it was changed, in ns."""

    path: str
    file: bytes | None
    size: int | None
    modified: int | None

    @property
    def container(self) -> bool:
        """Whether images are in it."""
        return suffix_of(self.path) in CONTAINERS


class Problem(NamedTuple):
    """Why a source has no files."""

    message: str


def items_of(sources: Sequence[str], folder: str, passed: Passed) -> Iterator[Item | Problem]:
    """List the files of all sources, each once; local names that are not absolute start in `folder`."""
    seen: set[bytes] | None = set() if _overlap(sources, folder) else None
    for source in sources:
        try:
            for item in _of_url(source, passed) if is_url(source) else _local(source, folder, passed):
                if seen is not None:
                    name = item.path if is_url(item.path) else os.path.normpath(Path(folder, item.path))
                    digest = digest_of(name)
                    if digest in seen:
                        continue
                    seen.add(digest)
                yield item
        except DatasetError as error:
            yield Problem(str(error))


def batches_of(sources: Sequence[str], folder: str, done: Done) -> Iterator[pa.Table]:
    """Give the files that are not done yet in batches, each file that holds images in one of its own."""
    waiting: list[Item] = []
    for item in items_of(sources, folder, Passed()):
        if isinstance(item, Problem):
            continue  # whoever counts tells it
        if item.container:
            yield as_table([item])
            continue
        if done.has(file_key(item.path, item.size, item.modified)):
            continue
        waiting.append(item)
        if len(waiting) == ROWS:
            yield as_table(waiting)
            waiting = []
    if waiting:
        yield as_table(waiting)


def as_table(items: Sequence[Item]) -> pa.Table:
    """Files as the columns that go through the whole run."""
    import pyarrow as pa

    columns = list(zip(*items, strict=True)) if items else [()] * 4
    return pa.table(
        [pa.array(list(column), kind.type) for column, kind in zip(columns, schema(), strict=True)], schema()
    )


def schema() -> pa.Schema:
    """Of :func:`as_table`."""
    import pyarrow as pa

    return pa.schema(
        [
            ("path", pa.string()),
            ("_file", pa.binary()),
            ("size", pa.int64()),
            ("modified", pa.timestamp("ns", "UTC")),
        ]
    )


def count(sources: Sequence[str], folder: str, done: Done) -> tuple[int | None, str, list[str]]:
    """Count what is left to do, None where that takes reading it; also what is passed over and wrong."""
    from pyarrow import parquet

    n: int | None = 0
    passed, problems = Passed(), []
    for item in items_of(sources, folder, passed):
        if isinstance(item, Problem):
            problems.append(item.message)
        elif n is None:
            continue
        elif not item.container:
            n += not done.has(file_key(item.path, item.size, item.modified))
        elif suffix_of(item.path) == TAR or len(done):
            n = None
        else:
            try:
                with opened(item.path, item.file, folder) as stream:
                    n += parquet.ParquetFile(stream).metadata.num_rows
            except Exception:  # noqa: BLE001 - whoever reads it says what is wrong with it
                n += 1
    return n, in_words(passed) if passed else "", problems


def opened(path: str, file: bytes | None, folder: str) -> Any:
    """Open a file of any place for reading anywhere in it."""
    from pyarrow import fs

    if is_url(path):
        system, name = file_system_of(path)
        return system.open_input_file(name)
    local = Path(folder, path if file is None else os.fsdecode(file))
    return fs.LocalFileSystem().open_input_file(str(local))


def _local(source: str, folder: str, passed: Passed) -> Iterator[Item]:
    root = Path(folder)
    absolute = str(root / source)
    for found in iter_media(absolute, passed, CONTAINERS):
        # As the plain commands call it: what was given, and what is below it.
        if found.startswith(absolute):
            name = str(Path(source, found.removeprefix(absolute).lstrip(os.sep)))
        else:
            name = found if Path(source).is_absolute() else os.path.relpath(found, root)
        size: int | None
        modified: int | None
        try:
            state = os.stat(found)  # noqa: PTH116
            size, modified = state.st_size, state.st_mtime_ns
        except OSError:
            size = modified = None  # reading it says why
        text = as_utf8(name)
        yield Item(text, None if text == name else os.fsencode(name), size, modified)


def _of_url(source: str, passed: Passed) -> Iterator[Item]:
    from pyarrow import fs

    system, path = file_system_of(source)
    magic = _MAGIC.search(path)
    start = path[: path.rfind("/", 0, magic.start())] if magic else path.rstrip("/")
    prefix = (
        source[: len(source) - len(path)] if source.endswith(path) else f"{source.partition('://')[0]}://"
    )
    try:
        info = system.get_file_info(start)
        if info.type == fs.FileType.File:
            files: Iterable[Any] = [info]
        elif info.type == fs.FileType.Directory:
            files = _walk(system, start)
        else:
            raise DatasetError(f"there is no file or folder {printable(source)}")
        pattern = re.compile(translate(path)) if magic else None
        found = False
        for one in files:
            name = one.path.rpartition("/")[2]
            if pattern is not None and not pattern.match(one.path):
                continue
            # The content of each would be a request: the ending tells.
            if info.type != fs.FileType.File and suffix_of(name) not in _WANTED:
                passed[suffix_of(name)] += 1
                continue
            found = True
            yield Item(as_utf8(prefix + one.path), None, one.size, one.mtime_ns)
    except OSError as error:
        raise DatasetError(f"{printable(source)}: it cannot be listed: {one_line(error)}") from error
    if not found:
        verb = "matches" if magic else "in"
        raise DatasetError(f"no image or video {verb} {printable(source)}")


def _walk(system: Any, folder: str) -> Iterator[Any]:
    """Files below a folder, one folder after the other: a whole bucket's at once would take the memory."""
    from pyarrow import fs

    folders = [folder]
    while folders:
        here = system.get_file_info(fs.FileSelector(folders.pop()))
        for one in sorted(here, key=lambda info: info.path):
            if is_litter(one.path.rpartition("/")[2]):
                continue
            if one.type == fs.FileType.Directory:
                folders.append(one.path)
            elif one.type == fs.FileType.File:
                yield one


def _overlap(sources: Sequence[str], folder: str) -> bool:
    """Whether two sources may stand for the same file."""
    roots = []
    for source in sources:
        magic = _MAGIC.search(source)
        fixed = source[: magic.start()] if magic else source
        fixed = fixed.rpartition("/")[0] if magic else fixed.rstrip("/")
        roots.append((fixed if is_url(fixed) else os.path.normpath(Path(folder, fixed))) + "/")
    roots.sort()
    return any(after.startswith(before) for before, after in pairwise(roots))
