"""The files of ``facespectra crop``: a PNG file for every face, and their list."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from facespectra._files import write_atomically, write_csv
from facespectra.errors import DatasetError
from facespectra.features.status import Status
from facespectra.videos import Frame, find_media, spread_frames

if TYPE_CHECKING:
    from facespectra.faces import Box
    from facespectra.images import UInt8Array

LIST = "crops.csv"
COLUMNS = ("path", "frame", "crop", "status", "x0", "y0", "x1", "y1")


class CropRow(NamedTuple):
    """What became of one image or frame; `crop` and `box` are None if it has no face."""

    source: Path | Frame
    status: Status
    crop: Path | None = None
    box: Box | None = None

    @property
    def path(self) -> str:
        """The image or video file."""
        return self.source.path if isinstance(self.source, Frame) else str(self.source)


def plan_crops(sources: Sequence[str], n_frames: int) -> Iterator[tuple[Path | Frame, Path]]:
    """Give each image and frame once, with a unique relative name for its crop.

    Folders keep their structure, and the frames of a video get a folder of its name. Sources without an image
    or video are skipped.
    """
    seen: set[Path] = set()
    taken: set[str] = set()
    for source in sources:
        root = Path(source)
        try:
            images = find_media([source])
        except DatasetError:
            continue
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


def plan_others(name: Path, n_faces: int, taken: set[Path]) -> list[Path]:
    """Name the crops of all faces of an image, its own name first; new ones are added to `taken`."""
    names = [name][:n_faces]
    number = 2
    while len(names) < n_faces:
        other = name.with_name(f"{name.stem}-face{number}.png")
        number += 1
        if other not in taken:
            taken.add(other)
            names.append(other)
    return names


def write_png(path: Path, grey: UInt8Array) -> None:
    """Write a grey image as a PNG file."""
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(grey).save(content, "PNG")
    write_atomically(path, content.getvalue())


def write_crop_list(path: Path, rows: Sequence[CropRow]) -> None:
    """Write the list of crops as CSV; the column ``frame`` is left out if there are only images."""
    columns = list(COLUMNS)
    if not any(isinstance(row.source, Frame) for row in rows):
        columns.remove("frame")
    write_csv(path, columns, ([_fields(row)[name] for name in columns] for row in rows))


def _fields(row: CropRow) -> dict[str, str | int]:
    values = (
        row.path,
        row.source.index if isinstance(row.source, Frame) else "",
        row.crop.as_posix() if row.crop is not None else "",
        row.status,
        *(row.box or ("",) * 4),
    )
    return dict(zip(COLUMNS, values, strict=True))
