"""Training without a single fake photograph: the fakes are made from the real ones."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from facespectra._files import printable
from facespectra._listing import Passed, in_words
from facespectra._progress import Progress
from facespectra._threads import ordered_map, thread_count
from facespectra.detector.labels import SWAPS_ALONE
from facespectra.errors import DatasetError
from facespectra.features.crops import Sample, Source, cut, read_samples
from facespectra.features.extraction import extract_features
from facespectra.features.status import NO_FACE, OK
from facespectra.features.table import FeatureTable
from facespectra.synth import Pair, SwapSettings, around_face, map_pairs
from facespectra.videos import N_FRAMES, Frame, find_media, spread_frames

if TYPE_CHECKING:
    from facespectra.detector.detector import Detector
    from facespectra.faces import Face
    from facespectra.images import UInt8Array

DRAWS = 4
# By how much the face detector's corners and landmarks differ between copies of a picture, in face widths.
JITTER_BOX, JITTER_LANDMARKS = 0.025, 0.012


@dataclass(frozen=True, slots=True)
class SyntheticSet:
    """Features of twins, one row each, real and fake in turn."""

    table: FeatureTable  # first the photographs without a face, whose rows are NaN, then the twins
    labels: list[int] = field(repr=False)  # 1 for fake
    groups: list[str] = field(repr=False)  # of the photographs that twins were made of


def synthetic_set(
    detector: Detector,
    photographs: Sequence[Source],
    *,
    groups: Sequence[str] | None = None,
    settings: SwapSettings | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    progress: Progress | None = None,
) -> SyntheticSet:
    """Make twins of real photographs and compute the features of both, by the detector's settings.

    The face is found once in each photograph and moved along with it; then its box and landmarks jitter, the
    same in both twins, so that where a face was found can tell nothing. The name of a photograph, without its
    folder, is a part of the seed. Of large ones, the face and its surroundings are kept, at no more pixels
    than the largest swap needs. A DatasetError says that no photograph has a face.
    """
    settings = SwapSettings() if settings is None else settings
    if groups is None:
        # Frames of one video belong together.
        groups = [source.path if isinstance(source, Frame) else str(source) for source in photographs]
    photos, faceless = _faces(detector, photographs, groups, settings)
    if not photos:
        raise DatasetError(f"no face in any of {len(photographs)} photographs to make fakes of")
    labels, of_twins = [0] * len(faceless), [group for group, _ in faceless]

    def stream() -> Iterator[Sample]:
        yield from (sample for _, sample in faceless)
        pairs = map_pairs(
            lambda pair: (pair.photograph, _samples(photos[pair.photograph][0], pair)),
            [path for path, *_ in photos],
            [face for *_, face in photos],
            lambda k: photos[k][2],
            draws,
            seed=seed,
            settings=settings,
            in_rounds=True,
            threads=detector.threads,
            progress=progress,
        )
        for photograph, samples in pairs:
            labels.extend((0, 1))
            of_twins.extend([photos[photograph][1]] * 2)
            yield from samples

    table = extract_features(stream(), detector.feature_set)
    return SyntheticSet(table, labels, of_twins)


def fit_synthetic(
    detector: Detector,
    photographs: Sequence[Source],
    *,
    groups: Sequence[str] | None = None,
    settings: SwapSettings | None = None,
    draws: int = DRAWS,
    progress: Progress | None = None,
) -> Detector:
    """Train a detector, in place, on real photographs and twins of them; see :func:`synthetic_set`."""
    made = synthetic_set(
        detector,
        photographs,
        groups=groups,
        settings=settings,
        draws=draws,
        seed=detector.seed,
        progress=progress,
    )
    detector.fit_features(made.table, made.labels, made.groups)
    detector.training_["fakes"] = SWAPS_ALONE
    return detector


def real_photographs(
    dataset: Path,
    layout: str = "auto",
    split: str | None = None,
    frames: int = N_FRAMES,
    **reading: Any,
) -> tuple[Sequence[Source], list[str] | None]:
    """Give the real samples of a data set with their groups, or all images of a folder which is none."""
    from facespectra.datasets import add_frames, read_dataset, select_split
    from facespectra.datasets.layouts import find_layout, settings_of
    from facespectra.datasets.sources import sources_of

    try:
        found = find_layout(dataset, layout, settings_of(**reading))
    except DatasetError:
        if split is not None or layout != "auto" or any(reading.values()) or not dataset.is_dir():
            raise
        passed = Passed()
        files = find_media([dataset], passed=passed)
        if passed:
            warnings.warn(f"{printable(dataset)}: {in_words(passed)}", stacklevel=2)
        return spread_frames(files, frames)[0], None
    part = select_split(read_dataset(dataset, found, **reading), "train", split)
    part = add_frames(part[part["label"] == 0], frames)
    return sources_of(part), part["group"].tolist()


def is_held_out(name: str, share: float) -> bool:
    """Decide by its name alone, whatever the others and the seed, whether a photograph is held out."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") < share * 2**32


def _faces(
    detector: Detector, photographs: Sequence[Source], groups: Sequence[str], settings: SwapSettings
) -> tuple[list[tuple[str, str, UInt8Array, Face]], list[tuple[str, Sample]]]:
    """Name, group, pixels and face of each photograph; and group and sample of those without a face."""
    cropper = detector.cropper
    if cropper is None:
        raise ValueError("synthetic fakes need the face in each photograph: they cannot be taken whole")

    def find(sample: Sample) -> tuple[Sample, tuple[UInt8Array, Face] | None]:
        if sample.crop is None:
            return sample, None
        (face,) = cropper.detect([sample.crop.rgb], threads=1)
        if face is None:
            return Sample(sample.path, NO_FACE, None), None
        return sample, around_face(sample.crop.rgb, face, settings)

    # Where torch finds the faces, it has threads of its own.
    workers = thread_count(detector.threads) if cropper.in_core else 1
    samples = read_samples(photographs, None, threads=detector.threads)
    photos, faceless = [], []
    found = ordered_map(find, samples, workers=workers, max_pending=2 * workers)
    for group, (sample, photo) in zip(groups, found, strict=True):
        if photo is None:
            faceless.append((group, Sample(sample.path, sample.status, None)))
        else:
            photos.append((sample.path, group, *photo))
    return photos, faceless


def _samples(path: str, pair: Pair) -> list[Sample]:
    """Crop both twins, real and fake, where a face was found in either."""
    from facespectra.images import to_grey

    twins = pair.twins
    where = _jittered(twins.face, twins.real.shape, pair.rng)
    return [
        Sample(path, OK, cut(to_grey(picture), picture, where.box, where))
        for picture in (twins.real, twins.fake)
    ]


def _jittered(face: Face, shape: tuple[int, ...], rng: np.random.Generator) -> Face:
    from facespectra.faces import Face

    corners = np.array(face.box) + rng.normal(0, JITTER_BOX * face.width, 4)
    limits = np.array([shape[1], shape[0], shape[1], shape[0]])
    x0, y0, x1, y1 = np.clip(np.rint(corners).astype(int), 0, limits).tolist()
    if x1 - x0 < face.width // 2 or y1 - y0 < face.height // 2:
        x0, y0, x1, y1 = face.box
    points = np.array(face.landmarks) + rng.normal(0, JITTER_LANDMARKS * face.width, (5, 2))
    return Face((x0, y0, x1, y1), face.confidence, tuple((float(x), float(y)) for x, y in points))
