"""What is left of an AUC once pictures were compressed, resized or blurred."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facespectra._threads import thread_count
from facespectra.evaluation import evaluate
from facespectra.features.crops import Crop, Sample, Source, cut
from facespectra.features.extraction import extract_features
from facespectra.features.status import OK
from facespectra.report.sampling import chosen, read_again

if TYPE_CHECKING:
    from facespectra.detector import Detector
    from facespectra.faces import Face
    from facespectra.features import FeatureTable
    from facespectra.images import UInt8Array

SAMPLES = 40
# Of all windows together: a few large photographs cost as much as many small ones.
PIXELS = 20_000_000
# A window around the face, on the grid of JPEG's blocks and H.264's.
AROUND, GRID = 0.25, 16


@dataclass(frozen=True, slots=True)
class Point:
    """What a strength of a degradation leaves.

    Attributes
    ----------
    strength : float or None
        None stands for the unchanged pictures.
    auc, low, high : float
        With its 95 % interval; NaN where a class has no score left.
    n : int
        Samples with a score.
    scores : (k,) float64
        Of all samples in the sweep, in their order; NaN where there is none.
    """

    strength: float | None
    auc: float
    low: float
    high: float
    n: int
    scores: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sweep:
    """What :func:`sweep` found.

    Attributes
    ----------
    samples : list of int
        Which ones it was made on.
    unchanged : Point
        The same samples as they are.
    curves : dict of str to list of Point
        By degradation.
    notes : list of str
        What could not be done, and why.
    """

    samples: list[int]
    unchanged: Point
    curves: dict[str, list[Point]]
    notes: list[str]


def _jpeg(picture: UInt8Array, quality: float) -> UInt8Array:
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(picture).save(content, "JPEG", quality=int(quality))
    return np.array(Image.open(content).convert("RGB"))


def _resize(picture: UInt8Array, factor: float) -> UInt8Array:
    from PIL import Image

    height, width = (max(1, round(side * factor)) for side in picture.shape[:2])
    return np.array(Image.fromarray(picture).resize((width, height), Image.Resampling.BICUBIC))


def _blur(picture: UInt8Array, sigma: float) -> UInt8Array:
    from facespectra.synth.chain import blurred, eight_bit

    return eight_bit(blurred(picture.astype(np.float32), sigma))


def _h264(picture: UInt8Array, crf: float) -> UInt8Array:
    from facespectra.synth.chain import through_h264

    return through_h264(picture, int(crf))


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
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Sweep | None:
    """Score some samples again, degraded in several ways.

    The face is found once, in the unchanged picture, and its box and landmarks move along: what is measured
    is the features and the classifier, not the face detector. What is degraded is the face and a margin.

    Parameters
    ----------
    detector : Detector
        Trained.
    sources : sequence
        The samples.
    labels : (n,) int64
        0 or 1.
    table : FeatureTable
        Of all of them.
    n : int
        How many to take at most, half of each class; fewer where they are large.
    seed : int
        Of the choice.
    progress : callable, optional
        Called with the number of degradations done and of all.

    Returns
    -------
    Sweep or None
        None where a class has nothing to choose from.
    """
    picked = chosen(labels, table.ok, n, seed=seed)
    pictures: list[tuple[int, Crop]] = []
    pixels = 0
    for index, crop in _windows(detector, sources, picked):
        pixels += crop.grey.size
        if pixels <= PIXELS:
            pictures.append((index, crop))
    known = labels[[index for index, _ in pictures]] if pictures else np.zeros(0, np.int64)
    if len(set(known.tolist())) < 2:
        return None
    unchanged = _point(detector, pictures, known, None, None)
    curves: dict[str, list[Point]] = {}
    notes: list[str] = []
    for done, (name, (change, strengths)) in enumerate(DEGRADATIONS.items()):
        try:
            curves[name] = [_point(detector, pictures, known, change, strength) for strength in strengths]
        except ImportError as error:
            notes.append(f"{name} was left out: {error}")
        if progress is not None:
            progress(done + 1, len(DEGRADATIONS))
    return Sweep([index for index, _ in pictures], unchanged, curves, notes)


def _windows(
    detector: Detector, sources: Sequence[Source], picked: Sequence[int]
) -> Iterator[tuple[int, Crop]]:
    """Faces with a margin around them; box and landmarks count from the corner of the window."""
    from facespectra.faces import Face

    for index, whole in read_again(sources, picked):
        height, width = whole.grey.shape
        if detector.cropper is None:
            yield index, whole
            continue
        (face,) = detector.cropper.detect([whole.rgb])
        if face is None:
            continue
        x0, y0, x1, y1 = detector.cropper.region(face, width, height)
        margin = (max(GRID, round(AROUND * (x1 - x0))), max(GRID, round(AROUND * (y1 - y0))))
        left, top = (max(0, corner - by) // GRID * GRID for corner, by in zip((x0, y0), margin, strict=True))
        right, bottom = min(width, x1 + margin[0]), min(height, y1 + margin[1])
        moved = Face(
            _moved(face.box, left, top),
            face.confidence,
            tuple((x - left, y - top) for x, y in face.landmarks),
        )
        grey, rgb = whole.grey[top:bottom, left:right].copy(), whole.rgb[top:bottom, left:right].copy()
        yield index, Crop(grey, rgb, _moved((x0, y0, x1, y1), left, top), moved)


def _moved(box: tuple[int, int, int, int], left: int, top: int) -> tuple[int, int, int, int]:
    return box[0] - left, box[1] - top, box[2] - left, box[3] - top


def _point(
    detector: Detector,
    pictures: Sequence[tuple[int, Crop]],
    labels: NDArray[np.int64],
    change: Callable[[UInt8Array, float], UInt8Array] | None,
    strength: float | None,
) -> Point:
    # Codecs and filters let other threads run meanwhile.
    with ThreadPoolExecutor(min(8, thread_count())) as pool:
        crops = pool.map(lambda pair: _degraded(pair[1], change, strength or 0.0), pictures)
        samples = [Sample(str(index), OK, crop) for (index, _), crop in zip(pictures, crops, strict=True)]
    scores = detector.score_features(extract_features(samples, detector.feature_set))
    scored = ~np.isnan(scores)
    if len(set(labels[scored].tolist())) < 2:
        nothing = float("nan")
        return Point(strength, nothing, nothing, nothing, int(scored.sum()), scores)
    found = evaluate(labels, scores)
    return Point(strength, found.auc, *found.auc_ci95, found.n, scores)


def _degraded(
    window: Crop, change: Callable[[UInt8Array, float], UInt8Array] | None, strength: float
) -> Crop:
    from facespectra.images import to_grey

    if change is None:
        return cut(window.grey, window.rgb, window.box, window.face)
    rgb = change(window.rgb, strength)
    factors = rgb.shape[1] / window.rgb.shape[1], rgb.shape[0] / window.rgb.shape[0]
    return cut(to_grey(rgb), rgb, _scaled(window.box, factors), _scaled_face(window.face, factors))


def _scaled(box: tuple[int, int, int, int], factors: tuple[float, float]) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = (round(side * factors[axis % 2]) for axis, side in enumerate(box))
    return x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)


def _scaled_face(face: Face | None, factors: tuple[float, float]) -> Face | None:
    from facespectra.faces import Face

    if face is None:
        return None
    points = tuple((x * factors[0], y * factors[1]) for x, y in face.landmarks)
    return Face(_scaled(face.box, factors), face.confidence, points)
