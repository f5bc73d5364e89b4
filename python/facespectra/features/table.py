"""Step 2: from crops to a matrix, by a feature set of :mod:`~facespectra.features.feature_sets`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facespectra.errors import SettingError
from facespectra.features.crops import NO_FACE, NO_MEMORY, OK, UNREADABLE, Sample, is_unreadable
from facespectra.features.feature_sets import FeatureSet, Matrix

if TYPE_CHECKING:
    from facespectra.faces import Box

BATCH = 64


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """Features of samples, one row for each, in the order they came.

    Attributes
    ----------
    paths : list of str
        As they were given; empty for images that came as arrays.
    statuses : list of str
        ``"ok"``, ``"no-face"`` or ``"unreadable: <reason>"``.
    boxes : list of (x0, y0, x1, y1) or None
        Where the crops are, half-open, in pixels; None where there is none.
    matrix : (n, width) floating array
        A row of NaN where the status is not ``"ok"``.
    """

    paths: list[str]
    statuses: list[str]
    boxes: list[Box | None]
    matrix: Matrix = field(repr=False)

    @property
    def ok(self) -> NDArray[np.bool_]:
        """Which rows hold features, (n,) bool."""
        return np.array([status == OK for status in self.statuses], dtype=bool)

    @property
    def left_out(self) -> list[tuple[str, str]]:
        """Path and status of every sample without features."""
        return [pair for pair in zip(self.paths, self.statuses, strict=True) if pair[1] != OK]

    def counts(self, labels: NDArray[np.int64]) -> dict[str, int]:
        """Count the samples by what became of them.

        Parameters
        ----------
        labels : (n,) int64
            1 for fake, 0 for real.

        Returns
        -------
        dict
            ``n_real`` and ``n_fake``, of those with features; ``n_no_face`` and ``n_unreadable``.
        """
        used, no_face = self.ok, self.statuses.count(NO_FACE)
        return {
            "n_real": int(np.sum(labels[used] == 0)),
            "n_fake": int(np.sum(labels[used] == 1)),
            "n_no_face": no_face,
            "n_unreadable": int(np.sum(~used)) - no_face,
        }

    @property
    def unreadable(self) -> list[tuple[str, str]]:
        """Path and status of every sample that could not be read."""
        return [pair for pair in zip(self.paths, self.statuses, strict=True) if is_unreadable(pair[1])]


def extract_features(
    samples: Iterable[Sample],
    features: FeatureSet,
    *,
    progress: Callable[[int], None] | None = None,
) -> FeatureTable:
    """Compute the features of samples, in batches, holding one batch of crops at a time.

    Parameters
    ----------
    samples : iterable of Sample
        From :func:`~facespectra.features.crops.read_samples`.
    features : FeatureSet
        What to compute.
    progress : callable, optional
        Called with the number of samples done so far, after each one.

    Returns
    -------
    FeatureTable
    """
    return concat_rows(list(feature_blocks(samples, features, progress=progress)), features.width)


def concat_rows(parts: Sequence[FeatureTable], width: int) -> FeatureTable:
    """Put tables of the same features below each other.

    Parameters
    ----------
    parts : sequence of FeatureTable
        Maybe none.
    width : int
        Features of a sample.

    Returns
    -------
    FeatureTable
    """
    # A part without any features has no precision of its own.
    dtype = next((part.matrix.dtype for part in parts if part.ok.any()), np.dtype(np.float64))
    blocks = [np.empty((0, width)), *(part.matrix for part in parts)]
    return FeatureTable(
        [path for part in parts for path in part.paths],
        [status for part in parts for status in part.statuses],
        [box for part in parts for box in part.boxes],
        np.concatenate(blocks, dtype=dtype, casting="same_kind"),
    )


def feature_blocks(
    samples: Iterable[Sample],
    features: FeatureSet,
    *,
    progress: Callable[[int], None] | None = None,
) -> Iterator[FeatureTable]:
    """Compute the features of samples, and give them batch by batch.

    Parameters
    ----------
    samples, features, progress : object
        As in :func:`extract_features`.

    Yields
    ------
    FeatureTable
        Of the next samples. Without any features in it, the precision of its rows says nothing.
    """
    stream, done = iter(samples), 0
    while batch := _next_batch(stream, done, progress):
        done += len(batch)
        rows, failures = batch_rows(batch, features)
        yield FeatureTable(
            [sample.path for sample in batch],
            [failure or sample.status for sample, failure in zip(batch, failures, strict=True)],
            [sample.crop.box if sample.crop else None for sample in batch],
            rows,
        )


def _next_batch(stream: Iterable[Sample], done: int, progress: Callable[[int], None] | None) -> list[Sample]:
    batch = []
    for sample in islice(stream, BATCH):
        batch.append(sample)
        if progress is not None:
            progress(done + len(batch))
    return batch


def batch_rows(batch: Sequence[Sample], features: FeatureSet) -> tuple[Matrix, list[str]]:
    """Compute the features of a few samples.

    Parameters
    ----------
    batch : sequence of Sample
        From :func:`~facespectra.features.crops.read_samples`.
    features : FeatureSet
        What to compute.

    Returns
    -------
    rows : (len(batch), width) floating array
        NaN where there is no crop, or no such features.
    failures : list of str
        Why a crop has no features, as a status; empty where it has, and where there is no crop.
    """
    crops = [(row, sample.crop) for row, sample in enumerate(batch) if sample.crop is not None]
    failures = [""] * len(batch)
    found: dict[int, Matrix] = {}
    try:
        if crops:
            found = dict(
                zip((row for row, _ in crops), features.extract([crop for _, crop in crops]), strict=True)
            )
    except SettingError:
        raise  # no image's fault
    except (ValueError, MemoryError):
        # One crop is too small, too large, or the like: find out which, and keep the others.
        for row, crop in crops:
            try:
                (found[row],) = features.extract([crop])
            except MemoryError:
                failures[row] = f"{UNREADABLE}: {NO_MEMORY}"
            except ValueError as error:
                # It came alone: its number says nothing.
                reason = " ".join(str(error).removeprefix("image 0: ").split())
                failures[row] = f"{UNREADABLE}: {reason}"
    dtype = next(iter(found.values())).dtype if found else np.float64
    rows = np.full((len(batch), features.width), np.nan, dtype=dtype)
    for row, values in found.items():
        if np.isfinite(values).all():
            rows[row] = values
        else:
            failures[row] = f"{UNREADABLE}: its features are not finite (a flat image?)"
    return rows, failures
