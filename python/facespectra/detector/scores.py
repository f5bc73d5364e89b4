"""What a detector computes of an image: a score and the evidence for it; frames joined to a video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facespectra._wording import counted
from facespectra.detector.classifiers import SelfExplaining
from facespectra.detector.reasons import deciding_group
from facespectra.evaluation.aggregation import Aggregate, aggregate_frames, counted_frames
from facespectra.features.crops import Source
from facespectra.features.status import Kind, Status
from facespectra.videos import Frame

if TYPE_CHECKING:
    from facespectra.faces import Box


@dataclass(frozen=True, slots=True)
class Score:
    """What the detector computes of one image or video, before any threshold.

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
        The pixels that were scored, half-open; None for a video.
    n_faces : int
        Faces in the image, of which one was scored: those at least a third as wide as the largest, or all
        where all were asked for; in a video, the most in one frame.
    evidence : (str, str)
        The feature group that most speaks for a fake, and the one that most speaks against it; empty where
        the classifier does not explain itself, or nothing speaks so.
    expert : str
        The expert that contributes most; empty where there are none.
    how : str
        What a video's score was joined from, in words.
    hiding : str
        Why a fake that was not found may be hidden; empty where nothing suggests it.
    note : str
        What else to know of the file, such as ``"cut short: 37 of 90 frames"``; mostly empty.
    frames : tuple of Score
        Of a video's frames.
    """

    path: str
    score: float
    status: Status
    box: Box | None
    n_faces: int = 0
    evidence: tuple[str, str] = ("", "")
    expert: str = ""
    how: str = ""
    note: str = ""
    hiding: str = ""
    frames: tuple[Score, ...] = field(default=(), repr=False)


def abstention(status: Status, box: Box | None, features: NDArray[Any], classifier: Any) -> Status:
    """Give the status of a scored face: cannot-tell with the reason where the classifier abstains."""
    if not status.ok or box is None or not isinstance(classifier, SelfExplaining):
        return status
    reason = classifier.abstention_reason(features, box[2] - box[0])
    return Status(Kind.CANNOT_TELL, reason) if reason else status


def with_abstention(score: Score, features: NDArray[Any], classifier: Any) -> Score:
    """Add nothing but the abstention."""
    status = abstention(score.status, score.box, features, classifier)
    return score if status is score.status else replace(score, status=status)


def with_explanation(score: Score, features: NDArray[Any], classifier: Any) -> Score:
    """Add abstention, evidence and expert, where the classifier explains itself."""
    if not score.status.ok or score.box is None or not isinstance(classifier, SelfExplaining):
        return score
    amounts = classifier.contributions(features)
    return replace(
        score,
        status=abstention(score.status, score.box, features, classifier),
        evidence=(deciding_group(amounts, fake=True), deciding_group(amounts, fake=False)),
        expert=classifier.dominant_expert(features),
        hiding=classifier.hiding_reason(features),
    )


def most_suspicious(faces: Sequence[Score]) -> int:
    """Which face decides about an image, by position: the highest score among those that can be told."""
    scores = np.array([face.score for face in faces])
    if np.isnan(scores).all():
        return 0
    counted = counted_frames(scores, _undecided(faces))
    return int(np.argmax(np.where(counted, scores, -np.inf)))


def aggregate_scores(name: str, frames: Sequence[Score], how: Aggregate = "mean") -> Score:
    """Join the scores of the frames of one video, by the rule of :mod:`facespectra.evaluation.aggregation`.

    The status is that of the frames that count; where there is no score, the first frame's.
    """
    scores, undecided = np.array([frame.score for frame in frames]), _undecided(frames)
    value = aggregate_frames(scores, undecided, how)
    n_faces = max(frame.n_faces for frame in frames)
    note = "; ".join(dict.fromkeys(frame.note for frame in frames if frame.note))
    used = np.flatnonzero(counted_frames(scores, undecided)).tolist()
    if not used:
        return Score(name, value, frames[0].status, None, n_faces, note=note, frames=tuple(frames))
    hiding = [frames[row].hiding for row in used if frames[row].hiding]
    # The frames that most speak for and against a fake stand for the video.
    order = sorted(used, key=lambda row: frames[row].score)
    return Score(
        name,
        value,
        frames[used[0]].status,
        None,
        n_faces,
        (frames[order[-1]].evidence[0], frames[order[0]].evidence[1]),
        frames[order[-1]].expert,
        f"{how} of {len(used)} of {counted(len(frames), 'frame')}",
        note,
        hiding[0] if 2 * len(hiding) > len(used) else "",
        tuple(frames),
    )


def _undecided(scores: Sequence[Score]) -> NDArray[np.bool_]:
    return np.array([one.status.kind is Kind.CANNOT_TELL for one in scores], bool)


def join_by_origin(
    sources: Sequence[Source],
    origins: Sequence[int],
    scores: Sequence[Score],
    how: Aggregate,
    *,
    folders: Sequence[str] | None = None,
) -> list[Score]:
    """Give one score for each origin: frames of a video are joined, and images of a folder where asked for.

    `origins` are ascending positions; `folders` names what stands at each.
    """
    joined = []
    rows = zip(sources, origins, scores, strict=True)
    for origin, group in groupby(rows, key=itemgetter(1)):
        members = list(group)
        source, samples = members[0][0], [sample for _, _, sample in members]
        if folders is not None and not isinstance(source, Frame):
            joined.append(aggregate_scores(folders[origin], samples, how))
        else:
            joined.append(
                aggregate_scores(source.path, samples, how) if isinstance(source, Frame) else samples[0]
            )
    return joined


def deciding_rows(scores: Sequence[Score], origins: Sequence[int]) -> list[int]:
    """Give the row of the face that decides about each origin; origins are ascending."""
    rows = []
    for _, group in groupby(enumerate(origins), key=itemgetter(1)):
        members = [row for row, _ in group]
        rows.append(members[most_suspicious([scores[row] for row in members])])
    return rows


def most_suspicious_faces(scores: Sequence[Score], origins: Sequence[int]) -> list[Score]:
    """Give the score of the face that decides about each origin."""
    return [scores[row] for row in deciding_rows(scores, origins)]
