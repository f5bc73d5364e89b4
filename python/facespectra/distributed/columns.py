"""Verdicts and features as columns beside those that a dataset came with."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from facespectra._files import as_utf8
from facespectra.detector.verdicts import Verdict
from facespectra.distributed.sources import BYTES, ERROR, FILE
from facespectra.features.status import Kind, Status
from facespectra.features.table import FeatureTable

if TYPE_CHECKING:
    import pyarrow as pa

    from facespectra.detector.scoring import Scorer

FRAME, ROW, PACKED = "frame", "_row", "_packed"
SCORE, LABEL, STATUS, NOTE = "score", "label", "status", "note"
PREFIX = "predicted_"
"""Of a column of ours whose name the dataset has already, such as its own ``label``."""

Pairs: TypeAlias = "list[tuple[Verdict | Status, int]]"
_FRAME = re.compile(r" \(frame (\d+)\)")


def with_columns(table: pa.Table, origins: Sequence[int], columns: Mapping[str, Any]) -> pa.Table:
    """Give rows of a table, by number and without contents of files, with more columns."""
    result = table.drop_columns([name for name in (BYTES, FILE, ERROR) if name in table.column_names]).take(
        list(origins)
    )
    for name, values in columns.items():
        free = f"{PREFIX}{name}" if name in table.column_names else name
        if free in table.column_names:
            raise ValueError(f"the dataset has columns {name} and {free} already: rename one of them")
        result = result.append_column(free, values)
    return result


def frame_of(path: str, file: Path) -> int | None:
    """The number of the frame that a verdict is on; None for a file as a whole."""
    name = os.fspath(file)
    found = _FRAME.fullmatch(path.removeprefix(name)) if path.startswith(name) else None
    return int(found[1]) if found else None


def verdict_columns(pairs: Pairs, detectors: Sequence[Scorer], names: Sequence[str]) -> dict[str, Any]:
    """The columns of ``facespectra score``'s CSV, but for the path; what is empty there is missing here."""
    import pyarrow as pa

    verdicts = [
        one if isinstance(one, Verdict) else _no_verdict(one, detectors[which].threshold_)
        for one, which in pairs
    ]
    boxes = [one.box or (None,) * 4 for one in verdicts]
    whole, text = pa.int64(), pa.string()
    return {
        SCORE: pa.array([None if math.isnan(one.score) else one.score for one in verdicts], pa.float64()),
        LABEL: pa.array([one.label for one in verdicts], text),
        **{
            name: pa.array([box[k] for box in boxes], whole)
            for k, name in enumerate(("x0", "y0", "x1", "y1"))
        },
        STATUS: pa.array([as_utf8(one.status) for one in verdicts], text),
        "reason": pa.array([one.reason for one in verdicts], text),
        "faces": pa.array([one.n_faces for one in verdicts], whole),
        "threshold": pa.array([one.threshold for one in verdicts], pa.float64()),
        "feature": pa.array([one.feature for one in verdicts], text),
        NOTE: pa.array([one.note for one in verdicts], text),
        "model": pa.array([names[which] for _, which in pairs], text),
        "model_sha256": pa.array([detectors[which].sha256 for _, which in pairs], text),
    }


def _no_verdict(status: Status, threshold: float) -> Verdict:
    return Verdict("", "", float("nan"), threshold, str(status), None, 0, "")


def feature_columns(table: FeatureTable, dtype: str) -> dict[str, Any]:
    """Status, note and features; these are NaN where the status is not ``"ok"``."""
    import pyarrow as pa

    from facespectra.features.files import column_names

    matrix = table.matrix.astype(dtype)
    notes = table.notes or [""] * len(table.statuses)
    return {
        STATUS: pa.array([as_utf8(str(one)) for one in table.statuses], pa.string()),
        NOTE: pa.array(notes, pa.string()),
    } | {name: pa.array(matrix[:, k]) for k, name in enumerate(column_names(matrix.shape[1]))}


def packed_columns(numbers: pa.ChunkedArray, origins: Sequence[int], table: FeatureTable) -> pa.Table:
    """One row for a whole table of features: numbers of the samples, and the table as bytes."""
    import pyarrow as pa

    at, n = numbers.to_pylist(), len(table.paths)
    n_features = table.matrix.shape[1]
    rows = pa.table(
        {
            ROW: pa.array([at[origin] for origin in origins], pa.int64()),
            "path": pa.array([os.fsencode(path) for path in table.paths], pa.binary()),
            "kind": pa.array([status.kind.value for status in table.statuses], pa.string()),
            "reason": pa.array([as_utf8(status.reason) for status in table.statuses], pa.string()),
            "box": pa.array(table.boxes, pa.list_(pa.int64(), 4)),
            "faces": pa.array(table.n_faces or [0] * n, pa.int64()),
            NOTE: pa.array(table.notes or [""] * n, pa.string()),
            "features": pa.FixedSizeListArray.from_arrays(pa.array(table.matrix.ravel()), n_features),
        }
    )
    content = pa.BufferOutputStream()
    with pa.ipc.new_stream(content, rows.schema) as writer:
        writer.write_table(rows)
    return pa.table({PACKED: pa.array([content.getvalue().to_pybytes()], pa.binary())})


def unpacked_table(content: bytes) -> tuple[list[int], FeatureTable]:
    """Give back what :func:`packed_columns` packed: numbers of the samples, and the table."""
    import pyarrow as pa

    with pa.ipc.open_stream(content) as reader:
        rows = reader.read_all()
    features = rows["features"].combine_chunks()
    values = features.flatten().to_numpy()
    table = FeatureTable(
        [os.fsdecode(path) for path in rows["path"].to_pylist()],
        [
            Status(Kind(kind), reason)
            for kind, reason in zip(rows["kind"].to_pylist(), rows["reason"].to_pylist(), strict=True)
        ],
        [None if box is None else tuple(box) for box in rows["box"].to_pylist()],
        values.reshape(len(rows), features.type.list_size),
        rows["faces"].to_pylist(),
        [],
        rows[NOTE].to_pylist(),
    )
    return rows[ROW].to_pylist(), table
