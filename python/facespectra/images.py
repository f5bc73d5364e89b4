"""Pixels in: reads images of any kind into 8-bit arrays, and finds them in folders.

Nothing here resizes: resampling changes the very spectrum that is to be measured.
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
"""Names that count as images inside a folder or a glob (a file that is named outright always counts)."""

MAX_PIXELS = 89_478_485
"""Images with more pixels are refused: the size from which Pillow suspects a decompression bomb."""

MAX_PIXELS_VARIABLE = "FACESPECTRA_MAX_PIXELS"
"""The environment variable that sets another limit."""

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

# Filters of warnings belong to the whole process: two threads that change and restore them at once can leave
# the wrong ones behind. Only headers are parsed under this lock; decoding, the slow part, is not.
_HEADER_LOCK = threading.Lock()


@cache
def image_formats() -> tuple[str, ...]:
    """Give the formats that are read, as Pillow calls them: those of :data:`IMAGE_SUFFIXES`.

    Pillow knows more. Some are a risk, whatever the file is called: it hands PostScript, which is a program,
    to Ghostscript.

    Returns
    -------
    tuple of str
    """
    # Pillow before 11.3 has no AVIF, and no patience with formats that it has not.
    newer = ("AVIF",) if find_spec("PIL.AvifImagePlugin") else ()
    return ("JPEG", "PNG", "PPM", "GIF", "BMP", "DIB", "WEBP", "TIFF", "JPEG2000", *newer)


def pixel_limit() -> int:
    """Give the most pixels that an image, or a frame of a video, may have.

    Returns
    -------
    int
        :data:`MAX_PIXELS`, or what ``FACESPECTRA_MAX_PIXELS`` says.

    Raises
    ------
    SettingError
        If the variable is not a whole number of at least 1.
    """
    text = os.environ.get(MAX_PIXELS_VARIABLE, "").strip()
    if not text:
        return MAX_PIXELS
    if not (text.isascii() and text.isdecimal() and len(text) < 19 and int(text) > 0):
        raise SettingError(f"{MAX_PIXELS_VARIABLE} must be a whole number of at least 1, got {text!r}")
    return int(text)


def too_large(width: int, height: int, limit: int) -> str:
    """Say why an image is refused, and what to do where it is none of a stranger's.

    Parameters
    ----------
    width, height, limit : int
        In pixels.

    Returns
    -------
    str
    """
    return f"{width}x{height} pixels exceed the limit of {limit} (set {MAX_PIXELS_VARIABLE} to allow it)"


def read_image(path: PathLike, *, max_pixels: int | None = None) -> Image.Image:
    """Read an image file as 8-bit RGB, turned upright as its EXIF record says.

    Every mode becomes ``"RGB"``, greys too: Pillow's ``convert("L")`` gives a grey image back bit for bit.
    See :func:`to_rgb` for how depth and transparency are treated. Of an animation or a multi-page file, the
    first frame is read.

    Parameters
    ----------
    path : path-like
        The file.
    max_pixels : int, optional
        Refuse images with more pixels than this before decoding them. Default: ``FACESPECTRA_MAX_PIXELS``,
        else :data:`MAX_PIXELS`. Where it is more than Pillow's own limit, ``Image.MAX_IMAGE_PIXELS`` is
        raised to it, for the whole process.

    Returns
    -------
    PIL.Image.Image
        Mode ``"RGB"``, in the file's own resolution.

    Raises
    ------
    UnreadableImageError
        If the file is missing, not permitted, empty, truncated, too large, or not an image. One line that
        names the file and the reason.
    MissingExtraError
        If Pillow is not installed.
    SettingError
        If ``FACESPECTRA_MAX_PIXELS`` is not a number of pixels.
    """
    return _read(path, max_pixels, to_rgb_image)


def read_rgb(path: PathLike) -> UInt8Array:
    """Read the pixels of :func:`read_image` as an array, without an image in between that nobody looks at.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    numpy.ndarray
        uint8, shape ``(H, W, 3)``; it may not be writable.

    Raises
    ------
    UnreadableImageError, MissingExtraError, SettingError
        As :func:`read_image`.
    """
    return _read(path, None, shared_rgb)


def _read(path: PathLike, max_pixels: int | None, finish: Callable[[Image.Image], Result]) -> Result:
    require("faces", "PIL")
    file = Path(path)
    limit = pixel_limit() if max_pixels is None else max_pixels
    try:
        # Reading first keeps the system's errors apart from Pillow's, which are OSErrors as well.
        if file.stat().st_size == 0:
            raise _unreadable(file, "the file is empty")
        with file.open("rb") as stream:
            return _decode(file, stream, limit, finish)
    except (OSError, ValueError) as error:
        raise _unreadable(file, why_not_opened(file, error)) from error


def why_not_opened(file: Path, error: OSError | ValueError) -> str:
    """Say why the system did not open a file.

    Parameters
    ----------
    file : Path
        The file.
    error : OSError or ValueError
        What was raised; a ValueError where the name holds a NUL.

    Returns
    -------
    str
    """
    if isinstance(error, ValueError):
        return "no file can have such a name"
    if error.errno in (errno.EISDIR, errno.EACCES) and file.is_dir():
        return "it is a folder" + ("" if os.access(file, os.R_OK | os.X_OK) else " that cannot be listed")
    reasons = {errno.ENOENT: "there is no such file", errno.EACCES: "permission to read it is denied"}
    return reasons.get(error.errno or 0, error.strerror or "it cannot be opened")


def _decode(
    file: Path, stream: IO[bytes], max_pixels: int, finish: Callable[[Image.Image], Result]
) -> Result:
    from PIL import Image, UnidentifiedImageError

    try:
        with _HEADER_LOCK, warnings.catch_warnings():
            # About damaged EXIF records, which do not matter, and suspected bombs, which are judged below.
            warnings.simplefilter("ignore")
            if max_pixels > max(MAX_PIXELS, Image.MAX_IMAGE_PIXELS or max_pixels):
                Image.MAX_IMAGE_PIXELS = max_pixels
            image: Image.Image = Image.open(stream, formats=image_formats())
            turn = _orientation(image)
        width, height = image.size
        if width * height > max_pixels:
            raise _unreadable(file, too_large(width, height, max_pixels))
        image.load()
        if turn in _ORIENTATIONS:
            image = to_rgb_image(image).transpose(getattr(Image.Transpose, _ORIENTATIONS[turn]))
        return finish(image)
    except UnreadableImageError:
        raise
    except UnidentifiedImageError as error:
        raise _unreadable(file, "it is not an image in a known format") from error
    except Image.DecompressionBombError as error:
        # Pillow knows the size and gives no image that one could ask.
        reason = f"it has too many pixels: the limit is {max_pixels} (set {MAX_PIXELS_VARIABLE} to allow it)"
        raise _unreadable(file, reason) from error
    except MemoryError as error:
        raise _unreadable(file, "there is not enough memory to decode it") from error
    except Exception as error:
        # Pillow's decoders raise whatever they stumble upon: OSError, SyntaxError, struct.error, KeyError ...
        raise _unreadable(file, one_line(error)) from error


def _orientation(image: Image.Image) -> int:
    try:
        turn = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001 - a broken EXIF record says nothing; the pixels are still good
        return 1
    return turn if isinstance(turn, int) else 1


def _unreadable(file: Path, reason: str) -> UnreadableImageError:
    reason = " ".join(reason.split())
    return UnreadableImageError(f"cannot read image {printable(file)}: {reason}", reason)


def find_images(
    sources: PathLike | Iterable[PathLike], *, suffixes: frozenset[str] = IMAGE_SUFFIXES
) -> list[Path]:
    """List the image files that files, folders and globs stand for.

    Parameters
    ----------
    sources : path-like or iterable of path-like
        Each one a file (taken whatever its name), a folder (searched with its subfolders, links followed), or
        a glob such as ``"photos/**/*.jpg"``. Folders and globs give only names with `suffixes`, and no
        hidden ones.
    suffixes : frozenset of str
        In lower case, with their dots.

    Returns
    -------
    list of pathlib.Path
        In the order of the sources, sorted within each so that ``face_2`` comes before ``face_10``; a file
        that several sources name stands once, at its first place. A subfolder that cannot be listed stands
        among the files, and reading it fails.

    Raises
    ------
    DatasetError
        If a source matches nothing, or is a folder that cannot be listed.
    """
    if isinstance(sources, str | os.PathLike):
        sources = [sources]
    found: dict[str, Path] = {}
    for source in sources:
        paths = sorted(_matches(source, suffixes), key=_natural)
        if not paths:
            raise DatasetError(_nothing(source, "image" if suffixes == IMAGE_SUFFIXES else "image or video"))
        for path in paths:
            found.setdefault(os.path.normpath(Path.cwd() / path), path)
    return list(found.values())


def _nothing(source: PathLike, what: str) -> str:
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

    def notice(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise DatasetError(f"cannot list the folder {printable(folder)}: {error.strerror}") from error
        # One failure among the files: reading it says why.
        closed.append(Path(error.filename))

    seen: set[str] = set()
    for here, folders, files in os.walk(folder, followlinks=True, onerror=notice):
        # Followed links can lead back up: each real folder is visited once.
        real = os.path.realpath(here)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        # In order, so that of two links to one folder it is always the same one that gives the names.
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            if not name.startswith(".") and Path(name).suffix.lower() in suffixes:
                yield Path(here, name)
    yield from closed


def _natural(path: Path) -> tuple[list[list[str | int]], str]:
    # Keys of folders are shared: those of a hundred thousand files take memory. Path.parts would stay, too.
    text = os.fspath(path)
    *folders, name = text.split(os.sep)  # noqa: PTH206
    return [*map(_folder_pieces, folders), _pieces(name)], text


def _pieces(part: str) -> list[str | int]:
    # They alternate between text and number, so that like is always compared with like.
    return [int(piece) if piece.isdecimal() else piece.casefold() for piece in re.split(r"(\d+)", part)]


_folder_pieces = lru_cache(maxsize=256)(_pieces)
