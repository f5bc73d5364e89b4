"""Training without a single fake photograph: the fakes are made from the real ones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from facespectra.errors import DatasetError
from facespectra.features.crops import NO_FACE, OK, Crop, Sample, Source, read_samples
from facespectra.features.table import FeatureTable, extract_features
from facespectra.synth import SwapSettings, around_face, make_pairs
from facespectra.videos import Frame

if TYPE_CHECKING:
    from facespectra.detector.detector import Detector
    from facespectra.faces import Face, FaceCropper
    from facespectra.images import UInt8Array

DRAWS = 4
# By how much the face detector's corners and points wander from one copy of a picture to another.
WANDERING_BOX, WANDERING_POINTS = 0.025, 0.012


@dataclass(frozen=True, slots=True)
class SyntheticSet:
    """Features of twins, one row each, real and fake in turn.

    Attributes
    ----------
    table : FeatureTable
        Of the twins, after the photographs that were of no use, which have a row of NaN each.
    labels : list of int
        1 for fake.
    groups : list of str
        Of the photograph that a twin was made of.
    """

    table: FeatureTable
    labels: list[int] = field(repr=False)
    groups: list[str] = field(repr=False)


def synthetic_set(
    detector: Detector,
    photographs: Sequence[Source],
    *,
    groups: Sequence[str] | None = None,
    settings: SwapSettings | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> SyntheticSet:
    """Make twins of real photographs and compute the features of both.

    The face is looked for once in each photograph, and moved along with it; then its box and its landmarks
    wander a little, the same in both twins, so that where a face was found can say nothing.

    Parameters
    ----------
    detector : Detector
        Its face detector and its features are used.
    photographs : sequence of path-like or Frame
        Real ones. The name of the file, and not its folder, is a part of the seed. Of large ones, the face
        and its surroundings are kept, at no more pixels than the largest swap needs.
    groups : sequence of str, optional
        What must not be divided, one for each photograph. Default: the file.
    settings : SwapSettings, optional
        What swaps are drawn from.
    draws : int
        Pairs of each photograph.
    seed : int
        0 or more.
    progress : callable, optional
        Called with the number of pairs made and of all.

    Returns
    -------
    SyntheticSet

    Raises
    ------
    DatasetError
        If there is no photograph with a face.
    ValueError
        If the detector judges whole images.
    """
    if detector.cropper is None:
        raise ValueError("synthetic fakes need the face in each photograph: they cannot be judged whole")
    settings = SwapSettings() if settings is None else settings
    if groups is None:
        # Frames of one video belong together.
        groups = [source.path if isinstance(source, Frame) else str(source) for source in photographs]
    found, useless = _faces(detector.cropper, photographs, groups, settings)
    if not found:
        raise DatasetError(f"no face in any of {len(photographs)} photographs to make fakes of")
    labels, of_twins = [0] * len(useless), [group for group, _ in useless]

    def stream() -> Iterator[Sample]:
        yield from (sample for _, sample in useless)
        pairs = make_pairs(
            [path for path, *_ in found],
            [face for *_, face in found],
            lambda k: found[k][2],
            draws,
            seed=seed,
            settings=settings,
            in_rounds=True,
            progress=progress,
        )
        for pair in pairs:
            path, group, *_ = found[pair.photograph]
            twins = pair.twins
            where = _wandered(twins.face, twins.real.shape, pair.rng)
            for label, picture in enumerate((twins.real, twins.fake)):
                labels.append(label)
                of_twins.append(group)
                yield Sample(path, OK, _crop(picture, where))

    table = extract_features(stream(), detector.feature_set)
    return SyntheticSet(table, labels, of_twins)


def fit_synthetic(
    detector: Detector,
    photographs: Sequence[Source],
    *,
    groups: Sequence[str] | None = None,
    settings: SwapSettings | None = None,
    draws: int = DRAWS,
    progress: Callable[[int, int], None] | None = None,
) -> Detector:
    """Train a detector on real photographs alone.

    Parameters
    ----------
    detector : Detector
        Trained in place; its seed is the generator's, too.
    photographs, groups, settings, draws, progress
        As in :func:`synthetic_set`.

    Returns
    -------
    Detector
        The same.

    Raises
    ------
    DatasetError, ValueError
        As :func:`synthetic_set`.
    """
    made = synthetic_set(
        detector,
        photographs,
        groups=groups,
        settings=settings,
        draws=draws,
        seed=detector.seed,
        progress=progress,
    )
    return detector.fit_features(made.table, made.labels, made.groups)


def is_held_out(name: str, share: float) -> bool:
    """Decide whether a photograph is kept out of training, by its name alone.

    Parameters
    ----------
    name : str
        Of the file. It decides the same whatever other photographs there are, and whatever the seed.
    share : float
        Of all photographs.

    Returns
    -------
    bool
    """
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") < share * 2**32


def _faces(
    cropper: FaceCropper, photographs: Sequence[Source], groups: Sequence[str], settings: SwapSettings
) -> tuple[list[tuple[str, str, UInt8Array, Face]], list[tuple[str, Sample]]]:
    """Name, group, pixels and face of each photograph; and group and status of those that are of no use."""
    found, useless = [], []
    for group, sample in zip(groups, read_samples(photographs, None), strict=True):
        if sample.crop is None:
            useless.append((group, sample))
            continue
        (face,) = cropper.detect([sample.crop.rgb])
        if face is None:
            useless.append((group, Sample(sample.path, NO_FACE, None)))
        else:
            found.append((sample.path, group, *around_face(sample.crop.rgb, face, settings)))
    return found, useless


def _wandered(face: Face, shape: tuple[int, ...], rng: np.random.Generator) -> Face:
    from facespectra.faces import Face

    corners = np.array(face.box) + rng.normal(0, WANDERING_BOX * face.width, 4)
    limits = np.array([shape[1], shape[0], shape[1], shape[0]])
    x0, y0, x1, y1 = np.clip(np.rint(corners).astype(int), 0, limits).tolist()
    if x1 - x0 < face.width // 2 or y1 - y0 < face.height // 2:
        x0, y0, x1, y1 = face.box
    points = np.array(face.landmarks) + rng.normal(0, WANDERING_POINTS * face.width, (5, 2))
    return Face((x0, y0, x1, y1), face.confidence, tuple((float(x), float(y)) for x, y in points))


def _crop(picture: UInt8Array, face: Face) -> Crop:
    from facespectra.images import to_grey

    x0, y0, x1, y1 = face.box
    part = picture[y0:y1, x0:x1]
    return Crop(to_grey(picture)[y0:y1, x0:x1].copy(), part.copy(), face.box, face)
