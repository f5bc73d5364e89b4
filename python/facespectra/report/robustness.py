"""How the AUC falls as images are compressed, resized or blurred."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facespectra._progress import Progress
from facespectra._threads import thread_count
from facespectra.detector.inputs import choose_cropper
from facespectra.evaluation import evaluate
from facespectra.faces import scale_box, shift_box
from facespectra.features.crops import Crop, Sample, Source, cut
from facespectra.features.extraction import extract_features
from facespectra.features.sampling import read_again, stratified_sample
from facespectra.features.status import OK, Kind

if TYPE_CHECKING:
    from facespectra.detector import Detector
    from facespectra.faces import Box, FaceCropper
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


def _jpeg(image: UInt8Array, quality: float) -> UInt8Array:
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(image).save(content, "JPEG", quality=int(quality))
    return np.array(Image.open(content).convert("RGB"))


def _resize(image: UInt8Array, factor: float) -> UInt8Array:
    from PIL import Image

    height, width = (max(1, round(side * factor)) for side in image.shape[:2])
    return np.array(Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC))


def _blur(image: UInt8Array, sigma: float) -> UInt8Array:
    from facespectra.synth.chain import blurred, eight_bit

    return eight_bit(blurred(image.astype(np.float32), sigma))


def _h264(image: UInt8Array, crf: float) -> UInt8Array:
    from facespectra.synth.chain import through_h264

    return through_h264(image, int(crf))


DEGRADATIONS: dict[str, tuple[Callable[[UInt8Array, float], UInt8Array], tuple[float, ...]]] = {
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
    drawn = stratified_sample(labels, table.ok, n, seed=seed)
    windows: list[tuple[int, Crop]] = []
    cropper = choose_cropper(detector.cropper, faces)
    for label in (0, 1):
        left = PIXELS // 2
        of_class = [index for index in drawn if labels[index] == label]
        for index, crop in _windows(cropper, sources, of_class, table.boxes):
            left -= crop.grey.size
            if left >= 0:
                windows.append((index, crop))
    windows.sort(key=lambda pair: pair[0])
    own = labels[[index for index, _ in windows]] if windows else np.zeros(0, np.int64)
    if len(set(own.tolist())) < 2:
        return None
    unchanged = _measure(detector, windows, own, None, None)
    curves: dict[str, list[Point]] = {}
    notes: list[str] = []
    for done, (name, (change, strengths)) in enumerate(DEGRADATIONS.items()):
        try:
            curves[name] = [_measure(detector, windows, own, change, strength) for strength in strengths]
        except ImportError as error:
            notes.append(f"{name} was left out: {error}")
        if progress is not None:
            progress(done + 1, len(DEGRADATIONS))
    return Sweep([index for index, _ in windows], unchanged, curves, notes)


def _windows(
    cropper: FaceCropper | None,
    sources: Sequence[Source],
    indices: Sequence[int],
    boxes: Sequence[Box | None],
) -> Iterator[tuple[int, Crop]]:
    """Faces with a margin around them; box and landmarks count from the corner of the window."""
    for index, whole in read_again(sources, indices):
        height, width = whole.grey.shape
        if cropper is None:
            yield index, whole
            continue
        candidates, _ = cropper.search(whole.rgb)
        regions = [(face, cropper.region(face, width, height)) for face in candidates]
        face, box = next((pair for pair in regions if pair[1] == boxes[index]), (None, None))
        if face is None or box is None:
            continue
        x0, y0, x1, y1 = box
        margin = (max(GRID, round(MARGIN * (x1 - x0))), max(GRID, round(MARGIN * (y1 - y0))))
        left, top = (max(0, corner - by) // GRID * GRID for corner, by in zip((x0, y0), margin, strict=True))
        right, bottom = min(width, x1 + margin[0]), min(height, y1 + margin[1])
        grey, rgb = whole.grey[top:bottom, left:right].copy(), whole.rgb[top:bottom, left:right].copy()
        yield index, Crop(grey, rgb, shift_box(box, -left, -top), face.shifted(-left, -top))


def _measure(
    detector: Detector,
    windows: Sequence[tuple[int, Crop]],
    labels: NDArray[np.int64],
    change: Callable[[UInt8Array, float], UInt8Array] | None,
    strength: float | None,
) -> Point:
    # Codecs and filters let other threads run meanwhile.
    with ThreadPoolExecutor(min(8, thread_count())) as pool:
        crops = pool.map(lambda pair: _degrade(pair[1], change, strength or 0.0), windows)
        samples = [Sample(str(index), OK, crop) for (index, _), crop in zip(windows, crops, strict=True)]
    rows = detector.score_table(extract_features(samples, detector.feature_set))
    scores = np.array([row.score for row in rows], np.float64)
    undecided = np.array([row.status.kind is Kind.CANNOT_TELL for row in rows], np.bool_)
    scored = ~np.isnan(scores)
    if len(set(labels[scored].tolist())) < 2:
        nothing = float("nan")
        return Point(strength, nothing, nothing, nothing, int(scored.sum()), scores, undecided)
    result = evaluate(labels, scores)
    return Point(strength, result.auc, *result.auc_ci95, result.n, scores, undecided)


def _degrade(window: Crop, change: Callable[[UInt8Array, float], UInt8Array] | None, strength: float) -> Crop:
    from facespectra.images import to_grey

    if change is None:
        return cut(window.grey, window.rgb, window.box, window.face)
    rgb = change(window.rgb, strength)
    fx, fy = rgb.shape[1] / window.rgb.shape[1], rgb.shape[0] / window.rgb.shape[0]
    face = None if window.face is None else window.face.scaled(fx, fy)
    return cut(to_grey(rgb), rgb, scale_box(window.box, fx, fy), face)
