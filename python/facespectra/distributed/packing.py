"""Batches as single rows, so that none of them is divided or put together with others on its way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = "batch"


def pack(table: pa.Table) -> pa.Table:
    """Give a table as one row of bytes."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    # Large: a batch of videos' features may have more than two gigabytes.
    return pa.table({BATCH: pa.array([sink.getvalue().to_pybytes()], pa.large_binary())})


def unpack(rows: pa.Table) -> Iterator[pa.Table]:
    """Give the tables back, without copying them."""
    import pyarrow as pa

    for row in rows[BATCH]:
        with pa.ipc.open_stream(row.as_buffer()) as reader:
            yield reader.read_all()
