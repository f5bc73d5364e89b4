"""``facespectra explain``: why one image has its score, as a drawing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facespectra.cli.console import show_table
from facespectra.cli.options import (
    Backend,
    Device,
    Faces,
    Precision,
    ResNetWeights,
    Threads,
    Truncated,
    valid_faces,
)

if TYPE_CHECKING:
    from facespectra.videos import Frame

LISTED = 5


def explain(
    image: Annotated[
        Path, typer.Argument(metavar="IMAGE", help="An image, or a video (--frame).", show_default=False)
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
            help="A model file that train wrote, or default or regions for our own.",
            show_default="default",
        ),
    ] = None,
    frame: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="N", help="Which frame of a video, from 0.", show_default="the middle one"
        ),
    ] = None,
    faces: Faces = None,
    resnet_weights: ResNetWeights = None,
    precision: Precision = "auto",
    backend: Backend = None,
    threads: Threads = None,
    device: Device = None,
    truncated: Truncated = False,
) -> None:
    """Draw why an image has its score.

    The face, its 2-D log spectrum, its radial spectrum against both classes of the training data, and what
    each band, or each region and band, adds to the score: exactly for linear classifiers, by occlusion for
    others. A model of an earlier version, and our own, does not hold the mean spectra of its classes; the
    drawing says so.

    Examples
    --------
    facespectra explain photo.jpg -o why.html
    """
    from facespectra._files import check_output, printable
    from facespectra.detector import load
    from facespectra.report import explanation

    explanation.check_suffix(out)
    valid_faces(faces)
    check_output(out)
    if out.exists() and image.exists() and out.samefile(image):
        raise ValueError(f"{printable(out)}: it is the picture itself; name another file to write to")
    source = _source(image, frame)
    detector = load(
        model,
        backend=backend,
        threads=threads,
        device=device,
        weights=resnet_weights,
        precision=precision,
    )
    result = explanation.explain(source, detector, faces=faces)
    result.save(out)
    rows = [("image", str(source)), ("result", result.headline)]
    rows += [(name, text) for name, text in (("why", result.reason), ("note", result.note)) if text]
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


def _source(image: Path, frame: int | None) -> Path | Frame:
    from facespectra.videos import Frame, is_video, video_info

    if not is_video(image):
        if frame is not None:
            raise ValueError(f"{image}: --frame is for videos")
        return image
    return Frame(str(image), video_info(image).n_frames // 2 if frame is None else frame)
