"""Properties of images and videos that need no decoding: size, format, JPEG tables."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from facespectra._extras import require
from facespectra.errors import UnreadableVideoError
from facespectra.images import image_formats
from facespectra.videos import is_video, video_info

# Table K.1 of the JPEG standard, in natural order: the luminance table of quality 50.
# fmt: off
_LUMINANCE = (
    16, 11, 10, 16, 24, 40, 51, 61,
    12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77,
    24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
)
# fmt: on


@dataclass(frozen=True, slots=True)
class Header:
    """Size in pixels as stored, format and JPEG quantisation of a file."""

    width: int
    height: int
    kind: str  # such as "JPEG RGB" or "video h264"
    tables: str = ""  # digest of all JPEG quantisation tables and the chroma subsampling
    quality: int | None = None  # of a JPEG, see jpeg_quality


def read_header(path: str) -> Header | None:
    """Read the header of an image or a video; None if it cannot be read."""
    if is_video(path):
        try:
            info = video_info(path, count=False)
        except UnreadableVideoError:
            return None
        return Header(info.width, info.height, f"video {info.codec}")
    return _image_header(path)


def read_headers(paths: Iterable[str]) -> dict[str, Header]:
    """Read the header of each file once, skipping those that cannot be read."""
    headers = ((path, read_header(path)) for path in dict.fromkeys(paths))
    return {path: header for path, header in headers if header is not None}


def _image_header(path: str) -> Header | None:
    require("faces", "PIL")
    from PIL import Image

    try:
        with warnings.catch_warnings():
            # About decompression bombs: nothing is decoded here.
            warnings.simplefilter("ignore")
            with Image.open(path, formats=image_formats()) as image:
                tables: dict[int, Sequence[int]] = getattr(image, "quantization", None) or {}
                kind = f"{image.format} {image.mode}"
                if image.format != "JPEG" or not tables:
                    return Header(*image.size, kind)
                return Header(*image.size, kind, _digest(image, tables), jpeg_quality(tables[min(tables)]))
    except Exception:  # noqa: BLE001 - Pillow raises anything; the reader will name the file
        return None


def _digest(image: Any, tables: dict[int, Sequence[int]]) -> str:
    from PIL import JpegImagePlugin

    what = (
        sorted((number, tuple(table)) for number, table in tables.items()),
        JpegImagePlugin.get_sampling(image),
    )
    return hashlib.sha256(repr(what).encode()).hexdigest()[:12]


def jpeg_quality(luminance: Sequence[int]) -> int:
    """Find the quality, 1 to 100, at which libjpeg's luminance table is nearest to a given one.

    The table is in natural order, as Pillow gives it. For tables of cameras and editors the result is
    approximate.
    """

    def distance(quality: int) -> int:
        scale = 5000 // quality if quality < 50 else 200 - 2 * quality
        table = (min(255, max(1, (base * scale + 50) // 100)) for base in _LUMINANCE)
        return sum(abs(one - other) for one, other in zip(table, luminance, strict=True))

    return min(range(100, 0, -1), key=distance)
