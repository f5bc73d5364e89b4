"""``facespectra crop``: faces out of images, into a folder."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facespectra._files import printable
from facespectra._wording import counted
from facespectra.cli.console import (
    complain,
    complain_of,
    complain_of_notes,
    find_sources,
    leave,
    progress_bar,
    say,
)
from facespectra.cli.options import (
    Device,
    Frames,
    Margin,
    Snap,
    Sources,
    Square,
    Truncated,
    one_of,
)
from facespectra.detector.inputs import ALL, LARGEST
from facespectra.videos import N_FRAMES

if TYPE_CHECKING:
    from facespectra.features import Status
    from facespectra.videos import Frame


def crop(
    sources: Sources,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Output folder.", show_default=False)
    ],
    faces: Annotated[
        str,
        typer.Option(
            metavar="largest|all",
            autocompletion=one_of("largest", "all"),
            help="The largest face, or every face from 20 pixels.",
        ),
    ] = LARGEST,
    resume: Annotated[
        bool, typer.Option("--resume", help="Keep what crops.csv lists already, and crop the rest.")
    ] = False,
    frames: Frames = N_FRAMES,
    margin: Margin = 0.0,
    square: Square = False,
    snap: Snap = False,
    device: Device = None,
    truncated: Truncated = False,
) -> None:
    """Write the largest face of every image and frame as a grey PNG, at native resolution.

    Folders keep their structure. With --faces all, the other faces are beside it, face2 and so on, the
    largest first. crops.csv in the output folder lists every image with its crop, its status
    (ok, no-face or unreadable) and the box (x0, y0, x1, y1) of the crop in the image, and grows with the
    crops. The crops of a video are in a folder of its name, and crops.csv has the frame number, too.

    Examples
    --------
    facespectra crop photos/ -o faces
    """
    from facespectra._files import check_output
    from facespectra.errors import FacespectraError
    from facespectra.faces import EveryFaceCropper, FaceCropper
    from facespectra.features import crop_files
    from facespectra.features.crop_files import CropList, CropRow
    from facespectra.features.crops import read_samples
    from facespectra.features.status import Kind
    from facespectra.videos import Frame

    if faces not in (LARGEST, ALL):
        raise ValueError(f"--faces must be {LARGEST} or {ALL} here, not {faces!r}")
    check_output(out, folder=True)
    check_output(out / crop_files.LIST, grows=True)
    make = EveryFaceCropper if faces == ALL else FaceCropper
    cropper = make(margin=margin, square=square, snap=snap, device=device)
    _, n_missing = find_sources(sources)
    before = crop_files.read_crop_list(out / crop_files.LIST, several=faces == ALL) if resume else []
    planned = list(crop_files.plan_crops(sources, frames, crop_files.names_taken(before)))
    _refuse_to_overwrite(out, planned)
    there = set(map(crop_files.key_of_row, before))
    left = [(image, name) for image, name in planned if crop_files.key_of_source(image) not in there]
    taken = {name for _, name in planned} | {Path(row["crop"]) for row in before}
    listed = CropList(
        out / crop_files.LIST, frames=any(isinstance(image, Frame) for image, _ in planned), before=before
    )
    waiting: list[CropRow] = []
    told: set[tuple[str, Status]] = set()
    noted: set[tuple[str, str]] = set()
    tally = Counter[Kind]()
    n_faces = n_done = n_unreadable = 0
    try:
        with progress_bar("crop") as update:
            samples = read_samples((image for image, _ in left), cropper)
            for n_done, ((image, name), sample) in enumerate(zip(left, samples, strict=True), start=1):
                crops = [] if sample.crop is None else [sample.crop, *sample.others]
                rows = [] if crops else [CropRow(image, sample.status)]
                for crop, own in zip(crops, crop_files.plan_others(name, len(crops), taken), strict=True):
                    crop_files.write_png(out / own, crop.grey)
                    rows.append(CropRow(image, sample.status, own, crop.box))
                n_faces += len(crops)
                tally[sample.status.kind] += 1
                if sample.status.unreadable:
                    n_unreadable += 1
                    # The frames of a video that cannot be read have one name, and one line.
                    if (failure := (rows[-1].path, sample.status)) not in told:
                        told.add(failure)
                        complain_of([failure])
                complain_of_notes([(rows[-1].path, sample.note)], noted)
                waiting += rows
                # Nothing is written as long as nothing could be read.
                if before or tally[Kind.UNREADABLE] < n_done:
                    listed.write(waiting)
                    waiting = []
                update(n_done, len(left))
    except KeyboardInterrupt:
        complain(f"stopped after {n_done} of {counted(len(left), 'image')}; add --resume to go on")
        raise
    finally:
        listed.close()
    if waiting:
        raise FacespectraError(f"none of {counted(len(left), 'input')} could be read; nothing was written")
    more = f", and {len(planned) - len(left)} were there" if resume else ""
    say(
        f"{out}: {counted(n_faces, 'face')} from {counted(len(left), 'image')}, "
        f"{tally[Kind.NO_FACE]} without a face{more}"
    )
    leave(n_unreadable + n_missing)


def _refuse_to_overwrite(out: Path, planned: Sequence[tuple[Path | Frame, Path]]) -> None:
    """A crop must not take the place of a picture that it is made of, or of another one of the sources."""
    if not out.is_dir():
        return
    images = {os.path.realpath(image) for image, _ in planned if isinstance(image, Path)}
    for _, name in planned:
        if os.path.realpath(out / name) in images:
            raise ValueError(
                f"{printable(out / name)}: its crop would take the place of this picture; give another -o"
            )
