"""Some frames of a video without decoding all: from the key frame before each, by the times of its packets.

Which frame has which number is known from the packets alone, as long as these are whole and tell their times.
Wherever they do not, or the decoder gives anything else than they promise, :class:`UnsureError` is raised,
and the video is decoded from its start.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, pairwise
from typing import Any, NamedTuple

WORTH_A_SEEK = 12
"""Frames that are rather decoded than jumped over: a jump empties what the decoder's threads are at."""


class UnsureError(Exception):
    """The packets of a video do not tell for sure which frame is which."""


class Times(NamedTuple):
    """Times of the frames of a video, in units of its stream, ascending."""

    frames: list[int]
    keys: list[int]  # of those that can be decoded by themselves
    starts: dict[int, int]  # what the container finds each of these by


def times_of(container: Any, stream: Any) -> Times:
    """Go through the packets of a stream, without decoding any; UnsureError where they leave a doubt."""
    import av

    frames: list[int] = []
    starts: dict[int, int] = {}
    # Transport streams are searched by the times of decoding, all others by those of showing.
    by_decoding = container.format.name.startswith("mpeg")
    try:
        for packet in container.demux(stream):
            if not packet.size:
                continue
            # Frames before the first key frame, and those that an edit list leaves out, do not count.
            if (
                packet.pts is None
                or packet.is_corrupt
                or packet.is_discard
                or not (starts or packet.is_keyframe)
            ):
                raise UnsureError
            frames.append(packet.pts)
            if packet.is_keyframe:
                starts[packet.pts] = packet.pts if packet.dts is None or not by_decoding else packet.dts
    except av.FFmpegError as error:
        raise UnsureError from error
    frames.sort()
    keys = sorted(starts)
    # The first frame that is shown must be one to start from, or what comes before it could be left out.
    if not keys or keys[0] != frames[0] or any(one == other for one, other in pairwise(frames)):
        raise UnsureError
    return Times(frames, keys, starts)


def read_at(container: Any, stream: Any, times: Times, indices: Sequence[int]) -> Iterator[tuple[int, Any]]:
    """Decode the frames at ascending indices, and give each with its index."""
    needless = _needless(stream)
    wanted = {times.frames[index] for index in indices}
    frames: Iterator[Any] | None = None
    reached = -1
    for index in indices:
        time = times.frames[index]
        key = times.keys[bisect_right(times.keys, time) - 1]
        if frames is None or bisect_left(times.frames, key) - reached > WORTH_A_SEEK:
            container.seek(times.starts[key], stream=stream)
            frames = _frames(container, stream, lambda one: one.pts not in wanted and needless(one))
        for frame in frames:
            if frame.pts is None or frame.pts > time:
                raise UnsureError
            if frame.pts == time:
                reached = index
                yield index, frame
                break
        else:
            raise UnsureError


def _frames(container: Any, stream: Any, skipped: Callable[[Any], bool]) -> Iterator[Any]:
    """Decode from where the container stands; UnsureError where anything is damaged."""
    import av

    try:
        for packet in chain(container.demux(stream), [None]):
            if packet is not None:
                if packet.is_corrupt:
                    raise UnsureError
                if packet.size and skipped(packet):
                    continue
            for frame in stream.decode(packet):
                if frame.is_corrupt:
                    raise UnsureError
                yield frame
    except av.EOFError:
        return
    except av.FFmpegError as error:
        raise UnsureError from error


def _needless(stream: Any) -> Callable[[Any], bool]:
    """Give what tells packets from whose frames no other frame is predicted.

    H.264 says so in the head of each slice (``nal_ref_idc``, ITU-T H.264, 7.4.1): most frames of a video are
    such, and leaving them out changes no bit of the others.
    """
    if stream.codec_context.name != "h264":
        return lambda packet: False
    extra = stream.codec_context.extradata or b""
    # As in MP4 and Matroska: units with their lengths before them; else with a start code.
    size = (extra[4] & 3) + 1 if len(extra) > 6 and extra[0] == 1 else 0
    return lambda packet: not _is_reference(memoryview(bytes(packet)), size)


def _is_reference(data: memoryview, size: int) -> bool:
    """Whether other frames may be predicted from a packet of H.264; so it is where that is not known."""
    start = 0
    while start + max(size, 4) < len(data):
        if size:
            length = int.from_bytes(data[start : start + size])
            head = data[start + size]
            following = start + size + length
        else:
            # A start code is 0, 0, 1.
            found = bytes(data[start:]).find(b"\0\0\1")
            if found < 0 or start + found + 3 >= len(data):
                return True
            following = start + found + 3
            head = data[following]
        if 1 <= head & 31 <= 5:
            return bool(head >> 5 & 3)
        start = following
    return True
