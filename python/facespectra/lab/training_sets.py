"""What Task 3 trains on: subsets without photographs of the test set, their union, and synthetic swaps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from facespectra._progress import Watch
from facespectra.lab.databases import Databases
from facespectra.lab.subsets import (
    MissingSubset,
    Subset,
    TrainingSet,
    union,
    without_files_of,
    without_repeats,
)
from facespectra.lab.swaps import SWAPS_OF, make_swaps

if TYPE_CHECKING:
    from facespectra.detector import Detector
    from facespectra.features.extraction import Extractor


WHOLE = "synthetic swaps need the picture around the face, and images are taken whole (--faces whole)"


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A training database that is held out, and what there is to train on without it."""

    test: Subset
    photographs: TrainingSet
    swaps: TrainingSet  # of the real ones


@dataclass(frozen=True, slots=True)
class TrainingSets:
    """Training sets of Task 3; those that need the extra set or a real face may be missing."""

    development: TrainingSet
    augmented: TrainingSet  # with copies, as is `extra_augmented`
    extra: TrainingSet
    extra_augmented: TrainingSet
    both: TrainingSet
    swaps: TrainingSet
    swaps_both: TrainingSet
    held_out: tuple[HeldOut, ...]  # each training database in turn
    notes: list[str] = field(default_factory=list)  # on samples that were left out


def make_training_sets(
    databases: Databases, extractor: Extractor, generator: Detector, watch: Watch
) -> TrainingSets:
    """Leave out what is in the test set or repeated, join the databases, and make swaps of their real faces.

    `generator` is an untrained detector: it finds the faces of the swaps and computes their features.
    """
    other = databases.other
    tested = [extractor.digest(path) for path in other.samples["path"]]
    notes = []

    def clean(original: TrainingSet, *, note: bool = True) -> TrainingSet:
        if isinstance(original, MissingSubset):
            return original
        cleaned, n_tested, n_repeated = without_repeats(original, extractor.digest, tested)
        name = original.name
        if n_tested and note:
            notes.append(
                f"{n_tested} samples of {name} are also in {other.name}: Task 3 did not train on them"
            )
        if n_repeated and note:
            notes.append(f"{n_repeated} samples of {name} are repeated: Task 3 used each once")
        return cleaned

    def swaps_of(real: TrainingSet) -> TrainingSet:
        name = f"{SWAPS_OF} {real.name}"
        if isinstance(real, MissingSubset):
            return MissingSubset(name, real.reason)
        if generator.cropper is None:
            return MissingSubset(name, WHOLE)
        with watch(name) as progress:
            swaps = make_swaps(name, real, generator, extractor, progress)
            progress(1, 1)
        return swaps

    development, extra = clean(databases.development), clean(databases.extra)
    both = clean(_join(f"{development.name} + {extra.name}", development, extra))
    swaps, extra_swaps = swaps_of(development), swaps_of(extra)

    def hold_out(test: TrainingSet, *others: TrainingSet) -> list[HeldOut]:
        if isinstance(test, MissingSubset):
            return []
        return [HeldOut(test, *(without_files_of(other, test, extractor.digest) for other in others))]

    return TrainingSets(
        development=development,
        # What is left out here is left out of the originals, which the notes are about.
        augmented=clean(databases.augmented, note=False),
        extra=extra,
        extra_augmented=clean(databases.extra_augmented, note=False),
        both=both,
        swaps=swaps,
        swaps_both=_join(f"{SWAPS_OF} {both.name}", swaps, extra_swaps),
        held_out=(
            *hold_out(development, extra, extra_swaps),
            *hold_out(extra, development, swaps),
        ),
        notes=notes,
    )


def _join(name: str, first: TrainingSet, second: TrainingSet) -> TrainingSet:
    """Union of both, missing where one of them is."""
    if isinstance(second, MissingSubset):
        return MissingSubset(name, second.reason)
    if isinstance(first, MissingSubset):
        return MissingSubset(name, first.reason)
    return union(name, first, second)
