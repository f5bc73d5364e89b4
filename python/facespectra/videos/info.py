"""What a video is to the rest of the package: a number of frames, some of which are looked at."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TypeAlias

from facespectra._files import PathLike, printable
from facespectra._wording import counted
from facespectra.errors import UnreadableVideoError

N_FRAMES = 10
"""Default number of frames of each video."""

ALL_FRAMES = 10**9
"""As many frames as any video has."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a video, before it is read.

    Attributes
    ----------
    path : str
        The video file.
    index : int
        Number of the frame from 0, in display order.
    note : str
        What is known about the video as a whole, such as ``"cut short: 37 of 90 frames"``; mostly empty.
    """

    path: str
    index: int
    note: str = field(default="", compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.path} (frame {self.index})"


Named: TypeAlias = "str | os.PathLike[str] | Frame"


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What is known of a video before its frames are decoded."""

    n_frames: int  # that are shown and are there; 0 where they were not counted
    width: int  # as stored, before rotation
    height: int
    codec: str  # such as "h264"
    rate: float  # frames per second; 0 if unknown
    note: str = ""  # "cut short: 37 of 90 frames"


class BrokenOffError(UnreadableVideoError):
    """A video ended before the last of the frames that were wanted; those before were given."""

    def __init__(self, path: PathLike, n_good: int, wanted: int) -> None:
        error = unreadable(path, f"it breaks off after {counted(n_good, 'frame')}, before frame {wanted}")
        super().__init__(str(error), error.reason)
        self.n_good = n_good


def spread(n_frames: int, n: int) -> list[int]:
    """Give the positions of `n` evenly spread frames, the middles of equal parts; at most all frames."""
    n = min(n, n_frames)
    return [(2 * part + 1) * n_frames // (2 * n) for part in range(n)]


def unreadable(path: PathLike, reason: str) -> UnreadableVideoError:
    """The error of a video, which names it."""
    reason = " ".join(reason.split())
    return UnreadableVideoError(f"cannot read video {printable(path)}: {reason}", reason)
