"""From sources to feature tables, through the cache: the numbers of :meth:`facespectra.Detector.extract`."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from facespectra._threads import in_order
from facespectra.datasets.augmentation import Copy
from facespectra.detector.cache import Cache, key_of, versions_of
from facespectra.detector.feature_sets import FeatureSet, Matrix
from facespectra.detector.features import BATCH, FeatureTable, batch_rows
from facespectra.detector.samples import OK, Crop, Sample, cut, read_samples
from facespectra.videos import Frame

if TYPE_CHECKING:
    from facespectra.faces import Box, Face, FaceCropper

Progress: TypeAlias = Callable[[int, int], None]
Source: TypeAlias = str | Frame | Copy

# To be raised with every change of the code behind a stage that changes what comes out of it.
FACES, FEATURES = 2, 2


@dataclass(frozen=True, slots=True)
class Stage:
    """A feature set and what its numbers depend on.

    Attributes
    ----------
    features : FeatureSet
        What is computed from a crop.
    depends : dict
        Plain data: the settings, and the versions of what computes them.
    """

    features: FeatureSet
    depends: dict[str, Any]


def spectrum_stage(name: str, features: FeatureSet, backend: str | None) -> Stage:
    """Say what spectra depend on.

    Parameters
    ----------
    name : str
        Of the stage.
    features : FeatureSet
        What is computed.
    backend : str or None
        As in :func:`facespectra.radial_spectrum`.

    Returns
    -------
    Stage
    """
    from facespectra.spectrum.backends import get_backend

    # Backends agree to their tolerance and not to the last bit.
    by = {"backend": get_backend(backend)[0], "versions": versions_of("numpy")}
    return Stage(features, {"name": name, **features.settings, **by})


class Extractor:
    """Finds faces and computes features, each once per content of a file.

    Parameters
    ----------
    cache : Cache
        Where results are kept.
    cropper : FaceCropper or None
        Finds the faces. None takes whole images.
    stages : mapping of str to Stage
        What can be computed, by name.
    workers : int
        Images in which a face is looked for at once. One where torch finds them.
    """

    def __init__(
        self, cache: Cache, cropper: FaceCropper | None, stages: Mapping[str, Stage], *, workers: int = 1
    ) -> None:
        self.cache = cache
        self.cropper = cropper
        self.workers = workers
        self.stages = dict(stages)
        self._faces = {
            "stage": FACES,
            "crop": cropper.get_params() if cropper else None,
            "versions": versions_of("facenet-pytorch", "torch", "pillow"),
        }
        self._digests: dict[str, str | None] = {}

    def tables(
        self, sources: Sequence[Source], names: Sequence[str], progress: Progress | None = None
    ) -> dict[str, FeatureTable]:
        """Compute the features of some sources.

        Parameters
        ----------
        sources : sequence of str, Frame or Copy
            Image files, frames of videos, and changed copies of either.
        names : sequence of str
            Of the stages wanted.
        progress : callable, optional
            Called with the number of sources done and of all.

        Returns
        -------
        dict of str to FeatureTable
            One row for each source, in order.
        """
        blocks = list(self.blocks(sources, names, progress))
        return {
            name: _stack([block[name] for block in blocks], self.stages[name].features.width)
            for name in names
        }

    def blocks(
        self, sources: Sequence[Source], names: Sequence[str], progress: Progress | None = None
    ) -> Iterator[dict[str, FeatureTable]]:
        """Compute the features of some sources, and give them batch by batch.

        Parameters
        ----------
        sources, names, progress : object
            As in :meth:`tables`.

        Yields
        ------
        dict of str to FeatureTable
            Of the next sources.
        """
        # Torch has threads of its own, and is asked by one of ours.
        one = self.cropper is not None and not self.cropper.in_core
        located = in_order(self._locate, sources, workers=1 if one else self.workers, ahead=BATCH)
        for start in range(0, len(sources), BATCH):
            found = []
            for item in islice(located, BATCH):
                found.append(item)
                if progress is not None:
                    progress(start + len(found), len(sources))
            yield {name: self._features(name, found) for name in names}

    def digest(self, path: str) -> str | None:
        """SHA-256 of a file's bytes, computed once in the life of this object.

        Parameters
        ----------
        path : str
            The file.

        Returns
        -------
        str or None
            None if it cannot be read.
        """
        if path not in self._digests:
            try:
                with Path(path).open("rb") as file:
                    self._digests[path] = hashlib.file_digest(file, "sha256").hexdigest()
            except OSError:
                self._digests[path] = None
        return self._digests[path]

    def _locate(self, source: Source) -> _Located:
        path = source if isinstance(source, str) else source.path
        what: dict[str, Any] = {"change": source.change if isinstance(source, Copy) else ""}
        frame = (
            source.index if isinstance(source, Frame) else source.frame if isinstance(source, Copy) else None
        )
        if frame is not None:
            what["frame"] = frame
        digest = self.digest(path)
        if digest is None:
            (sample,) = read_samples([source], self.cropper)
            return _Located(source, None, sample.status, None, None, sample)
        key = key_of(content=digest, **what, **self._faces)
        entry = self.cache.fetch("faces", key)
        if entry is not None:
            status, box, face = _face_from(json.loads(entry))
            return _Located(source, key, status, box, face, None)
        (sample,) = read_samples([source], self.cropper)
        crop = sample.crop
        box, face = (crop.box, crop.face) if crop else (None, None)
        known = {"status": sample.status, "box": box, "face": asdict(face) if face else None}
        self.cache.store("faces", key, json.dumps(known).encode())
        return _Located(source, key, sample.status, box, face, sample)

    def _features(self, name: str, batch: Sequence[_Located]) -> FeatureTable:
        stage = self.stages[name]
        rows = np.full((len(batch), stage.features.width), np.nan)
        statuses = [item.status for item in batch]
        missing = []
        for index, item in enumerate(batch):
            if item.status != OK:
                continue
            entry = self.cache.fetch(name, self._key(stage, item))
            if entry is None:
                missing.append(index)
            else:
                statuses[index], row = _unpacked(entry)
                rows = _put(rows, index, row)
        if missing:
            values, failures = batch_rows([batch[index].read() for index in missing], stage.features)
            for index, row, failure in zip(missing, values, failures, strict=True):
                statuses[index] = failure or OK
                self.cache.store(name, self._key(stage, batch[index]), _packed(statuses[index], row))
                rows = _put(rows, index, row if not failure else None)
        return FeatureTable(
            [str(item.source) for item in batch], statuses, [item.box for item in batch], rows
        )

    @staticmethod
    def _key(stage: Stage, item: _Located) -> str:
        return key_of(stage=FEATURES, face=item.key, depends=stage.depends)


@dataclass(slots=True)
class _Located:
    """A source whose face has been looked for."""

    source: Source
    key: str | None
    status: str
    box: Box | None
    face: Face | None
    sample: Sample | None

    def read(self) -> Sample:
        """The crop: kept from the detection, or cut out again where the face is known from before."""
        if self.sample is None:
            (whole,) = read_samples([self.source], None)
            if whole.crop is None or self.box is None:
                return whole
            crop: Crop = cut(whole.crop.grey, whole.crop.rgb, self.box, self.face)
            self.sample = Sample(whole.path, whole.status, crop)
        return self.sample


def _face_from(known: Any) -> tuple[str, Box | None, Face | None]:
    """What an entry says: the status, the pixels of the crop, and the face with its landmarks."""
    from facespectra.faces import Face

    if known["box"] is None:
        return known["status"], None, None
    face = known["face"]
    found = (
        Face(tuple(face["box"]), face["confidence"], tuple(map(tuple, face["landmarks"]))) if face else None
    )
    return known["status"], tuple(known["box"]), found


def join(first: FeatureTable, second: FeatureTable) -> FeatureTable:
    """Put two tables of the same samples side by side.

    Parameters
    ----------
    first, second : FeatureTable
        With the same rows.

    Returns
    -------
    FeatureTable
        A row is there where both are.
    """
    pairs = zip(first.statuses, second.statuses, strict=True)
    statuses = [one if one != OK else other for one, other in pairs]
    matrix = np.concatenate([first.matrix, second.matrix], axis=1)
    matrix[[status != OK for status in statuses]] = np.nan
    return FeatureTable(first.paths, statuses, first.boxes, matrix)


def select(table: FeatureTable, rows: Sequence[int]) -> FeatureTable:
    """Take some rows out of a table.

    Parameters
    ----------
    table : FeatureTable
        The table.
    rows : sequence of int
        Their numbers, in the order wanted.

    Returns
    -------
    FeatureTable
    """
    return FeatureTable(
        [table.paths[row] for row in rows],
        [table.statuses[row] for row in rows],
        [table.boxes[row] for row in rows],
        table.matrix[list(rows)],
    )


def stack(tables: Sequence[FeatureTable]) -> FeatureTable:
    """Put tables with the same features below each other.

    Parameters
    ----------
    tables : sequence of FeatureTable
        At least one.

    Returns
    -------
    FeatureTable
    """
    return _stack(tables, tables[0].matrix.shape[1])


def _stack(tables: Sequence[FeatureTable], width: int) -> FeatureTable:
    return FeatureTable(
        [path for table in tables for path in table.paths],
        [status for table in tables for status in table.statuses],
        [box for table in tables for box in table.boxes],
        np.concatenate([table.matrix for table in tables]) if tables else np.empty((0, width)),
    )


def _put(rows: Matrix, index: int, row: Matrix | None) -> Matrix:
    """Write a row, in the precision that rows come in: float64 would change what a classifier computes."""
    if row is not None:
        if rows.dtype != row.dtype:
            rows = rows.astype(row.dtype)
        rows[index] = row
    return rows


def _packed(status: str, row: Matrix) -> bytes:
    if status != OK:
        return status.encode()
    content = io.BytesIO()
    np.save(content, row, allow_pickle=False)
    return content.getvalue()


def _unpacked(entry: bytes) -> tuple[str, Matrix | None]:
    if not entry.startswith(b"\x93NUMPY"):
        return entry.decode(), None
    row: Matrix = np.load(io.BytesIO(entry), allow_pickle=False)
    return OK, row
