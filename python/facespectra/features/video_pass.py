"""One pass over a video, whose frames are taken in parts: all of a long video would not fit into memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from facespectra.errors import UnreadableVideoError
from facespectra.videos import read_frames, read_pixels


class VideoPass:
    """Frames of a video at rising numbers, each decoded once.

    Attributes
    ----------
    failure : UnreadableVideoError or None
        What ended the pass before its last frame.
    started : bool
        Whether a frame was good.
    """

    def __init__(self, path: str, numbers: Sequence[int], *, images: bool) -> None:
        """Read nothing yet; frames are to come as Pillow's images, or as arrays."""
        self._path, self._numbers, self._images = path, numbers, images
        self._frames: Iterator[tuple[int, float, Any]] | None = None
        self.failure: UnreadableVideoError | None = None
        self.started = False

    def take(self, numbers: Sequence[int]) -> Iterator[Any]:
        """Give the frames at some of the numbers, which come after those that were taken before.

        Ends early where the video does; `failure` says why.
        """
        for number in numbers:
            if self.failure is not None:
                return
            try:
                if self._frames is None:
                    self._frames = (read_frames if self._images else read_pixels)(self._path, self._numbers)
                image = next(image for index, _, image in self._frames if index == number)
            except UnreadableVideoError as error:
                self.failure = error
                return
            self.started = True
            yield image

    def close(self) -> None:
        """Let go of the file."""
        close = getattr(self._frames, "close", None)
        if close is not None:
            close()
