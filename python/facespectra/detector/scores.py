"""What a classifier says of its own scores: why, and whether they mean anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facespectra.evaluation.metrics import Aggregate
from facespectra.features.crops import CANNOT_TELL, OK

if TYPE_CHECKING:
    from facespectra.faces import Box

FAKE, REAL, UNKNOWN = "fake", "real", "can't tell"


@dataclass(frozen=True, slots=True)
class Score:
    """What the detector says about one image.

    Attributes
    ----------
    path : str
        As it was given; empty for an image that came as an array.
    score : float
        Higher means more likely fake; NaN where there is no face, or nothing that can be read.
    status : str
        ``"ok"``, ``"no-face"``, ``"unreadable: <reason>"``, or ``"cannot-tell: <reason>"`` where the detector
        knows that its score means little, such as for a very small face.
    box : (x0, y0, x1, y1) or None
        The pixels that were judged, half-open.
    reason : str
        What had most to do with the score, where the classifier can say so: the expert that spoke, and the
        feature that it spoke of.
    """

    path: str
    score: float
    status: str
    box: Box | None
    reason: str = ""


def with_explanation(score: Score, features: NDArray[Any], judge: Any) -> Score:
    """Add what the classifier says of a score, where it says anything.

    Parameters
    ----------
    score : Score
        Of one face.
    features : (d,) array
        What it was judged by.
    judge : classifier
        Fitted; with ``abstention_reason``, ``contributions`` and ``dominant_expert``, such as
        :class:`facespectra.detector.experts.TwoExperts`, or without.

    Returns
    -------
    Score
        With a reason, and with another status where there is doubt.
    """
    if score.status != OK or score.box is None or not hasattr(judge, "abstention_reason"):
        return score
    doubt = judge.abstention_reason(features, score.box[2] - score.box[0])
    status = f"{CANNOT_TELL}: {doubt}" if doubt else OK
    name, amount = next(iter(judge.contributions(features).items()))
    verb = "for" if amount > 0 else "against"
    reason = f"{judge.dominant_expert(features)} expert; {name} speaks {verb} a fake"
    return replace(score, status=status, reason=reason)


def label_of(score: Score, threshold: float) -> str:
    """Put a score into a word.

    Parameters
    ----------
    score : Score
        Of one face.
    threshold : float
        The detector's.

    Returns
    -------
    str
        ``"fake"``, ``"real"``, ``"can't tell"``, or nothing where there is no score.
    """
    if score.status.startswith(CANNOT_TELL):
        return UNKNOWN
    if score.status != OK:
        return ""
    return FAKE if score.score >= threshold else REAL


def select_model(scores: Sequence[Score], thresholds: Sequence[float]) -> int:
    """Choose which of several detectors speaks of an image: each knows its own kind of fake.

    Parameters
    ----------
    scores : sequence of Score
        What each detector says of the same image.
    thresholds : sequence of float
        Theirs. Scores of different detectors have no scale in common and are never compared.

    Returns
    -------
    int
        The position of the first that says fake; where none does, of the first that says real; where none
        does that either, 0.
    """
    labels = [label_of(one, threshold) for one, threshold in zip(scores, thresholds, strict=True)]
    return next((labels.index(label) for label in (FAKE, REAL) if label in labels), 0)


def aggregate_scores(name: str, frames: Sequence[Score], how: Aggregate = "mean") -> Score:
    """Put the scores of the frames of one video together.

    Parameters
    ----------
    name : str
        Of the video.
    frames : sequence of Score
        Of its frames, at least one.
    how : {"mean", "median", "max"}
        What is made of them.

    Returns
    -------
    Score
        Of the frames with status ``"ok"``; where there is none, of those of which nothing can be
        told, with the first one's status; where there is none of these either, no score.
    """
    for accepted in (OK, CANNOT_TELL):
        chosen = [frame for frame in frames if frame.status.startswith(accepted)]
        if chosen:
            combine: Callable[[list[float]], Any] = getattr(np, how)
            value = float(combine([frame.score for frame in chosen]))
            return Score(
                name, value, chosen[0].status, None, f"{how} of {len(chosen)} of {len(frames)} frames"
            )
    return Score(name, float("nan"), frames[0].status, None)
