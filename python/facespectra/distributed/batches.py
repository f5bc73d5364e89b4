"""Callables for ``map_batches``: a batch of images in, their verdicts or features out.

Ray makes one object of a class in each worker, so a model is loaded once there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from facespectra._files import as_utf8
from facespectra.detector.detector import Detector
from facespectra.detector.inputs import LARGEST, WHOLE, choose_cropper
from facespectra.detector.loading import load, load_bytes
from facespectra.detector.streaming import StreamSettings, Unit, stream_verdicts
from facespectra.distributed.agreement import Agreement
from facespectra.distributed.columns import (
    FRAME,
    ROW,
    Pairs,
    feature_columns,
    frame_of,
    packed_columns,
    verdict_columns,
    with_columns,
)
from facespectra.distributed.sources import PATH, Opened, opened_rows
from facespectra.features.table import FeatureTable
from facespectra.videos import N_FRAMES, Frame, spread_frames

if TYPE_CHECKING:
    import pyarrow as pa

    from facespectra._files import PathLike
    from facespectra.evaluation.aggregation import Aggregate

Content: TypeAlias = Any
"""Bytes, or Ray's reference to them, which each worker fetches once."""


_ASKED = ("frame", "change", "note")


class ModelFile(NamedTuple):
    """A model file's name for the results, and its content."""

    name: str
    content: Content


@dataclass(frozen=True, slots=True)
class Runtime:
    """How a worker computes; see :func:`facespectra.distributed.score`."""

    threads: int | None = 1
    backend: str | None = None
    device: str | None = None
    precision: str = "auto"
    weights: str | None = None
    weights_content: Content = None

    def arguments(self) -> dict[str, Any]:
        """What :func:`facespectra.load` and :class:`facespectra.Detector` take, but for weights."""
        return {
            "threads": self.threads,
            "backend": self.backend,
            "device": self.device,
            "precision": self.precision,
        }


class _Worker:
    """What both callables do with a batch and with what they were made with."""

    def __init__(self, runtime: Runtime, agreement: Agreement | None) -> None:
        self.folder = str(Path.cwd())
        if agreement is not None:
            agreement.adopt(runtime.backend)
            self.folder = agreement.folder
        self.runtime = runtime
        self.weights: str | None = runtime.weights
        if runtime.weights_content is not None:
            # The folder lives as long as this object.
            self._weights_folder = TemporaryDirectory(prefix="facespectra-")
            file = Path(self._weights_folder.name, Path(runtime.weights or "weights").name)
            file.write_bytes(fetched(runtime.weights_content))
            self.weights = str(file)


class ScoreBatch(_Worker):
    """Scores a batch, in one's own pipeline: ``ds.map_batches(ScoreBatch, batch_format="pyarrow", ...)``.

    Parameters
    ----------
    model : path-like, optional
        A model file that each worker can read, or ``"default"`` or ``"regions"``. Or a sequence of these.
    faces, frames, per_video
        As for :meth:`facespectra.Detector.predict`.
    per_frame : bool
        One row for each frame of a video, with its number in the column ``frame``.
    runtime : Runtime, optional
        Threads of a worker (one unless told), device and the like.
    agreement : Agreement, optional
        ``Agreement.here()`` of the program: a worker with other versions then refuses to work.

    Notes
    -----
    Give ``map_batches`` also ``compute=ray.data.ActorPoolStrategy(...)``, ``num_cpus`` as many as threads,
    and a ``batch_size``, 32 say: a batch is what is worked on at a time. Batches are ``pyarrow.Table``; for
    their columns, and those that come out, see :func:`facespectra.distributed.score`.
    """

    def __init__(
        self,
        model: PathLike | ModelFile | Sequence[PathLike | ModelFile] | None = None,
        *,
        faces: str | None = None,
        frames: int = N_FRAMES,
        per_video: Aggregate = "mean",
        per_frame: bool = False,
        runtime: Runtime | None = None,
        agreement: Agreement | None = None,
    ) -> None:
        super().__init__(runtime or Runtime(), agreement)
        self.settings = StreamSettings(frames=frames, faces=faces, per_video=per_video, per_frame=per_frame)
        models: list[PathLike | ModelFile | None]
        single = model is None or isinstance(model, str | os.PathLike | ModelFile)
        models = [model] if single else list(model)  # type: ignore[list-item,arg-type]
        self.names = [_name_of(one) for one in models]
        self.detectors = [self._load(one, alone=len(models) == 1) for one in models]

    def __call__(self, batch: pa.Table) -> pa.Table:
        """Give the verdicts on the rows of a batch."""
        table = checked(batch)
        origins: list[int] = []
        frames: list[int | None] = []
        verdicts: Pairs = []
        with opened_rows(table, self.folder) as rows:
            good = [position for position, row in enumerate(rows) if row.status is None]
            units = [Unit(rows[position].name, [Path(rows[position].file)]) for position in good]
            for position, outcome in zip(
                good, stream_verdicts(self.detectors, units, self.settings), strict=True
            ):
                for verdict, which in outcome.decided:
                    origins.append(position)
                    frames.append(frame_of(verdict.path, outcome.unit.files[0]))
                    verdicts.append((verdict, which))
            for position, row in enumerate(rows):
                if row.status is not None:
                    origins.append(position)
                    frames.append(None)
                    verdicts.append((row.status, 0))
        columns = verdict_columns(verdicts, self.detectors, self.names)
        if self.settings.per_frame:
            columns = {FRAME: frames_column(frames)} | columns
        return with_columns(table, origins, columns)

    def _load(self, model: PathLike | ModelFile | None, *, alone: bool) -> Detector:
        runtime = self.runtime.arguments()

        def loaded(weights: str | None) -> Detector:
            if isinstance(model, ModelFile):
                return load_bytes(fetched(model.content), model.name, weights=weights, **runtime)
            return load(model, weights=weights, **runtime)

        # Of several models, the weights are for those that use ResNet-50.
        if alone or self.weights is None:
            return loaded(self.weights)
        without = loaded(None)
        return loaded(self.weights) if without.feature_set.takes_weights else without


