"""From sources to tables of features: the one way there, with or without a cache.

Sources are read and their faces found on several threads, ahead of the features, which are computed batch by
batch: memory holds the crops of one batch. With a cache, a face is found and a row computed once for the same
content, settings and versions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial, reduce
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facespectra._progress import Progress
from facespectra._truncated import takes_truncated
from facespectra._versions import versions_of
from facespectra.augment import Copy
from facespectra.errors import FacespectraError, InvalidImageError
from facespectra.features.cache import Cache, key_of
from facespectra.features.crops import Sample, Source, cut, name_of, prefetch, read_group, read_samples
from facespectra.features.feature_set import FeatureSet, Matrix
from facespectra.features.status import NO_FACE, NO_MEMORY, OK, Kind, Status, unreadable
from facespectra.features.table import FeatureTable, concat_columns, concat_rows
from facespectra.features.video_pass import VideoPass
from facespectra.videos import Frame

if TYPE_CHECKING:
    from facespectra.faces import Box, Face, FaceCropper

BATCH = 64

# To be raised with every change of the code behind a stage that changes what comes out of it.
FACES, FEATURES = 4, 4
_ROW = b"row\n"


def extract_features(samples: Iterable[Sample], features: FeatureSet) -> FeatureTable:
    """Compute the features of samples that were cropped before, holding one batch of crops at a time."""
    stream, tables = iter(samples), []
    while batch := list(islice(stream, BATCH)):
        rows, statuses = compute_rows(batch, features)
        boxes = [sample.crop.box if sample.crop else None for sample in batch]
        n_faces = [sample.crop.n_faces if sample.crop else 0 for sample in batch]
        tables.append(FeatureTable([sample.path for sample in batch], statuses, boxes, rows, n_faces))
    return concat_rows(tables, features.width)


def compute_rows(samples: Sequence[Sample], features: FeatureSet) -> tuple[Matrix, list[Status]]:
    """Compute the features of a few samples, and say what became of each.

    Rows are NaN where there is no crop, or a crop has no such features, by being too small, say.
    """
    statuses = [sample.status for sample in samples]
    crops = {row: sample.crop for row, sample in enumerate(samples) if sample.crop is not None}
    computed: dict[int, Matrix] = {}
    try:
        if crops:
            computed = dict(zip(crops, features.extract(list(crops.values())), strict=True))
    except (ValueError, MemoryError) as error:
        if _is_no_images_fault(error):
            raise
        # One crop is too small, too large, or the like: find out which, and keep the others.
        for row, crop in crops.items():
            try:
                (computed[row],) = features.extract([crop])
            except MemoryError:
                statuses[row] = NO_MEMORY
            except ValueError as failure:
                statuses[row] = unreadable(_reason(failure))
    dtype = next(iter(computed.values())).dtype if computed else np.float64
    rows = np.full((len(samples), features.width), np.nan, dtype=dtype)
    for row, values in computed.items():
        if np.isfinite(values).all():
            rows[row] = values
        else:
            statuses[row] = unreadable("its features are not finite (a flat image?)")
    return rows, statuses


def _is_no_images_fault(error: Exception) -> bool:
    """Whether it is a setting that means nothing, or a backend that does not load."""
    return isinstance(error, FacespectraError) and not isinstance(error, InvalidImageError)


def _reason(error: ValueError) -> str:
    return " ".join((error.reason if isinstance(error, InvalidImageError) else str(error)).split())


class Extractor:
    """Finds faces and computes features, each once for the same content where there is a cache.

    Without a cropper it takes whole images. Feature sets that are joined of others are computed, and cached,
    part by part: each part is good for others, too.
    """

    def __init__(
        self,
        cropper: FaceCropper | None,
        feature_sets: Mapping[str, FeatureSet],
        *,
        cache: Cache | None = None,
        threads: int | None = None,
    ) -> None:
        self.cropper = cropper
        self.cache = cache
        self.threads = threads
        self.parts = {name: list(one.parts) or [name] for name, one in feature_sets.items()}
        self.stages: dict[str, FeatureSet] = {}
        for name, one in feature_sets.items():
            self.stages |= one.parts or {name: one}
        # What keys have in common is put into one of its own, once.
        self._faces_key = "" if cache is None else _faces_key(cropper)
        self._features_keys: dict[str, str] = {}
        self._digests: dict[str, str | None] = {}

    def table(self, sources: Sequence[Source], name: str, progress: Progress | None = None) -> FeatureTable:
        """Compute one feature set of some sources, one row for each, in order."""
        return self.tables(sources, [name], progress)[name]

    def tables(
        self, sources: Sequence[Source], names: Sequence[str], progress: Progress | None = None
    ) -> dict[str, FeatureTable]:
        """Compute several feature sets of some sources, reading each source once."""
        blocks = list(self.blocks(sources, names, progress))
        widths = {name: sum(self.stages[part].width for part in self.parts[name]) for name in names}
        return {name: concat_rows([block[name] for block in blocks], widths[name]) for name in names}

    def blocks(
        self, sources: Sequence[Source], names: Sequence[str], progress: Progress | None = None
    ) -> Iterator[dict[str, FeatureTable]]:
        """Compute several feature sets of some sources, and give their tables batch by batch.

        One row for each source, in order; for each face, where the cropper crops every one.
        """
        stages = list(dict.fromkeys(part for name in names for part in self.parts[name]))
        # What one feature set reads is there for the next.
        colour = any(self.stages[stage].colour for stage in stages)
        located = prefetch(partial(self._locate, colour=colour), sources, self.cropper, self.threads)
        batch: list[_Located] = []
        for position, items in enumerate(located):
            for item in items:
                item.origin = position
            batch += items
            if progress is not None:
                progress(position + 1, len(sources))
            if len(batch) >= BATCH or position + 1 == len(sources):
                tables = {stage: self._stage_table(stage, batch, colour) for stage in stages}
                yield {
                    name: reduce(concat_columns, (tables[part] for part in self.parts[name]))
                    for name in names
                }
                batch = []

    def samples(self, sources: Iterable[Source]) -> Iterator[Sample]:
        """Read sources and cut out their faces, in colour; faces that the cache knows are not looked for."""
        for source in sources:
            (items,) = self._locate([source], None, colour=True)
            self._read(items, colour=True)
            read = [item.sample for item in items if item.sample is not None]
            others = tuple(one.crop for one in read[1:] if one.crop is not None)
            yield replace(read[0], others=others, note=items[0].note)

    def digest(self, path: str) -> str | None:
        """SHA-256 of a file's bytes, computed once in the life of this object; None if it cannot be read."""
        if path not in self._digests:
            try:
                with Path(path).open("rb") as file:
                    self._digests[path] = hashlib.file_digest(file, "sha256").hexdigest()
            except (OSError, ValueError):
                self._digests[path] = None
        return self._digests[path]

    def _locate(self, group: list[Source], video: VideoPass | None, colour: bool) -> list[list[_Located]]:
        """Find the faces of a group of sources, but for those that the cache knows."""
        keys = [self._face_key(source) for source in group]
        found = [self._recall_faces(source, key) for source, key in zip(group, keys, strict=True)]
        unknown = [position for position, items in enumerate(found) if not items]
        if not unknown:
            return found
        samples = read_group(
            [group[position] for position in unknown], self.cropper, colour, self.threads, video
        )
        for position, sample in zip(unknown, samples, strict=True):
            found[position] = _located(group[position], keys[position], sample)
            self._remember_faces(found[position])
        return found

    def _face_key(self, source: Source) -> str | None:
        """A key of the content of a file and what is wanted of it; None where nothing is to be cached."""
        if self.cache is None:
            return None
        path, change, frame = "", "", None
        if isinstance(source, Copy):
            path, change, frame = source.path, source.change, source.frame
        elif isinstance(source, Frame):
            path, frame = source.path, source.index
        else:
            path = name_of(source)
        digest = self.digest(path) if path else None
        if digest is None:
            return None
        return key_of(content=digest, change=change, frame=frame, faces=self._faces_key)

    def _recall_faces(self, source: Source, key: str | None) -> list[_Located]:
        """Give the faces that the cache knows; nothing where it does not know the source."""
        from facespectra.faces import Face

        entry = self.cache.fetch("faces", key) if self.cache and key else None
        items: list[_Located] = []
        for known in json.loads(entry) if entry else ():
            item = _Located(source, name_of(source), _key_of_face(key, len(items)))
            item.status, item.n_faces, face = Status(Kind(known["status"])), known["n_faces"], known["face"]
            item.note = known.get("note", "")
            item.box = tuple(known["box"]) if known["box"] else None
            if face:
                points = tuple((x, y) for x, y in face["landmarks"])
                item.face = Face(tuple(face["box"]), face["confidence"], points)
            items.append(item)
        return items

    def _remember_faces(self, items: Sequence[_Located]) -> None:
        # What could not be read is tried again: another limit, or more memory, may be all that it needs.
        if self.cache and (key := items[0].key) and items[0].status in (OK, NO_FACE):
            known = [
                {
                    "status": str(item.status),
                    "box": item.box,
                    "face": asdict(item.face) if item.face else None,
                    "n_faces": item.n_faces,
                }
                | ({"note": item.note} if item.note else {})
                for item in items
            ]
            self.cache.store("faces", key, json.dumps(known).encode())

    def _stage_table(self, stage: str, batch: Sequence[_Located], colour: bool) -> FeatureTable:
        """Compute one feature set of a batch, but for the rows that the cache knows."""
        keys = [self._row_key(stage, item) for item in batch]
        rows: dict[int, Matrix] = {}
        statuses = [item.status for item in batch]
        missing = []
        for index, item in enumerate(batch):
            if not item.status.ok:
                continue
            key = keys[index]
            entry = self.cache.fetch(stage, key) if self.cache and key else None
            if entry is None:
                missing.append(index)
            else:
                statuses[index], row = _unpacked(entry)
                if row is not None:
                    rows[index] = row
        if missing:
            self._read([batch[index] for index in missing], colour)
            samples = [sample for index in missing if (sample := batch[index].sample) is not None]
            values, outcomes = compute_rows(samples, self.stages[stage])
            for index, sample, row, status in zip(missing, samples, values, outcomes, strict=True):
                statuses[index] = status
                if status.ok:
                    rows[index] = row
                # A file that has gone since, or memory that did not suffice, may be there the next time.
                lasting = sample.crop is not None and status != NO_MEMORY
                if self.cache and lasting and (key := keys[index]):
                    self.cache.store(stage, key, _packed(status, row))
        return self._assembled(stage, batch, statuses, rows)

    def _assembled(
        self, stage: str, batch: Sequence[_Located], statuses: list[Status], rows: Mapping[int, Matrix]
    ) -> FeatureTable:
        # In the precision that rows come in: float64 would change what a classifier computes.
        dtype = np.result_type(*rows.values()) if rows else np.dtype(np.float64)
        matrix = np.full((len(batch), self.stages[stage].width), np.nan, dtype)
        for index, row in rows.items():
            matrix[index] = row
        return FeatureTable(
            [item.name for item in batch],
            statuses,
            [item.box for item in batch],
            matrix,
            [item.n_faces for item in batch],
            [item.origin for item in batch],
            [item.note for item in batch],
        )

    def _row_key(self, stage: str, item: _Located) -> str | None:
        if item.key is None:
            return None
        if stage not in self._features_keys:
            depends = self.stages[stage].depends
            self._features_keys[stage] = key_of(stage=FEATURES, name=stage, depends=depends)
        return key_of(features=self._features_keys[stage], face=item.key)

    def _read(self, items: Sequence[_Located], colour: bool) -> None:
        """Cut out the crops of faces that the cache knew; the others were kept when they were found."""
        absent = [item for item in items if item.sample is None]
        sources = [item.source for item in absent]
        wholes = read_samples(sources, None, threads=self.threads, colour=colour)
        for item, whole in zip(absent, wholes, strict=True):
            item.name, item.status, item.sample = whole.path, whole.status, whole
            if whole.crop is not None and item.box is not None:
                crop = cut(whole.crop.grey, whole.crop.colours, item.box, item.face, item.n_faces)
                item.sample = Sample(whole.path, whole.status, crop)


