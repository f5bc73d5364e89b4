"""Celeb-DF, version 1 and 2 (Li et al., 2020).

``Celeb-real/id0_0000.mp4`` shows identity 0, ``Celeb-synthesis/id0_id1_0000.mp4`` its video 0000 with
the face of identity 1, and each of ``YouTube-real/00000.mp4`` somebody else. ``List_of_testing_videos.txt``
names the videos to test on, one a line, **with 1 for real and 0 for fake**; all others are for training.

A fake belongs to both of its identities, and so connects them: a division by group never has a face on both
sides. Since nearly everybody is swapped with nearly everybody, the groups are few and large. The set's own
split is by video and does have the same people on both sides.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from facespectra._files import one_line
from facespectra.datasets.video_folders import Labelled, as_table, child, clips_in, differences, some, warn_of
from facespectra.errors import DatasetError

if TYPE_CHECKING:
    import pandas as pd

CLASSES = {"Celeb-real": 0, "YouTube-real": 0, "Celeb-synthesis": 1}
TEST_LIST = "List_of_testing_videos.txt"
KNOWN_COUNTS = {
    "Celeb-DF v1": {"Celeb-real": 158, "YouTube-real": 250, "Celeb-synthesis": 795},
    "Celeb-DF v2": {"Celeb-real": 590, "YouTube-real": 300, "Celeb-synthesis": 5639, "test videos": 518},
}
_IDENTITY = re.compile(r"id\d+", re.IGNORECASE)
_LINE = re.compile(r"([01])\s+(\S.*)")


def matches(path: Path) -> bool:
    """Whether a folder has Celeb-real and Celeb-synthesis in it.

    Parameters
    ----------
    path : Path
        The folder.

    Returns
    -------
    bool
    """
    return bool(child(path, "Celeb-real") and child(path, "Celeb-synthesis"))


def read(path: Path) -> pd.DataFrame:
    """Read the set into a manifest with the splits train and test.

    Parameters
    ----------
    path : Path
        A folder that :func:`matches`.

    Returns
    -------
    pandas.DataFrame
        Without a list of testing videos, without splits.

    Raises
    ------
    DatasetError
        If a line of the list cannot be understood, or calls a real video fake or the other way round.

    Warns
    -----
    UserWarning
        If the counts are not those of the version that they are nearest to, the list is missing, or it names
        videos that are not there.
    """
    listed = _read_list(path)
    counts: Counter[str] = Counter()
    found: list[Labelled] = []
    unseen = set() if listed is None else set(listed)
    for folder, label in CLASSES.items():
        for clip in clips_in(place) if (place := child(path, folder)) else []:
            key = f"{folder}/{clip.name}".lower()
            unseen.discard(key)
            counts[folder] += 1
            identities = tuple(name.lower() for name in _IDENTITY.findall(clip.name))
            split = "" if listed is None else "test" if key in listed else "train"
            counts["test videos"] += split == "test"
            found.append(Labelled(clip, label, identities or (f"{folder}/{clip.name}",), split))
    complaints = list(_wrong_counts(counts, listed is not None))
    if listed is None:
        complaints.append(f"there is no {TEST_LIST}: no splits are known")
    if unseen:
        complaints.append(f"{TEST_LIST} names videos that are not there: {some(sorted(unseen))}")
    warn_of(path, complaints)
    return as_table(found)


def _wrong_counts(counts: Counter[str], has_list: bool) -> list[str]:
    def distance(version: str) -> int:
        return sum(abs(counts[name] - KNOWN_COUNTS[version][name]) for name in CLASSES)

    version = min(KNOWN_COUNTS, key=distance)
    known = {name: count for name, count in KNOWN_COUNTS[version].items() if has_list or name in CLASSES}
    return list(differences(counts, known, version))


def _read_list(path: Path) -> set[str] | None:
    """The videos to test on, as folder/name in lower case without suffix; checked against their folders."""
    file = next((entry for entry in sorted(path.iterdir()) if entry.name.lower() == TEST_LIST.lower()), None)
    if file is None:
        return None
    labels = {name.lower(): label for name, label in CLASSES.items()}
    listed = set()
    # The byte order mark is taken off: it would make the first line one that is not understood.
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise DatasetError(f"{file}: cannot be read ({one_line(error)})") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.strip())
        folder, _, name = match[2].lower().rpartition("/") if match else ("", "", "")
        if match is None or folder not in labels:
            raise DatasetError(
                f"{file}, line {number}: not a label and a video: {one_line(repr(line.strip()))}"
            )
        if int(match[1]) == labels[folder]:
            raise DatasetError(
                f"{file}, line {number}: {one_line(match[2])} is called {match[1]}, where 1 means real"
            )
        listed.add(f"{folder}/{name.rpartition('.')[0] or name}")
    return listed
