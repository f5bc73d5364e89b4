"""Options that several commands share, said once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facespectra._truncated import TRUNCATED_VARIABLE
from facespectra.spectrum.backends import NAMES
from facespectra.videos import ALL_FRAMES

if TYPE_CHECKING:
    from facespectra.evaluation.aggregation import Aggregate

# What --help puts together.
FACES_AND_VIDEOS = "Faces and videos"
RUNNING = "Where and how it runs"
SPECTRUM = "The spectrum"


def one_of(*names: str) -> Callable[[], list[str]]:
    """Complete the value of an option by one of these."""
    return lambda: list(names)


def _frames(text: str) -> int:
    """Give the number of frames that are wanted of each video."""
    # A default comes as the number that it is.
    text = str(text)
    if text == "all":
        return ALL_FRAMES
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:12]) <= ALL_FRAMES):
        raise typer.BadParameter(f"{text!r} is neither a whole number of at least 1 nor all")
    return int(text)


Sources = Annotated[
    list[str],
    typer.Argument(metavar="SOURCE...", help="Image or video files, folders or globs.", show_default=False),
]
Frames = Annotated[
    int,
    typer.Option(
        parser=_frames,
        metavar="N|all",
        autocompletion=one_of("all"),
        help="Frames of each video, evenly spread, or all of them.",
        rich_help_panel=FACES_AND_VIDEOS,
    ),
]
Faces = Annotated[
    str | None,
    typer.Option(
        metavar="largest|all|whole",
        autocompletion=one_of("largest", "all", "whole"),
        help="Which face counts: the largest; of all, the most suspicious; or the whole image, where faces "
        "were cut out already.",
        show_default="as the model was trained",
        rich_help_panel=FACES_AND_VIDEOS,
    ),
]
PerVideo = Annotated[
    str,
    typer.Option(
        metavar="mean|median|max",
        autocompletion=one_of("mean", "median", "max"),
        help="How the scores of a video's frames are joined.",
        rich_help_panel=FACES_AND_VIDEOS,
    ),
]

Margin = Annotated[
    float,
    typer.Option(
        min=0.0,
        metavar="SHARE",
        help="Move each edge of the face's box outwards by this share.",
        rich_help_panel=FACES_AND_VIDEOS,
    ),
]
Square = Annotated[
    bool,
    typer.Option("--square", help="Widen the box to a square.", rich_help_panel=FACES_AND_VIDEOS),
]
Snap = Annotated[
    bool,
    typer.Option(
        "--snap",
        help="Change the box by a few pixels to 7-smooth sides, good for FFTs.",
        rich_help_panel=FACES_AND_VIDEOS,
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Where the face detector and ResNet-50 run, such as cuda.",
        show_default="cpu",
        rich_help_panel=RUNNING,
    ),
]
ResNetWeights = Annotated[
    str | None,
    typer.Option(
        "--resnet-weights",
        metavar="FILE",
        help="ResNet-50's weights: a state dict of torchvision's, or imagenet-v1 or imagenet-v2.",
        show_default="torchvision's, downloaded",
        rich_help_panel=RUNNING,
    ),
]
Precision = Annotated[
    str,
    typer.Option(
        metavar="float32|bfloat16|auto",
        autocompletion=one_of("float32", "bfloat16", "auto"),
        help="What ResNet-50 computes in; auto is bfloat16 where the processor has it and the features stay "
        "the same to a cosine of 0.999.",
        rich_help_panel=RUNNING,
    ),
]
Cache = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Keep faces and features here, by content and settings: a run that was stopped goes on, "
        "and others take what they need.",
        show_default=False,
        rich_help_panel=RUNNING,
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
        rich_help_panel=FACES_AND_VIDEOS,
    ),
]

NFeatures = Annotated[
    int, typer.Option(min=1, metavar="N", help="Length of each spectrum.", rich_help_panel=SPECTRUM)
]
Convention = Annotated[
    str,
    typer.Option(
        metavar="durall|isotropic",
        autocompletion=one_of("durall", "isotropic"),
        help="How frequencies are averaged: as published, or in cycles a pixel.",
        rich_help_panel=SPECTRUM,
    ),
]
Dtype = Annotated[
    str,
    typer.Option(
        metavar="float32|float64",
        autocompletion=one_of("float32", "float64"),
        help="What the spectrum is computed in.",
        rich_help_panel=SPECTRUM,
    ),
]
Backend = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        autocompletion=one_of(*NAMES),
        help=f"What computes spectra: {', '.join(NAMES)}.",
        show_default="the fastest",
        rich_help_panel=RUNNING,
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="Most threads to use.",
        show_default="all processors",
        rich_help_panel=RUNNING,
    ),
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
