"""``facespectra explain``: why one image or video has its score, as a drawing or a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facespectra._wording import counted
from facespectra.cli.console import progress_bar, show_table
from facespectra.cli.options import (
    Backend,
    Device,
    Faces,
    Frames,
    Precision,
    ResNetWeights,
    Threads,
    Truncated,
    valid_faces,
)
from facespectra.videos import N_FRAMES

if TYPE_CHECKING:
    from facespectra.detector import Detector

LISTED = 5


def explain(
    image: Annotated[
        Path, typer.Argument(metavar="IMAGE|VIDEO", help="An image or a video.", show_default=False)
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Where to draw: .svg, .png, .pdf or .html.",
            show_default=False,
        ),
    ],
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="A model file that train wrote, or one of our own: default, regions.",
            show_default="default",
        ),
    ] = None,
    frame: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="N", help="One frame of a video, from 0.", show_default="the video as a whole"
        ),
    ] = None,
    frames: Frames = N_FRAMES,
    faces: Faces = None,
    resnet_weights: ResNetWeights = None,
    precision: Precision = "auto",
    backend: Backend = None,
    threads: Threads = None,
    device: Device = None,
    truncated: Truncated = False,
) -> None:
    """Draw why an image or a video has its score.

    The face with its regions tinted, why in three sentences, and the face against both classes of the
    training data; the numbers: its spectrum, and what each band, or each region and band, adds to the score,
    exactly for linear classifiers, by occlusion for others. Of a video: its frames in time, and the most
    suspicious ones in the same way.

    Examples
    --------
    facespectra explain photo.jpg -o why.html
    facespectra explain clip.mp4 -o why.html
    """
    from facespectra._files import check_output, printable
    from facespectra.detector import load
    from facespectra.report import explanation
    from facespectra.videos import Frame, is_video

    explanation.check_suffix(out)
    valid_faces(faces)
    check_output(out)
    if out.exists() and image.exists() and out.samefile(image):
        raise ValueError(f"{printable(out)}: it is the picture itself; name another file to write to")
    whole = is_video(image)
    if frame is not None and not whole:
        raise ValueError(f"{printable(image)}: --frame is for videos")
    detector = load(
        model,
        backend=backend,
        threads=threads,
        device=device,
        weights=resnet_weights,
        precision=precision,
    )
    if whole and frame is None:
        _video(image, out, detector, frames, faces)
        return
    source = image if frame is None else Frame(str(image), frame)
    result = explanation.explain(source, detector, faces=faces)
    result.save(out)
    rows = [("image", str(source)), ("result", result.headline), *_why(result.sentences)]
    rows += [("note", result.note)] if result.note else []
    rows += [("model", result.model)]
    if result.experts:
        strongest = sorted(result.experts.items(), key=lambda pair: -abs(pair[1]))[:LISTED]
        rows += [
            ("experts" if not k else "", f"{name} {value:+.2f}") for k, (name, value) in enumerate(strongest)
        ]
    largest = list(result.contributions.items())[:LISTED]
    rows += [
        ("adds most" if not k else "", f"{name} {value:+.3f}") for k, (name, value) in enumerate(largest)
    ]
    show_table([*rows, ("drawn in", str(out))])


def _video(video: Path, out: Path, detector: Detector, frames: int, faces: str | None) -> None:
    """Explain a video as a whole."""
    from facespectra._files import printable
    from facespectra.errors import FacespectraError
    from facespectra.report.video_explanation import explain_video

    with progress_bar("explain") as progress:
        result = explain_video(video, detector, frames=frames, faces=faces, progress=progress)
    if not result.worst:
        raise FacespectraError(
            f"{printable(video)}: no face was found in {counted(len(result.timeline), 'frame')}, so there is "
            "no score to explain; look at more with --frames"
        )
    result.save(out)
    rows = [("video", str(video)), ("result", result.headline), *_why(result.sentences)]
    rows += [("note", result.verdict.note)] if result.verdict.note else []
    rows += [
        ("frames" if not k else "", f"{one.frame}: {one.explanation.headline}")
        for k, one in enumerate(result.worst)
    ]
    show_table([*rows, ("model", result.model), ("drawn in", str(out))])


def _why(sentences: Sequence[str]) -> list[tuple[str, str]]:
    return [("why" if not k else "", text) for k, text in enumerate(sentences)]