class ExtractBatch(_Worker):
    """Computes the features of a batch, as :class:`ScoreBatch` computes scores.

    Parameters
    ----------
    features : str, default "spectrum"
        A feature set, as for :class:`facespectra.Detector`.
    faces : {"whole", "largest", "all"}
        Whole images, the largest face of each, or a row for each face.
    frames : int
        Frames of each video, evenly spread: a row each. A column ``frame`` of the batch names one instead.
    feature_settings, crop_settings : mapping, optional
        As for :class:`facespectra.Detector`.
    packed : bool
        For programs: features as bytes in one column, in the precision that they come in.
    runtime, agreement
        As for :class:`ScoreBatch`.
    """

    def __init__(
        self,
        features: str = "spectrum",
        *,
        faces: str = WHOLE,
        frames: int = N_FRAMES,
        feature_settings: Mapping[str, Any] | None = None,
        crop_settings: Mapping[str, Any] | None = None,
        packed: bool = False,
        runtime: Runtime | None = None,
        agreement: Agreement | None = None,
    ) -> None:
        from facespectra.detector.classifiers import default_classifier

        super().__init__(runtime or Runtime(), agreement)
        self.detector = Detector(
            features,
            default_classifier(features),
            feature_settings=feature_settings,
            crop_settings=crop_settings,
            weights=self.weights,
            **self.runtime.arguments(),
        )
        choose_cropper(None, faces)  # fails on a wrong name before anything is read
        self.faces, self.frames, self.packed = faces, frames, packed

    def __call__(self, batch: pa.Table) -> Iterator[pa.Table]:
        """Give the features of the rows of a batch, some at a time."""
        from facespectra.features.extraction import Extractor

        table = checked(batch)
        extractor = Extractor(
            choose_cropper(self.detector.cropper, LARGEST if self.faces is None else self.faces),
            {"features": self.detector.feature_set},
            threads=self.runtime.threads,
        )
        with opened_rows(table, self.folder) as rows:
            sources, origins = self._sources(table, rows)
            for block in extractor.blocks(sources, ["features"]) if sources else ():
                found = block["features"]
                at = [origins[position] for position in found.origins]
                numbers = [
                    one.index if isinstance(one := sources[position], Frame) else None
                    for position in found.origins
                ]
                if self.packed:
                    paths = [rows[row].named(path) for row, path in zip(at, found.paths, strict=True)]
                    found = replace(found, paths=paths)
                yield self._rows(table, at, numbers, found)
            failed = [position for position, row in enumerate(rows) if row.status is not None]
            if failed or not sources:
                yield self._rows(table, failed, [None] * len(failed), self._failures(rows))

    def _sources(self, table: pa.Table, rows: Sequence[Opened]) -> tuple[list[Any], list[int]]:
        from facespectra.augment import Copy

        nothing = [None] * len(table)
        known = _ASKED if self.packed else _ASKED[:2]
        given = {name: table[name].to_pylist() for name in known if name in table.column_names}
        sources: list[Any] = []
        origins: list[int] = []
        asked = zip(rows, *(given.get(name, nothing) for name in _ASKED), strict=True)
        for position, (row, frame, change, note) in enumerate(asked):
            if row.status is not None:
                continue
            if change:
                here: Sequence[Any] = [Copy(row.file, change, frame)]
            elif frame is not None:
                here = [Frame(row.file, frame, note or "")]
            else:
                # Programs have spread their videos themselves.
                here = [row.file] if self.packed else spread_frames([row.file], self.frames)[0]
            sources += here
            origins += [position] * len(here)
        return sources, origins

    def _failures(self, rows: Sequence[Opened]) -> FeatureTable:
        import numpy as np

        statuses = [row.status for row in rows if row.status is not None]
        n = len(statuses)
        matrix = np.full((n, self.detector.feature_set.width), np.nan)
        return FeatureTable([""] * n, statuses, [None] * n, matrix, [0] * n, list(range(n)), [""] * n)

    def _rows(
        self, table: pa.Table, origins: list[int], frames: list[int | None], found: FeatureTable
    ) -> pa.Table:
        if self.packed:
            return packed_columns(table[ROW], origins, found)
        return with_columns(
            table,
            origins,
            ({} if FRAME in table.column_names else {FRAME: frames_column(frames)})
            | feature_columns(found, self.detector.feature_set.settings.get("dtype", "float64")),
        )


def frames_column(frames: Sequence[int | None]) -> pa.Array:
    """Numbers of frames as a column."""
    import pyarrow as pa

    return pa.array(frames, pa.int64())


def fetched(content: Content) -> bytes:
    """Bytes, also where Ray has them."""
    if isinstance(content, bytes):
        return content
    import ray

    return bytes(ray.get(content))


def checked(batch: Any) -> pa.Table:
    """Give a batch if it is a table of Arrow's."""
    import pyarrow as pa

    if not isinstance(batch, pa.Table):
        raise TypeError(
            f'it takes tables: add batch_format="pyarrow" to map_batches (got {type(batch).__name__})'
        )
    return batch


def _name_of(model: PathLike | ModelFile | None) -> str:
    if model is None:
        return "default"
    return model.name if isinstance(model, ModelFile) else as_utf8(os.fspath(model))


__all__ = ["PATH", "ExtractBatch", "ModelFile", "Runtime", "ScoreBatch"]
