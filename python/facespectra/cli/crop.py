"""``facespectra crop``: faces out of images, into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facespectra.cli.console import complain_of, find_sources, leave, progress_bar
from facespectra.cli.options import Device, Frames, Margin, Snap, Sources, Square
from facespectra.detector.inputs import ALL, LARGEST
from facespectra.videos import N_FRAMES

if TYPE_CHECKING:
    from facespectra.features import Status
    from facespectra.features.crop_files import CropRow


def crop(
    sources: Sources,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Output folder.", show_default=False)
    ],
    faces: Annotated[str, typer.Option(help="largest, or all: every face from 20 pixels.")] = LARGEST,
    frames: Frames = N_FRAMES,
    margin: Margin = 0.0,
    square: Square = False,
    snap: Snap = False,
    device: Device = None,
) -> None:
    """Write the largest face of every image and frame as a grey PNG, at native resolution.

    Folders keep their structure. With --faces all, the other faces are beside it, face2 and so on, the
    largest first. crops.csv in the output folder lists every image with its crop, its status
    (ok, no-face or unreadable) and the box (x0, y0, x1, y1) of the crop in the image. The crops of a video
    are in a folder of its name, and crops.csv has the frame number, too.
    """
    from facespectra._files import check_writable
    from facespectra.errors import FacespectraError
    from facespectra.faces import EveryFaceCropper, FaceCropper
    from facespectra.features.crop_files import (
        LIST,
        CropRow,
        plan_crops,
        plan_others,
        write_crop_list,
        write_png,
    )
    from facespectra.features.crops import read_samples
    from facespectra.features.status import NO_FACE

    if faces not in (LARGEST, ALL):
        raise ValueError(f"--faces must be {LARGEST} or {ALL} here, not {faces!r}")
    make = EveryFaceCropper if faces == ALL else FaceCropper
    cropper = make(margin=margin, square=square, snap=snap, device=device)
    _, n_missing = find_sources(sources)
    check_writable(out / LIST)
    planned = list(plan_crops(sources, frames))
    taken = {name for _, name in planned}
    rows: list[CropRow] = []
    unreadable: list[tuple[str, Status]] = []
    with progress_bar("crop") as update:
        samples = read_samples((image for image, _ in planned), cropper)
        for done, ((image, name), sample) in enumerate(zip(planned, samples, strict=True), start=1):
            crops = [] if sample.crop is None else [sample.crop, *sample.others]
            for crop, own in zip(crops, plan_others(name, len(crops), taken), strict=True):
                write_png(out / own, crop.grey)
                rows.append(CropRow(image, sample.status, own, crop.box))
            if not crops:
                rows.append(CropRow(image, sample.status))
            if sample.status.unreadable:
                unreadable.append((rows[-1].path, sample.status))
            update(done, len(planned))
    n_unreadable = complain_of(unreadable)
    if n_unreadable == len(planned):
        raise FacespectraError(f"none of {len(planned)} inputs could be read; nothing was written")
    write_crop_list(out / LIST, rows)
    no_face = sum(row.status == NO_FACE for row in rows)
    typer.echo(
        f"{out}: {len(rows) - no_face - n_unreadable} faces from {len(planned)} images, "
        f"{no_face} without a face"
    )
    leave(n_unreadable + n_missing)
