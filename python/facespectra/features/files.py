"""Files of features, written batch by batch: memory does not grow with the rows."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from facespectra.features import FeatureTable
    from facespectra.videos import Named

    Write: TypeAlias = Callable[[FeatureTable], None]

BATCHES_IN_GROUP = 16
PIECE = 1024
SUFFIXES = (".npz", ".parquet", ".csv")


@contextmanager
def writer_of(
    file: IO[bytes], suffix: str, sources: Sequence[Named], width: int, dtype: str
) -> Iterator[Write]:
    """Open a writer for tables of features; the file is whole once the block is left.

    The suffix is one of :data:`SUFFIXES`, in capitals or not. `sources` are what all rows are of, in order;
    where frames of videos are among them, there is a column of their numbers.
    """
    how = {".npz": _npz, ".csv": _csv, ".parquet": _parquet}[suffix.lower()]
    with how(file, sources, width, dtype) as write:
        yield write


@contextmanager
def _npz(file: IO[bytes], sources: Sequence[Named], width: int, dtype: str) -> Iterator[Write]:
    import numpy as np
    from numpy.lib import format as npy

    statuses: list[str] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("features.npy", "w", force_zip64=True) as member:
            header = npy.header_data_from_array_1_0(np.empty((0, width), dtype))
            npy.write_array_header_1_0(member, {**header, "shape": (len(sources), width)})

            def write(table: FeatureTable) -> None:
                statuses.extend(map(str, table.statuses))
                member.write(table.matrix.astype(dtype).tobytes())

            yield write
        columns: dict[str, Callable[[slice], Sequence[str | int]]] = {
            "path": lambda at: _names(sources[at])[0]
        }
        if not _no_frames(sources):
            columns["frame"] = lambda at: [
                -1 if number is None else number for number in _numbers(sources[at])
            ]
        columns["status"] = lambda at: statuses[at]
        # All in one array, names would take four bytes for each letter of the longest, several times.
        pieces = [slice(start, start + PIECE) for start in range(0, len(sources), PIECE)]
        for name, values in columns.items():
            dtypes = {np.array(values(piece)).dtype for piece in pieces}
            column = max(dtypes, key=lambda one: one.itemsize)
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                header = npy.header_data_from_array_1_0(np.empty(0, column))
                npy.write_array_header_1_0(member, {**header, "shape": (len(sources),)})
                for piece in pieces:
                    member.write(np.array(values(piece), column).tobytes())


@contextmanager
def _csv(file: IO[bytes], sources: Sequence[Named], width: int, dtype: str) -> Iterator[Write]:
    # Names that are not UTF-8 are written as the bytes that they are.
    text = io.TextIOWrapper(file, encoding="utf-8", errors="surrogateescape", newline="")
    writer = csv.writer(text, lineterminator="\n")
    with_frames = not _no_frames(sources)
    writer.writerow(["path", *["frame"] * with_frames, "status", *column_names(width)])
    done = 0

    def write(table: FeatureTable) -> None:
        nonlocal done
        here, numbers = _names(sources[done : done + len(table.paths)])
        done += len(here)
        rows = zip(here, table.statuses, table.matrix.astype(dtype), table.ok, strict=True)
        for index, (path, status, values, ok) in enumerate(rows):
            number = [None if numbers is None else numbers[index]] if with_frames else []
            # str of a NumPy float is the shortest text that reads back as the same number.
            writer.writerow([path, *number, status, *(map(str, values) if ok else [""] * width)])

    yield write
    text.flush()
    text.detach()


@contextmanager
def _parquet(file: IO[bytes], sources: Sequence[Named], width: int, dtype: str) -> Iterator[Write]:
    from facespectra._extras import require
    from facespectra._files import as_utf8

    require("detect", "pandas", "pyarrow")
    import pandas as pd
    import pyarrow as pa
    from pyarrow import parquet

    with_frames = not _no_frames(sources)
    done = 0

    writer: parquet.ParquetWriter | None = None
    waiting: list[pa.Table] = []

    def flush() -> None:
        nonlocal writer
        if waiting:
            rows = pa.concat_tables(waiting)
            waiting.clear()
            if writer is None:
                writer = parquet.ParquetWriter(file, rows.schema)
            writer.write_table(rows)

    def write(table: FeatureTable) -> None:
        nonlocal done
        paths, numbers = _names(sources[done : done + len(table.paths)])
        done += len(paths)
        frame = pd.DataFrame(table.matrix.astype(dtype), columns=column_names(width))
        # Parquet holds nothing but UTF-8.
        frame.insert(0, "path", [as_utf8(path) for path in paths])
        if with_frames:
            frame.insert(1, "frame", pd.Series(numbers or [None] * len(paths), dtype="Int64"))
        frame.insert(1 + with_frames, "status", [as_utf8(str(status)) for status in table.statuses])
        waiting.append(pa.Table.from_pandas(frame, preserve_index=False))
        # A group of rows describes each column anew: many small groups are slow and large.
        if len(waiting) == BATCHES_IN_GROUP:
            flush()

    yield write
    flush()
    if writer is not None:
        writer.close()


def _names(sources: Sequence[Named]) -> tuple[list[str], list[int | None] | None]:
    """Paths, and numbers of frames; none where all are images."""
    from facespectra.videos import Frame

    paths = [source.path if isinstance(source, Frame) else os.fspath(source) for source in sources]
    return paths, None if _no_frames(sources) else _numbers(sources)


def _numbers(sources: Sequence[Named]) -> list[int | None]:
    from facespectra.videos import Frame

    return [source.index if isinstance(source, Frame) else None for source in sources]


def _no_frames(sources: Sequence[Named]) -> bool:
    from facespectra.videos import Frame

    return not any(isinstance(source, Frame) for source in sources)


def column_names(width: int) -> list[str]:
    """Names of the columns of features: f000, f001, ..."""
    digits = len(str(width - 1))
    return [f"f{index:0{digits}}" for index in range(width)]
