"""Parts of databases: labelled samples with the tables of their features, and what is joined from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facespectra._progress import Progress
from facespectra.datasets import add_frames, read_dataset, select_split
from facespectra.datasets.sources import add_copies, frames_of, sources_of
from facespectra.features.extraction import Extractor
from facespectra.features.table import FeatureTable, concat_columns, concat_rows

if TYPE_CHECKING:
    import pandas as pd

JOINED = {"fusion": ("resnet50", "spectrum"), "concatenation": ("resnet50", "spectrum")}


@dataclass(slots=True)
class Subset:
    """Samples of one or more databases.

    Attributes
    ----------
    name : str
        Such as ``"Task_1/development"``.
    samples : pandas.DataFrame
        ``path``, ``label``, ``group``, ``split``, ``change``.
    tables : dict of str to FeatureTable
        What was computed of them so far.
    """

    name: str
    samples: pd.DataFrame
    tables: dict[str, FeatureTable] = field(default_factory=dict)

    @property
    def labels(self) -> NDArray[np.int64]:
        """1 for fake, 0 for real."""
        labels: NDArray[np.int64] = self.samples["label"].to_numpy(np.int64)
        return labels

    @property
    def groups(self) -> NDArray[Any]:
        """What must not be divided."""
        return np.array(self.samples["group"].tolist(), dtype=object).astype(str)

    @property
    def known_groups(self) -> NDArray[Any] | None:
        """None where every file is its own group: then nothing is known about groups."""
        originals = self.samples[self.samples["change"] == ""]
        return self.groups if originals["group"].nunique() < len(originals) else None

    def table(self, features: str) -> FeatureTable:
        """Give the features of a feature set, joined from others where it consists of them.

        Parameters
        ----------
        features : str
            Its name.

        Returns
        -------
        FeatureTable
        """
        if features in JOINED:
            first, second = JOINED[features]
            return concat_columns(self.tables[first], self.tables[second])
        return self.tables[features]

    def extract(self, extractor: Extractor, names: Iterable[str], progress: Progress) -> None:
        """Compute features that are not there yet.

        Parameters
        ----------
        extractor : Extractor
            Computes them, or knows them from before.
        names : iterable of str
            Of its stages.
        progress : callable
            Called with the number of samples done and of all.
        """
        missing = [name for name in names if name not in self.tables]
        if missing:
            self.tables |= extractor.tables(sources_of(self.samples), missing, progress)

    def take(self, rows: list[int], name: str | None = None) -> Subset:
        """Take some of the samples.

        Parameters
        ----------
        rows : list of int
            Their numbers.
        name : str, optional
            Of what is taken.

        Returns
        -------
        Subset
        """
        tables = {key: table.take(rows) for key, table in self.tables.items()}
        return Subset(name or self.name, self.samples.iloc[rows].reset_index(drop=True), tables)

    def originals(self) -> Subset:
        """Leave out the changed copies."""
        return self.take(np.flatnonzero(self.samples["change"] == "").tolist())

    def counts(self, features: str = "spectrum") -> dict[str, int]:
        """Count the samples by what became of them, see :meth:`FeatureTable.counts`."""
        return self.table(features).counts(self.labels)


def read_subset(path: Path, role: str, name: str, augment: Iterable[str] = ()) -> Subset:
    """Read the part of a database to train on, or to test on.

    Parameters
    ----------
    path : Path
        What :func:`facespectra.read_dataset` reads. Of videos, ten frames each.
    role : {"train", "test"}
        As in :func:`facespectra.datasets.select_split`.
    name : str
        Of the part.
    augment : iterable of str
        Copies to add, see :mod:`facespectra.augment`.

    Returns
    -------
    Subset
    """
    samples = add_frames(select_split(read_dataset(path), "train" if role == "train" else "test"))
    return Subset(name, add_copies(samples, augment))


def union(name: str, *parts: Subset) -> Subset:
    """Put parts of different databases together.

    Parameters
    ----------
    name : str
        Of what comes out.
    *parts : Subset
        With the same features computed. Equal names of groups in two of them mean nothing.

    Returns
    -------
    Subset
    """
    import pandas as pd

    samples = pd.concat(
        [part.samples.assign(group=f"{part.name}:" + part.samples["group"]) for part in parts],
        ignore_index=True,
    )
    names = set.intersection(*(set(part.tables) for part in parts))
    tables = {}
    for key in sorted(names):
        found = [part.tables[key] for part in parts]
        tables[key] = concat_rows(found, found[0].matrix.shape[1])
    return Subset(name, samples, tables)


def without_repeats(
    part: Subset, digest: Callable[[str], str | None], forbidden: Iterable[str | None] = ()
) -> tuple[Subset, int, int]:
    """Leave out files whose bytes are in a test set, and files that are there before.

    Parameters
    ----------
    part : Subset
        To train on.
    digest : callable
        Gives the hash of a file by its path, or None.
    forbidden : iterable of str or None
        Hashes of the files of the test set.

    Returns
    -------
    part : Subset
        What is left.
    n_forbidden : int
        Samples that are in the test set, copies not counted.
    n_repeated : int
        Samples that are there more than once, likewise. Frames of one video are not the same.
    """
    tested = set(forbidden) - {None}
    seen: set[tuple[str, int | None, str]] = set()
    kept, in_test, repeated = [], 0, 0
    frames = frames_of(part.samples) or [None] * len(part.samples)
    rows = zip(part.samples["path"], frames, part.samples["change"], strict=True)
    for number, (path, frame, change) in enumerate(rows):
        found = digest(path)
        if found is not None and found in tested:
            in_test += not change
        elif found is not None and (found, frame, change) in seen:
            repeated += not change
        else:
            kept.append(number)
            if found is not None:
                seen.add((found, frame, change))
    if len(kept) == len(part.samples):
        return part, 0, 0
    return part.take(kept), in_test, repeated
