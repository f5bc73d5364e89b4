"""Uploads: written to the disk as they arrive, counted, and hashed."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, NamedTuple

from facespectra._files import as_utf8, printable
from facespectra._kinds import HEAD, IMAGE_SUFFIXES, RAW_SUFFIXES, VIDEO_SUFFIXES, Kind, Medium, kind_of_head

if TYPE_CHECKING:
    from starlette.requests import Request

LONGEST_NAME = 200
SUFFIXES = IMAGE_SUFFIXES | VIDEO_SUFFIXES | RAW_SUFFIXES | {".heic", ".heif"}
"""Endings that a stored file keeps: some say how its content is read."""
# What a browser is told that a video is: no type in which it would run anything.
MEDIA_TYPES = {
    "MP4": "video/mp4",
    "Matroska": "video/webm",
    "Ogg": "video/ogg",
    "MPEG": "video/mpeg",
    "MPEG-TS": "video/mp2t",
    "AVI": "video/x-msvideo",
    "FLV": "video/x-flv",
    "WMV": "video/x-ms-wmv",
    "GIF": "image/gif",
    "WebP": "image/webp",
    "PNG": "image/png",
    "AVIF": "image/avif",
}


_REMEDIES = {
    413: "Send a smaller copy or a shorter piece of it.",
    415: "Send a photograph, such as JPEG or PNG, or a video, such as MP4.",
    429: "Remove some files, or try again later.",
    503: "See what the terminal says, and start the server again.",
    507: "Remove some files, or free room on the disk.",
}


class RefusedError(Exception):
    """An upload that is not taken: the status of the answer, and one line."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    def data(self) -> dict[str, str | None]:
        """What the answer says."""
        return {"error": str(self), "remedy": _REMEDIES.get(self.status)}


class Stored(NamedTuple):
    """A file that has arrived."""

    path: Path
    size: int
    sha256: str
    kind: Kind | None


def clean_name(name: str) -> str:
    """What a file is called in results: its last part, printable and not too long."""
    last = PurePosixPath(name.replace("\\", "/")).name
    text = printable(as_utf8(last)).strip()
    if len(text) > LONGEST_NAME:
        suffix = PurePosixPath(text).suffix[:10]
        text = text[: LONGEST_NAME - len(suffix) - 3] + "..." + suffix
    return text or "file"


def stored_name(name: str) -> str:
    """The name on the disk: nothing of what was sent but a known ending."""
    suffix = PurePosixPath(name).suffix.lower()
    return f"upload{suffix if suffix in SUFFIXES else ''}"


def too_large(limit: int) -> RefusedError:
    """The refusal of a file over the limit."""
    return RefusedError(413, f"the file is too large: at most {megabytes(limit)} are taken")


def megabytes(n_bytes: int) -> str:
    """Bytes for people."""
    return f"{n_bytes >> 20} MiB" if n_bytes >= 1 << 20 else f"{n_bytes} bytes"


def check_length(request: Request, limit: int) -> None:
    """Refuse by its header what is too large, before any of it is read."""
    length = request.headers.get("content-length", "")
    if length and not (length.isascii() and length.isdecimal()):
        raise RefusedError(400, "Content-Length is no number")
    if length and int(length) > limit:
        raise too_large(limit)


class Target:
    """A file that an upload is written to."""

    def __init__(self, path: Path, limit: int, on_bytes: Callable[[int], None]) -> None:
        self.path, self.limit = path, limit
        self.size = 0
        self.head = b""
        self._hash = hashlib.sha256()
        self._on_bytes = on_bytes
        self._file: IO[bytes] = path.open("xb")

    def write(self, chunk: bytes) -> None:
        """Take a piece."""
        self.size += len(chunk)
        if self.size > self.limit:
            raise too_large(self.limit)
        self._on_bytes(len(chunk))
        if len(self.head) < HEAD:
            self.head += chunk[: HEAD - len(self.head)]
        self._hash.update(chunk)
        self._file.write(chunk)

    def close(self) -> None:
        """End the file."""
        self._file.close()

    def stored(self) -> Stored:
        """What has arrived; a refusal where it cannot be judged whatever is in it."""
        self.close()
        if not self.size:
            raise RefusedError(400, "the file is empty")
        kind = kind_of_head(self.head)
        if kind is not None and kind.medium is Medium.OTHER:
            raise RefusedError(415, f"it is {kind.name}: {kind.hint}")
        return Stored(self.path, self.size, self._hash.hexdigest(), kind)


async def receive_raw(stream: AsyncIterator[bytes], target: Target) -> Stored:
    """Write a body to a file."""
    try:
        async for chunk in stream:
            target.write(chunk)
    finally:
        target.close()
    return target.stored()
