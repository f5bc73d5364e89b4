"""A video explained: what became of each frame that was looked at, and why of the most suspicious ones."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from facespectra._progress import Progress
from facespectra._wording import counted
from facespectra.detector.inputs import choose_cropper
from facespectra.detector.loading import load
from facespectra.detector.scores import Score, aggregate_scores, most_suspicious
from facespectra.evaluation.aggregation import Aggregate
from facespectra.features.crops import crop_image
from facespectra.features.status import unreadable
from facespectra.report.explained_video import ExplainedFrame, Moment, VideoExplanation
from facespectra.report.explanation import FacesOf
from facespectra.report.sentences import video_sentences
from facespectra.videos import N_FRAMES, BrokenOffError, Frame, read_frames, spread, video_info

if TYPE_CHECKING:
    from PIL import Image

    from facespectra._files import PathLike
    from facespectra.detector import Detector
    from facespectra.report.explained import Explanation

__all__ = ["ExplainedFrame", "Moment", "VideoExplanation", "explain_video", "follow_video"]

WORST = 3
"""Frames that are explained."""


def explain_video(
    path: PathLike,
    detector: Detector | None = None,
    *,
    frames: int = N_FRAMES,
    faces: str | None = None,
    per_video: Aggregate = "mean",
    progress: Progress | None = None,
) -> VideoExplanation:
    """Explain the score of a video.

    Parameters
    ----------
    path : path-like
        The video file.
    detector : Detector, optional
        Trained; by default the one that this package ships.
    frames : int
        How many frames to look at, evenly spread.
    faces, per_video
        As for :meth:`facespectra.Detector.predict`.
    progress : callable, optional
        Called with the number of frames done and of all.

    Returns
    -------
    VideoExplanation
        One without a label where no frame shows a face.

    Raises
    ------
    UnreadableVideoError
        If the video cannot be read.
    ModelError
        If the detector has not been trained.

    Examples
    --------
    >>> from facespectra.report.video_explanation import explain_video
    >>> explanation = explain_video("clip.mp4")  # doctest: +SKIP
    >>> explanation.rule, [one.frame for one in explanation.worst]  # doctest: +SKIP
    ('mean of 9 of 10 frames', [45, 15, 75])
    """
    last = None
    for last in follow_video(path, detector, frames=frames, faces=faces, per_video=per_video):
        if progress is not None:
            progress(len(last.timeline), last.n_wanted)
    if last is None:
        raise ValueError(f"frames must be at least 1, not {frames}")
    return last


def follow_video(
    path: PathLike,
    detector: Detector | None = None,
    *,
    frames: int = N_FRAMES,
    faces: str | None = None,
    per_video: Aggregate = "mean",
    on_frame: Callable[[int, Image.Image], None] | None = None,
) -> Iterator[VideoExplanation]:
    """Explain the score of a video as its frames are looked at.

    Parameters
    ----------
    path, detector, frames, faces, per_video
        As for :func:`explain_video`.
    on_frame : callable, optional
        Called with the number and the upright image of each frame, before it is looked at.

    Yields
    ------
    VideoExplanation
        After each frame, of the frames so far; the last is that of :func:`explain_video`. No crop is kept but
        those of the most suspicious frames.

    Raises
    ------
    UnreadableVideoError, ModelError
        As for :func:`explain_video`.
    """
    detector = load() if detector is None else detector
    info = video_info(path)
    cropper = choose_cropper(detector.cropper, faces)
    wanted = spread(info.n_frames, frames)
    seen = _Seen(os.fspath(path), detector, faces, per_video, len(wanted), info.n_frames, info.rate)
    try:
        for index, seconds, image in read_frames(path, wanted):
            seen.size = image.size
            if on_frame is not None:
                on_frame(index, image)
            sample = crop_image(str(Frame(seen.path, index)), image, cropper)
            seen.add(index, seconds, FacesOf.of(replace(sample, note=info.note), detector, faces))
            yield seen.explanation()
    except BrokenOffError as error:
        if not seen.scores:
            raise
        seen.break_off(wanted, error)
        yield seen.explanation()


class _Candidate(NamedTuple):
    order: tuple[bool, float]  # can be told, score
    frame: int
    seconds: float
    explanation: Explanation


class _Seen:
    """What was seen of a video so far."""

    def __init__(
        self,
        path: str,
        detector: Detector,
        faces: str | None,
        how: Aggregate,
        n_wanted: int,
        n_frames: int,
        rate: float,
    ) -> None:
        self.path, self.detector, self.faces, self.how = path, detector, faces, how
        self.n_wanted, self.n_frames = n_wanted, n_frames
        self.duration = n_frames / rate if rate > 0 else math.nan
        self.size = (0, 0)
        self.scores: list[Score] = []
        self.times: list[tuple[int, float]] = []
        self.worst: list[_Candidate] = []

    def add(self, frame: int, seconds: float, faces_of: FacesOf) -> None:
        """Add the next frame; explain it where it is among the worst."""
        position = most_suspicious(faces_of.scores)
        score = faces_of.scores[position]
        self.scores.append(score)
        self.times.append((frame, seconds))
        if math.isnan(score.score):
            return
        order = score.status.ok, score.score
        if len(self.worst) == WORST and order <= self.worst[-1].order:
            return
        self.worst.append(_Candidate(order, frame, seconds, faces_of.explained(position)))
        self.worst.sort(key=lambda one: (not one.order[0], -one.order[1], one.frame))
        del self.worst[WORST:]

    def break_off(self, wanted: list[int], error: BrokenOffError) -> None:
        """The other frames are not there: as :func:`facespectra.features.crops.read_samples` has it."""
        note = f"damaged, with {counted(error.n_good, 'good frame')}"
        self.scores = [score if score.note else replace(score, note=note) for score in self.scores]
        for frame in wanted[len(self.scores) :]:
            status = unreadable(error.reason)
            self.scores.append(Score(str(Frame(self.path, frame)), math.nan, status, None))
            self.times.append((frame, math.nan))

    def explanation(self) -> VideoExplanation:
        """Give what there is to say so far."""
        detector = self.detector
        score = aggregate_scores(self.path, self.scores, self.how)
        verdict = detector.verdict(score, faces=self.faces)
        pairs = zip(self.times, verdict.frames or [verdict], strict=True)
        timeline = tuple(Moment(frame, seconds, one) for (frame, seconds), one in pairs)
        return VideoExplanation(
            path=self.path,
            verdict=verdict,
            sentences=video_sentences(
                verdict,
                detector.words,
                self.worst[0].seconds if self.worst else math.nan,
                probability=detector.gives_probabilities,
            ),
            timeline=timeline,
            worst=tuple(ExplainedFrame(one.frame, one.seconds, one.explanation) for one in self.worst),
            n_frames=self.n_frames,
            n_wanted=self.n_wanted,
            width=self.size[0],
            height=self.size[1],
            duration=self.duration,
            rule=score.how,
            threshold=detector.threshold_,
            probability=detector.gives_probabilities,
            scope=detector.words.scope,
            model=f"{detector.features}, {detector.classifier}",
            positive=detector.words.positive,
            model_sha256=detector.sha256,
        )
