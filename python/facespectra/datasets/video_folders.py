"""What the readers of video databases share: clips in a folder, connected groups, known counts.

A clip is a video file, or the folder of the images extracted from one.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facespectra.datasets.manifest import COLUMNS, make_table
from facespectra.images import find_images
from facespectra.videos import passes_for_video

if TYPE_CHECKING:
    import pandas as pd

VIDEO_FOLDERS = ("videos", "video")
FRAME_FOLDERS = ("frames", "images", "faces")


@dataclass(frozen=True, slots=True)
class Clip:
    """A video (named without its suffix), or the images extracted from one."""

    name: str
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """A clip and what a reader knows about it."""

    clip: Clip
    label: int  # 1 for fake
    belongs_to: tuple[str, ...]  # the videos or people to keep together; the first one names the group
    split: str = ""
    more: tuple[str, ...] = ()  # values of the reader's own columns


def find_folder(path: Path, name: str) -> Path | None:
    """Find a folder in a folder that may not exist, ignoring the case of its name."""
    if not path.is_dir():
        return None
    entries = (entry for entry in sorted(path.iterdir()) if entry.name.lower() == name.lower())
    return next((entry for entry in entries if entry.is_dir()), None)


def clips_in(folder: Path) -> list[Clip]:
    """List the clips of one class, sorted by name.

    Video files in the folder or in ``videos``; without any, a folder of images for each video, in the folder
    or in ``frames`` or ``images``.
    """
    places = [folder, *(place for name in VIDEO_FOLDERS if (place := find_folder(folder, name)))]
    videos = {
        entry.stem: Clip(entry.stem, (entry,))
        for place in places
        for entry in sorted(place.iterdir())
        if passes_for_video(entry) and not entry.name.startswith(".") and entry.is_file()
    }
    if videos:
        return [videos[name] for name in sorted(videos)]
    places = [place for name in FRAME_FOLDERS if (place := find_folder(folder, name))] or [folder]
    return [
        Clip(entry.name, tuple(find_images([entry])))
        for place in places
        for entry in sorted(place.iterdir())
        if entry.is_dir() and not entry.name.startswith(".") and any(entry.iterdir())
    ]


def connected(sets: Iterable[Sequence[str]]) -> dict[str, str]:
    """Give each name its group: names that occur together in a sequence, directly or through others.

    A group is called after its first name, alphabetically, and the number of others: ``"id0 and 58 more"``.
    """
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            parent[name] = name = parent[parent[name]]
        return name

    for names in sets:
        for name in names:
            parent[root(name)] = root(names[0])
    members: dict[str, list[str]] = {}
    for name in parent:
        members.setdefault(root(name), []).append(name)
    return {
        name: min(group) + (f" and {len(group) - 1} more" if len(group) > 1 else "")
        for group in members.values()
        for name in group
    }


def clips_table(clips: Sequence[LabelledClip], more: Sequence[str] = ()) -> pd.DataFrame:
    """Make a manifest of clips, one row for each file; `more` names the reader's own columns."""
    groups = connected(item.belongs_to for item in clips)
    rows = [
        (str(file.absolute()), item.label, groups[item.belongs_to[0]], item.split, *item.more)
        for item in clips
        for file in item.clip.files
    ]
    return make_table(rows, [*COLUMNS, *more])


def warn_about(root: Path, complaints: Iterable[str], stacklevel: int = 4) -> None:
    """Warn about a data set; the warning points to the caller of ``read_dataset`` by default."""
    for complaint in complaints:
        warnings.warn(f"{root}: {complaint}", stacklevel=stacklevel)


def count_differences(counts: Mapping[str, int], known: Mapping[str, int], database: str) -> Iterator[str]:
    """Describe in at most one text how counts differ from the known ones."""
    wrong = [
        f"{counts.get(name, 0)} {name} (not {count})"
        for name, count in known.items()
        if counts.get(name, 0) != count
    ]
    if wrong:
        yield f"incomplete {database}: {', '.join(wrong)}"


def first_few(names: Sequence[str], limit: int = 3) -> str:
    """List the first few names and the number of others."""
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more} more" if more > 0 else "")
