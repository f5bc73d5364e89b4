"""The samples of a data set with their scores, and the videos that they are of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facespectra.datasets.sources import sources_of, videos_of
from facespectra.detector.inputs import ALL
from facespectra.detector.labels import CANNOT_TELL
from facespectra.detector.scores import Score, aggregate_scores, deciding_rows
from facespectra.errors import DatasetError
from facespectra.features.status import Kind, Status

if TYPE_CHECKING:
    import pandas as pd

    from facespectra._progress import Progress
    from facespectra.detector import Detector
    from facespectra.evaluation.aggregation import Aggregate
    from facespectra.features import FeatureTable


@dataclass(frozen=True, slots=True)
class Samples:
    """What was scored, and what came of each."""

    manifest: pd.DataFrame
    found: list[Score]  # of each row of the manifest
    table: FeatureTable | None = None  # of the same rows; None where somebody else scored them

    @property
    def scores(self) -> NDArray[np.float64]:
        """The score of each sample, (n,) float64; NaN where there is none."""
        return np.array([one.score for one in self.found], np.float64)

    @property
    def undecided(self) -> NDArray[np.bool_]:
        """About which samples the detector can't tell, (n,) bool."""
        return np.array([one.status.kind is Kind.CANNOT_TELL for one in self.found], bool)

    def statuses(self, detector: Detector | None, faces: str | None = None) -> tuple[Status, ...]:
        """The status of each sample in the words of a detector's verdict: weak signs are cannot-tell, too."""
        if detector is None:
            return tuple(one.status for one in self.found)
        verdicts = (detector.verdict(one, faces=faces) for one in self.found)
        return tuple(
            Status(Kind.CANNOT_TELL, verdict.status.partition(": ")[2])
            if verdict.label == CANNOT_TELL
            else one.status
            for verdict, one in zip(verdicts, self.found, strict=True)
        )


def known_groups(manifest: pd.DataFrame) -> list[str] | None:
    """The group of each sample; None where every sample is its own: nothing is known about groups."""
    groups = manifest["group"]
    return groups.tolist() if groups.nunique() < len(manifest) else None


def score_samples(
    detector: Detector, manifest: pd.DataFrame, *, faces: str | None = None, progress: Progress | None = None
) -> Samples:
    """Score the rows of a manifest as ``facespectra score`` does; with several faces the deciding one."""
    table = detector.extract(sources_of(manifest), faces=faces, progress=progress)
    found = detector.score_table(table)
    if faces == ALL:
        rows = deciding_rows(found, table.origins)
        table, found = table.take(rows), [found[row] for row in rows]
    return Samples(manifest, found, table)


def join_videos(samples: Samples, how: Aggregate) -> list[tuple[Score, int, str]]:
    """Score, label and group of each video and image, in order of the first sample; none without videos."""
    videos = videos_of(samples.manifest)
    if videos is None:
        return []
    labels, groups = samples.manifest["label"].tolist(), samples.manifest["group"].tolist()
    rows: dict[tuple[str, int], list[int]] = {}
    for row, key in enumerate(zip(videos, labels, strict=True)):
        rows.setdefault(key, []).append(row)
    return [
        (aggregate_scores(name, [samples.found[row] for row in own], how), label, groups[own[0]])
        for (name, label), own in rows.items()
    ]


def cut_out_already(samples: Samples) -> str | None:
    """What to try where most samples have no face; None where most have one."""
    kinds = [one.status.kind for one in samples.found]
    n_no_face, n_read = kinds.count(Kind.NO_FACE), len(kinds) - kinds.count(Kind.UNREADABLE)
    if n_no_face <= n_read / 2:
        return None
    return (
        f"no face was found in {n_no_face} of {n_read} samples; where these are faces that were cut out "
        "already, add --faces whole"
    )


def refuse_one_class(manifest: pd.DataFrame) -> None:
    """Raise a DatasetError unless there are real and fake samples: it is known before any work is done."""
    n_fake = int(manifest["label"].sum())
    n_real = len(manifest) - n_fake
    if not n_real or not n_fake:
        raise DatasetError(
            f"an evaluation needs samples of both classes, got {n_real} real and {n_fake} fake; "
            "for real faces alone, see --alarms, and for verdicts on any files, facespectra score"
        )
