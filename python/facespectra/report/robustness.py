"""How the AUC falls as images are compressed, resized or blurred."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facespectra._progress import Progress
from facespectra._threads import ordered_map, thread_count
from facespectra.detector.inputs import choose_cropper
from facespectra.evaluation.independence import auc_of_samples
from facespectra.faces import scale_box, shift_box
from facespectra.features.crops import Crop, Sample, Source
from facespectra.features.extraction import BATCH, extract_features
from facespectra.features.sampling import read_again, stratified_sample
from facespectra.features.status import OK, Kind
from facespectra.features.table import concat_rows

if TYPE_CHECKING:
    from facespectra.detector import Detector
    from facespectra.detector.scores import Score
    from facespectra.faces import Box, Face, FaceCropper
    from facespectra.features import FeatureTable
    from facespectra.images import UInt8Array

SAMPLES = 40
# Of all windows together, half of them of each class: a few large photographs cost as much as many small
# ones.
PIXELS = 20_000_000
# The margin of a window around the face, and the grid of JPEG's blocks and H.264's that it starts on.
MARGIN, GRID = 0.25, 16


@dataclass(frozen=True, slots=True)
class Point:
    """AUC at one strength of a degradation, with its 95 % interval; NaN where a class has no score left."""

    strength: float | None  # None for the unchanged images
    auc: float
    low: float
    high: float
    n: int  # samples with a score
    scores: NDArray[np.float64]  # of all samples of the sweep, NaN where there is none
    undecided: NDArray[np.bool_]  # where the detector says that it can't tell


@dataclass(frozen=True, slots=True)
class Sweep:
    """The AUC of some samples at each strength of each degradation."""

    samples: list[int]
    unchanged: Point
    curves: dict[str, list[Point]]
    notes: list[str]  # degradations that were left out, and why
    seconds: float  # that it took

    @property
    def n_copies(self) -> int:
        """Degraded copies of each face."""
        return sum(map(len, self.curves.values()))


@dataclass(frozen=True, slots=True)
class Window:
    """A face and what surrounds it."""

    rgb: UInt8Array  # (h, w, 3)
    box: Box  # what is cut out, counted from the corner of the window
    face: Face | None


def _jpeg(image: UInt8Array, qualities: Sequence[float]) -> Iterator[UInt8Array]:
    from PIL import Image

    picture = Image.fromarray(image)
    for quality in qualities:
        content = io.BytesIO()
        picture.save(content, "JPEG", quality=int(quality))
        yield np.array(Image.open(content).convert("RGB"))


def _resize(image: UInt8Array, factors: Sequence[float]) -> Iterator[UInt8Array]:
    from PIL import Image

    picture = Image.fromarray(image)
    for factor in factors:
        height, width = (max(1, round(side * factor)) for side in image.shape[:2])
        yield np.array(picture.resize((width, height), Image.Resampling.BICUBIC))


def _blur(image: UInt8Array, sigmas: Sequence[float]) -> Iterator[UInt8Array]:
    from facespectra.synth.chain import blurred, eight_bit

    picture = image.astype(np.float32)
    return (eight_bit(blurred(picture, sigma)) for sigma in sigmas)


def _h264(image: UInt8Array, crfs: Sequence[float]) -> list[UInt8Array]:
    from facespectra.synth.chain import through_h264_at

    return through_h264_at(image, [int(crf) for crf in crfs])


# A function gives the image at each of some strengths, so that what they have in common is done once.
Degradation: TypeAlias = "Callable[[UInt8Array, Sequence[float]], Iterable[UInt8Array]]"
DEGRADATIONS: dict[str, tuple[Degradation, tuple[float, ...]]] = {
    "JPEG quality": (_jpeg, (95, 80, 60, 40, 20)),
    "size, as a factor": (_resize, (1.5, 0.75, 0.5, 0.33)),
    "blur, sigma in pixels": (_blur, (0.5, 1, 1.5, 2.5)),
    "H.264, CRF": (_h264, (20, 28, 36)),
}


def sweep(
    detector: Detector,
    sources: Sequence[Source],
    labels: NDArray[np.int64],
    table: FeatureTable,
    n: int = SAMPLES,
    *,
    faces: str | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Sweep | None:
    """Score at most `n` samples, half of each class, again at each strength of each degradation.

    The face is detected once, in the unchanged image, and its box and landmarks move along: this measures
    features and classifier, not the face detector. Only the face and a margin are degraded. `faces` is as for
    the table: of several faces, the one in its box is taken. None where a class has no sample with features.
    """
    start = perf_counter()
    drawn = stratified_sample(labels, table.ok, n, seed=seed)
    windows: list[tuple[int, Window]] = []
    cropper = choose_cropper(detector.cropper, faces)
    for label in (0, 1):
        left = PIXELS // 2
        of_class = [index for index in drawn if labels[index] == label]
        for index, window in _windows(cropper, sources, of_class, table.boxes, detector.threads):
            left -= window.rgb.shape[0] * window.rgb.shape[1]
            if left < 0:
                break
            windows.append((index, window))
    windows.sort(key=lambda pair: pair[0])
    samples = [index for index, _ in windows]
    own = labels[samples] if windows else np.zeros(0, np.int64)
    if len(set(own.tolist())) < 2:
        return None
    kinds, notes = _available()
    n_changes = sum(len(DEGRADATIONS[name][1]) for name in kinds)
    degraded = _degraded([window for _, window in windows], kinds, detector.threads)
    tables: list[FeatureTable] = []
    for batch in _batches(degraded):
        tables.append(extract_features(batch, detector.feature_set))
        if progress is not None:
            progress(sum(len(one.paths) for one in tables), len(windows) * n_changes)
    # Of the unchanged faces, the table has the features already.
    unchanged = _point(None, own, detector.score_table(table.take(samples), evidence=False))
    scores = detector.score_table(concat_rows(tables, detector.feature_set.width), evidence=False)
    # Face by face, all changes of each.
    points = iter([scores[k::n_changes] for k in range(n_changes)])
    curves = {
        name: [_point(strength, own, next(points)) for strength in DEGRADATIONS[name][1]] for name in kinds
    }
    return Sweep(samples, unchanged, curves, notes, perf_counter() - start)


def _available() -> tuple[list[str], list[str]]:
    """The degradations that can be made here, and why others cannot."""
    kinds, notes = [], []
    sample = np.zeros((GRID, GRID, 3), np.uint8)
    for name, (change, strengths) in DEGRADATIONS.items():
        try:
            list(change(sample, strengths[:1]))
        except ImportError as error:
            notes.append(f"{name} was left out: {error}")
        else:
            kinds.append(name)
    return kinds, notes


def _windows(
    cropper: FaceCropper | None,
    sources: Sequence[Source],
    indices: Sequence[int],
    boxes: Sequence[Box | None],
    threads: int | None,
) -> Iterator[tuple[int, Window]]:
    """Faces with a margin around them; those that are not found again are left out."""

    def cut_out(item: tuple[int, Crop]) -> tuple[int, Window | None]:
        index, whole = item
        return index, _window(whole, cropper, boxes[index])

    workers = 1 if cropper is not None and not cropper.in_core else thread_count(threads)
    read = read_again(sources, indices)
    for index, window in ordered_map(cut_out, read, workers=workers, max_pending=workers):
        if window is not None:
            yield index, window


def _window(whole: Crop, cropper: FaceCropper | None, wanted: Box | None) -> Window | None:
    if cropper is None:
        return Window(whole.rgb, whole.box, whole.face)
    height, width = whole.rgb.shape[:2]
    candidates, _ = cropper.search(whole.rgb)
    regions = [(face, cropper.region(face, width, height)) for face in candidates]
    face, box = next((pair for pair in regions if pair[1] == wanted), (None, None))
    if face is None or box is None:
        return None
    x0, y0, x1, y1 = box
    margin = (max(GRID, round(MARGIN * (x1 - x0))), max(GRID, round(MARGIN * (y1 - y0))))
    left, top = (max(0, corner - by) // GRID * GRID for corner, by in zip((x0, y0), margin, strict=True))
    right, bottom = min(width, x1 + margin[0]), min(height, y1 + margin[1])
    rgb = whole.rgb[top:bottom, left:right].copy()
    return Window(rgb, shift_box(box, -left, -top), face.shifted(-left, -top))


def _degraded(windows: Sequence[Window], kinds: Sequence[str], threads: int | None) -> Iterator[Sample]:
    """Degrade each window at each strength of each kind, window by window, on several threads."""

    def degrade(item: tuple[Window, str]) -> list[Sample]:
        window, kind = item
        change, strengths = DEGRADATIONS[kind]
        return [Sample("", OK, _face_in(rgb, window)) for rgb in change(window.rgb, strengths)]

    items = ((window, kind) for window in windows for kind in kinds)
    workers = thread_count(threads)
    for samples in ordered_map(degrade, items, workers=workers, max_pending=2 * workers):
        yield from samples


def _face_in(rgb: UInt8Array, window: Window) -> Crop:
    """Cut the face out of a window that was degraded, and maybe resized."""
    fx, fy = rgb.shape[1] / window.rgb.shape[1], rgb.shape[0] / window.rgb.shape[0]
    face = None if window.face is None else window.face.scaled(fx, fy)
    x0, y0, x1, y1 = box = scale_box(window.box, fx, fy)
    colours = rgb[y0:y1, x0:x1].copy()
    return Crop(None, colours, box, face)


def _batches(samples: Iterable[Sample]) -> Iterator[list[Sample]]:
    """Take samples together whose features are computed at a time: few where faces are large."""
    batch: list[Sample] = []
    pixels = 0
    for sample in samples:
        batch.append(sample)
        pixels += 0 if sample.crop is None else math.prod(sample.crop.shape)
        if len(batch) >= BATCH or pixels >= PIXELS:
            yield batch
            batch, pixels = [], 0
    if batch:
        yield batch


def _point(strength: float | None, labels: NDArray[np.int64], rows: Sequence[Score]) -> Point:
    scores = np.array([row.score for row in rows], np.float64)
    undecided = np.array([row.status.kind is Kind.CANNOT_TELL for row in rows], np.bool_)
    scored = ~np.isnan(scores)
    auc = low = high = float("nan")
    if len(set(labels[scored].tolist())) == 2:
        auc, (low, high) = auc_of_samples(labels[scored], scores[scored])
    return Point(strength, auc, low, high, int(scored.sum()), scores, undecided)
