"""Frames of videos and animations: evenly spread, decoded once and in order, rotated upright, never resized.

Importing this module loads neither PyAV nor Pillow; reading a video does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from facespectra._conversion import UInt8Array, shared_rgb
from facespectra._files import PathLike
from facespectra._kinds import IMAGE_SUFFIXES, VIDEO_SUFFIXES, Medium, kind_of, suffix_of
from facespectra._listing import Passed, find_images
from facespectra.errors import UnreadableVideoError
from facespectra.videos import animations, containers
from facespectra.videos.info import (
    ALL_FRAMES,
    N_FRAMES,
    BrokenOffError,
    Frame,
    Named,
    VideoInfo,
    spread,
    unreadable,
)

if TYPE_CHECKING:
    from PIL import Image

__all__ = [
    "ALL_FRAMES",
    "N_FRAMES",
    "VIDEO_SUFFIXES",
    "BrokenOffError",
    "Frame",
    "Named",
    "VideoInfo",
    "find_media",
    "is_video",
    "passes_for_video",
    "read_frames",
    "read_pixels",
    "spread",
    "spread_frames",
    "video_info",
]


def is_video(path: PathLike) -> bool:
    """Tell whether a file is a video, or a picture that moves: by its content.

    By its name where the content says nothing: the file is missing, or in no known format.
    """
    kind = kind_of(path)
    if kind is None:
        return suffix_of(path) in VIDEO_SUFFIXES
    if kind.medium is Medium.IMAGE:
        return animations.is_animation(path, kind)
    return kind.medium in (Medium.VIDEO, Medium.SOUND)


def passes_for_video(path: PathLike) -> bool:
    """Tell whether a file in a list counts as a video: by its name alone where it has a known ending."""
    suffix = suffix_of(path)
    return suffix in VIDEO_SUFFIXES or (suffix not in IMAGE_SUFFIXES and is_video(path))


def find_media(sources: PathLike | Sequence[PathLike], *, passed: Passed | None = None) -> list[Path]:
    """List the image and video files that files, folders and globs stand for, as ``find_images`` does."""
    return find_images(sources, videos=True, passed=passed)


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
                info = video_info(source)
            except UnreadableVideoError:
                info = None
            if info is not None:
                name = os.fspath(source)
                frames = [Frame(name, index, info.note) for index in spread(info.n_frames, n)]
        spread_out += frames
        origins += [position] * len(frames)
    return spread_out, origins


def video_info(path: PathLike, *, count: bool = True) -> VideoInfo:
    """Read what a video has to show; without `count`, its header alone.

    A file that is missing, damaged or not a video, or has no frame, raises ``UnreadableVideoError``.
    """
    if _is_picture(path):
        return animations.video_info(path, count=count)
    return containers.video_info(path, count=count)


def read_frames(path: PathLike, indices: Sequence[int]) -> Iterator[tuple[int, float, Image.Image]]:
    """Decode a video once, from its start, and yield the frames at ascending `indices` from 0.

    Gives the index, the time in seconds (NaN if unknown) and an RGB image in the video's resolution, rotated
    by its display matrix; pixels that are not square stay as they are. Damaged frames are left out, and do
    not count. A video that cannot be read raises ``UnreadableVideoError``; one that ends before the last of
    these frames, ``BrokenOffError``.
    """
    wanted = _checked(indices)
    if _is_picture(path):
        return animations.read_frames(path, wanted)
    return containers.read_frames(path, wanted)


def read_pixels(path: PathLike, indices: Sequence[int]) -> Iterator[tuple[int, float, UInt8Array]]:
    """Do what :func:`read_frames` does, and give (H, W, 3) uint8 arrays, for reading only, in less time."""
    wanted = _checked(indices)
    if not _is_picture(path):
        return containers.read_pixels(path, wanted)
    frames = animations.read_frames(path, wanted)
    return ((index, time, shared_rgb(image)) for index, time, image in frames)


def _checked(indices: Sequence[int]) -> list[int]:
    wanted = list(indices)
    if any(after <= before for before, after in zip([-1, *wanted], wanted, strict=False)):
        raise ValueError(f"frame indices must be ascending from 0, got {wanted}")
    return wanted


def _is_picture(path: PathLike) -> bool:
    """Whether Pillow reads a video; an error where nothing does."""
    kind = kind_of(path)
    if kind is not None and kind.medium is Medium.SOUND:
        raise unreadable(path, f"it is sound ({kind.name}): it has no video stream")
    return kind is not None and kind.medium is Medium.IMAGE
