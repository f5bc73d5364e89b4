"""Tables of features for training and evaluation: a cluster works on the images, the rows come back."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from facespectra._files import as_utf8
from facespectra.augment import Copy
from facespectra.detector.inputs import LARGEST, WHOLE
from facespectra.distributed.agreement import Agreement
from facespectra.distributed.attempts import counted_attempt, new_attempts
from facespectra.distributed.batches import ExtractBatch, Runtime
from facespectra.distributed.columns import NOTE, PACKED, ROW, unpacked_table
from facespectra.distributed.connection import quiet, set_context
from facespectra.distributed.failures import in_one_line
from facespectra.distributed.packing import pack, unpack
from facespectra.distributed.workers import ROWS, pool_of
from facespectra.features.crops import group_consecutive_frames
from facespectra.features.table import FeatureTable, concat_rows
from facespectra.videos import Frame

if TYPE_CHECKING:
    import pyarrow as pa

    from facespectra._progress import Progress
    from facespectra.features.crops import Source


@dataclass(frozen=True, slots=True)
class Cluster:
    """What a detector takes as its engine, while this process is connected to a cluster."""

    runtime: Runtime
    workers: int | None = None
    inside: bool = True  # whether this process is part of the cluster, and not a client from afar

    def extract(
        self, detector: Any, sources: Sequence[Source], faces: str | None, progress: Progress | None
    ) -> FeatureTable | None:
        """Do what the detector does itself; None for images in memory, which stay here."""
        import ray

        if not all(isinstance(source, str | PathLike | Frame | Copy) for source in sources):
            return None
        settings = {
            "features": detector.features,
            "feature_settings": detector.feature_set.settings,
            "crop_settings": detector.settings["crop_settings"],
            "faces": faces or (WHOLE if detector.cropper is None else LARGEST),
        }
        job = (list(sources), settings, self.runtime, self.workers, Agreement.here(self.runtime.backend))
        with in_one_line():
            if self.inside:
                return extract_table(*job, progress=progress)
            remote: Any = ray.remote
            table: FeatureTable = ray.get(remote(num_cpus=0)(_extract_quietly).remote(*job))
            return table


class TableStep(ExtractBatch):
    """Computes the features of packed batches, and gives each as one table."""

    def __init__(self, attempts: Any = None, **settings: Any) -> None:
        super().__init__(packed=True, **settings)
        self.attempts = attempts

    def __call__(self, batch: pa.Table) -> Iterator[pa.Table]:
        """Give the numbers of the sources, and their rows."""
        import pyarrow as pa

        for table in unpack(batch):
            with counted_attempt(self.attempts, table["path"].to_pylist()):
                yield pa.concat_tables(list(super().__call__(table)))


def extract_table(
    sources: list[Source],
    settings: dict[str, Any],
    runtime: Runtime,
    workers: int | None,
    agreement: Agreement,
    *,
    progress: Progress | None = None,
) -> FeatureTable:
    """Compute features on the cluster that is connected, one row for each source and face, in order."""
    import ray
    from ray.data import DataContext

    pool = pool_of(threads=runtime.threads, workers=workers, device=runtime.device)
    content = runtime.weights_content
    if isinstance(content, bytes):
        runtime = replace(runtime, weights_content=ray.put(content))
    context = DataContext.get_current().copy()
    set_context(context)
    numbers: list[int] = []
    tables: list[FeatureTable] = []
    with DataContext.current(context):
        ds: Any = ray.data.from_arrow([pack(table) for table in _batches(sources)])
        ds = pool.map(
            ds, TableStep, runtime=runtime, agreement=agreement, attempts=new_attempts(), **settings
        )
        for block in ds.iter_batches(batch_size=None, batch_format="pyarrow"):
            for packed in block[PACKED].to_pylist():
                found, table = unpacked_table(packed)
                numbers += found
                tables.append(table)
            if progress is not None:
                progress(len(set(numbers)), len(sources))
    whole = concat_rows(tables, tables[0].matrix.shape[1]) if tables else concat_rows([], 0)
    order = np.argsort(numbers, kind="stable").tolist()
    return replace(whole.take(order), origins=sorted(numbers))


def _extract_quietly(*job: Any) -> FeatureTable:
    quiet()
    return extract_table(*job)


def _batches(sources: Sequence[Source]) -> Iterator[pa.Table]:
    """Give sources in batches; consecutive frames of a video, which are read in one go, stay together."""
    batch: list[tuple[int, Source]] = []
    number = 0
    for group in group_consecutive_frames(sources):
        batch += enumerate(group, number)
        number += len(group)
        if len(batch) >= ROWS:
            yield _as_table(batch)
            batch = []
    if batch:
        yield _as_table(batch)


def _as_table(batch: Sequence[tuple[int, Source]]) -> pa.Table:
    import pyarrow as pa

    rows = []
    for number, source in batch:
        if isinstance(source, Copy):
            one = (number, source.path, source.frame, source.change, "")
        elif isinstance(source, Frame):
            one = (number, source.path, source.index, "", source.note)
        else:
            one = (number, os.fspath(cast("str | PathLike[str]", source)), None, "", "")
        rows.append(one)
    numbers, names, frames, changes, notes = zip(*rows, strict=True)
    return pa.table(
        {
            ROW: pa.array(numbers, pa.int64()),
            "path": pa.array([as_utf8(name) for name in names], pa.string()),
            "_file": pa.array([os.fsencode(name) for name in names], pa.binary()),
            "frame": pa.array(frames, pa.int64()),
            "change": pa.array(changes, pa.string()),
            NOTE: pa.array(notes, pa.string()),
        }
    )
