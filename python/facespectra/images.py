"""Reading images of any kind into 8-bit arrays, and finding them in folders.

Nothing here resizes: resampling changes the spectrum that is to be measured.
"""

from __future__ import annotations

import errno
import glob
import os
import re
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

from facespectra._conversion import AnyImage, UInt8Array, shared_rgb, to_grey, to_rgb, to_rgb_image
from facespectra._extras import require
from facespectra._files import PathLike, one_line, printable
from facespectra.errors import DatasetError, SettingError, UnreadableImageError

if TYPE_CHECKING:
    from PIL import Image

__all__ = [
    "IMAGE_SUFFIXES",
    "MAX_PIXELS",
    "AnyImage",
    "PathLike",
    "UInt8Array",
    "find_images",
    "pixel_limit",
    "read_image",
    "read_rgb",
    "to_grey",
    "to_rgb",
]

Result = TypeVar("Result")

# fmt: off
IMAGE_SUFFIXES = frozenset({
    ".avif", ".bmp", ".gif", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm",
    ".ppm", ".tif", ".tiff", ".webp",
})
# fmt: on
"""Suffixes of images in folders and globs (explicit files always count)."""

MAX_PIXELS = 89_478_485
"""Images with more pixels are refused: the size at which Pillow suspects a decompression bomb."""

MAX_PIXELS_VARIABLE = "FACESPECTRA_MAX_PIXELS"
"""The environment variable for another limit."""

_ORIENTATION_TAG = 0x0112
_ORIENTATIONS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}

# Warning filters belong to the whole process: two threads that change and restore them at the same time can
# leave the wrong ones behind. Only headers are parsed under this lock, not decoded, which is the slow part.
_HEADER_LOCK = threading.Lock()


@cache
def image_formats() -> tuple[str, ...]:
    """Give the formats that are read, by Pillow's names: those of :data:`IMAGE_SUFFIXES`.

    Pillow knows more, and some are a risk whatever the file is called: it passes PostScript, which is a
    program, to Ghostscript.
    """
    # Pillow before 11.3 has no AVIF, and raises on unknown formats.
    newer = ("AVIF",) if find_spec("PIL.AvifImagePlugin") else ()
    return ("JPEG", "PNG", "PPM", "GIF", "BMP", "DIB", "WEBP", "TIFF", "JPEG2000", *newer)


def pixel_limit() -> int:
    """Give the most pixels an image or frame may have: ``FACESPECTRA_MAX_PIXELS``, or the default."""
    text = os.environ.get(MAX_PIXELS_VARIABLE, "").strip()
    if not text:
        return MAX_PIXELS
    if not (text.isascii() and text.isdecimal() and len(text) < 19 and int(text) > 0):
        raise SettingError(f"{MAX_PIXELS_VARIABLE} must be a whole number of at least 1, got {text!r}")
    return int(text)


def too_large(width: int, height: int, limit: int) -> str:
    """Explain why an image is refused, and how to allow it if it can be trusted."""
    return f"{width}x{height} pixels exceed the limit of {limit} (set {MAX_PIXELS_VARIABLE} to allow it)"


def read_image(path: PathLike, *, max_pixels: int | None = None) -> Image.Image:
    """Read an image file as 8-bit RGB, rotated as its EXIF record says; of several frames, the first.

    Greys become RGB, too: Pillow's ``convert("L")`` restores them bit for bit. Images with more than
    `max_pixels` (by default :func:`pixel_limit`) are refused before decoding; a higher limit than Pillow's
    own raises ``Image.MAX_IMAGE_PIXELS`` for the whole process. Every fault of the file is an
    ``UnreadableImageError``.
    """
    return _read(path, max_pixels, to_rgb_image)


def read_rgb(path: PathLike) -> UInt8Array:
    """Read the pixels of :func:`read_image` as (H, W, 3) uint8, which may not be writable."""
    return _read(path, None, shared_rgb)


def _read(path: PathLike, max_pixels: int | None, convert: Callable[[Image.Image], Result]) -> Result:
    require("faces", "PIL")
    file = Path(path)
    limit = pixel_limit() if max_pixels is None else max_pixels
    try:
        # Opened here, since Pillow's own errors are OSErrors as well.
        if file.stat().st_size == 0:
            raise _unreadable(file, "the file is empty")
        with file.open("rb") as stream:
            return _decode(file, stream, limit, convert)
    except (OSError, ValueError) as error:
        raise _unreadable(file, why_not_opened(file, error)) from error


def why_not_opened(file: Path, error: OSError | ValueError) -> str:
    """Explain why the system did not open a file; a ``ValueError`` comes from a NUL in its name."""
    if isinstance(error, ValueError):
        return "no file can have such a name"
    if error.errno in (errno.EISDIR, errno.EACCES) and file.is_dir():
        return "it is a folder" + ("" if os.access(file, os.R_OK | os.X_OK) else " that cannot be listed")
    reasons = {errno.ENOENT: "there is no such file", errno.EACCES: "permission to read it is denied"}
    return reasons.get(error.errno or 0, error.strerror or "it cannot be opened")


