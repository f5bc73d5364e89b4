"""Verdicts: the label of a score, the reason that supports it, and what it does not cover."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from facespectra.detector.labels import CANNOT_TELL, Vocabulary
from facespectra.detector.reasons import in_words
from facespectra.detector.scores import Score
from facespectra.features.status import Kind, Status

if TYPE_CHECKING:
    from facespectra.faces import Box


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a detector says about one image or video.

    Attributes
    ----------
    path : str
        As it was given; empty for an image in memory.
    label : str
        ``"swap"`` or ``"no-swap-found"`` of a model trained on face swaps alone, such as our own; ``"fake"``
        or ``"real"`` of any other; ``"cannot-tell"``; empty where there is no face or nothing can be read.
    score : float
        Higher means more likely fake; NaN where there is none.
    threshold : float
        Scores from here on are labelled swap or fake.
    status : str
        ``"ok"``, ``"no-face"``, ``"unreadable: <reason>"`` or ``"cannot-tell: <reason>"``; the last exactly
        where the label is ``"cannot-tell"``.
    box : (x0, y0, x1, y1) or None
        The pixels that were scored, half-open; None for a video.
    n_faces : int
        Faces in the image: those at least a third as wide as the largest, or all where all were asked for;
        in a video, the most in one frame.
    reason : str
        What most supports the label, in words; empty where the model does not explain itself, or can't tell.
    feature : str
        The name of the feature group behind the reason.
    expert : str
        The expert that contributes most; empty where the model has none.
    note : str
        What else to know: ``"largest of 2 faces"``, ``"mean of 9 of 10 frames"``, ``"cut short: 37 of 90
        frames"``; mostly empty.
    checked_for, not_checked_for : tuple of str
        What the model can find, and what it knows nothing of.
    frames : tuple of Verdict
        Of the frames of a video; empty for an image.
    """

    path: str
    label: str
    score: float
    threshold: float
    status: str
    box: Box | None
    n_faces: int
    reason: str
    feature: str = ""
    expert: str = ""
    note: str = ""
    checked_for: tuple[str, ...] = ()
    not_checked_for: tuple[str, ...] = ()
    frames: tuple[Verdict, ...] = field(default=(), repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain data for JSON.

        Returns
        -------
        dict
            The attributes; ``faces`` for `n_faces`; None for NaN and for empty texts; of `frames`, path,
            score, label and status each.
        """
        frames = [
            {"path": one.path, "score": _number(one.score), "label": one.label or None, "status": one.status}
            for one in self.frames
        ]
        return {
            "path": self.path,
            "score": _number(self.score),
            "label": self.label or None,
            "threshold": self.threshold,
            "box": None if self.box is None else list(self.box),
            "faces": self.n_faces,
            "status": self.status,
            "reason": self.reason or None,
            "feature": self.feature or None,
            "expert": self.expert or None,
            "note": self.note or None,
            "checked_for": list(self.checked_for),
            "not_checked_for": list(self.not_checked_for),
        } | ({"frames": frames} if frames else {})


def _number(score: float) -> float | None:
    return None if math.isnan(score) else score


def verdict_of(
    score: Score, threshold: float, words: Vocabulary, *, probability: bool = False, every: bool = False
) -> Verdict:
    """Give the verdict on a score.

    Where scores are probabilities, one above a half and below the threshold is no verdict either way. `every`
    says that all faces were scored, and this is the most suspicious one.
    """
    label, status = _label_of(score, threshold, words, probability=probability)
    fake = label == words.positive
    decided = fake or label == words.negative
    group = score.evidence[0 if fake else 1] if decided else ""
    return Verdict(
        path=score.path,
        label=label,
        score=score.score,
        threshold=threshold,
        status=str(status),
        box=score.box,
        n_faces=score.n_faces,
        reason=in_words(group, words, fake=fake),
        feature=group,
        expert=score.expert if decided else "",
        note=_note(score, every=every),
        checked_for=words.checked_for,
        not_checked_for=words.not_checked_for,
        frames=tuple(
            verdict_of(one, threshold, words, probability=probability, every=every) for one in score.frames
        ),
    )


def _label_of(score: Score, threshold: float, words: Vocabulary, *, probability: bool) -> tuple[str, Status]:
    if score.status.kind is Kind.CANNOT_TELL:
        return CANNOT_TELL, score.status
    if not score.status.ok:
        return "", score.status
    if score.score >= threshold:
        return words.positive, score.status
    if probability and score.score > 0.5:
        reason = f"signs too weak to call: above one half, below the threshold of {threshold:.3g}"
        return CANNOT_TELL, Status(Kind.CANNOT_TELL, reason)
    if score.hiding:
        return CANNOT_TELL, Status(Kind.CANNOT_TELL, score.hiding)
    return words.negative, score.status


def _note(score: Score, *, every: bool) -> str:
    which = "most suspicious" if every else "largest"
    up_to = "up to " if score.frames else ""
    faces = f"{which} of {up_to}{score.n_faces} faces" if score.n_faces > 1 else ""
    return "; ".join(filter(None, (score.how, faces, score.note)))


def select_model(verdicts: Sequence[Verdict], words: Sequence[Vocabulary]) -> int:
    """Which of several detectors decides about an image, by its position: each knows its own kind of fake.

    The first that finds one; where none does, the first that can't tell, so that no "nothing found" of
    another hides it; else the first. Scores of different detectors have no scale in common and are never
    compared.
    """
    positive = [one.label == vocabulary.positive for one, vocabulary in zip(verdicts, words, strict=True)]
    if any(positive):
        return positive.index(True)
    labels = [one.label for one in verdicts]
    if CANNOT_TELL in labels:
        return labels.index(CANNOT_TELL)
    return next((position for position, label in enumerate(labels) if label), 0)
