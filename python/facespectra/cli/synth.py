"""``facespectra synth``: synthetic swaps out of real photographs, to look at and to train on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facespectra._wording import counted
from facespectra.cli.console import complain_of, find_sources, leave, progress_bar, say
from facespectra.cli.options import (
    Device,
    Frames,
    Sources,
    Truncated,
    one_of,
)
from facespectra.videos import N_FRAMES

if TYPE_CHECKING:
    from facespectra.faces import Face
    from facespectra.features import Status
    from facespectra.videos import Named


def synth(
    sources: Sources,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Output folder.", show_default=False)
    ],
    pairs: Annotated[int, typer.Option(min=1, help="Swaps made of each photograph.")] = 1,
    preset: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            autocompletion=one_of("default", "early", "modern", "small", "restored"),
            help="Which kind of swaps: default, early, modern, small or restored.",
        ),
    ] = "default",
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="STEP", help="Switch a step off; can be repeated.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all random choices.")] = 0,
    frames: Frames = N_FRAMES,
    device: Device = None,
    truncated: Truncated = False,
) -> None:
    """Make synthetic face swaps: for every photograph or frame a real picture and its fake twin.

    Both go through the same noise, tone curve, sharpening, codecs and resizing, so that nothing but the swap
    differs. The pictures are in real/ and fake/; manifest.csv lists them with their group (the photograph or
    video) and every parameter that was drawn; sheet.png shows the first pairs, real beside fake.

    Examples
    --------
    facespectra synth photos/ -o swaps
    """
    from facespectra._files import check_output
    from facespectra.errors import FacespectraError
    from facespectra.faces import FaceCropper
    from facespectra.features.crops import read_samples
    from facespectra.features.status import NO_FACE
    from facespectra.synth import PRESETS
    from facespectra.synth.files import write_pairs
    from facespectra.videos import spread_frames

    check_output(out, folder=True)
    if preset not in PRESETS:
        raise ValueError(f"unknown preset {preset!r}; use one of {', '.join(PRESETS)}")
    settings = PRESETS[preset].without(*(without or []))
    files, n_missing = find_sources(sources)
    images, _ = spread_frames(files, frames)
    photographs: list[Named] = []
    faces: list[Face] = []
    statuses: list[tuple[str, Status]] = []
    with progress_bar("find faces") as update:
        for image, sample in zip(images, read_samples(images, FaceCropper(device=device)), strict=True):
            statuses.append((sample.path, sample.status))
            if sample.crop is not None and sample.crop.face is not None:
                photographs.append(image)
                faces.append(sample.crop.face)
            update(len(statuses), len(images))
    n_unreadable = complain_of(one for one in statuses if one[1].unreadable)
    if not faces:
        raise FacespectraError(f"no face in any of {counted(len(images), 'photograph')}; nothing was written")
    with progress_bar("swap") as update:
        n = write_pairs(out, photographs, faces, pairs, seed=seed, settings=settings, progress=update)
    no_face = sum(status == NO_FACE for _, status in statuses)
    say(f"{out}: {counted(n, 'pair')} from {counted(len(faces), 'photograph')}, {no_face} without a face")
    leave(n_unreadable + n_missing)
