"""The files of ``facespectra crop``: a PNG file for every face, and their list."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from facespectra._files import printable, write_atomically, write_csv
from facespectra.errors import DatasetError
from facespectra.features.status import OK, Status
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


def plan_crops(
    sources: Sequence[str], n_frames: int, reserved: Mapping[str, str] | None = None
) -> Iterator[tuple[Path | Frame, Path]]:
    """Give each image and frame once, with a unique relative name for its crop.

    Folders keep their structure, and the frames of a video get a folder of its name. Sources without an image
    or video are skipped. `reserved` are names, in small letters, that the crops of a source have already.
    """
    seen: set[Path] = set()
    taken: set[str] = set()
    reserved = reserved or {}
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
            while (key := name.as_posix().casefold()) in taken or reserved.get(key, str(image)) != str(image):
                name = relative.with_name(f"{relative.stem}-{number}.png")
                number += 1
            taken.add(key)
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


class CropList:
    """The list of crops, as CSV, which grows with them; there is none before the first row is written."""

    def __init__(self, path: Path, *, frames: bool, before: Sequence[Mapping[str, str]] = ()) -> None:
        self.path, self.before = path, before
        with_frames = frames or any(row.get("frame") for row in before)
        self.columns = [name for name in COLUMNS if with_frames or name != "frame"]
        self._file: IO[bytes] | None = None

    def write(self, rows: Iterable[CropRow]) -> None:
        """Add rows, which are on the disk's way when this returns."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_csv(self.path, self.columns, ([row[name] for name in self.columns] for row in self.before))
            self._file = self.path.open("ab")
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        for row in rows:
            fields = _fields(row)
            writer.writerow([fields[name] for name in self.columns])
        self._file.write(text.getvalue().encode(errors="surrogateescape"))
        self._file.flush()

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()


def read_crop_list(path: Path, *, several: bool) -> list[dict[str, str]]:
    """Read the list of a run that was stopped, without half a row at its end.

    Where an image can have `several` rows, the last image is left out, too: some of its rows may be missing.
    """
    if not path.exists():
        return []
    text = path.read_bytes().decode(errors="surrogateescape")
    # What was being written when the run stopped is a row without its end.
    rows = list(csv.DictReader(io.StringIO(text[: text.rfind("\n") + 1], newline="")))
    if rows and set(rows[0]) | {"frame"} != set(COLUMNS):
        raise DatasetError(
            f"{printable(path)}: it is not a list of crop; give another -o, or leave --resume out"
        )
    if rows and None in rows[-1].values():
        # A line end within a name, in the row that was being written.
        rows.pop()
    for row in rows:
        row.setdefault("frame", "")
    if several and rows:
        last = key_of_row(rows[-1])
        rows = [row for row in rows if key_of_row(row) != last]
    return rows


def key_of_row(row: Mapping[str, str]) -> tuple[str, str]:
    """The image or frame that a row is about."""
    return row["path"], row["frame"]


def key_of_source(source: Path | Frame) -> tuple[str, str]:
    """The same of an image or frame that is planned."""
    row = CropRow(source, OK)
    return row.path, str(_fields(row)["frame"])


def names_taken(rows: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The names that crops have already, in small letters, and the source of each."""
    names = {}
    for row in rows:
        if row["crop"]:
            crop = Path(row["crop"])
            name = f"{crop.parent.as_posix()}.png" if row["frame"] else crop.as_posix()
            names[name.casefold()] = row["path"]
    return names


def _fields(row: CropRow) -> dict[str, str | int]:
    values = (
        row.path,
        row.source.index if isinstance(row.source, Frame) else "",
        row.crop.as_posix() if row.crop is not None else "",
        str(row.status),
        *(row.box or ("",) * 4),
    )
    return dict(zip(COLUMNS, values, strict=True))
