"""Folders of a data set: those with pictures or videos in them, and no others."""

from __future__ import annotations

import os
from pathlib import Path

from facespectra.images import IMAGE_SUFFIXES
from facespectra.videos import VIDEO_SUFFIXES

# What systems and tools leave behind, whatever lies in it.
STRAY = frozenset(
    {"__pycache__", "__macosx", "@eadir", "$recycle.bin", "system volume information", "lost+found"}
)
_MEDIA = tuple(IMAGE_SUFFIXES | VIDEO_SUFFIXES)


def is_stray(name: str) -> bool:
    """Tell whether a folder is none of the data set's, by its name."""
    return name.startswith(".") or name.casefold() in STRAY


def subfolders(path: Path) -> list[Path]:
    """List the folders in a folder, sorted, without stray ones; none where it cannot be listed."""
    try:
        with os.scandir(path) as entries:
            names = [entry.name for entry in entries if entry.is_dir() and not is_stray(entry.name)]
    except OSError:
        return []
    return [path / name for name in sorted(names)]


def files_in(path: Path) -> list[Path]:
    """List the files in a folder, sorted, without hidden ones; none where it cannot be listed."""
    try:
        with os.scandir(path) as entries:
            names = [entry.name for entry in entries if entry.is_file() and not entry.name.startswith(".")]
    except OSError:
        return []
    return [path / name for name in sorted(names)]


def holds_media(path: Path) -> bool:
    """Tell whether an image or a video lies directly in a folder."""
    return _has_media(path, deep=False, seen=set())


def has_media(path: Path) -> bool:
    """Tell whether there is an image or a video anywhere in a folder."""
    return _has_media(path, deep=True, seen=set())


def _has_media(path: Path, *, deep: bool, seen: set[str]) -> bool:
    real = os.path.realpath(path)
    if real in seen:
        return False
    seen.add(real)
    inside: list[Path] = []
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.name.lower().endswith(_MEDIA) and entry.is_file():
                    return True
                if deep and not is_stray(entry.name) and entry.is_dir():
                    inside.append(Path(entry.path))
    except OSError:
        return False
    return any(_has_media(folder, deep=True, seen=seen) for folder in inside)
