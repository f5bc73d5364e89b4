"""Subsets of databases: labelled samples with the tables of their features."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facespectra._progress import Progress
from facespectra.datasets import add_frames, read_dataset, select_split
from facespectra.datasets.sources import add_copies, frames_of, sources_of
from facespectra.features.extraction import Extractor
from facespectra.features.table import FeatureTable, concat_columns, concat_rows

if TYPE_CHECKING:
    import pandas as pd


@dataclass(slots=True)
class Subset:
    """Samples of one or more databases, such as ``Task_1/development``."""

    name: str
    samples: pd.DataFrame  # path, label, group, split, change and, for videos, frame
    tables: dict[str, FeatureTable] = field(default_factory=dict)  # by feature set, as far as computed

    @property
    def labels(self) -> NDArray[np.int64]:
        """1 for fake, 0 for real."""
        labels: NDArray[np.int64] = self.samples["label"].to_numpy(np.int64)
        return labels

    @property
    def groups(self) -> NDArray[Any]:
        """Group of each sample; cross-validation keeps a group whole."""
        return np.array(self.samples["group"].tolist(), dtype=object).astype(str)

    @property
    def known_groups(self) -> NDArray[Any] | None:
        """Groups, or None where every file is a group of its own: nothing is known about them then."""
        originals = self.samples[self.samples["change"] == ""]
        return self.groups if originals["group"].nunique() < len(originals) else None

    @property
    def keys(self) -> list[tuple[str, int | None, str]]:
        """What each sample is: its file, frame and change."""
        frames = frames_of(self.samples) or [None] * len(self.samples)
        return list(zip(self.samples["path"], frames, self.samples["change"], strict=True))

    def table(self, *features: str) -> FeatureTable:
        """Table of a feature set, or of several side by side."""
        return reduce(concat_columns, (self.tables[name] for name in features))

    def extract(self, extractor: Extractor, names: Iterable[str], progress: Progress) -> None:
        """Compute the feature sets of these names."""
        self.tables |= extractor.tables(sources_of(self.samples), list(names), progress)

    def take(self, rows: list[int]) -> Subset:
        """Subset of these rows."""
        tables = {key: table.take(rows) for key, table in self.tables.items()}
        return Subset(self.name, self.samples.iloc[rows].reset_index(drop=True), tables)

    def originals(self) -> Subset:
        """Subset without the mirrored and rotated copies."""
        return self.take(np.flatnonzero(self.samples["change"] == "").tolist())

    def counts(self, *features: str) -> dict[str, int]:
        """Count the samples by their status, that of the spectrum by default: `FeatureTable.counts`."""
        return self.table(*(features or ("spectrum",))).counts(self.labels)


@dataclass(frozen=True, slots=True)
class MissingSubset:
    """Stands for a subset that cannot be made, and says why."""

    name: str
    reason: str


TrainingSet: TypeAlias = Subset | MissingSubset


def read_subset(path: Path, role: Literal["train", "test"], name: str) -> Subset:
    """Read the samples to train on (role ``"train"``) or to test on; of each video, ten frames."""
    samples = add_frames(select_split(read_dataset(path), role))
    return Subset(name, add_copies(samples, ()))


def with_copies(subset: Subset, name: str, augmentations: Iterable[str]) -> Subset:
    """Add copies of every sample, see :mod:`facespectra.augment`; their features are still to be computed."""
    return Subset(name, add_copies(subset.samples.drop(columns="change"), augmentations))


def union(name: str, *subsets: Subset) -> Subset:
    """Join subsets of different databases; groups of the same name in two of them stay apart."""
    import pandas as pd

    samples = pd.concat(
        [subset.samples.assign(group=f"{subset.name}:" + subset.samples["group"]) for subset in subsets],
        ignore_index=True,
    )
    features = set.intersection(*(set(subset.tables) for subset in subsets))
    tables = {}
    for key in sorted(features):
        own = [subset.tables[key] for subset in subsets]
        tables[key] = concat_rows(own, own[0].matrix.shape[1])
    return Subset(name, samples, tables)


def without_repeats(
    subset: Subset, digest: Callable[[str], str | None], tested: Iterable[str | None] = ()
) -> tuple[Subset, int, int]:
    """Leave out files whose bytes are in a test set, and all but the first of identical files.

    Files are compared by `digest`, which gives None for an unreadable one; `tested` holds the digests of the
    test set. The two numbers count the samples in the test set and the repeated ones, copies not included.
    Frames of one video are not repeats.
    """
    in_tested = set(tested) - {None}
    seen: set[tuple[str, int | None, str]] = set()
    kept, n_tested, n_repeated = [], 0, 0
    for number, (path, frame, change) in enumerate(subset.keys):
        content = digest(path)
        if content is not None and content in in_tested:
            n_tested += not change
        elif content is not None and (content, frame, change) in seen:
            n_repeated += not change
        else:
            kept.append(number)
            if content is not None:
                seen.add((content, frame, change))
    if len(kept) == len(subset.samples):
        return subset, 0, 0
    return subset.take(kept), n_tested, n_repeated


def without_files_of(subset: TrainingSet, test: Subset, digest: Callable[[str], str | None]) -> TrainingSet:
    """Leave out the samples whose file is also in a test set."""
    if isinstance(subset, MissingSubset):
        return subset
    tested = {digest(path) for path in test.samples["path"]} - {None}
    kept = [row for row, path in enumerate(subset.samples["path"]) if digest(path) not in tested]
    if not kept:
        return MissingSubset(subset.name, f"all photographs of {subset.name} are also in {test.name}")
    return subset if len(kept) == len(subset.samples) else subset.take(kept)
