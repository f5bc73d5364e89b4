"""What is piped to a command: a list of files, or a picture or video itself; its content tells."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from facespectra._kinds import HEAD, kind_of_head
from facespectra.errors import DatasetError

DASH = "-"


class Piped(NamedTuple):
    """The sources of a command, and the file that what was piped is in, where that is no list."""

    sources: list[str]
    file: str = ""

    def as_given(self, path: str) -> str:
        """A path as the user knows it: a dash for the file."""
        return path.replace(self.file, DASH) if self.file else path


@contextmanager
def read_piped(sources: Sequence[str]) -> Iterator[Piped]:
    """Give the sources, with the lines of stdin, or a file of its content, in the place of a dash."""
    if DASH not in sources:
        yield Piped(list(sources))
        return
    if not hasattr(sys.stdin, "buffer"):
        # Something that a test or an editor has put in its place.
        yield Piped(_replaced(sources, _lines(sys.stdin.read().encode(errors="surrogateescape"))))
        return
    stream = sys.stdin.buffer
    head = stream.read(HEAD)
    if kind_of_head(head) is None:
        yield Piped(_replaced(sources, _lines(head + stream.read())))
        return
    with TemporaryDirectory(prefix="facespectra-") as folder:
        file = Path(folder, "stdin")
        with file.open("wb") as target:
            target.write(head)
            shutil.copyfileobj(stream, target)
        yield Piped(_replaced(sources, [str(file)]), str(file))


def _replaced(sources: Sequence[str], piped: Sequence[str]) -> list[str]:
    named: list[str] = []
    for source in sources:
        named += piped if source == DASH else [source]
    return named


def _lines(content: bytes) -> list[str]:
    """The names in a list: one a line, or ended by zero bytes, as ``find -print0`` does."""
    if not content.strip():
        raise DatasetError("stdin: nothing was piped; pipe a list of files, or a picture")
    if b"\0" in content:
        names = content.split(b"\0")
        if not any(os.path.lexists(os.fsdecode(name)) for name in names if name):
            raise DatasetError("stdin: it is not an image in a known format, nor a list of files")
        return [os.fsdecode(name) for name in names if name]
    lines = (line.rstrip(b"\r") for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n"))
    return [os.fsdecode(line) for line in lines if line.strip()]
