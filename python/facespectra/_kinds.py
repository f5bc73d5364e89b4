"""What a file is, by its first bytes: its name may say anything."""

from __future__ import annotations

import os
import re
import stat
from enum import Enum
from pathlib import Path
from typing import NamedTuple

PathLike = str | os.PathLike[str]

# fmt: off
IMAGE_SUFFIXES = frozenset({
    ".avif", ".bmp", ".gif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm",
    ".ppm", ".tif", ".tiff", ".webp",
})
VIDEO_SUFFIXES = frozenset({
    ".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv", ".webm",
    ".wmv",
})
RAW_SUFFIXES = frozenset({
    ".3fr", ".arw", ".cr2", ".cr3", ".dng", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".srw",
})
# fmt: on

# Enough for three packets of an MPEG transport stream; one read of the disk whatever the number.
HEAD = 400


class Medium(Enum):
    """What can be done with a kind of file."""

    IMAGE = "image"
    VIDEO = "video"
    SOUND = "sound"
    OTHER = "other"


class Kind(NamedTuple):
    """A kind of file: what it is called, and what to do with it where it is not read."""

    name: str
    medium: Medium
    hint: str = ""


def _image(name: str) -> Kind:
    return Kind(name, Medium.IMAGE)


def _video(name: str) -> Kind:
    return Kind(name, Medium.VIDEO)


def _sound(name: str) -> Kind:
    return Kind(name, Medium.SOUND)


HEIC, AVIF, GIF, PNG, WEBP = map(_image, ("HEIC", "AVIF", "GIF", "PNG", "WebP"))
TIFF, MP4 = _image("TIFF"), _video("MP4")
_UNPACK = "unpack it first"
_CONVERT = "convert it to PNG or JPEG first"
RAW = Kind("a camera's raw file", Medium.OTHER, _CONVERT)

_STARTS: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", _image("JPEG")),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
    (b"\0\0\0\x0cjP  \r\n", _image("JPEG 2000")),
    (b"\xff\x4f\xff\x51", _image("JPEG 2000")),
    (b"\x1a\x45\xdf\xa3", _video("Matroska")),
    (b"\0\0\x01\xba", _video("MPEG")),
    (b"\0\0\x01\xb3", _video("MPEG")),
    (b"FLV\x01", _video("FLV")),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", _video("WMV")),
    (b"fLaC", _sound("FLAC")),
    (b"ID3", _sound("MP3")),
    (b"\xff\x0a", Kind("JPEG XL", Medium.OTHER, _CONVERT)),
    (b"\0\0\0\x0cJXL ", Kind("JPEG XL", Medium.OTHER, _CONVERT)),
    (b"8BPS", Kind("a Photoshop file", Medium.OTHER, _CONVERT)),
    (b"%PDF-", Kind("PDF", Medium.OTHER, _CONVERT)),
    (b"PK\x03\x04", Kind("a ZIP archive", Medium.OTHER, _UNPACK)),
    (b"Rar!\x1a\x07", Kind("a RAR archive", Medium.OTHER, _UNPACK)),
    (b"7z\xbc\xaf\x27\x1c", Kind("a 7-Zip archive", Medium.OTHER, _UNPACK)),
    (b"\x1f\x8b", Kind("a gzip archive", Medium.OTHER, _UNPACK)),
    (b"version https://git-lfs", Kind("a pointer of Git LFS", Medium.OTHER, "run git lfs pull first")),
)
_RIFF = {b"WEBP": WEBP, b"AVI ": _video("AVI"), b"WAVE": _sound("WAV")}
# Brands of the ISO base media format, of the many that there are: the others are videos.
_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), AVIF),
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"), HEIC),
    **dict.fromkeys((b"M4A ", b"M4B ", b"M4P "), _sound("M4A")),
    b"crx ": RAW,
}
_OGG_SOUND = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex ")
_ATOMS = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_PNM = re.compile(rb"P[1-6]\s+(#|\d)")
_HTML = re.compile(rb"\s*<(!doctype html|html)", re.IGNORECASE)


def head_of(path: PathLike) -> bytes:
    """The first bytes of a file; none where it cannot be read, or is a pipe, which would lose them."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - of a name with a NUL, too
            return b""
        with Path(path).open("rb", buffering=0) as file:
            return file.read(HEAD)
    except (OSError, ValueError):
        # Whoever reads the file says why it cannot be read.
        return b""


def kind_of_head(head: bytes) -> Kind | None:
    """What the first bytes of a file say that it is; None where they say nothing known."""
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _kind_of_brands(head)
    if head[4:8] in _ATOMS:
        return MP4
    if head[:4] == b"OggS":
        return _sound("Ogg") if any(head.startswith(one, 28) for one in _OGG_SOUND) else _video("Ogg")
    # Two letters alone begin many a text.
    if head[:2] == b"BM" and head[6:10] == bytes(4) and head[14:18] in _BITMAP_HEADERS:
        return _image("BMP")
    if _PNM.match(head):
        return _image("PNM")
    if any(_repeated(head, first, size) for first, size in ((0, 188), (4, 192))):
        return _video("MPEG-TS")
    if _HTML.match(head):
        return Kind("a web page", Medium.OTHER, "download the picture itself")
    return None


_BITMAP_HEADERS = {size.to_bytes(4, "little") for size in (12, 40, 52, 56, 64, 108, 124)}


def kind_of(path: PathLike) -> Kind | None:
    """What a file is, by its content; None where that says nothing."""
    kind = kind_of_head(head_of(path))
    return RAW if kind is TIFF and suffix_of(path) in RAW_SUFFIXES else kind


def suffix_of(path: PathLike) -> str:
    """The ending of a name in small letters; empty where it has none."""
    return os.path.splitext(os.fspath(path))[1].lower()  # noqa: PTH122 - a hundred thousand times


def _kind_of_brands(head: bytes) -> Kind:
    size = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4))]
    kind = _BRANDS.get(brands[0], MP4)
    if kind is HEIC and AVIF in map(_BRANDS.get, brands):
        # The first brand of some AVIF files is the one that HEIC has in common with it.
        return AVIF
    return kind


def _repeated(head: bytes, first: int, size: int) -> bool:
    sync = head[first::size]
    return len(sync) >= 2 and set(sync) == {0x47}
