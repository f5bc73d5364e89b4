"""``facespectra crop``: faces out of images, into a folder."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facespectra.cli.console import complain_of, find_sources, leave, progress_bar
from facespectra.cli.options import Device, Frames, Margin, Snap, Sources, Square
from facespectra.videos import N_FRAMES

if TYPE_CHECKING:
    from facespectra.features import Status
    from facespectra.images import UInt8Array
    from facespectra.videos import Frame

LIST = "crops.csv"


def crop(
    sources: Sources,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Where to write.", show_default=False)
    ],
    frames: Frames = N_FRAMES,
    margin: Margin = 0.0,
    square: Square = False,
    snap: Snap = False,
    device: Device = None,
) -> None:
    """Write the largest face of every image and frame as a grey PNG, at native resolution.

    Folders keep their structure. crops.csv in the output folder lists every image with its crop, its status
    (ok, no-face or unreadable) and the box (x0, y0, x1, y1) of the crop in the image. The crops of a video
    lie in a folder of its name; crops.csv then gives the number of the frame, too.
    """
    from facespectra._files import check_writable, write_atomically
    from facespectra.errors import FacespectraError
    from facespectra.faces import FaceCropper
    from facespectra.features.crops import read_samples
    from facespectra.features.status import NO_FACE
    from facespectra.report.files import write_csv
    from facespectra.videos import find_media

    cropper = FaceCropper(margin=margin, square=square, snap=snap, device=device)
    _, n_missing = find_sources(sources, find_media)
    check_writable(out / LIST)
    planned = list(_plan(sources, frames))
    rows: list[tuple[str | int, ...]] = []
    unreadable: list[tuple[str, Status]] = []
    with progress_bar("crop") as update:
        samples = read_samples((image for image, _ in planned), cropper)
        for (image, name), sample in zip(planned, samples, strict=True):
            if sample.crop is None:
                rows.append((*_named(image), "", str(sample.status), "", "", "", ""))
            else:
                write_atomically(out / name, _png(sample.crop.grey))
                rows.append((*_named(image), name.as_posix(), str(sample.status), *sample.crop.box))
            if sample.status.unreadable:
                unreadable.append((str(rows[-1][0]), sample.status))
            update(len(rows), len(planned))
    statuses = [str(row[3]) for row in rows]
    n_unreadable = complain_of(
        (str(row[0]), str(row[3])) for row in rows if str(row[3]).startswith("unreadable")
    )
    if n_unreadable == len(rows):
        raise FacespectraError(f"none of {len(rows)} inputs could be read; nothing was written")
    header = ("path", "frame", "crop", "status", "x0", "y0", "x1", "y1")
    with_frames = any(row[1] != "" for row in rows)
    columns = [index for index, name in enumerate(header) if name != "frame" or with_frames]
    write_csv(
        out / LIST, [header[index] for index in columns], ([row[index] for index in columns] for row in rows)
    )
    no_face = statuses.count(str(NO_FACE))
    typer.echo(
        f"{out}: {len(rows) - no_face - n_unreadable} faces from {len(rows)} images, {no_face} without a face"
    )
    leave(n_unreadable + n_missing)


def _named(image: Path | Frame) -> tuple[str, str | int]:
    return (str(image), "") if isinstance(image, Path) else (image.path, image.index)


def _plan(sources: Sequence[str], n_frames: int) -> Iterator[tuple[Path | Frame, Path]]:
    """Each image and frame once, with the name of its crop relative to the output folder, no two alike."""
    from facespectra.errors import DatasetError
    from facespectra.videos import Frame, find_media, spread_frames

    seen: set[Path] = set()
    taken: set[str] = set()
    for source in sources:
        root = Path(source)
        try:
            images = find_media([source])
        except DatasetError:
            continue  # named already
        for image in images:
            if image.absolute() in seen:
                continue
            seen.add(image.absolute())
            relative = image.relative_to(root) if root.is_dir() else Path(image.name)
            name = relative.with_suffix(".png")
            number = 2
            # Compared without case: two files that differ in it alone are one on some systems.
            while name.as_posix().casefold() in taken:
                name = relative.with_name(f"{relative.stem}-{number}.png")
                number += 1
            taken.add(name.as_posix().casefold())
            for part in spread_frames([image], n_frames)[0]:
                if isinstance(part, Frame):
                    yield part, name.with_suffix("") / f"{part.index:06}.png"
                else:
                    yield image, name


def _png(grey: UInt8Array) -> bytes:
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(grey).save(content, "PNG")
    return content.getvalue()
