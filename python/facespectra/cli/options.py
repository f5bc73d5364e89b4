"""Options that several commands share, said once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facespectra._truncated import TRUNCATED_VARIABLE
from facespectra.spectrum.backends import NAMES

if TYPE_CHECKING:
    from facespectra.evaluation.aggregation import Aggregate

Sources = Annotated[
    list[str],
    typer.Argument(metavar="SOURCE...", help="Image or video files, folders or globs.", show_default=False),
]
Frames = Annotated[int, typer.Option(min=1, help="Frames of each video, evenly spread.")]
Faces = Annotated[
    str | None,
    typer.Option(
        help="largest; all: the most suspicious decides; whole: images are faces that were cut out already.",
        show_default="as the model was trained",
    ),
]
PerVideo = Annotated[
    str, typer.Option(help="Score of a video or group from its frames: mean, median or max.")
]

Margin = Annotated[
    float, typer.Option(min=0.0, help="Move each edge of the face's box outwards by this share.")
]
Square = Annotated[bool, typer.Option("--square", help="Widen the box to a square.")]
Snap = Annotated[
    bool,
    typer.Option("--snap", help="Change the box by a few pixels to 7-smooth sides, good for FFTs."),
]
Device = Annotated[
    str | None,
    typer.Option(help="Where the face detector and ResNet-50 run, such as cuda.", show_default="cpu"),
]
ResNetWeights = Annotated[
    str | None,
    typer.Option(
        "--resnet-weights",
        metavar="FILE",
        help="ResNet-50's weights: a state dict of torchvision's, or imagenet-v1 or imagenet-v2.",
        show_default="torchvision's, downloaded",
    ),
]
Precision = Annotated[
    str,
    typer.Option(
        help="What ResNet-50 computes in: float32, bfloat16, or auto, which is bfloat16 where the processor "
        "has it and the features stay the same to a cosine of 0.999."
    ),
]
Cache = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Keep faces and features here, by content and settings: a run that was stopped goes on, "
        "and others take what they need.",
        show_default=False,
    ),
]


def _take_truncated(context: typer.Context, wanted: bool) -> bool:
    if wanted:
        context.with_resource(_truncated_taken())
    return wanted


@contextmanager
def _truncated_taken() -> Iterator[None]:
    """Set the variable that readers of images look at, for one command."""
    before = os.environ.get(TRUNCATED_VARIABLE)
    os.environ[TRUNCATED_VARIABLE] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[TRUNCATED_VARIABLE]
        else:
            os.environ[TRUNCATED_VARIABLE] = before


Truncated = Annotated[
    bool,
    typer.Option(
        "--truncated",
        callback=_take_truncated,
        help="Of JPEG files that are cut off, take the rows that are there.",
    ),
]

NFeatures = Annotated[int, typer.Option(min=1, help="Length of each spectrum.")]
Convention = Annotated[str, typer.Option(help="durall (as published) or isotropic.")]
Dtype = Annotated[str, typer.Option(help="float32 or float64.")]
Backend = Annotated[str | None, typer.Option(help=f"{', '.join(NAMES)}.", show_default="the fastest")]
Threads = Annotated[
    int | None, typer.Option(min=1, help="Most threads to use.", show_default="all processors")
]


def valid_aggregate(name: str) -> Aggregate:
    """Check the value of ``--per-video``."""
    from facespectra.evaluation import AGGREGATES

    for known in AGGREGATES:
        if name == known:
            return known
    raise ValueError(f"--per-video must be {', '.join(AGGREGATES)}, not {name!r}")


def valid_faces(name: str | None) -> str | None:
    """Check the value of ``--faces``."""
    from facespectra.detector.inputs import FACES

    if name not in (None, *FACES):
        raise ValueError(f"--faces must be {', '.join(FACES)}, not {name!r}")
    return name
