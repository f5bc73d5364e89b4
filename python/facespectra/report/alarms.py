"""False alarms: how many real faces of other sources a detector calls fake."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from facespectra._files import PathLike, printable
from facespectra._listing import Passed, in_words
from facespectra.detector.labels import CANNOT_TELL, SWAPS
from facespectra.detector.scores import join_by_origin
from facespectra.errors import DatasetError
from facespectra.evaluation import wilson_interval
from facespectra.videos import find_media, spread_frames

if TYPE_CHECKING:
    from facespectra._progress import Progress
    from facespectra.detector import Detector
    from facespectra.evaluation.aggregation import Aggregate
    from facespectra.evaluation.intervals import Interval
    from facespectra.features import Status

PROMISED = 0.05
"""The share of real faces that our own models' threshold calls fake in training, at most, and any may."""
CARD = "docs/model_card.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseAlarms:
    """What a detector says of one source of real faces.

    Attributes
    ----------
    source : str
        The folder, glob or file, as it was named.
    n : int
        Images and videos with a score.
    n_called_fake : int
        Those that the detector labels swap or fake.
    n_cannot_tell : int
        Those about which it can't tell: no false alarms, but counted in `n`.
    n_no_face : int
        Images and videos without a face.
    n_unreadable : int
        Images and videos without a score that cannot be read.
    unreadable : tuple of (str, Status)
        Path and status of each image or frame that cannot be read.
    promised : float
        The share that may be called fake, see :func:`promised_rate`.
    """

    source: str
    n: int
    n_called_fake: int
    n_no_face: int
    n_unreadable: int
    n_cannot_tell: int = 0
    unreadable: tuple[tuple[str, Status], ...] = ()
    promised: float = PROMISED

    @property
    def rate(self) -> float | None:
        """Share of the real faces that is called fake; None where no face has a score."""
        return self.n_called_fake / self.n if self.n else None

    @property
    def ci95(self) -> Interval | None:
        """95 % interval of the rate, after Wilson, for independent faces; None where no face has a score."""
        if not self.n:
            return None
        low, high = wilson_interval(np.array([self.n_called_fake / self.n]), self.n)[:, 0].tolist()
        return low, high

    @property
    def rate_in_words(self) -> str:
        """The rate and its interval in percent, for people."""
        if self.rate is None or self.ci95 is None:
            return "no rate"
        low, high = (100 * end for end in self.ci95)
        return f"{100 * self.rate:.1f} %, 95 % interval {low:.1f} to {high:.1f} %"

    @property
    def too_many(self) -> bool:
        """Whether more real faces than promised are called fake, by the lower end of the interval."""
        return self.ci95 is not None and self.ci95[0] > self.promised

    def to_dict(self) -> dict[str, Any]:
        """Give the figures as plain data for JSON."""
        return {
            "source": self.source,
            "n": self.n,
            "n_no_face": self.n_no_face,
            "n_unreadable": self.n_unreadable,
            "rate": self.rate,
            "ci95": None if self.ci95 is None else list(self.ci95),
            "promised": self.promised,
            "n_called_fake": self.n_called_fake,
            "n_cannot_tell": self.n_cannot_tell,
        }


def _files_of(source: PathLike) -> list[Path]:
    passed = Passed()
    files = find_media(source, passed=passed)
    if passed:
        warnings.warn(f"{printable(source)}: {in_words(passed)}", stacklevel=2)
    return files


def list_sources(sources: PathLike | Iterable[PathLike]) -> dict[str, list[Path]]:
    """List the files of each folder, glob or file; a DatasetError names a source without any."""
    named = [sources] if isinstance(sources, str | os.PathLike) else sources
    try:
        return {os.fspath(source): _files_of(source) for source in named}
    except DatasetError as error:
        raise DatasetError(f"{error}; alarms takes folders, globs or files of real faces") from error


def measure_false_alarms(
    detector: Detector,
    source: str,
    files: Sequence[Path],
    *,
    frames: int,
    per_video: Aggregate,
    faces: str | None = None,
    progress: Progress | None = None,
) -> FalseAlarms:
    """Give verdicts on the real faces of one source, one for each image and video."""
    images, origins = spread_frames(files, frames)
    samples = detector.score_samples(images, faces=faces, progress=progress)
    scores = join_by_origin(images, origins, samples, per_video)
    scored = [one for one in scores if not np.isnan(one.score)]
    labels = [detector.verdict(one, faces=faces).label for one in scored]
    n_unreadable = sum(one.status.unreadable for one in scores)
    return FalseAlarms(
        source=source,
        n=len(scored),
        n_called_fake=labels.count(detector.words.positive),
        n_cannot_tell=labels.count(CANNOT_TELL),
        n_no_face=len(scores) - len(scored) - n_unreadable,
        n_unreadable=n_unreadable,
        unreadable=tuple((one.path, one.status) for one in samples if one.status.unreadable),
        promised=promised_rate(detector),
    )


def promised_rate(detector: Detector) -> float:
    """The share of real faces that may be called fake: what training gave for held-out ones, or 5 % if less.

    The threshold of models that the package ships was chosen for 5 %, that of others is Youden's.
    """
    if detector.words is SWAPS:
        return PROMISED
    return max(PROMISED, detector.training_.get("held_out_false_alarms") or 0.0)


def warning(alarms: FalseAlarms, model: str, card: str = CARD) -> str | None:
    """Say what is wrong with the false alarms of a source, with the model as the subject; None if nothing."""
    source = printable(alarms.source)
    if alarms.rate is None:
        return f"there is no face with a score in {source}: no false-alarm rate for it"
    if not alarms.too_many:
        return None
    return (
        f"{model} calls {100 * alarms.rate:.0f} % of the real faces in {source} fake: it may know the source "
        f"of its training pictures and not the fakes ({card})"
    )
