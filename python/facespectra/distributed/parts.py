"""The output of a run: a folder of Parquet files, each whole or not there, with which a run can go on.

A part is named after the inputs in it. A task that Ray tries again writes the same part a second time, and
no other. The folder says whose it is: what is left of a run that was killed cannot write into it any more
once the next one has begun, and what it wrote in between is found in the end.
"""

from __future__ import annotations

import io
import json
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from facespectra._files import one_line, printable, write_atomically
from facespectra._version import __version__
from facespectra.distributed.keys import as_numbers, content_key, digest_of, file_key
from facespectra.distributed.steps import ROWS_COLUMN
from facespectra.distributed.storage import file_system_of, is_url
from facespectra.errors import ClusterError, DatasetError

if TYPE_CHECKING:
    import pyarrow as pa

    from facespectra.distributed.keys import Numbers

RUN = "_run.json"
PART, SORTED, SUFFIX = "part-", "sorted-", ".parquet"
_KEYS = ("path", "size", "modified", "sha256", ROWS_COLUMN)


class Output:
    """A folder of parts, on a file system that all nodes share or in object storage."""

    def __init__(self, place: str, folder: str) -> None:
        self.url = is_url(place)
        self.place = place if self.url else str(Path(folder, place))
        self.shown = printable(place)

    def write(self, name: str, content: bytes) -> None:
        """Write a file whole, in the place of one of that name."""
        if not self.url:
            write_atomically(Path(self.place, name), content)
            return
        system, path = file_system_of(self.place)
        # One request puts it: nobody sees half of it.
        with system.open_output_stream(f"{path}/{name}") as stream:
            stream.write(content)

    def read(self, name: str) -> bytes | None:
        """Read a file; None if it is not there."""
        try:
            if not self.url:
                return Path(self.place, name).read_bytes()
            system, path = file_system_of(self.place)
            with system.open_input_stream(f"{path}/{name}") as stream:
                return bytes(stream.read())
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> None:
        """Remove a file."""
        if not self.url:
            Path(self.place, name).unlink(missing_ok=True)
            return
        system, path = file_system_of(self.place)
        system.delete_file(f"{path}/{name}")

    def move(self, name: str, other: str) -> None:
        """Give a file another name, in the place of one of that name."""
        if not self.url:
            Path(self.place, name).replace(Path(self.place, other))
            return
        system, path = file_system_of(self.place)
        system.move(f"{path}/{name}", f"{path}/{other}")

    def parts(self) -> list[str]:
        """The names of its parts."""
        if not self.url:
            folder = Path(self.place)
            names = [file.name for file in folder.iterdir()] if folder.is_dir() else []
        else:
            from pyarrow import fs

            system, path = file_system_of(self.place)
            selector = fs.FileSelector(path, allow_not_found=True)
            names = [info.path.rpartition("/")[2] for info in system.get_file_info(selector)]
        return sorted(name for name in names if name.startswith((PART, SORTED)) and name.endswith(SUFFIX))

    def keys_of(self, name: str) -> pa.Table:
        """What says which inputs are in a part."""
        from pyarrow import parquet

        content = self.read(name) or b""
        return parquet.read_table(io.BytesIO(content), columns=list(_KEYS))

    def table(self, name: str) -> pa.Table:
        """All of a part."""
        from pyarrow import parquet

        return parquet.read_table(io.BytesIO(self.read(name) or b""))


def as_parquet(table: pa.Table) -> bytes:
    """A table as the bytes of a Parquet file."""
    from pyarrow import parquet

    sink = io.BytesIO()
    parquet.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def name_of(table: pa.Table) -> str:
    """The name of the part that has these rows, in whatever order."""
    texts = sorted(key.hex() for key in row_keys(table))
    return f"{PART}{digest_of(' '.join(texts)).hex()}{SUFFIX}"


def input_keys(table: pa.Table) -> list[bytes]:
    """The key of each row's input."""
    columns = (table["path"], table["size"], table["modified"].cast("int64"), table["sha256"])
    rows = zip(*(column.to_pylist() for column in columns), strict=True)
    return [
        file_key(path, size, modified) if sha256 is None else content_key(path, sha256)
        for path, size, modified, sha256 in rows
    ]


