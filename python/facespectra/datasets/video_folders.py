"""What the readers of video databases share: clips in a folder, connected groups, counts that are known.

A clip is a video file, or the folder of the images that were extracted from one.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facespectra.datasets.manifest import COLUMNS, table_of
from facespectra.images import find_images
from facespectra.videos import is_video

if TYPE_CHECKING:
    import pandas as pd

VIDEO_FOLDERS = ("videos", "video")
FRAME_FOLDERS = ("frames", "images", "faces")


@dataclass(frozen=True, slots=True)
class Clip:
    """A video, or the images extracted from one.

    Attributes
    ----------
    name : str
        Of the video, without suffix.
    files : tuple of Path
        The video file, or the images.
    """

    name: str
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A clip and what a reader knows about it.

    Attributes
    ----------
    clip : Clip
    label : int
        1 for fake.
    belongs_to : tuple of str
        What it must not be divided from; the first one names its group where nothing connects them.
    split : str
        Empty where there is none.
    more : tuple of str
        Values of the reader's own columns.
    """

    clip: Clip
    label: int
    belongs_to: tuple[str, ...]
    split: str = ""
    more: tuple[str, ...] = ()


def child(path: Path, name: str) -> Path | None:
    """Find a folder in a folder, whatever the case of its name.

    Parameters
    ----------
    path : Path
        Need not exist.
    name : str
        The name.

    Returns
    -------
    Path or None
    """
    if not path.is_dir():
        return None
    found = (entry for entry in sorted(path.iterdir()) if entry.name.lower() == name.lower())
    return next((entry for entry in found if entry.is_dir()), None)


def clips_in(folder: Path) -> list[Clip]:
    """List the clips of one class.

    Parameters
    ----------
    folder : Path
        With video files in it or in ``videos``; else with a folder of images for each video, in it or in
        ``frames`` or ``images``. Where there are both, the videos are taken: the images came from them.

    Returns
    -------
    list of Clip
        Sorted by name.
    """
    places = [folder, *(place for name in VIDEO_FOLDERS if (place := child(folder, name)))]
    videos = {
        entry.stem: Clip(entry.stem, (entry,))
        for place in places
        for entry in sorted(place.iterdir())
        if is_video(entry) and not entry.name.startswith(".") and entry.is_file()
    }
    if videos:
        return [videos[name] for name in sorted(videos)]
    places = [place for name in FRAME_FOLDERS if (place := child(folder, name))] or [folder]
    return [
        Clip(entry.name, tuple(find_images([entry])))
        for place in places
        for entry in sorted(place.iterdir())
        if entry.is_dir() and not entry.name.startswith(".") and any(entry.iterdir())
    ]


def connected(sets: Iterable[Sequence[str]]) -> dict[str, str]:
    """Connect names that occur together, so that no division can part them.

    Parameters
    ----------
    sets : iterable of sequences of str
        Names of one sequence belong together, and so does all that shares a name with it.

    Returns
    -------
    dict of str to str
        The group of each name: the name itself where it stands alone, else the first name of the group in the
        order of the alphabet and how many more there are, such as ``"id0 and 58 more"``.
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


def as_table(clips: Sequence[Labelled], more: Sequence[str] = ()) -> pd.DataFrame:
    """Make a manifest of clips, one row for each file.

    Parameters
    ----------
    clips : sequence of Labelled
        In the order of the rows.
    more : sequence of str
        Names of the reader's own columns.

    Returns
    -------
    pandas.DataFrame
    """
    groups = connected(item.belongs_to for item in clips)
    rows = [
        (str(file.absolute()), item.label, groups[item.belongs_to[0]], item.split, *item.more)
        for item in clips
        for file in item.clip.files
    ]
    return table_of(rows, [*COLUMNS, *more])


def warn_of(root: Path, complaints: Iterable[str], stacklevel: int = 4) -> None:
    """Warn of what is not as it is known to be.

    Parameters
    ----------
    root : Path
        The data set.
    complaints : iterable of str
        One warning each.
    stacklevel : int
        As of :func:`warnings.warn`; by default the caller of ``read_dataset``.

    Warns
    -----
    UserWarning
    """
    for complaint in complaints:
        warnings.warn(f"{root}: {complaint}", stacklevel=stacklevel)


def differences(found: Mapping[str, int], known: Mapping[str, int], known_from: str) -> Iterator[str]:
    """Say how counts differ from what is known.

    Parameters
    ----------
    found, known : mapping of str to int
        By what was counted.
    known_from : str
        Whose counts they are.

    Yields
    ------
    str
        One text for all differences, or none.
    """
    wrong = [
        f"{found.get(name, 0)} {name} (not {count})"
        for name, count in known.items()
        if found.get(name, 0) != count
    ]
    if wrong:
        yield f"not all of {known_from}: {', '.join(wrong)}"


def some(names: Sequence[str], limit: int = 3) -> str:
    """Name the first few.

    Parameters
    ----------
    names : sequence of str
        Not empty.
    limit : int
        How many.

    Returns
    -------
    str
    """
    more = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {more} more" if more > 0 else "")
