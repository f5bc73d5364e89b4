"""Celeb-DF, versions 1 and 2 (Li et al., 2020).

``Celeb-real/id0_0000.mp4`` shows identity 0, ``Celeb-synthesis/id0_id1_0000.mp4`` its video 0000 with
the face of identity 1, and each of ``YouTube-real/00000.mp4`` another person. ``List_of_testing_videos.txt``
lists the test videos, one a line, **with 1 for real and 0 for fake**; all others are for training.

A fake belongs to both of its identities and so connects them: a split by group never has a face on both
sides. Since nearly everybody is swapped with nearly everybody, the groups are few and large. The database's
own split is by video and does have the same people on both sides.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from facespectra._files import one_line
from facespectra.datasets.video_folders import (
    LabelledClip,
    clips_in,
    clips_table,
    count_differences,
    find_folder,
    first_few,
    warn_about,
)
from facespectra.errors import DatasetError

if TYPE_CHECKING:
    import pandas as pd

CLASSES = {"Celeb-real": 0, "YouTube-real": 0, "Celeb-synthesis": 1}
TEST_LIST = "List_of_testing_videos.txt"
KNOWN_COUNTS = {
    "Celeb-DF v1": {"Celeb-real": 158, "YouTube-real": 250, "Celeb-synthesis": 795},
    "Celeb-DF v2": {"Celeb-real": 590, "YouTube-real": 300, "Celeb-synthesis": 5639, "test videos": 518},
}
IDENTITY = re.compile(r"id\d+", re.IGNORECASE)
_LINE = re.compile(r"([01])\s+(\S.*)")


def matches(path: Path) -> bool:
    """Tell whether a folder contains Celeb-real and Celeb-synthesis."""
    return bool(find_folder(path, "Celeb-real") and find_folder(path, "Celeb-synthesis"))


def read(path: Path) -> pd.DataFrame:
    """Read the database into a manifest with the splits train and test if its list is there."""
    listed = read_test_list(path)
    counts: Counter[str] = Counter()
    clips: list[LabelledClip] = []
    unseen = set() if listed is None else set(listed)
    for folder, label in CLASSES.items():
        for clip in clips_in(place) if (place := find_folder(path, folder)) else []:
            key = f"{folder}/{clip.name}".lower()
            unseen.discard(key)
            counts[folder] += 1
            identities = tuple(name.lower() for name in IDENTITY.findall(clip.name))
            split = "" if listed is None else "test" if key in listed else "train"
            counts["test videos"] += split == "test"
            clips.append(LabelledClip(clip, label, identities or (f"{folder}/{clip.name}",), split))
    complaints = list(_wrong_counts(counts, listed is not None))
    if listed is None:
        complaints.append(f"{TEST_LIST} not found: the splits are unknown")
    if unseen:
        complaints.append(f"videos in {TEST_LIST} not found: {first_few(sorted(unseen))}")
    warn_about(path, complaints)
    return clips_table(clips)


def _wrong_counts(counts: Counter[str], has_list: bool) -> list[str]:
    def distance(version: str) -> int:
        return sum(abs(counts[name] - KNOWN_COUNTS[version][name]) for name in CLASSES)

    version = min(KNOWN_COUNTS, key=distance)
    known = {name: count for name, count in KNOWN_COUNTS[version].items() if has_list or name in CLASSES}
    return list(count_differences(counts, known, version))


def read_test_list(path: Path) -> set[str] | None:
    """Read the test videos as folder/name in lower case without suffix; check their labels.

    In Celeb-DF++ the name begins with the folders of the method.
    """
    file = next((entry for entry in sorted(path.iterdir()) if entry.name.lower() == TEST_LIST.lower()), None)
    if file is None:
        return None
    labels = {name.lower(): label for name, label in CLASSES.items()}
    listed = set()
    # Without the byte order mark, which would spoil the first line.
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise DatasetError(f"{file}: cannot be read ({one_line(error)})") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.strip())
        folder, _, name = match[2].lower().partition("/") if match else ("", "", "")
        if match is None or folder not in labels:
            raise DatasetError(
                f"{file}, line {number}: expected a label and a video, found {one_line(repr(line.strip()))}"
            )
        if int(match[1]) == labels[folder]:
            raise DatasetError(
                f"{file}, line {number}: {one_line(match[2])} is labelled {match[1]}, but 1 means real"
            )
        listed.add(f"{folder}/{name.rpartition('.')[0] or name}")
    return listed
