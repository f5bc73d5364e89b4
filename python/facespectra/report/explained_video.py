"""A video explained, as data and as drawings: its timeline and its most suspicious frames."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from facespectra._extras import require
from facespectra._files import write_atomically
from facespectra.detector.labels import CANNOT_TELL, FAKE, NO_SWAP, REAL, SWAP
from facespectra.figures.timeline import Beat, timeline_figure, video_sheet
from facespectra.report.explained import PAGE, check_suffix, made_of
from facespectra.report.face_view import BADGES, score_view
from facespectra.report.html import write_page
from facespectra.report.sentences import clock, on_scale, probability_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from facespectra._files import PathLike
    from facespectra.detector.verdicts import Verdict
    from facespectra.report.explained import Explanation


@dataclass(frozen=True, slots=True)
class Moment:
    """One frame of a video that was looked at.

    Attributes
    ----------
    frame : int
        Its number from 0.
    seconds : float
        When it is shown; NaN if unknown.
    verdict : Verdict
        On the face of the frame that decides.
    """

    frame: int
    seconds: float
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain data for JSON.

        Returns
        -------
        dict
            ``frame``, ``seconds``, ``score``, ``label`` and ``status``; None for what there is not.
        """
        return {
            "frame": self.frame,
            "seconds": _number(self.seconds),
            "score": _number(self.verdict.score),
            "label": self.verdict.label or None,
            "status": self.verdict.status,
        }


