"""Training without a single fake photograph: the fakes are made from the real ones."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facespectra._progress import Progress
from facespectra.detector.labels import SWAPS_ALONE
from facespectra.errors import DatasetError
from facespectra.features.crops import Sample, Source, cut, read_samples
from facespectra.features.extraction import extract_features
from facespectra.features.status import NO_FACE, OK
from facespectra.features.table import FeatureTable
from facespectra.synth import SwapSettings, around_face, make_pairs
from facespectra.videos import N_FRAMES, Frame, find_media, spread_frames

if TYPE_CHECKING:
    from facespectra.detector.detector import Detector
    from facespectra.faces import Face, FaceCropper
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
    if detector.cropper is None:
        raise ValueError("synthetic fakes need the face in each photograph: they cannot be taken whole")
    settings = SwapSettings() if settings is None else settings
    if groups is None:
        # Frames of one video belong together.
        groups = [source.path if isinstance(source, Frame) else str(source) for source in photographs]
    photos, faceless = _faces(detector.cropper, photographs, groups, settings)
    if not photos:
        raise DatasetError(f"no face in any of {len(photographs)} photographs to make fakes of")
    from facespectra.images import to_grey

    labels, of_twins = [0] * len(faceless), [group for group, _ in faceless]

    def stream() -> Iterator[Sample]:
        yield from (sample for _, sample in faceless)
        pairs = make_pairs(
            [path for path, *_ in photos],
            [face for *_, face in photos],
            lambda k: photos[k][2],
            draws,
            seed=seed,
            settings=settings,
            in_rounds=True,
            progress=progress,
        )
        for pair in pairs:
            path, group, *_ = photos[pair.photograph]
            twins = pair.twins
            where = _jittered(twins.face, twins.real.shape, pair.rng)
            for label, picture in enumerate((twins.real, twins.fake)):
                labels.append(label)
                of_twins.append(group)
                yield Sample(path, OK, cut(to_grey(picture), picture, where.box, where))

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
    dataset: Path, layout: str = "auto", split: str | None = None, frames: int = N_FRAMES
) -> tuple[Sequence[Source], list[str] | None]:
    """Give the real samples of a data set with their groups, or all images of a folder which is none."""
    from facespectra.datasets import add_frames, read_dataset, select_split
    from facespectra.datasets.sources import sources_of

    try:
        part = select_split(read_dataset(dataset, layout), "train", split)
    except DatasetError:
        if split is not None or layout != "auto" or not dataset.is_dir():
            raise
        return spread_frames(find_media([dataset]), frames)[0], None
    part = add_frames(part[part["label"] == 0], frames)
    return sources_of(part), part["group"].tolist()


def is_held_out(name: str, share: float) -> bool:
    """Decide by its name alone, whatever the others and the seed, whether a photograph is held out."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") < share * 2**32


def _faces(
    cropper: FaceCropper, photographs: Sequence[Source], groups: Sequence[str], settings: SwapSettings
) -> tuple[list[tuple[str, str, UInt8Array, Face]], list[tuple[str, Sample]]]:
    """Name, group, pixels and face of each photograph; and group and sample of those without a face."""
    photos, faceless = [], []
    for group, sample in zip(groups, read_samples(photographs, None), strict=True):
        if sample.crop is None:
            faceless.append((group, sample))
            continue
        (face,) = cropper.detect([sample.crop.rgb])
        if face is None:
            faceless.append((group, Sample(sample.path, NO_FACE, None)))
        else:
            photos.append((sample.path, group, *around_face(sample.crop.rgb, face, settings)))
    return photos, faceless


def _jittered(face: Face, shape: tuple[int, ...], rng: np.random.Generator) -> Face:
    from facespectra.faces import Face

    corners = np.array(face.box) + rng.normal(0, JITTER_BOX * face.width, 4)
    limits = np.array([shape[1], shape[0], shape[1], shape[0]])
    x0, y0, x1, y1 = np.clip(np.rint(corners).astype(int), 0, limits).tolist()
    if x1 - x0 < face.width // 2 or y1 - y0 < face.height // 2:
        x0, y0, x1, y1 = face.box
    points = np.array(face.landmarks) + rng.normal(0, JITTER_LANDMARKS * face.width, (5, 2))
    return Face((x0, y0, x1, y1), face.confidence, tuple((float(x), float(y)) for x, y in points))
