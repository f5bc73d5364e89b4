"""Judges one file step by step, and tells of each step: what a worker does with an upload.

By the same calls as :meth:`facespectra.Detector.predict` and the explanations, so that the verdict is theirs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facespectra.detector.inputs import ALL, LARGEST, choose_cropper
from facespectra.detector.scores import most_suspicious
from facespectra.errors import UnreadableFileError
from facespectra.features.crops import Sample, crop_image
from facespectra.report.explanation import FacesOf
from facespectra.report.video_explanation import VideoExplanation, follow_video
from facespectra.serve.pictures import FRAME_SIDES, PICTURE_SIDES, save_picture
from facespectra.videos import is_video

if TYPE_CHECKING:
    from facespectra.detector import Detector
    from facespectra.detector.verdicts import Verdict
    from facespectra.images import UInt8Array

EXPLAINED = 8
"""Faces of a picture that are explained, the largest first."""

LARGE = 4_000_000
"""Pixels from which the largest face is judged while the others are looked for."""


class UnjudgedError(Exception):
    """A file that cannot be judged; the text is one line for whoever sent it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A file to judge: where it is, what it is called, and how to look at it."""

    path: Path
    name: str
    folder: Path | None = None  # where pictures of it go; None where none are wanted
    faces: str | None = None
    frames: int = 10


Tell = Callable[[str, dict[str, Any]], None]
"""Takes the name of an event and its data; raises where the job was cancelled."""


def verdict_on(detector: Detector, job: Job) -> Verdict:
    """Give the verdict of ``facespectra score``, under the name of the file; raise where it is unreadable."""
    (verdict,) = detector.predict([job.path], frames=job.frames, faces=job.faces)
    _check_readable(verdict)
    return named(verdict, job)


def named(verdict: Verdict, job: Job) -> Verdict:
    """A verdict under the name that the file was sent with."""
    frames = tuple(named(one, job) for one in verdict.frames)
    path = job.name + verdict.path.removeprefix(str(job.path))
    return replace(verdict, path=path, frames=frames)


def page_faces(detector: Detector) -> str | None:
    """Which faces the page shows: all, but for models of faces that were cut out before."""
    return None if detector.cropper is None else ALL


class Judging:
    """One file that is being judged."""

    def __init__(self, detector: Detector, job: Job, tell: Tell) -> None:
        self.detector, self.job, self.tell = detector, job, tell
        self._start = time.perf_counter()
        self._picture: UInt8Array | None = None

    def run(self) -> dict[str, Any]:
        """Judge the file, telling progress and what is known so far, and give all that is known."""
        self.tell("progress", {"done": 0, "total": 1, "stage": "read"})
        try:
            return self._judge_video() if is_video(self.job.path) else self._judge_picture()
        except UnreadableFileError as error:
            raise UnjudgedError(error.reason) from error

    def save_pictures(self) -> None:
        """Write the pictures of a photograph that the page shows; those of a video are there already."""
        if self._picture is None or self.job.folder is None:
            return
        for side in PICTURE_SIDES:
            save_picture(self._picture, self.job.folder / f"picture-{side}.jpg", side)

    def _judge_picture(self) -> dict[str, Any]:
        from facespectra.images import read_noted

        job = self.job
        self._picture, note = read_noted(job.path)
        with ThreadPoolExecutor(1) as pool:
            every = pool.submit(self._sample, self._picture, note, job.faces)
            height, width = self._picture.shape[:2]
            if job.faces == ALL and height * width > LARGE:
                # To find all faces takes many times as long as to find the largest.
                self._tell_so_far(self._sample(self._picture, note, LARGEST), LARGEST)
            sample = every.result()
        faces, verdict = self._tell_so_far(sample, job.faces)
        shown = self._boxes(faces)
        wanted = [row for row, one in enumerate(faces.statuses) if one.ok][:EXPLAINED]
        for done, row in enumerate(wanted):
            self.tell("progress", {"done": done, "total": len(wanted), "stage": "explain"})
            shown[row] = self._renamed(faces.explained(row, alone=True).to_dict())
        return self._picture_result(verdict, shown)

    def _sample(self, picture: UInt8Array, note: str, faces: str | None) -> Sample:
        cropper = choose_cropper(self.detector.cropper, faces)
        return replace(crop_image(str(self.job.path), picture, cropper), note=note)

    def _tell_so_far(self, sample: Sample, which: str | None) -> tuple[FacesOf, Verdict]:
        """Score the faces that were found, and tell the verdict as it is then."""
        self.tell("progress", {"done": 1, "total": 2, "stage": "faces"})
        faces = FacesOf.of(sample, self.detector, which)
        deciding = faces.scores[most_suspicious(faces.scores)]
        verdict = self.detector.verdict(deciding, faces=which)
        _check_readable(verdict)
        self.tell("partial", self._picture_result(verdict, self._boxes(faces)))
        return faces, verdict

    def _boxes(self, faces: FacesOf) -> list[dict[str, Any]]:
        """Faces as they are before they are explained."""
        shown = []
        for crop, score in zip(faces.crops, faces.scores, strict=True):
            if crop is None:
                continue
            alone = self.detector.verdict(replace(score, n_faces=1), faces=self.job.faces)
            verdict = named(replace(alone, n_faces=score.n_faces), self.job).to_dict()
            empty: dict[str, Any] = {
                "sentences": [],
                "regions": [],
                "numbers": [],
                "tint": None,
                "spectrum": None,
            }
            shown.append({"box": list(crop.box), "verdict": verdict, **empty})
        return shown

    def _picture_result(self, verdict: Verdict, faces: Sequence[dict[str, Any]]) -> dict[str, Any]:
        if self._picture is None:
            raise RuntimeError("the picture was not read")
        height, width = self._picture.shape[:2]
        about = {"verdict": named(verdict, self.job).to_dict(), "width": width, "height": height}
        return self._result("image", about | {"faces": list(faces)})

    def _judge_video(self) -> dict[str, Any]:
        job = self.job

        def save_frame(index: int, image: Any) -> None:
            if job.folder is not None:
                for side in FRAME_SIDES:
                    save_picture(image, job.folder / f"frame-{index}-{side}.jpg", side)

        last: VideoExplanation | None = None
        following = follow_video(
            job.path, self.detector, frames=job.frames, faces=job.faces, on_frame=save_frame
        )
        for last in following:
            self.tell("progress", {"done": len(last.timeline), "total": last.n_wanted, "stage": "faces"})
            self.tell("partial", self._video_result(last))
        if last is None:
            raise UnjudgedError("it has no frame that can be decoded")
        _check_readable(last.verdict)
        return self._video_result(last)

    def _video_result(self, explanation: VideoExplanation) -> dict[str, Any]:
        found = explanation.to_dict() | {"verdict": named(explanation.verdict, self.job).to_dict()}
        worst = [one | {"face": self._renamed(one["face"])} for one in found["worst"]]
        return self._result("video", found | {"worst": worst, "faces": []})

    def _renamed(self, face: dict[str, Any]) -> dict[str, Any]:
        path = self.job.name + face["verdict"]["path"].removeprefix(str(self.job.path))
        return face | {"verdict": face["verdict"] | {"path": path}}

    def _result(self, kind: str, found: dict[str, Any]) -> dict[str, Any]:
        took = round(time.perf_counter() - self._start, 3)
        return {"name": self.job.name, "kind": kind} | found | {"took": took}


def _check_readable(verdict: Verdict) -> None:
    kind, _, reason = verdict.status.partition(": ")
    if kind == "unreadable":
        raise UnjudgedError(reason)
