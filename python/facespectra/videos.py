"""Frames of videos: evenly spread, decoded once and in order, rotated upright, never resized.

Importing this module loads neither PyAV nor Pillow; reading a video does.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from facespectra._extras import require
from facespectra._files import PathLike, printable
from facespectra.errors import UnreadableVideoError
from facespectra.images import IMAGE_SUFFIXES, find_images, pixel_limit, too_large, why_not_opened

if TYPE_CHECKING:
    from PIL import Image

__all__ = [
    "N_FRAMES",
    "VIDEO_SUFFIXES",
    "Frame",
    "VideoInfo",
    "find_media",
    "is_video",
    "read_frames",
    "spread",
    "spread_frames",
    "video_info",
]

# fmt: off
VIDEO_SUFFIXES = frozenset({
    ".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv", ".webm",
    ".wmv",
})
# fmt: on
"""Suffixes of videos, also of explicit files."""

N_FRAMES = 10
"""Default number of frames of each video."""

# A text file called .mp4 can be a playlist that makes the decoder open other files or the network.
_SAFE = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,flv,asf,ogg,m4v",
}

# By the signs of a display matrix (a, b, c, d): the rotation that makes the stored image upright.
_TURNS = {
    (0, 1, -1, 0): "ROTATE_270",
    (-1, 0, 0, -1): "ROTATE_180",
    (0, -1, 1, 0): "ROTATE_90",
    (-1, 0, 0, 1): "FLIP_LEFT_RIGHT",
    (1, 0, 0, -1): "FLIP_TOP_BOTTOM",
    (0, 1, 1, 0): "TRANSPOSE",
    (0, -1, -1, 0): "TRANSVERSE",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a video, before it is read.

    Attributes
    ----------
    path : str
        The video file.
    index : int
        Number of the frame from 0, in display order.
    """

    path: str
    index: int

    def __str__(self) -> str:
        return f"{self.path} (frame {self.index})"


