"""The steps of a command's run, as Ray calls them: each takes packed batches and gives such."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facespectra._files import printable
from facespectra.distributed.attempts import counted_attempt
from facespectra.distributed.batches import ExtractBatch, ScoreBatch
from facespectra.distributed.keys import fetched_done
from facespectra.distributed.listing import Item, batches_of
from facespectra.distributed.packing import pack, unpack
from facespectra.distributed.reading import read_batch
from facespectra.distributed.storage import is_url
from facespectra.errors import DatasetError

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_COLUMN = "rows"
"""How many rows a file has in the output: a file with fewer is not done."""
KEPT = 20
"""Failures of each part that are named in the end."""
_GONE = "unreadable: there is no such file"


def list_step(_: pa.Table, sources: Sequence[str], folder: str, done: Any) -> Iterator[pa.Table]:
    """List the files that are not done yet."""
    for batch in batches_of(sources, folder, fetched_done(done)):
        yield pack(batch)


def read_step(rows: pa.Table, sources: Sequence[str], folder: str, done: Any) -> Iterator[pa.Table]:
    """Read what is in object storage or within other files."""
    keys = fetched_done(done)
    for table in unpack(rows):
        stamps = table["modified"].cast("int64").to_pylist()
        columns = (table[name].to_pylist() for name in ("path", "_file", "size"))
        items = [Item(*values) for values in zip(*columns, stamps, strict=True)]
        for batch in read_batch(items, sources, folder, keys):
            yield pack(batch)


class ScoreStep(ScoreBatch):
    """Scores packed batches."""

    def __init__(self, sources: Sequence[str] = (), attempts: Any = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.sources, self.attempts = sources, attempts

    def __call__(self, batch: pa.Table) -> Iterator[pa.Table]:
        """Give a packed batch of verdicts for each batch."""
        for table in unpack(batch):
            with counted_attempt(self.attempts, table["path"].to_pylist()):
                scored = super().__call__(table)
            check_folders(scored, self.sources, self.folder)
            yield pack(with_counts(scored))


class ExtractStep(ExtractBatch):
    """Computes the features of packed batches."""

    def __init__(self, sources: Sequence[str] = (), attempts: Any = None, **settings: Any) -> None:
        super().__init__(**settings)
        self.sources, self.attempts = sources, attempts

    def __call__(self, batch: pa.Table) -> Iterator[pa.Table]:
        """Give a packed batch of features for each batch."""
        import pyarrow as pa

        for table in unpack(batch):
            # All rows of a file in one: how many it has is known once they are there.
            with counted_attempt(self.attempts, table["path"].to_pylist()):
                found = pa.concat_tables(list(super().__call__(table)))
            check_folders(found, self.sources, self.folder)
            yield pack(with_counts(found))


def with_counts(table: pa.Table) -> pa.Table:
    """Add how many rows each file has; the rows of one are in one batch."""
    import pyarrow as pa

    names = list(zip(table["path"].to_pylist(), table["sha256"].to_pylist(), strict=True))
    n_rows = Counter(names)
    return table.append_column(ROWS_COLUMN, pa.array([n_rows[name] for name in names], pa.int32()))


def check_folders(table: pa.Table, sources: Sequence[str], folder: str) -> None:
    """Raise a DatasetError where files are missing because the folder that they were listed in is."""
    if _GONE not in table["status"].to_pylist():
        return
    for source in sources:
        if is_url(source) or any(mark in source for mark in "*?["):
            continue
        if not os.path.lexists(Path(folder, source)):
            raise DatasetError(f"{printable(source)}: it is not there any more; is its file system mounted?")