@dataclass(frozen=True, slots=True)
class ExplainedFrame:
    """A frame whose score is explained.

    Attributes
    ----------
    frame : int
        Its number from 0.
    seconds : float
        When it is shown; NaN if unknown.
    explanation : Explanation
        Of the face that decides about it.
    """

    frame: int
    seconds: float
    explanation: Explanation = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain data for JSON.

        Returns
        -------
        dict
            ``frame``, ``seconds`` and ``face``, the explanation.
        """
        face = self.explanation.to_dict()
        return {"frame": self.frame, "seconds": _number(self.seconds), "face": face}


@dataclass(frozen=True, slots=True)
class VideoExplanation:
    """Why a video has its score, as :func:`facespectra.report.video_explanation.explain_video` gives it.

    Attributes
    ----------
    path : str
        The video.
    verdict : Verdict
        Of the frames in `timeline` together: the same as :meth:`facespectra.Detector.predict` gives.
    sentences : tuple of three str
        For readers who know nothing of the method.
    timeline : tuple of Moment
        The frames that were looked at, in order.
    worst : tuple of ExplainedFrame
        The most suspicious frames, the worst first; empty where no frame shows a face.
    n_frames : int
        Of the whole video.
    n_wanted : int
        Frames to look at; `timeline` is shorter until all have been looked at.
    width, height : int
        Of the upright frames, in pixels.
    duration : float
        Seconds, by the frame rate; NaN if unknown.
    rule : str
        What the score was joined from: ``"mean of 9 of 10 frames"``.
    threshold : float
        The detector's.
    probability : bool
        Whether scores are probabilities.
    scope : str
        What was checked for and what was not.
    model : str
        Features and classifier.
    positive : str
        What the model calls what it finds, ``"swap"`` or ``"fake"``.
    model_sha256 : str
        Of the model's file; empty for one that was not loaded from a file.
    """

    path: str
    verdict: Verdict
    sentences: tuple[str, str, str]
    timeline: tuple[Moment, ...] = field(repr=False)
    worst: tuple[ExplainedFrame, ...] = field(repr=False)
    n_frames: int
    n_wanted: int
    width: int
    height: int
    duration: float
    rule: str
    threshold: float
    probability: bool
    scope: str
    model: str
    positive: str
    model_sha256: str

    @property
    def headline(self) -> str:
        """Score, label and threshold in a few words."""
        if math.isnan(self.verdict.score):
            return f"no score: {self.verdict.status}"
        kind = probability_of(self.positive) if self.probability else "score"
        return f"{kind} {self.verdict.score:.3f}, {self.verdict.label} (threshold {self.threshold:.3g})"

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain data for JSON, without the pixels.

        Returns
        -------
        dict
            ``verdict`` with its frames, ``sentences``, ``timeline``, ``worst``, ``n_frames``, ``width``,
            ``height``, ``duration`` (None if unknown) and ``rule``.
        """
        return {
            "verdict": self.verdict.to_dict(),
            "sentences": list(self.sentences),
            "timeline": [moment.to_dict() for moment in self.timeline],
            "worst": [one.to_dict() for one in self.worst],
            "n_frames": self.n_frames,
            "width": self.width,
            "height": self.height,
            "duration": _number(self.duration),
            "rule": self.rule,
        }

    def save(self, path: PathLike, *, file_sha256: str = "") -> Path:
        """Draw the explanation into a file.

        Parameters
        ----------
        path : path-like
            The file: ``.svg``, ``.png`` or ``.pdf`` for the timeline with the most suspicious faces below,
            ``.html`` for a page.
        file_sha256 : str
            What a page says of the video's file, where the explanation's own `path` does not lead to it.

        Returns
        -------
        Path
            `path`.

        Raises
        ------
        ValueError
            If its name ends in something else.
        MissingExtraError
            If matplotlib, or for a page jinja2, is not installed.
        """
        suffix = check_suffix(path)
        require("detect", "matplotlib", "jinja2")
        name = PurePath(self.path).name
        beats, names = self.beats()
        if suffix != PAGE:
            faces = [
                (one.explanation.crop.rgb, f"{_when(one)}: {one.explanation.score:.3f}") for one in self.worst
            ]
            content = video_sheet(
                suffix[1:],
                beats,
                self.threshold,
                names,
                faces,
                probability=self.probability,
                title=f"{name}: {self.headline}",
                notes=[*self.sentences, f"{self.scope[0].upper()}{self.scope[1:]}."],
            )
            return write_atomically(path, content)
        view = self.badge()
        context = {
            "title": f"{name}: {view['badge']}, explained by facespectra",
            "name": name,
            "view": view,
            "sentences": self.sentences,
            "rule": self.rule,
            "timeline_svg": timeline_figure(beats, self.threshold, names, probability=self.probability),
            "rows": [self._row(moment) for moment in self.timeline],
            "worst": [{"when": _when(one), "view": one.explanation.view()} for one in self.worst],
            "checked_for": self.verdict.checked_for,
            "not_checked_for": self.verdict.not_checked_for,
            "note": self.verdict.note,
            "made": made_of(self.path, self.model, self.model_sha256, file_sha256),
        }
        return write_page(path, "video.html.j2", context)

    def _row(self, moment: Moment) -> dict[str, Any]:
        """A frame in the words and on the scale of the page."""
        verdict, scored = moment.verdict, not math.isnan(moment.verdict.score)
        score, _ = on_scale(verdict.score, self.threshold, probability=self.probability)
        said = BADGES[verdict.label][0] if verdict.label else str(verdict.status)
        return moment.to_dict() | {"score": score if scored else "", "said": said}

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the scores of the frames in time, with the threshold.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw into; by default those of a new pyplot figure.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        MissingExtraError
            If matplotlib is not installed.
        """
        from facespectra.report.plots import plot_video

        return plot_video(self, ax)

    def _repr_html_(self) -> str:
        from facespectra.report.notebook import video_html

        return video_html(self)

    def badge(self) -> dict[str, Any]:
        """What a template needs to show the verdict."""
        return score_view(self.verdict, positive=self.positive, probability=self.probability)

    def beats(self) -> tuple[list[Beat], dict[str, str]]:
        """The frames as they are drawn in time, and what each side is called."""
        names = {side: BADGES[label][0].lower() for label, side in _SIDES.items()}
        if self.positive != SWAP:
            names |= {BADGES[label][2]: BADGES[label][0].lower() for label in (FAKE, REAL)}
        return [self._beat(moment) for moment in self.timeline], names

    def _beat(self, moment: Moment) -> Beat:
        verdict = moment.verdict
        side = BADGES[verdict.label][2] if verdict.label else ""
        # Where a video says nothing of times, its frames stand in order.
        seconds = float(moment.frame) if math.isnan(moment.seconds) else moment.seconds
        row = self._row(moment)
        said = f"{row['score']}, {row['said']}" if row["score"] else row["said"]
        return Beat(
            seconds, verdict.score, side, f"{clock(seconds, tenths=True)}, frame {moment.frame}: {said}"
        )


# By label of a model of swaps: its side in drawings.
_SIDES = {SWAP: "fake", NO_SWAP: "real", CANNOT_TELL: "unsure", "": ""}


def _when(one: ExplainedFrame) -> str:
    return (
        f"Frame {one.frame}"
        if math.isnan(one.seconds)
        else f"At {clock(one.seconds, tenths=True)}, frame {one.frame}"
    )


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
