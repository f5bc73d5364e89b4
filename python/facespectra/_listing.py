"""The images and videos that files, folders and globs stand for, and what is passed over."""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from facespectra._extras import installed
from facespectra._files import PathLike, printable
from facespectra._kinds import HEIC, IMAGE_SUFFIXES, VIDEO_SUFFIXES, Medium, kind_of, suffix_of
from facespectra.errors import DatasetError

Passed = Counter[str]
"""How many files of each ending were passed over."""

# What systems leave in folders, beside hidden files.
_LITTER = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"})
_LITTER_FOLDERS = frozenset({"__macosx", "@eadir", "$recycle.bin", "system volume information"})
_URL = re.compile(r"[a-z][a-z0-9+.-]+:/", re.IGNORECASE)


def find_images(
    sources: PathLike | Iterable[PathLike], *, videos: bool = False, passed: Passed | None = None
) -> list[Path]:
    """List the images, and videos where these are wanted, that files, folders and globs stand for.

    Explicit files count whatever they are. Folders are searched with their subfolders, following links but
    skipping hidden names and what systems leave there. A file with a known ending counts; what others are,
    their first bytes say. The files are in the order of the sources and sorted within each, ``face_2`` before
    ``face_10``; duplicates are dropped. A subfolder that cannot be listed stands among the files, and reading
    it fails. A source without files, or a folder that cannot be listed, raises ``DatasetError``. `passed` is
    given the number of files of each ending that were passed over.
    """
    if isinstance(sources, str | os.PathLike):
        sources = [sources]
    suffixes = IMAGE_SUFFIXES | VIDEO_SUFFIXES if videos else IMAGE_SUFFIXES
    media = {Medium.IMAGE, Medium.VIDEO} if videos else {Medium.IMAGE}
    files: dict[str, Path] = {}
    for source in sources:
        skipped = Passed()
        wanted = (path for path in _matches(source) if _counts(path, suffixes, media, skipped))
        paths = sorted((Path(path) for path in wanted), key=_natural)
        if not paths:
            what = "image or video" if videos else "image"
            raise DatasetError(_no_match(source, what) + (f" ({in_words(skipped)})" if skipped else ""))
        if passed is not None:
            passed.update(skipped)
        for path in paths:
            files.setdefault(os.path.normpath(Path.cwd() / path), path)
    return list(files.values())


def iter_media(source: PathLike, passed: Passed, more: frozenset[str] = frozenset()) -> Iterator[str]:
    """Give the images and videos of one source as they are found, in no order, and none of them is kept.

    `more` are endings that count as well. Errors are those of :func:`find_images`.
    """
    suffixes, media = IMAGE_SUFFIXES | VIDEO_SUFFIXES | more, {Medium.IMAGE, Medium.VIDEO}
    found = False
    for path in _matches(source):
        if _counts(path, suffixes, media, passed):
            found = True
            yield os.fspath(path)
    if not found:
        raise DatasetError(_no_match(source, "image or video") + (f" ({in_words(passed)})" if passed else ""))


def in_words(passed: Passed) -> str:
    """What was passed over, the most frequent first: ``passed over: 12 .heic, 3 .txt``."""
    counts = ", ".join(
        f"{count} {printable(suffix) or 'without an ending'}"
        for suffix, count in sorted(passed.items(), key=lambda pair: (-pair[1], not pair[0], pair[0]))
    )
    heic = "" if installed("pillow_heif") or not {".heic", ".heif"} & set(passed) else HEIC_HINT
    return f"passed over: {counts}{heic}"


HEIC_HINT = '; to read HEIC: pip install "facespectra[heic]"'


def url_reason(name: PathLike) -> str:
    """What to do about a name that is an address; empty for any other name."""
    text = os.fspath(name)
    if not _URL.match(text):
        return ""
    if text.lower().startswith("file:"):
        return "it is a URL: give the path alone, without file://"
    return "it is a URL: download it first"


def _counts(path: str | Path, suffixes: frozenset[str], media: set[Medium], skipped: Passed) -> bool:
    """Whether a file is wanted; it is counted where it is not."""
    if isinstance(path, Path):
        return True
    suffix = suffix_of(path)
    if suffix in suffixes:
        return True
    kind = kind_of(path)
    if kind is not None and kind.medium in media and (kind is not HEIC or installed("pillow_heif")):
        return True
    skipped[suffix] += 1
    return False


def _no_match(source: PathLike, what: str) -> str:
    name = printable(source)
    if Path(source).is_dir():
        return f"no {what} in the folder {name}"
    if reason := url_reason(source):
        return f"{name}: {reason}"
    if glob.has_magic(name):
        return f"no {what} matches {name}"
    return f"there is no file or folder {name}"


def _matches(source: PathLike) -> Iterator[str | Path]:
    """Give what a source stands for: paths are wanted whatever they are; strings are to be looked at."""
    path = Path(source)
    if path.is_dir():
        yield from _walk(path)
    elif path.exists():
        yield path
    else:
        # Path.glob takes no absolute patterns and lists hidden files.
        for name in glob.iglob(os.fspath(source), recursive=True):  # noqa: PTH207
            if os.path.isfile(name) and os.path.basename(name).lower() not in _LITTER:  # noqa: PTH113, PTH119
                yield name


def is_litter(name: str) -> bool:
    """Whether a file is hidden, or one that systems leave in folders."""
    return name.startswith(".") or name.lower() in _LITTER


def _walk(folder: Path) -> Iterator[str | Path]:
    closed: list[Path] = []

    def on_error(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise DatasetError(f"cannot list the folder {printable(folder)}: {error.strerror}") from error
        # Listed among the files: reading it says why.
        closed.append(Path(error.filename))

    seen: set[str] = set()
    for here, folders, files in os.walk(folder, followlinks=True, onerror=on_error):
        # Links can lead back up: each real folder is visited once.
        real = os.path.realpath(here)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        # Sorted, so that of two links to one folder the same one always gives the names.
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name.lower() not in _LITTER_FOLDERS
        )
        for name in files:
            if not is_litter(name):
                yield os.path.join(here, name)  # noqa: PTH118 - a hundred thousand times
    yield from closed


def _natural(path: Path) -> tuple[list[list[str | int]], str]:
    # Folder keys are shared to save memory with 100,000 files; Path.parts would be cached, too.
    text = os.fspath(path)
    *folders, name = text.split(os.sep)  # noqa: PTH206
    return [*map(_folder_pieces, folders), _pieces(name)], text


def _pieces(part: str) -> list[str | int]:
    # Text and numbers alternate, so that numbers are only compared with numbers.
    return [int(piece) if piece.isdecimal() else piece.casefold() for piece in re.split(r"(\d+)", part)]


_folder_pieces = lru_cache(maxsize=256)(_pieces)
