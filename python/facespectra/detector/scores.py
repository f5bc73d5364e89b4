"""What a detector says of an image: a score, its label, and frames put together to a video's."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facespectra.detector.classifiers import SelfExplaining
from facespectra.evaluation.metrics import Aggregate
from facespectra.features.crops import Source
from facespectra.features.status import Kind, Status
from facespectra.videos import Frame

if TYPE_CHECKING:
    from facespectra.faces import Box

FAKE, REAL, CANNOT_TELL = "fake", "real", "can't tell"


@dataclass(frozen=True, slots=True)
class Score:
    """What the detector says about one image.

    Attributes
    ----------
    path : str
        As it was given; empty for an image in memory.
    score : float
        Higher means more likely fake; NaN where there is no face, or nothing that can be read.
    status : Status
        As text ``"ok"``, ``"no-face"``, ``"unreadable: <reason>"``, or ``"cannot-tell: <reason>"`` where the
        detector knows that its score means little, such as for a very small face.
    box : (x0, y0, x1, y1) or None
        The pixels that were scored, half-open.
    reason : str
        What contributed most to the score, where the classifier can say so: the dominant expert and the
        feature with the largest contribution.
    """

    path: str
    score: float
    status: Status
    box: Box | None
    reason: str = ""


def with_explanation(score: Score, features: NDArray[Any], classifier: Any) -> Score:
    """Add the reason that a classifier gives, and its abstention, where it explains itself."""
    if not score.status.ok or score.box is None or not isinstance(classifier, SelfExplaining):
        return score
    abstention = classifier.abstention_reason(features, score.box[2] - score.box[0])
    status = Status(Kind.CANNOT_TELL, abstention) if abstention else score.status
    name, amount = next(iter(classifier.contributions(features).items()))
    label = FAKE if amount > 0 else REAL
    reason = f"{classifier.dominant_expert(features)} expert; {name} is evidence for {label}"
    return replace(score, status=status, reason=reason)


def label_of(score: Score, threshold: float) -> str:
    """The label of a score: ``"fake"``, ``"real"``, ``"can't tell"``, or nothing where there is no score."""
    if score.status.kind is Kind.CANNOT_TELL:
        return CANNOT_TELL
    if not score.status.ok:
        return ""
    return FAKE if score.score >= threshold else REAL


def select_model(scores: Sequence[Score], thresholds: Sequence[float]) -> int:
    """Which of several detectors decides about an image, by its position: each knows its own kind of fake.

    The first that labels it fake; where none does, the first that labels it real, else the first. Scores of
    different detectors have no scale in common and are never compared.
    """
    labels = [label_of(one, threshold) for one, threshold in zip(scores, thresholds, strict=True)]
    return next((labels.index(label) for label in (FAKE, REAL) if label in labels), 0)


def aggregate_scores(name: str, frames: Sequence[Score], how: Aggregate = "mean") -> Score:
    """Put the scores of the frames of one video together.

    Only frames whose status is ok count; where there is none, those about which the detector cannot tell,
    with the first one's status; where there is none of these either, there is no score.
    """
    for kind in (Kind.OK, Kind.CANNOT_TELL):
        counted = [frame for frame in frames if frame.status.kind is kind]
        if counted:
            combine: Callable[[list[float]], Any] = getattr(np, how)
            value = float(combine([frame.score for frame in counted]))
            reason = f"{how} of {len(counted)} of {len(frames)} frames"
            return Score(name, value, counted[0].status, None, reason)
    return Score(name, float("nan"), frames[0].status, None)


def aggregate_by_source(
    sources: Sequence[Source], scores: Sequence[Score], how: Aggregate, *, per_folder: bool = False
) -> list[Score]:
    """Give one score for each video and each image; with `per_folder`, for each folder of images."""
    groups: dict[str, list[Score]] = {}
    single: set[str] = set()
    for position, (source, one) in enumerate(zip(sources, scores, strict=True)):
        if isinstance(source, Frame):
            name = source.path
        elif per_folder:
            name = os.path.dirname(one.path) or "."  # noqa: PTH120
        else:
            # An image that is named twice is scored twice.
            name = f"{position}"
            single.add(name)
        groups.setdefault(name, []).append(one)
    return [
        members[0] if name in single else aggregate_scores(name, members, how)
        for name, members in groups.items()
    ]


def mean_by_file(scores: NDArray[np.float64], origins: Sequence[int], n_files: int) -> NDArray[np.float64]:
    """Average the scores of frames over the files that they come from; NaN where no frame has a score."""
    scored = ~np.isnan(scores)
    of_file = np.asarray(origins)[scored]
    counts = np.bincount(of_file, minlength=n_files)
    means = np.full(n_files, np.nan)
    np.divide(np.bincount(of_file, scores[scored], n_files), counts, out=means, where=counts > 0)
    return means
