"""Verdicts on many files, one after the other, in memory that does not grow with their number."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from facespectra.detector.scores import Score, aggregate_scores
from facespectra.detector.verdicts import Verdict, select_model
from facespectra.evaluation.aggregation import Aggregate
from facespectra.features.crops import Source, spread_sources
from facespectra.videos import Frame, is_video

if TYPE_CHECKING:
    from facespectra._progress import Progress
    from facespectra.detector.scoring import Scorer
    from facespectra.features.status import Status

ROWS = 256
"""Images and frames that are scored before their verdicts are given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSettings:
    """What is scored of each file, and what one verdict is of."""

    frames: int
    faces: str | None = None
    per_video: Aggregate = "mean"
    per_frame: bool = False


class Unit(NamedTuple):
    """What has a verdict of its own: a file, or the images of a folder."""

    name: str
    files: list[Path]
    folder: bool = False


class Decided(NamedTuple):
    """A verdict, and the position of the detector that gave it."""

    verdict: Verdict
    which: int


class Outcome(NamedTuple):
    """What became of one unit."""

    unit: Unit
    decided: list[Decided]  # one, but for a video of which every frame has its own
    unreadable: list[tuple[str, Status]]  # path and status of what could not be read


def units_of(files: Sequence[Path], *, per_folder: bool = False) -> list[Unit]:
    """List what has a verdict of its own: each file, or each video and each folder of images."""
    if not per_folder:
        return [Unit(os.fspath(file), [file]) for file in files]
    units: dict[str, Unit] = {}
    for file in files:
        video = is_video(file)
        name = os.fspath(file) if video else os.path.dirname(file) or "."  # noqa: PTH120
        units.setdefault(name, Unit(name, [], not video)).files.append(file)
    return list(units.values())


def stream_verdicts(
    detectors: Sequence[Scorer],
    units: Sequence[Unit],
    settings: StreamSettings,
    progress: Progress | None = None,
) -> Iterator[Outcome]:
    """Give the verdicts on each unit, in order.

    Units are scored in batches of about :data:`ROWS` images and frames. `progress` is called with the number
    of files done and of all.
    """
    n_files, done = sum(len(unit.files) for unit in units), 0
    for batch in _batches(units, settings.frames):
        sources = [source for _, of_unit in batch for source in of_unit]
        n_batch = sum(len(unit.files) for unit, _ in batch)

        def tell(row: int, n_rows: int, before: int = done, n_batch: int = n_batch) -> None:
            if progress is not None:
                progress(before + row * n_batch // n_rows, n_files)

        by_detector = [
            # Of several detectors the last one's progress counts.
            one.score_samples(sources, faces=settings.faces, progress=tell if one is detectors[-1] else None)
            for one in detectors
        ]
        start = 0
        for unit, of_unit in batch:
            stop = start + len(of_unit)
            of_each = [scores[start:stop] for scores in by_detector]
            yield _outcome(unit, of_unit, of_each, detectors, settings)
            start = stop
        done += n_batch


def _batches(units: Sequence[Unit], n_frames: int) -> Iterator[list[tuple[Unit, list[Source]]]]:
    batch: list[tuple[Unit, list[Source]]] = []
    n_rows = 0
    for unit in units:
        sources, _ = spread_sources(unit.files, n_frames)
        batch.append((unit, sources))
        n_rows += len(sources)
        if n_rows >= ROWS:
            yield batch
            batch, n_rows = [], 0
    if batch:
        yield batch


def _outcome(
    unit: Unit,
    sources: Sequence[Source],
    by_detector: Sequence[Sequence[Score]],
    detectors: Sequence[Scorer],
    settings: StreamSettings,
) -> Outcome:
    """Join the scores of one unit, and choose the detector that decides about each verdict."""
    unreadable = dict.fromkeys(
        (one.path, one.status) for scores in by_detector for one in scores if one.status.unreadable
    )
    some_good = any(not one.status.unreadable for scores in by_detector for one in scores)
    if some_good and not (unit.folder or settings.per_frame):
        # Of a damaged video, the frames that are good are scored, and its note says so.
        unreadable = {}
    joined = [_joined(unit, sources, scores, settings) for scores in by_detector]
    words = [detector.words for detector in detectors]
    decided = []
    for of_one in zip(*joined, strict=True):
        pairs = zip(detectors, of_one, strict=True)
        verdicts = [detector.verdict(score, faces=settings.faces) for detector, score in pairs]
        which = select_model(verdicts, words)
        decided.append(Decided(verdicts[which], which))
    return Outcome(unit, decided, list(unreadable))


def _joined(
    unit: Unit, sources: Sequence[Source], scores: Sequence[Score], settings: StreamSettings
) -> list[Score]:
    if settings.per_frame or not (unit.folder or isinstance(sources[0], Frame)):
        return list(scores)
    return [aggregate_scores(unit.name, scores, settings.per_video)]
