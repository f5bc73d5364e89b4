"""All that the program can say of a face or a video, for those who translate it."""

from __future__ import annotations

from typing import Any

from facespectra.detector.labels import SWAPS
from facespectra.detector.linear import RETOUCHED
from facespectra.detector.reasons import in_words
from facespectra.detector.scores import Score
from facespectra.detector.verdicts import verdict_of
from facespectra.features.status import NO_FACE, OK, Kind, Status
from facespectra.regions.layout import feature_names
from facespectra.report.sentences import face_sentences, video_sentences
from facespectra.texture.layout import _KEYS, group_name


def all_sentences() -> set[str]:
    """Reasons and sentences of the default model and of ``regions``, for faces and videos of every kind."""

    def verdict(score: float, status: Status = OK, hiding: str = "", frames: Any = ()) -> Any:
        given = Score("", score, status, None, hiding=hiding, frames=frames)
        return verdict_of(given, 0.8, SWAPS, probability=True)

    small = Status(Kind.CANNOT_TELL, "a face of 30 pixels, fewer than 64")
    blurred = Status(Kind.CANNOT_TELL, "too compressed or blurred: no detail is left to compare")
    scores = (0.004, 0.05, 0.2, 0.4, 0.6, 0.8, 0.88, 0.97, 0.999)
    verdicts = [
        verdict(0.3, small),
        verdict(0.3, blurred),
        verdict(0.3, hiding=RETOUCHED),
        *map(verdict, scores),
    ]
    said = {*SWAPS.checked_for, *SWAPS.not_checked_for}
    said |= {one.status.partition(": ")[2] for one in verdicts} - {""}
    for group in (*(group_name(*key) for key in _KEYS), *feature_names()):
        for one in (verdicts[4], verdicts[-1]):
            fake = one.label == SWAPS.positive
            amount = 1.0 if fake else -1.0
            said.add(in_words(group, SWAPS, fake=fake))
            said.update(face_sentences(one, SWAPS, {group: amount}, probability=True))
    for one in verdicts:
        said.update(face_sentences(one, SWAPS, {}, probability=True))
        said.update(face_sentences(one, SWAPS, {"mouth-ring block 0 mean": 0.0}, probability=True))
    frames = tuple(Score("", score, OK, None) for score in (0.1, 0.6, 0.9))
    for worst in (float("nan"), 61.0):
        said.update(video_sentences(verdict(0.9, frames=frames), SWAPS, worst, probability=True))
        said.update(video_sentences(verdict(0.1, frames=frames[:1]), SWAPS, worst, probability=True))
    nobody = tuple(Score("", float("nan"), NO_FACE, None) for _ in range(3))
    said.update(
        video_sentences(verdict(float("nan"), NO_FACE, frames=nobody), SWAPS, float("nan"), probability=True)
    )
    return said
