"""Step 2: from crops to a matrix, by a feature set that is chosen by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from facespectra.detector.samples import OK, UNREADABLE, Crop, Sample, is_unreadable
from facespectra.spectrum.settings import SpectrumSettings

if TYPE_CHECKING:
    from facespectra.faces import Box

BATCH = 64

Matrix = NDArray[np.floating[Any]]


class FeatureSet(Protocol):
    """What turns crops into rows of numbers.

    Attributes
    ----------
    settings : dict
        Plain data; made with the same settings, a feature set gives the same numbers.
    width : int
        Numbers per crop.
    """

    settings: dict[str, Any]
    width: int

    def extract(self, crops: Sequence[Crop]) -> Matrix:
        """Compute the features of some crops.

        Parameters
        ----------
        crops : sequence of Crop
            Of any sizes; at least one.

        Returns
        -------
        (len(crops), width) floating array

        Raises
        ------
        ValueError
            If one of the crops has no such features, by being too small.
        """
        ...


class SpectrumFeatures:
    """The radial spectrum of the grey crop.

    Parameters
    ----------
    backend : str, optional
        As in :func:`facespectra.radial_spectrum`. Not a part of the settings: it does not change the numbers.
    threads : int, optional
        Likewise.
    **settings
        ``n_features``, ``convention``, ``epsilon``, ``normalize`` and ``dtype`` of
        :func:`facespectra.radial_spectrum`.

    Raises
    ------
    TypeError, ValueError
        If a setting is unknown or wrong, or ``n_features`` is None.
    """

    def __init__(self, *, backend: str | None = None, threads: int | None = None, **settings: Any) -> None:
        checked = SpectrumSettings(**settings)
        if checked.n_features is None:
            raise ValueError(
                "n_features must be a number here: crops differ in size, so their profiles do in length"
            )
        self.settings: dict[str, Any] = asdict(checked)
        self.width: int = checked.n_features
        self.backend = backend
        self.threads = threads

    def extract(self, crops: Sequence[Crop]) -> Matrix:
        """Compute the radial spectra of some crops; see :class:`FeatureSet`."""
        from facespectra.spectrum import radial_spectrum

        spectra: Matrix = radial_spectrum(
            [crop.grey for crop in crops], backend=self.backend, threads=self.threads, **self.settings
        )
        return spectra


FEATURES: dict[str, Callable[..., FeatureSet]] = {"spectrum": SpectrumFeatures}


def make_features(name: str, settings: Mapping[str, Any], **runtime: Any) -> FeatureSet:
    """Make the feature set of this name.

    Parameters
    ----------
    name : str
        One of :data:`FEATURES`.
    settings : mapping
        Its settings; what is not in it keeps its default.
    **runtime
        What does not change the numbers: ``backend``, ``threads``.

    Returns
    -------
    FeatureSet

    Raises
    ------
    ValueError, TypeError
        If the name or a setting is unknown.
    """
    if name not in FEATURES:
        raise ValueError(f"unknown features {name!r}; use one of {', '.join(FEATURES)}")
    return FEATURES[name](**runtime, **settings)


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
        From :func:`~facespectra.detector.samples.read_samples`.
    features : FeatureSet
        What to compute.
    progress : callable, optional
        Called with the number of samples done so far, after each one.

    Returns
    -------
    FeatureTable
    """
    paths: list[str] = []
    statuses: list[str] = []
    boxes: list[Box | None] = []
    blocks: list[Matrix] = []
    stream = iter(samples)
    while batch := _next_batch(stream, len(paths), progress):
        rows, failures = _batch_rows(batch, features)
        paths += [sample.path for sample in batch]
        statuses += [failure or sample.status for sample, failure in zip(batch, failures, strict=True)]
        boxes += [sample.crop.box if sample.crop else None for sample in batch]
        blocks.append(rows)
    matrix = np.concatenate(blocks) if blocks else np.empty((0, features.width))
    return FeatureTable(paths, statuses, boxes, matrix)


def _next_batch(stream: Iterable[Sample], done: int, progress: Callable[[int], None] | None) -> list[Sample]:
    batch = []
    for sample in islice(stream, BATCH):
        batch.append(sample)
        if progress is not None:
            progress(done + len(batch))
    return batch


def _batch_rows(batch: Sequence[Sample], features: FeatureSet) -> tuple[Matrix, list[str]]:
    crops = [(row, sample.crop) for row, sample in enumerate(batch) if sample.crop is not None]
    failures = [""] * len(batch)
    found: dict[int, Matrix] = {}
    try:
        if crops:
            found = dict(
                zip((row for row, _ in crops), features.extract([crop for _, crop in crops]), strict=True)
            )
    except ValueError:
        # One crop is too small, or the like: find out which, and keep the others.
        for row, crop in crops:
            try:
                (found[row],) = features.extract([crop])
            except ValueError as error:
                failures[row] = f"{UNREADABLE}: {' '.join(str(error).split())}"
    dtype = next(iter(found.values())).dtype if found else np.float64
    rows = np.full((len(batch), features.width), np.nan, dtype=dtype)
    for row, values in found.items():
        if np.isfinite(values).all():
            rows[row] = values
        else:
            failures[row] = f"{UNREADABLE}: its features are not finite (a flat image?)"
    return rows, failures
