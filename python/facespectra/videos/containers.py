"""Videos in containers such as MP4 and Matroska: read by PyAV, which brings FFmpeg."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from facespectra._conversion import UInt8Array, shared_rgb
from facespectra._extras import require
from facespectra._files import PathLike, one_line
from facespectra._wording import counted
from facespectra.images import pixel_limit, too_large, why_not_opened
from facespectra.videos.info import BrokenOffError, VideoInfo, unreadable
from facespectra.videos.seeking import UnsureError, read_at, times_of

if TYPE_CHECKING:
    from PIL import Image

Result = TypeVar("Result")

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


@dataclass(slots=True)
class _Packets:
    """What is in a video stream, by its packets: one for each frame, none of them decoded."""

    good: int = 0  # frames that are shown, and whole
    broken: bool = False  # some packet is not whole
    end: float = 0.0  # of the last packet of any stream, in seconds


def video_info(path: PathLike, *, count: bool = True) -> VideoInfo:
    """See :func:`facespectra.videos.video_info`."""
    with _opened(path) as (container, stream):
        codec = stream.codec_context
        rate = float(stream.average_rate or 0)
        width, height, name = codec.width, codec.height, codec.name
        if not count:
            return VideoInfo(0, width, height, name, rate)
        packets = _count(container, stream)
        if not packets.good:
            raise unreadable(path, "it has no frame that is whole")
        return VideoInfo(packets.good, width, height, name, rate, _note(container, stream, packets))


def writer_and_rate(path: PathLike) -> tuple[str, int]:
    """What program wrote a video, and its bits per second, both as the file says; empty and 0 if not."""
    with _opened(path) as (container, stream):
        names = (container.metadata.get("encoder", ""), stream.metadata.get("encoder", ""))
        writer = one_line(next(filter(None, names), ""), 80)
        return writer, int(container.bit_rate or stream.codec_context.bit_rate or 0)


def _count(container: Any, stream: Any) -> _Packets:
    """Go through the packets of a file, without decoding any."""
    found = _Packets()
    first: int | None = None  # time of the first frame that can be decoded by itself
    early = 0  # frames before it, which only count where there is no such frame
    start = _seconds(container.start_time, 1e-6) or 0.0
    # A header often has the length of the longest stream alone.
    wanted = () if stream.duration is None and not stream.frames else (stream,)
    for packet in _packets(container, *wanted):
        if not packet.size:
            continue
        time = packet.dts if packet.pts is None else packet.pts
        if time is not None:
            found.end = max(found.end, float((time + (packet.duration or 0)) * packet.time_base) - start)
        if packet.stream_index != stream.index:
            continue
        found.broken = found.broken or packet.is_corrupt
        if packet.is_corrupt:
            continue
        if first is None and packet.is_keyframe:
            first = time or 0
        # Players throw away what an edit list leaves out.
        if packet.is_discard:
            continue
        if first is None:
            early += 1
        elif time is None or time >= first:
            found.good += 1
    found.good = found.good or early
    return found


def _note(container: Any, stream: Any, packets: _Packets) -> str:
    """Say how many frames are missing, where the file says how many there should be."""
    rate = float(stream.average_rate or 0)
    if "mov" in container.format.name and (index := getattr(stream, "index_entries", None)):
        declared = sum(not entry.is_discard for entry in index)
        short = packets.good < declared
    else:
        seconds = _declared_seconds(container, stream, rate)
        # Lengths in headers are rounded, or end where the last frame begins.
        short = 0 < packets.end < seconds - (max(2 / rate, 0.02 * seconds) if rate else 1)
        # In proportion: the frames of many a video are not equally long.
        declared = stream.frames or (round(packets.good * seconds / packets.end) if short else 0)
    if short and declared > packets.good:
        return f"cut short: {packets.good} of {counted(declared, 'frame')}"
    if packets.broken or _cut_within_packet(container):
        return f"cut short or damaged, with {counted(packets.good, 'good frame')}"
    return ""


def _declared_seconds(container: Any, stream: Any, rate: float) -> float:
    """How long a video is by its header; 0 where that does not say."""
    if stream.frames and rate:
        return float(stream.frames / rate)
    hours, _, rest = stream.metadata.get("DURATION", "").partition(":")
    minutes, _, seconds = rest.partition(":")
    try:
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        length = _seconds(stream.duration, stream.time_base)
        return length or _seconds(container.duration, 1e-6) or 0.0


def _cut_within_packet(container: Any) -> bool:
    """Whether a transport stream ends within one of its packets, which have one size."""
    return bool(container.format.name == "mpegts" and container.size % 188 and container.size % 192)


def _seconds(time: Any, base: Any) -> float | None:
    return None if time is None or base is None else float(time * base)


def read_frames(path: PathLike, indices: list[int]) -> Iterator[tuple[int, float, Image.Image]]:
    """See :func:`facespectra.videos.read_frames`; the indices were checked."""
    return _read(path, indices, lambda frame: frame.to_image())


def read_pixels(path: PathLike, indices: list[int]) -> Iterator[tuple[int, float, UInt8Array]]:
    """See :func:`facespectra.videos.read_pixels`; the indices were checked."""
    return _read(path, indices, lambda frame: frame.to_ndarray())


def _read(
    path: PathLike, indices: list[int], convert: Callable[[Any], Result]
) -> Iterator[tuple[int, float, Result]]:
    require("detect", "av")
    from av.video.reformatter import VideoReformatter

    # One for the whole video: a frame's own would live as long as the frame, which its side data ties
    # into a reference cycle, with a thread for each processor.
    to_rgb = VideoReformatter()
    given = 0
    for decode in (_at_key_frames, _from_the_start):
        try:
            for index, frame in decode(path, indices[given:]):
                time = float("nan") if frame.time is None else frame.time
                yield index, time, _upright(frame, convert(to_rgb.reformat(frame, format="rgb24")))
                given += 1
            return
        except UnsureError:
            continue


def _at_key_frames(path: PathLike, indices: list[int]) -> Iterator[tuple[int, Any]]:
    """Decode no more than is needed of a video whose packets tell which frame is which."""
    with _decoding(path) as (container, stream):
        times = times_of(container, stream)
        if indices and indices[-1] >= len(times.frames):
            raise UnsureError
        yield from read_at(container, stream, times, indices)


def _from_the_start(path: PathLike, indices: list[int]) -> Iterator[tuple[int, Any]]:
    """Decode a video in order, and count its good frames."""
    remaining = list(indices)
    with _decoding(path) as (container, stream):
        position = -1
        for position, frame in enumerate(_good_frames(path, container, stream)):
            if not remaining:
                return
            if position == remaining[0]:
                del remaining[0]
                yield position, frame
        if remaining:
            raise BrokenOffError(path, position + 1, remaining[0])


@contextmanager
def _decoding(path: PathLike) -> Iterator[tuple[Any, Any]]:
    """Open a video for decoding, unless its frames are too large."""
    with _opened(path) as (container, stream):
        codec = stream.codec_context
        limit = pixel_limit()
        if codec.width * codec.height > limit:
            raise unreadable(path, too_large(codec.width, codec.height, limit))
        # A frame can be larger than the header says.
        codec.options = {"max_pixels": str(limit)}
        stream.thread_type = "AUTO"
        yield container, stream


def _good_frames(path: PathLike, container: Any, stream: Any) -> Iterator[Any]:
    """Decode a stream, without the frames that are damaged."""
    import av

    failure = ""
    any_good = False
    # Nothing at the end has the decoder give what it still holds, where the container breaks off.
    for packet in chain(_packets(container, stream), [None]):
        if packet is not None and packet.is_corrupt:
            # One that is not whole costs the frames that other threads are at.
            continue
        try:
            frames = [frame for frame in stream.decode(packet) if not frame.is_corrupt]
        except av.EOFError:
            break
        except av.FFmpegError as error:
            failure = failure or error.strerror or ""
            continue
        any_good = any_good or bool(frames)
        yield from frames
    if not any_good:
        raise unreadable(path, "it has no frame that can be decoded" + (f" ({failure})" if failure else ""))


def _packets(container: Any, *streams: Any) -> Iterator[Any]:
    """The packets of some streams, or of all, up to where the container breaks off."""
    import av

    try:
        yield from container.demux(*streams)
    except av.FFmpegError:
        # What came before is good, and whoever counts finds out that it is not all.
        return


@contextmanager
def _opened(path: PathLike) -> Iterator[tuple[Any, Any]]:
    """Open a video and its main stream; turn all errors into one that names the file."""
    require("detect", "av")
    require("faces", "PIL")
    import av

    file = Path(path).absolute()
    try:
        if file.stat().st_size == 0:
            raise unreadable(path, "the file is empty")
    except (OSError, ValueError) as error:
        raise unreadable(path, why_not_opened(path, error)) from error
    try:
        with _opened_name(file) as name, av.open(name, container_options=_SAFE) as container:
            stream = _main_stream(container)
            if stream is None:
                which = "has no video stream" if container.streams else "is cut off, or has no picture in it"
                raise unreadable(path, f"it {which}")
            if stream.codec_context is None:
                raise unreadable(path, "its pictures are in a format that is not known")
            yield container, stream
    except av.FFmpegError as error:
        if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
            raise unreadable(path, why_not_opened(path, error)) from error
        reason = error.strerror or "it cannot be decoded"
        raise unreadable(path, f"it is cut off, or not a video ({reason})") from error
    except MemoryError as error:
        raise unreadable(path, "there is not enough memory to decode it") from error
    except UnicodeDecodeError as error:
        raise unreadable(path, "it is damaged: a name in it is no text") from error
    except OSError as error:
        raise unreadable(path, why_not_opened(path, error)) from error


def _main_stream(container: Any) -> Any:
    """The stream that players show; the cover of a song is none."""
    from av.stream import Disposition

    moving = [one for one in container.streams.video if not one.disposition & Disposition.attached_pic]
    best = container.streams.best("video")
    return best if best in moving or not moving else moving[0]


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


def _upright(frame: Any, pixels: Result) -> Result:
    """Turn the pixels of a frame, an image or an array, as its display matrix says."""
    from PIL import Image

    for data in frame.side_data:
        if data.type.name == "DISPLAYMATRIX":
            a, b, _, c, d, *_ = struct.unpack("=9i", bytes(data)[:36])
            turn = _TURNS.get((_sign(a), _sign(b), _sign(c), _sign(d)))
            if turn is not None:
                given: Any = pixels
                image = given if isinstance(given, Image.Image) else Image.fromarray(given)
                turned: Any = image.transpose(Image.Transpose[turn])
                upright: Any = turned if image is given else shared_rgb(turned)
                return cast("Result", upright)
    return pixels


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)
