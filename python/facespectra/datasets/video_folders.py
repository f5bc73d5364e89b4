"""What the readers of video databases share: clips in a folder, connected groups, known counts.

A clip is a video file, or the folder of the images extracted from one.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facespectra.datasets.columns import COLUMNS, make_table
from facespectra.datasets.connections import connected
from facespectra.datasets.folders import subfolders
from facespectra.datasets.sources import VIDEO
from facespectra.errors import DatasetError
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
    is_frames: bool = False


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
    clips = (
        Clip(entry.name, _images_in(entry), is_frames=True) for place in places for entry in subfolders(place)
    )
    return [clip for clip in clips if clip.files]


def _images_in(folder: Path) -> tuple[Path, ...]:
    """List the images in a folder, none where it has none; where it cannot be listed, reading it says so."""
    try:
        return tuple(find_images([folder]))
    except DatasetError:
        return () if os.access(folder, os.R_OK | os.X_OK) else (folder,)


def clips_table(clips: Sequence[LabelledClip], more: Sequence[str] = ()) -> pd.DataFrame:
    """Make a manifest of clips, one row for each file; `more` names the reader's own columns."""
    groups = connected(item.belongs_to for item in clips)
    rows = [
        (
            str(file.absolute()),
            item.label,
            groups[item.belongs_to[0]],
            item.split,
            *item.more,
            _video(item) if item.clip.is_frames else "",
        )
        for item in clips
        for file in item.clip.files
    ]
    table = make_table(rows, [*COLUMNS, *more, VIDEO])
    return table if any(item.clip.is_frames for item in clips) else table.drop(columns=VIDEO)


def _video(item: LabelledClip) -> str:
    """Name a clip's video: two methods, or a fake and its original, may use one name."""
    return "/".join(("fake" if item.label else "real", *filter(None, item.more), item.clip.name))


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