def _faces_key(cropper: FaceCropper | None) -> str:
    # Another part of the picture is no matter of the picture alone.
    part = {"truncated": True} if takes_truncated() else {}
    return key_of(
        **part,
        stage=FACES,
        crop=cropper.get_params() | {"in_core": cropper.in_core, "every": cropper.every} if cropper else None,
        versions=versions_of("facenet-pytorch", "torch", "pillow"),
    )


@dataclass(slots=True)
class _Located:
    """A source and the face in it."""

    source: Source
    name: str
    key: str | None
    status: Status = OK
    box: Box | None = None
    face: Face | None = None
    sample: Sample | None = None
    n_faces: int = 0  # in the source
    origin: int = 0  # position of the source
    note: str = ""


def _located(source: Source, key: str | None, sample: Sample) -> list[_Located]:
    """Give the faces of a sample that was read: one, unless all were asked for."""
    crops = [crop for crop in (sample.crop, *sample.others) if crop is not None]
    if not crops:
        return [_Located(source, sample.path, key, sample.status, sample=sample, note=sample.note)]
    return [
        _Located(
            source,
            sample.path,
            _key_of_face(key, position),
            sample.status,
            crop.box,
            crop.face,
            Sample(sample.path, sample.status, crop),
            crop.n_faces,
            note=sample.note,
        )
        for position, crop in enumerate(crops)
    ]


def _key_of_face(key: str | None, position: int) -> str | None:
    """The first face has the key of its source, the others' are made of it."""
    return key if key is None or not position else key_of(face=key, position=position)


def _packed(status: Status, row: Matrix) -> bytes:
    if not status.ok:
        return json.dumps([status.kind, status.reason]).encode()
    # Not a .npy file, whose header takes longer to read than a hundred rows.
    return _ROW + row.dtype.str.encode() + b"\n" + row.tobytes()


def _unpacked(entry: bytes) -> tuple[Status, Matrix | None]:
    if not entry.startswith(_ROW):
        kind, reason = json.loads(entry)
        return Status(Kind(kind), reason), None
    dtype, _, content = entry.removeprefix(_ROW).partition(b"\n")
    row: Matrix = np.frombuffer(content, dtype=dtype.decode())
    return OK, row