Named: TypeAlias = "str | os.PathLike[str] | Frame"


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What the header of a video says."""

    n_frames: int  # counted if the container does not say
    width: int  # as stored, before rotation
    height: int
    codec: str  # such as "h264"
    rate: float  # frames per second; 0 if unknown


def is_video(path: PathLike) -> bool:
    """Tell by its name whether a file counts as a video."""
    return Path(path).suffix.lower() in VIDEO_SUFFIXES


def find_media(sources: PathLike | Sequence[PathLike]) -> list[Path]:
    """List the image and video files that files, folders and globs stand for, as ``find_images`` does."""
    return find_images(sources, suffixes=IMAGE_SUFFIXES | VIDEO_SUFFIXES)


def spread(n_frames: int, n: int) -> list[int]:
    """Give the positions of `n` evenly spread frames, the middles of equal parts; at most all frames."""
    n = min(n, n_frames)
    return [(2 * part + 1) * n_frames // (2 * n) for part in range(n)]


def spread_frames(sources: Sequence[Named], n: int = N_FRAMES) -> tuple[list[Named], list[int]]:
    """Replace each video by `n` evenly spread frames; also give the position of the source of each.

    A video that cannot be read stays as it is: reading it says why.
    """
    spread_out: list[Named] = []
    origins: list[int] = []
    for position, source in enumerate(sources):
        frames: list[Named] = [source]
        if not isinstance(source, Frame) and is_video(source):
            try:
                count = video_info(source).n_frames
            except UnreadableVideoError:
                count = 0
            frames = [Frame(os.fspath(source), index) for index in spread(count, n)] or frames
        spread_out += frames
        origins += [position] * len(frames)
    return spread_out, origins


def video_info(path: PathLike) -> VideoInfo:
    """Read the header of a video.

    A file that is missing, damaged or not a video, or has fewer than two frames, raises
    ``UnreadableVideoError``.
    """
    with _opened(path) as (container, stream):
        count = stream.frames or sum(1 for packet in container.demux(stream) if packet.size)
        if count < 2:
            raise _unreadable(path, "it has only one frame" if count else "it has no frame")
        codec = stream.codec_context
        return VideoInfo(count, codec.width, codec.height, codec.name, float(stream.average_rate or 0))


def read_frames(path: PathLike, indices: Sequence[int]) -> Iterator[tuple[int, float, Image.Image]]:
    """Decode a video once, from its start, and yield the frames at ascending `indices` from 0.

    Gives the index, the time in seconds (NaN if unknown) and an RGB image in the video's resolution, rotated
    by its display matrix; pixels that are not square stay as they are. A video that cannot be read, or ends
    before the last of these frames, raises ``UnreadableVideoError``.
    """
    remaining = list(indices)
    if any(after <= before for before, after in zip([-1, *remaining], remaining, strict=False)):
        raise ValueError(f"frame indices must be ascending from 0, got {remaining}")
    require("detect", "av")
    from av.video.reformatter import VideoReformatter

    with _opened(path) as (container, stream):
        codec = stream.codec_context
        limit = pixel_limit()
        if codec.width * codec.height > limit:
            raise _unreadable(path, too_large(codec.width, codec.height, limit))
        # A frame can be larger than the header says.
        codec.options = {"max_pixels": str(limit)}
        stream.thread_type = "AUTO"
        # One for the whole video: a frame's own would live as long as the frame, which its side data ties
        # into a reference cycle, with a thread for each processor.
        to_rgb = VideoReformatter()
        position = -1
        for position, frame in enumerate(container.decode(stream)):
            if not remaining:
                return
            if position == remaining[0]:
                del remaining[0]
                yield position, float("nan") if frame.time is None else frame.time, _upright(frame, to_rgb)
        if remaining:
            raise _unreadable(path, f"it breaks off after {position + 1} frames, before frame {remaining[0]}")


@contextmanager
def _opened(path: PathLike) -> Iterator[tuple[Any, Any]]:
    """Open a video and its main stream; turn all errors into one that names the file."""
    require("detect", "av")
    require("faces", "PIL")
    import av

    file = Path(path).absolute()
    try:
        if file.stat().st_size == 0:
            raise _unreadable(path, "the file is empty")
    except (OSError, ValueError) as error:
        raise _unreadable(path, why_not_opened(file, error)) from error
    try:
        with _opened_name(file) as name, av.open(name, container_options=_SAFE) as container:
            stream = container.streams.best("video")
            if stream is None:
                raise _unreadable(path, "it is cut off, or has no picture in it")
            if stream.codec_context is None:
                raise _unreadable(path, "its pictures are in a format that is not known")
            yield container, stream
    except av.FFmpegError as error:
        if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
            raise _unreadable(path, why_not_opened(file, error)) from error
        reason = error.strerror or "it cannot be decoded"
        raise _unreadable(path, f"it is cut off, or not a video ({reason})") from error
    except MemoryError as error:
        raise _unreadable(path, "there is not enough memory to decode it") from error
    except UnicodeDecodeError as error:
        raise _unreadable(path, "it is damaged: a name in it is no text") from error
    except OSError as error:
        raise _unreadable(path, why_not_opened(file, error)) from error


@contextmanager
def _opened_name(file: Path) -> Iterator[Any]:
    """What PyAV opens: the name, absolute so that none is taken for an address such as concat:a|b.

    It takes no name that is not UTF-8; such a file is opened here.
    """
    try:
        os.fspath(file).encode()
    except UnicodeEncodeError:
        with file.open("rb") as stream:
            yield stream
    else:
        yield os.fspath(file)


def _upright(frame: Any, to_rgb: Any) -> Image.Image:
    from PIL import Image

    image: Image.Image = to_rgb.reformat(frame, format="rgb24").to_image()
    for data in frame.side_data:
        if data.type.name == "DISPLAYMATRIX":
            a, b, _, c, d, *_ = struct.unpack("=9i", bytes(data)[:36])
            turn = _TURNS.get((_sign(a), _sign(b), _sign(c), _sign(d)))
            if turn is not None:
                return image.transpose(Image.Transpose[turn])
    return image


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


def _unreadable(path: PathLike, reason: str) -> UnreadableVideoError:
    reason = " ".join(reason.split())
    return UnreadableVideoError(f"cannot read video {printable(path)}: {reason}", reason)
