"""Pictures that move, such as animated GIF, WebP and PNG, as frames: read by Pillow."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facespectra._conversion import to_rgb_image
from facespectra._extras import installed, require
from facespectra._files import PathLike, one_line
from facespectra._kinds import AVIF, GIF, PNG, WEBP, Kind
from facespectra.errors import UnreadableVideoError
from facespectra.images import (
    HEADER_LOCK,
    image_formats,
    pixel_limit,
    too_large,
    why_not_known,
    why_not_opened,
)
from facespectra.videos.info import BrokenOffError, VideoInfo, unreadable

if TYPE_CHECKING:
    from PIL import Image


def is_animation(path: PathLike, kind: Kind) -> bool:
    """Whether a picture of some kind has several frames."""
    if not _may_move(path, kind) or not installed("PIL"):
        return False
    try:
        with _opened(path) as image:
            return bool(getattr(image, "is_animated", False))
    except UnreadableVideoError:
        # Whoever reads it as a picture says why it cannot be read.
        return False


def video_info(path: PathLike, *, count: bool = True) -> VideoInfo:
    """See :func:`facespectra.videos.video_info`."""
    with _opened(path) as image:
        width, height = image.size
        n_frames = _count(image) if count else 0
        return VideoInfo(n_frames, width, height, str(image.format).lower(), _rate(image))


def read_frames(path: PathLike, indices: list[int]) -> Iterator[tuple[int, float, Image.Image]]:
    """See :func:`facespectra.videos.read_frames`; the indices were checked."""
    with _opened(path) as image:
        limit = pixel_limit()
        if image.width * image.height > limit:
            raise unreadable(path, too_large(image.width, image.height, limit))
        seconds, wanted = 0.0, set(indices)
        for index in range(indices[-1] + 1 if indices else 0):
            try:
                # One after the other: most formats keep no more than what has changed since the last.
                image.seek(index)
                image.load()
                frame = to_rgb_image(image) if index in wanted else None
            except Exception as error:
                if index == 0:
                    raise
                raise BrokenOffError(path, index, next(at for at in indices if at >= index)) from error
            if frame is not None:
                yield index, seconds, frame
            seconds += _duration(image)


def _count(image: Any) -> int:
    """Count the frames; of a damaged file, those that are found."""
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception:  # noqa: BLE001 - as decoders do, with a file that is cut off
        n_frames = 1
        with suppress(Exception):
            while True:
                image.seek(n_frames)
                n_frames += 1
        return n_frames


def _duration(image: Any) -> float:
    duration = image.info.get("duration", 0)
    return float(duration) / 1000 if isinstance(duration, int | float) else 0.0


def _rate(image: Any) -> float:
    duration = _duration(image)
    return 1 / duration if duration > 0 else 0.0


def _may_move(path: PathLike, kind: Kind) -> bool:
    """Whether it is worth the time to open a picture and count its frames."""
    if kind is GIF:
        return True
    if kind not in (WEBP, PNG, AVIF):
        return False
    try:
        with Path(path).open("rb") as file:
            head = file.read(64)
            if kind is AVIF:
                return b"avis" in head
            if kind is WEBP:
                # The extended header, with the bit for animations.
                return head[12:16] == b"VP8X" and bool(head[20] & 2)
            # The chunk that makes a PNG an animation stands before the pixels.
            at = 8
            while True:
                file.seek(at)
                chunk = file.read(8)
                if len(chunk) < 8 or chunk[4:] in (b"IDAT", b"IEND"):
                    return False
                if chunk[4:] == b"acTL":
                    return True
                at += 12 + int.from_bytes(chunk[:4], "big")
    except (OSError, ValueError):
        return False


@contextmanager
def _opened(path: PathLike) -> Iterator[Any]:
    """Open a picture with Pillow; turn all errors into one that names the file."""
    require("faces", "PIL")
    from PIL import Image, UnidentifiedImageError

    file = Path(path)
    try:
        stream = file.open("rb")
    except (OSError, ValueError) as error:
        raise unreadable(path, why_not_opened(path, error)) from error
    try:
        with stream:
            with HEADER_LOCK, warnings.catch_warnings():
                # About decompression bombs, which are refused before anything is decoded.
                warnings.simplefilter("ignore")
                image = Image.open(stream, formats=image_formats())
            yield image
    except UnreadableVideoError:
        raise
    except UnidentifiedImageError as error:
        raise unreadable(path, why_not_known(file)) from error
    except MemoryError as error:
        raise unreadable(path, "there is not enough memory to decode it") from error
    except Exception as error:
        # Pillow's decoders raise anything: OSError, SyntaxError, struct.error, KeyError ...
        raise unreadable(path, one_line(error)) from error
