"""Reading images of any kind into 8-bit arrays.

Nothing here resizes: resampling changes the spectrum that is to be measured.
"""

from __future__ import annotations

import errno
import os
import threading
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

from facespectra._conversion import AnyImage, UInt8Array, shared_rgb, to_grey, to_rgb, to_rgb_image
from facespectra._extras import installed, require
from facespectra._files import PathLike, one_line, printable
from facespectra._kinds import AVIF, HEIC, IMAGE_SUFFIXES, RAW_SUFFIXES, Medium, kind_of, suffix_of
from facespectra._listing import find_images, url_reason
from facespectra._truncated import TRUNCATED_VARIABLE, good_part, takes_truncated
from facespectra._wording import counted
from facespectra.errors import SettingError, UnreadableImageError

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
HEADER_LOCK = threading.Lock()


@cache
def image_formats() -> tuple[str, ...]:
    """Give the formats that are read, by Pillow's names; HEIC and AVIF where there is what reads them.

    Pillow knows more, and some are a risk whatever the file is called: it passes PostScript, which is a
    program, to Ghostscript.
    """
    from PIL import features

    formats = ["JPEG", "PNG", "PPM", "GIF", "BMP", "DIB", "WEBP", "TIFF", "JPEG2000"]
    # Pillow before 11.3 does not know the name.
    if "avif" in features.modules and features.check("avif"):
        formats.append("AVIF")
    if installed("pillow_heif"):
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
        formats.append("HEIF")
    return tuple(formats)


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
    return _read(path, max_pixels, to_rgb_image)[0]


def read_rgb(path: PathLike) -> UInt8Array:
    """Read the pixels of :func:`read_image` as (H, W, 3) uint8, which may not be writable."""
    return _read(path, None, shared_rgb)[0]


def read_noted(path: PathLike) -> tuple[UInt8Array, str]:
    """Read the pixels of :func:`read_rgb`, and what to know of the file: ``cut short: 90 of 200 rows``."""
    return _read(path, None, shared_rgb)


def _read(
    path: PathLike, max_pixels: int | None, convert: Callable[[Image.Image], Result]
) -> tuple[Result, str]:
    require("faces", "PIL")
    file = Path(path)
    limit = pixel_limit() if max_pixels is None else max_pixels
    truncated = takes_truncated()
    try:
        # Opened here, since Pillow's own errors are OSErrors as well.
        if file.stat().st_size == 0:
            raise _unreadable(file, "the file is empty")
        with file.open("rb") as stream:
            return _decode(file, stream, limit, truncated, convert)
    except (OSError, ValueError) as error:
        raise _unreadable(path, why_not_opened(path, error)) from error


def why_not_opened(name: PathLike, error: OSError | ValueError) -> str:
    """Explain why the system did not open a file; a ``ValueError`` comes from a NUL in its name."""
    if isinstance(error, ValueError):
        return "no file can have such a name"
    if error.errno == errno.ENOENT and (reason := url_reason(name)):
        return reason
    file = Path(name)
    if error.errno in (errno.EISDIR, errno.EACCES) and file.is_dir():
        return "it is a folder" + ("" if os.access(file, os.R_OK | os.X_OK) else " that cannot be listed")
    reasons = {errno.ENOENT: "there is no such file", errno.EACCES: "permission to read it is denied"}
    return reasons.get(error.errno or 0, error.strerror or "it cannot be opened")


def _decode(
    file: Path, stream: IO[bytes], max_pixels: int, truncated: bool, convert: Callable[[Image.Image], Result]
) -> tuple[Result, str]:
    from PIL import Image, UnidentifiedImageError

    try:
        with HEADER_LOCK, warnings.catch_warnings():
            # About damaged EXIF records, which do not matter, and decompression bombs, see below.
            warnings.simplefilter("ignore")
            if max_pixels > max(MAX_PIXELS, Image.MAX_IMAGE_PIXELS or max_pixels):
                Image.MAX_IMAGE_PIXELS = max_pixels
            image: Image.Image = Image.open(stream, formats=image_formats())
            orientation = _orientation(image)
        if image.format == "TIFF" and suffix_of(file) in RAW_SUFFIXES:
            # What Pillow reads of it is a thumbnail.
            raise _unreadable(file, why_not_known(file))
        width, height = image.size
        if width * height > max_pixels:
            raise _unreadable(file, too_large(width, height, max_pixels))
        image, note = _loaded(file, image, truncated)
        if orientation in _ORIENTATIONS:
            # Without a copy where colours are what they should be; the metadata go with the conversion below.
            upright = image if image.mode == "RGB" else to_rgb_image(image)
            image = upright.transpose(getattr(Image.Transpose, _ORIENTATIONS[orientation]))
        return convert(image), note
    except UnreadableImageError:
        raise
    except UnidentifiedImageError as error:
        raise _unreadable(file, why_not_known(file)) from error
    except Image.DecompressionBombError as error:
        # Pillow raises before there is an image with a size.
        reason = f"it has too many pixels: the limit is {max_pixels} (set {MAX_PIXELS_VARIABLE} to allow it)"
        raise _unreadable(file, reason) from error
    except MemoryError as error:
        raise _unreadable(file, "there is not enough memory to decode it") from error
    except Exception as error:
        # Pillow's decoders raise anything: OSError, SyntaxError, struct.error, KeyError ...
        raise _unreadable(file, one_line(error)) from error


def _loaded(file: Path, image: Image.Image, truncated: bool) -> tuple[Image.Image, str]:
    """Decode an image; of a JPEG file that is cut off, the good part where that is wanted."""
    try:
        image.load()
    except OSError as error:
        if image.format not in ("JPEG", "MPO") or "truncated" not in str(error):
            raise
        if not truncated:
            hint = f"--truncated, or {TRUNCATED_VARIABLE}=1, takes the part that is good"
            raise _unreadable(file, f"{one_line(error)}; {hint}") from error
        good = good_part(file.read_bytes())
        if good is None:
            raise _unreadable(file, f"{one_line(error)}; no part of it is good") from error
        return good, f"cut short: {good.height} of {counted(image.height, 'row')}"
    return image, ""


def why_not_known(file: PathLike) -> str:
    """Explain why a file is in none of the formats that are read, by what it is instead."""
    kind = kind_of(file)
    reader = {HEIC: "HEIF", AVIF: "AVIF"}.get(kind) if kind else None
    if kind and reader and reader not in image_formats():
        return f'it is {kind.name}: pip install "facespectra[heic]"'
    if kind is None or kind.medium is Medium.IMAGE:
        return "it is not an image in a known format"
    if kind.medium is Medium.OTHER:
        return f"it is {kind.name}: {kind.hint}"
    return f"it is a {kind.medium.value} ({kind.name}), not an image"


def _orientation(image: Image.Image) -> int:
    try:
        orientation = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001 - a broken EXIF record is ignored; the pixels are still good
        return 1
    return orientation if isinstance(orientation, int) else 1


def _unreadable(file: PathLike, reason: str) -> UnreadableImageError:
    reason = " ".join(reason.split())
    return UnreadableImageError(f"cannot read image {printable(file)}: {reason}", reason)
