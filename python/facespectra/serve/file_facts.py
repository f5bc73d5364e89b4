"""What is known of a file without its faces: format, size, compression, and what was written into it.

Signs, and no proof: programs write the same tables, and take out records, as they like.
"""

from __future__ import annotations

import mmap
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from facespectra._kinds import kind_of
from facespectra.datasets.headers import read_header
from facespectra.errors import UnreadableFileError
from facespectra.images import image_formats
from facespectra.videos import is_video, video_info

# EXIF tags: maker, model, program, date; and the record of the place.
_MAKE, _MODEL, _PROGRAM, _DATE, _PLACE = 0x010F, 0x0110, 0x0131, 0x0132, 0x8825
_LONGEST = 80
# Boxes of the JPEG universal metadata format, with the label of C2PA's manifest store.
_JUMBF, _C2PA = b"jumb", b"c2pa"


def file_facts(path: Path) -> list[dict[str, str]]:
    """Give names and values for people, in the order in which they are shown."""
    facts = _video_facts(path) if is_video(path) else _image_facts(path)
    rows = [*facts, ("C2PA (content credentials)", "present, not checked" if has_c2pa(path) else "none")]
    return [{"name": name, "value": value} for name, value in rows]


def has_c2pa(path: Path) -> bool:
    """Whether a C2PA manifest store lies in a file: a JUMBF box with its label close behind."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        at = content.find(_JUMBF)
        while at >= 0:
            if content.find(_C2PA, at, at + 64) >= 0:
                return True
            at = content.find(_JUMBF, at + 1)
    return False


def _image_facts(path: Path) -> Iterator[tuple[str, str]]:
    from PIL import Image

    kind = kind_of(path)
    header = read_header(str(path))
    if header is None:
        return
    yield "Format", kind.name if kind else header.kind
    yield "Size", f"{header.width} x {header.height} pixels, as stored"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(path, formats=image_formats()) as image:
            if header.quality is not None:
                yield "JPEG quality", f"about {header.quality}"
                yield "Chroma", _subsampling(image)
                if image.info.get("progressive"):
                    yield "JPEG kind", "progressive: mostly from a program or web site, not from a camera"
            yield from _exif_facts(image)
    yield from _compressed_before(path, header.quality is not None)


def _subsampling(image: Any) -> str:
    from PIL import JpegImagePlugin

    names = {0: "4:4:4 (all colour kept)", 1: "4:2:2", 2: "4:2:0 (colour at half the resolution)"}
    return names.get(JpegImagePlugin.get_sampling(image), "unknown")


def _exif_facts(image: Any) -> Iterator[tuple[str, str]]:
    try:
        exif = image.getexif()
    except Exception:  # noqa: BLE001 - a broken record is no reason not to show the rest
        yield "EXIF", "damaged"
        return
    if not exif:
        yield "EXIF", "none"
        return
    camera = " ".join(filter(None, (_text(exif.get(_MAKE)), _text(exif.get(_MODEL)))))
    found = [
        f"camera {camera}" if camera else "",
        f"program {_text(exif.get(_PROGRAM))}" if _text(exif.get(_PROGRAM)) else "",
        f"date {_text(exif.get(_DATE))}" if _text(exif.get(_DATE)) else "",
        "a place" if _PLACE in exif else "",
    ]
    yield "EXIF", ", ".join(filter(None, found)) or "present"


def _text(value: Any) -> str:
    from facespectra._files import one_line

    return one_line(value, _LONGEST) if isinstance(value, str) else ""


def _compressed_before(path: Path, is_jpeg: bool) -> Iterator[tuple[str, str]]:
    from facespectra.serve.recompression import jpeg_grid

    try:
        grid = jpeg_grid(path)
    except UnreadableFileError:
        return
    if grid is not None and (not is_jpeg or grid != (0, 0)):
        x, y = grid
        where = "" if grid == (0, 0) else f", cut since (its blocks begin at {x}, {y})"
        yield "Compressed before", f"signs of an earlier JPEG compression{where}"
    else:
        yield "Compressed before", "no sign of an earlier JPEG compression"


def _video_facts(path: Path) -> Iterator[tuple[str, str]]:
    kind = kind_of(path)
    try:
        info = video_info(path, count=False)
    except UnreadableFileError:
        return
    yield "Format", kind.name if kind else info.codec
    yield "Codec", info.codec
    yield "Size", f"{info.width} x {info.height} pixels, as stored"
    if info.rate:
        yield "Frames per second", f"{info.rate:.4g}"
    if kind is None or kind.medium.value == "video":
        yield from _container_facts(path)


def _container_facts(path: Path) -> Iterator[tuple[str, str]]:
    from facespectra.videos.containers import writer_and_rate

    writer, bits = writer_and_rate(path)
    if bits:
        yield "Bit rate", f"{bits / 1000:.0f} kbit/s"
    if writer:
        again = writer.startswith(("Lavf", "HandBrake"))
        yield "Written by", writer + (": saved again after the camera" if again else "")
