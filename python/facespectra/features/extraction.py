"""From sources to feature tables through a cache: the numbers of :meth:`facespectra.Detector.extract`."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial, reduce
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from facespectra._versions import versions_of
from facespectra.augment import Copy
from facespectra.features.cache import Cache, key_of
from facespectra.features.crops import (
    NO_FACE,
    NO_MEMORY,
    OK,
    Sample,
    cut,
    prefetch,
    read_samples,
)
from facespectra.features.feature_sets import FeatureSet, Matrix
from facespectra.features.table import BATCH, FeatureTable, batch_rows, concat_rows
from facespectra.videos import Frame

if TYPE_CHECKING:
    from facespectra.faces import Box, Face, FaceCropper

Progress: TypeAlias = Callable[[int, int], None]
Source: TypeAlias = str | Frame | Copy

# To be raised with every change of the code behind a stage that changes what comes out of it.
FACES, FEATURES = 3, 3
_ROW = f"{OK}\n".encode()


class Extractor:
    """Finds faces and computes features, each once per content of a file.

    Parameters
    ----------
    cache : Cache
        Where results are kept.
    cropper : FaceCropper or None
        Finds the faces. None takes whole images.
    stages : mapping of str to FeatureSet
        What can be computed, by name.
    threads : int, optional
        As in :func:`facespectra.detector.read_samples`.
    """

    def __init__(
        self,
        cache: Cache,
        cropper: FaceCropper | None,
        stages: Mapping[str, FeatureSet],
        *,
        threads: int | None = None,
    ) -> None:
        self.cache = cache
        self.cropper = cropper
        self.threads = threads
        self.stages = dict(stages)
        # What keys have in common is put into one of its own, once.
        self._faces = key_of(
            stage=FACES,
            crop=cropper.get_params() | {"in_core": cropper.in_core} if cropper else None,
            versions=versions_of("facenet-pytorch", "torch", "pillow"),
        )
        self._computed: dict[str, str] = {}
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
            name: concat_rows([block[name] for block in blocks], self.stages[name].width) for name in names
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
        # What one set of features reads is there for the next.
        colour = any(self.stages[name].colour for name in names)
        found = prefetch(partial(self._locate, colour=colour), sources, self.cropper, self.threads)
        for start in range(0, len(sources), BATCH):
            batch = []
            for item in islice(found, BATCH):
                batch.append(item)
                if progress is not None:
                    progress(start + len(batch), len(sources))
            yield {name: self._features(name, batch, colour) for name in names}

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

    def _locate(self, run: Any, colour: bool) -> list[_Located]:
        """Look for the faces in what can be decoded in one go, where that has not been done before."""
        sources: list[Source] = run if isinstance(run, list) else [run]
        items = [_Located(source, self._key_of_face(source)) for source in sources]
        unknown = [item for item in items if not self._known(item)]
        samples = read_samples([item.source for item in unknown], self.cropper, threads=1, colour=colour)
        for item, sample in zip(unknown, samples, strict=True):
            crop = sample.crop
            item.name, item.status, item.sample = sample.path, sample.status, sample
            item.box, item.face = (crop.box, crop.face) if crop else (None, None)
            # What could not be read is tried again: another limit, or more memory, may be all that it needs.
            if item.key is not None and item.status in (OK, NO_FACE):
                known = {
                    "status": item.status,
                    "box": item.box,
                    "face": asdict(item.face) if item.face else None,
                }
                self.cache.store("faces", item.key, json.dumps(known).encode())
        return items

    def _key_of_face(self, source: Source) -> str | None:
        """A key of the content of the file and what is wanted of it; None for one that cannot be read."""
        path = source if isinstance(source, str) else source.path
        change = source.change if isinstance(source, Copy) else ""
        frame = None
        if not isinstance(source, str):
            frame = source.index if isinstance(source, Frame) else source.frame
        digest = self.digest(path)
        if digest is None:
            return None
        return key_of(content=digest, change=change, frame=frame, faces=self._faces)

    def _known(self, item: _Located) -> bool:
        """Fill in what is known of a face from before."""
        entry = None if item.key is None else self.cache.fetch("faces", item.key)
        if entry is None:
            return False
        item.name = str(item.source)
        item.status, item.box, item.face = _face_from(json.loads(entry))
        return True

    def _features(self, name: str, batch: Sequence[_Located], colour: bool) -> FeatureTable:
        features = self.stages[name]
        keys = [self._key(name, item) for item in batch]
        rows = np.full((len(batch), features.width), np.nan)
        statuses = [item.status for item in batch]
        missing = []
        for index, item in enumerate(batch):
            if item.status != OK:
                continue
            entry = self.cache.fetch(name, keys[index])
            if entry is None:
                missing.append(index)
            else:
                statuses[index], row = _unpacked(entry)
                rows = _put(rows, index, row)
        if missing:
            self._read([batch[index] for index in missing], colour)
            samples = [batch[index].sample for index in missing]
            values, failures = batch_rows([sample for sample in samples if sample], features)
            for index, row, failure in zip(missing, values, failures, strict=True):
                statuses[index] = failure or batch[index].status
                if statuses[index] == OK or (failure and not failure.endswith(NO_MEMORY)):
                    self.cache.store(name, keys[index], _packed(statuses[index], row))
                rows = _put(rows, index, row if statuses[index] == OK else None)
        return FeatureTable([item.name for item in batch], statuses, [item.box for item in batch], rows)

    def _key(self, name: str, item: _Located) -> str:
        if name not in self._computed:
            self._computed[name] = key_of(stage=FEATURES, name=name, depends=self.stages[name].depends)
        return key_of(features=self._computed[name], face=item.key)

    def _read(self, items: Sequence[_Located], colour: bool) -> None:
        """Cut out the crops of faces that are known from before; the others were kept by the detection."""
        absent = [item for item in items if item.sample is None]
        sources = [item.source for item in absent]
        wholes = read_samples(sources, None, threads=self.threads, colour=colour)
        for item, whole in zip(absent, wholes, strict=True):
            item.name, item.status, item.sample = whole.path, whole.status, whole
            if whole.crop is not None and item.box is not None:
                crop = cut(whole.crop.grey, whole.crop.colours, item.box, item.face)
                item.sample = Sample(whole.path, whole.status, crop)


@dataclass(slots=True)
class _Located:
    """A source whose face is looked for."""

    source: Source
    key: str | None
    name: str = ""
    status: str = ""
    box: Box | None = None
    face: Face | None = None
    sample: Sample | None = None


def extract_cached(
    sources: Sequence[str | os.PathLike[str] | Frame | Copy],
    cropper: FaceCropper | None,
    name: str,
    features: FeatureSet,
    folder: str | os.PathLike[str],
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> FeatureTable:
    """Compute the features of some sources, but for what a folder holds of them from before.

    Parameters
    ----------
    sources : sequence of path-like, Frame or Copy
        Image files, frames of videos, and changed copies of either.
    cropper : FaceCropper or None
        None takes whole images.
    name : str
        Of the features.
    features : FeatureSet
        What to compute. The parts of joined ones are kept apart: each is good for others, too.
    folder : path-like
        The cache.
    threads : int, optional
        As in :func:`facespectra.detector.read_samples`.
    progress : callable, optional
        Called with the number of sources done and of all.

    Returns
    -------
    FeatureTable
        One row for each source, in order.
    """
    stages = features.parts or {name: features}
    extractor = Extractor(Cache(Path(folder)), cropper, stages, threads=threads)
    named = [source if isinstance(source, Frame | Copy) else os.fspath(source) for source in sources]
    return reduce(join, extractor.tables(named, list(stages), progress).values())


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
    # Where nothing is in a table, its precision says nothing.
    full = [table.matrix.dtype for table in (first, second) if table.ok.any()]
    dtype = np.result_type(*full) if full else np.dtype(np.float64)
    matrix = np.concatenate([first.matrix, second.matrix], axis=1, dtype=dtype, casting="same_kind")
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


def _put(rows: Matrix, index: int, row: Matrix | None) -> Matrix:
    """Write a row, in the precision that rows come in: float64 would change what a classifier computes."""
    if row is not None:
        if rows.dtype != row.dtype:
            rows = rows.astype(row.dtype)
        rows[index] = row
    return rows


def _packed(status: str, row: Matrix) -> bytes:
    # Not a .npy file, whose header takes longer to read than a hundred rows.
    return _ROW + row.dtype.str.encode() + b"\n" + row.tobytes() if status == OK else status.encode()


def _unpacked(entry: bytes) -> tuple[str, Matrix | None]:
    if not entry.startswith(_ROW):
        return entry.decode(), None
    dtype, _, content = entry.removeprefix(_ROW).partition(b"\n")
    row: Matrix = np.frombuffer(content, dtype=dtype.decode())
    return OK, row