def _decode(
    file: Path, stream: IO[bytes], max_pixels: int, convert: Callable[[Image.Image], Result]
) -> Result:
    from PIL import Image, UnidentifiedImageError

    try:
        with _HEADER_LOCK, warnings.catch_warnings():
            # About damaged EXIF records, which do not matter, and decompression bombs, see below.
            warnings.simplefilter("ignore")
            if max_pixels > max(MAX_PIXELS, Image.MAX_IMAGE_PIXELS or max_pixels):
                Image.MAX_IMAGE_PIXELS = max_pixels
            image: Image.Image = Image.open(stream, formats=image_formats())
            orientation = _orientation(image)
        width, height = image.size
        if width * height > max_pixels:
            raise _unreadable(file, too_large(width, height, max_pixels))
        image.load()
        if orientation in _ORIENTATIONS:
            image = to_rgb_image(image).transpose(getattr(Image.Transpose, _ORIENTATIONS[orientation]))
        return convert(image)
    except UnreadableImageError:
        raise
    except UnidentifiedImageError as error:
        raise _unreadable(file, "it is not an image in a known format") from error
    except Image.DecompressionBombError as error:
        # Pillow raises before there is an image with a size.
        reason = f"it has too many pixels: the limit is {max_pixels} (set {MAX_PIXELS_VARIABLE} to allow it)"
        raise _unreadable(file, reason) from error
    except MemoryError as error:
        raise _unreadable(file, "there is not enough memory to decode it") from error
    except Exception as error:
        # Pillow's decoders raise anything: OSError, SyntaxError, struct.error, KeyError ...
        raise _unreadable(file, one_line(error)) from error


def _orientation(image: Image.Image) -> int:
    try:
        orientation = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001 - a broken EXIF record is ignored; the pixels are still good
        return 1
    return orientation if isinstance(orientation, int) else 1


def _unreadable(file: Path, reason: str) -> UnreadableImageError:
    reason = " ".join(reason.split())
    return UnreadableImageError(f"cannot read image {printable(file)}: {reason}", reason)


def find_images(
    sources: PathLike | Iterable[PathLike], *, suffixes: frozenset[str] = IMAGE_SUFFIXES
) -> list[Path]:
    """List the files with these suffixes that files, folders and globs stand for.

    Explicit files count whatever their names are. Folders are searched with their subfolders, following links
    but skipping hidden names. The files are in the order of the sources and sorted within each, ``face_2``
    before ``face_10``; duplicates are dropped. A subfolder that cannot be listed stands among the files, and
    reading it fails. A source without files, or a folder that cannot be listed, raises ``DatasetError``.
    """
    if isinstance(sources, str | os.PathLike):
        sources = [sources]
    files: dict[str, Path] = {}
    for source in sources:
        paths = sorted(_matches(source, suffixes), key=_natural)
        if not paths:
            raise DatasetError(_no_match(source, "image" if suffixes == IMAGE_SUFFIXES else "image or video"))
        for path in paths:
            files.setdefault(os.path.normpath(Path.cwd() / path), path)
    return list(files.values())


def _no_match(source: PathLike, what: str) -> str:
    name = printable(source)
    if Path(source).is_dir():
        return f"no {what} in the folder {name}"
    if glob.has_magic(name):
        return f"no {what} matches {name}"
    return f"there is no file or folder {name}"


def _matches(source: PathLike, suffixes: frozenset[str]) -> Iterator[Path]:
    path = Path(source)
    if path.is_dir():
        yield from _walk(path, suffixes)
    elif path.exists():
        yield path
    else:
        # Path.glob takes no absolute patterns and lists hidden files.
        for name in glob.iglob(os.fspath(source), recursive=True):  # noqa: PTH207
            match = Path(name)
            if match.suffix.lower() in suffixes and match.is_file():
                yield match


def _walk(folder: Path, suffixes: frozenset[str]) -> Iterator[Path]:
    closed: list[Path] = []

    def on_error(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise DatasetError(f"cannot list the folder {printable(folder)}: {error.strerror}") from error
        # Listed among the files: reading it says why.
        closed.append(Path(error.filename))

    seen: set[str] = set()
    for here, folders, files in os.walk(folder, followlinks=True, onerror=on_error):
        # Links can lead back up: each real folder is visited once.
        real = os.path.realpath(here)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        # Sorted, so that of two links to one folder the same one always gives the names.
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            if not name.startswith(".") and Path(name).suffix.lower() in suffixes:
                yield Path(here, name)
    yield from closed


def _natural(path: Path) -> tuple[list[list[str | int]], str]:
    # Folder keys are shared to save memory with 100,000 files; Path.parts would be cached, too.
    text = os.fspath(path)
    *folders, name = text.split(os.sep)  # noqa: PTH206
    return [*map(_folder_pieces, folders), _pieces(name)], text


def _pieces(part: str) -> list[str | int]:
    # Text and numbers alternate, so that numbers are only compared with numbers.
    return [int(piece) if piece.isdecimal() else piece.casefold() for piece in re.split(r"(\d+)", part)]


_folder_pieces = lru_cache(maxsize=256)(_pieces)