def row_keys(table: pa.Table) -> list[bytes]:
    """The key of each row: its input's, and which row of that it is."""
    before: Counter[bytes] = Counter()
    keys = []
    for key in input_keys(table):
        keys.append(digest_of(f"{key.hex()} {before[key]}"))
        before[key] += 1
    return keys


def begin(output: Output, settings: dict[str, Any], *, resume: bool) -> str:
    """Take an output over for a run with some settings, and give the run's name; refuse what does not fit."""
    there = output.read(RUN)
    if there is None and output.parts():
        raise DatasetError(f"{output.shown}: it holds Parquet files that no run wrote; give another -o")
    if there is not None and output.parts():
        if not resume:
            raise DatasetError(
                f"{output.shown}: it holds a run already; add --resume to go on with it, or give another -o"
            )
        try:
            before = json.loads(there)["settings"]
        except (ValueError, KeyError, TypeError) as error:
            raise DatasetError(f"{output.shown}/{RUN}: it is damaged ({one_line(error)})") from error
        for name, value in json.loads(json.dumps(settings)).items():
            if before.get(name) != value:
                raise DatasetError(
                    f"{output.shown}: it was made with {name} {before.get(name)!r}, not {value!r}; give "
                    "another -o, or the same settings"
                )
    run = secrets.token_hex(8)
    output.write(RUN, json.dumps({"facespectra": __version__, "run": run, "settings": settings}).encode())
    return run


def write_part(output: Output, run: str, table: pa.Table) -> str:
    """Write rows as a part and give its name; a ClusterError if the output belongs to another run by now."""
    there = output.read(RUN)
    if there is None or json.loads(there).get("run") != run:
        raise ClusterError(f"{output.shown}: another run has taken it over; this one ends")
    name = name_of(table)
    output.write(name, as_parquet(table))
    return name


def read_done(output: Output, parts: Sequence[str]) -> Numbers:
    """The keys of the inputs in some parts, once rows that are there twice or in part are taken out."""
    found = [output.keys_of(name) for name in parts]
    if not found:
        return np.empty((0, 2), np.uint64)
    kept = _kept(found)
    keys = []
    for name, table, keep in zip(parts, found, kept, strict=True):
        if not keep.all():
            rest = output.table(name).filter(keep)
            if len(rest):
                output.write(name, as_parquet(rest))
            else:
                output.remove(name)
        keys += [key for key, good in zip(input_keys(table), keep.tolist(), strict=True) if good]
    return as_numbers(keys)


def _kept(tables: Sequence[pa.Table]) -> list[Any]:
    """Which rows of some parts are the only ones of their kind, and of an input that is wholly there."""
    sizes = [len(table) for table in tables]
    rows = as_numbers([key for table in tables for key in row_keys(table)])
    inputs = as_numbers([key for table in tables for key in input_keys(table)])
    wanted = np.concatenate([table[ROWS_COLUMN].to_numpy() for table in tables])
    keep = np.zeros(len(rows), bool)
    keep[np.unique(rows, axis=0, return_index=True)[1]] = True
    _, of_input = np.unique(inputs, axis=0, return_inverse=True)
    of_input = of_input.reshape(-1)
    there = np.bincount(of_input, keep)
    keep &= there[of_input] >= wanted
    return np.split(keep, np.cumsum(sizes)[:-1])


def leftovers(output: Output, known: set[str]) -> list[str]:
    """Remove parts that neither this run nor the one before it knows of; their inputs were done again."""
    strangers = [name for name in output.parts() if name not in known]
    for name in strangers:
        output.remove(name)
    return strangers


def replace_sorted(output: Output, tables: Iterable[pa.Table]) -> None:
    """Put tables, in their order, in the place of all parts."""
    before = output.parts()
    names = []
    for number, table in enumerate(tables):
        names.append(f"{SORTED}{number:06}{SUFFIX}")
        output.write(f"_{names[-1]}", as_parquet(table))
    # From here on a row can be there twice, until --resume looks.
    for name in names:
        output.move(f"_{name}", name)
    for name in before:
        if name not in names:
            output.remove(name)
