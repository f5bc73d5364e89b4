"""The databases of a run: their subsets, and the features that the tasks need of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facespectra._progress import Watch
from facespectra.features.feature_sets import NETWORKS
from facespectra.lab import invariance
from facespectra.lab.subsets import MissingSubset, Subset, TrainingSet, read_subset, with_copies

if TYPE_CHECKING:
    from facespectra.features.extraction import Extractor


AUGMENTATIONS = ("flip", "rotate")
WITH_COPIES = f"with copies ({', '.join(AUGMENTATIONS)})"
NO_EXTRA = "no extra training set was given (--extra DIR)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Databases:
    """Subsets of all databases; the augmented ones hold mirrored and rotated copies, too."""

    development: Subset
    augmented: Subset
    evaluation: Subset
    other: Subset
    extra: TrainingSet
    extra_augmented: TrainingSet

    @property
    def subsets(self) -> list[Subset]:
        """Subsets that are there."""
        own = (self.development, self.augmented, self.evaluation, self.other)
        return [*own, *(one for one in (self.extra, self.extra_augmented) if isinstance(one, Subset))]


def read_databases(task1: Path, task23: Path, extra: Path | None) -> Databases:
    """List the samples of each database."""
    development = read_subset(task1, "train", "Task_1/development")
    evaluation = read_subset(task1, "test", "Task_1/evaluation")
    other = read_subset(task23, "test", "Task_2_3/evaluation")
    extra_names = ("extra", f"extra {WITH_COPIES}")
    more: tuple[TrainingSet, TrainingSet]
    if extra is None:
        more = MissingSubset(extra_names[0], NO_EXTRA), MissingSubset(extra_names[1], NO_EXTRA)
    else:
        originals = read_subset(extra, "train", extra_names[0])
        more = originals, with_copies(originals, extra_names[1], AUGMENTATIONS)
    return Databases(
        development=development,
        augmented=with_copies(development, f"{development.name} {WITH_COPIES}", AUGMENTATIONS),
        evaluation=evaluation,
        other=other,
        extra=more[0],
        extra_augmented=more[1],
    )


def extract_features(databases: Databases, extractor: Extractor, watch: Watch) -> None:
    """Compute the features that the tasks need of each subset."""
    plain: list[str] = [name for name in ("spectrum", "regions", "texture") if name in extractor.stages]
    networks = [name for name in NETWORKS if name in extractor.stages]
    wanted: list[tuple[TrainingSet, list[str]]] = [
        (databases.development, [*plain, *invariance.STAGES, *networks]),
        (databases.evaluation, plain),
        (databases.other, [*plain, *networks]),
        (databases.extra, [*plain, *networks]),
        (databases.augmented, ["spectrum"]),
        (databases.extra_augmented, ["spectrum"]),
    ]
    for subset, features in wanted:
        if isinstance(subset, Subset):
            with watch(subset.name) as progress:
                subset.extract(extractor, features, progress)
