"""Features of samples as a table: one row each, with what became of the samples that have none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facespectra.features.feature_set import Matrix
from facespectra.features.status import NO_FACE, Status

if TYPE_CHECKING:
    from facespectra.faces import Box


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """Features of samples, one row for each, in the order they came."""

    paths: list[str]  # as they were given; empty for images in memory
    statuses: list[Status]
    boxes: list[Box | None]  # (x0, y0, x1, y1) of the crops, half-open, in pixels
    matrix: Matrix = field(repr=False)  # (n, width); a row of NaN where the status is not ok
    n_faces: list[int] = field(default_factory=list)  # in each image; empty where they were not counted
    origins: list[int] = field(default_factory=list)  # position of each row's source; empty: one row each
    notes: list[str] = field(default_factory=list)  # what else to know of each file; empty: nothing

    @property
    def ok(self) -> NDArray[np.bool_]:
        """Which rows hold features, (n,) bool."""
        return np.array([status.ok for status in self.statuses], dtype=bool)

    @property
    def left_out(self) -> list[tuple[str, Status]]:
        """Path and status of every sample without features."""
        return [pair for pair in zip(self.paths, self.statuses, strict=True) if not pair[1].ok]

    @property
    def unreadable(self) -> list[tuple[str, Status]]:
        """Path and status of every sample that could not be read."""
        return [pair for pair in zip(self.paths, self.statuses, strict=True) if pair[1].unreadable]

    def counts(self, labels: NDArray[np.int64]) -> dict[str, int]:
        """Count rows with features as ``n_real``, ``n_fake``, others as ``n_no_face``, ``n_unreadable``."""
        used, no_face = self.ok, self.statuses.count(NO_FACE)
        return {
            "n_real": int(np.sum(labels[used] == 0)),
            "n_fake": int(np.sum(labels[used] == 1)),
            "n_no_face": no_face,
            "n_unreadable": int(np.sum(~used)) - no_face,
        }

    def take(self, rows: Sequence[int]) -> FeatureTable:
        """Some of the rows, by number, in the order wanted."""
        return FeatureTable(
            [self.paths[row] for row in rows],
            [self.statuses[row] for row in rows],
            [self.boxes[row] for row in rows],
            self.matrix[list(rows)],
            [self.n_faces[row] for row in rows] if self.n_faces else [],
            [self.origins[row] for row in rows] if self.origins else [],
            [self.notes[row] for row in rows] if self.notes else [],
        )


def concat_rows(tables: Sequence[FeatureTable], width: int) -> FeatureTable:
    """One table below the other: samples of the same features, maybe none."""
    # A table without any features has no precision of its own.
    dtype = next((table.matrix.dtype for table in tables if table.ok.any()), np.dtype(np.float64))
    blocks = [np.empty((0, width)), *(table.matrix for table in tables)]
    return FeatureTable(
        [path for table in tables for path in table.paths],
        [status for table in tables for status in table.statuses],
        [box for table in tables for box in table.boxes],
        np.concatenate(blocks, dtype=dtype, casting="same_kind"),
        [n for table in tables for n in table.n_faces],
        [origin for table in tables for origin in table.origins],
        [note for table in tables for note in table.notes],
    )


def concat_columns(first: FeatureTable, second: FeatureTable) -> FeatureTable:
    """Two tables of the same samples side by side; a row has features where both have them."""
    pairs = zip(first.statuses, second.statuses, strict=True)
    statuses = [other if one.ok else one for one, other in pairs]
    # Where nothing is in a table, its precision says nothing.
    full = [table.matrix.dtype for table in (first, second) if table.ok.any()]
    dtype = np.result_type(*full) if full else np.dtype(np.float64)
    matrix = np.concatenate([first.matrix, second.matrix], axis=1, dtype=dtype, casting="same_kind")
    matrix[[not status.ok for status in statuses]] = np.nan
    return replace(first, statuses=statuses, matrix=matrix)
