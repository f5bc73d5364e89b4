"""Celeb-DF++ (Li et al., 2025): Celeb-DF with fakes by 22 methods.

As in Celeb-DF, but the fakes lie in a folder for each method, below one for its scenario:
``Celeb-synthesis/FaceSwap/BlendFace/id0_id1_0000.mp4``. ``List_of_testing_videos.txt`` names them with these
folders, again **with 1 for real**.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from facespectra.datasets.celeb_df import CLASSES, IDENTITY, TEST_LIST, read_test_list
from facespectra.datasets.folders import has_media, subfolders
from facespectra.datasets.video_folders import (
    Clip,
    LabelledClip,
    clips_in,
    clips_table,
    find_folder,
    first_few,
    warn_about,
)
from facespectra.datasets.words import is_container

if TYPE_CHECKING:
    import pandas as pd

FAKES = "Celeb-synthesis"
MORE_COLUMNS = ("method",)
_CLIP = re.compile(r"(?:id\d+_)+\d+.*|\d{4,}", re.IGNORECASE)


def matches(path: Path) -> bool:
    """Tell whether a folder contains Celeb-real, and Celeb-synthesis with folders of methods."""
    fakes = find_folder(path, FAKES)
    return bool(fakes and find_folder(path, "Celeb-real") and next(_methods(fakes), None))


def read(path: Path) -> pd.DataFrame:
    """Read the database into a manifest with the splits train and test if its list is there.

    Extra column: ``method``, such as ``BlendFace``; empty for real videos.
    """
    listed = read_test_list(path)
    unseen = set(listed or ())
    clips: list[LabelledClip] = []
    for folder, label in CLASSES.items():
        for method, place, clip in _clips(find_folder(path, folder), label):
            key = f"{folder}/{place}{clip.name}".lower()
            unseen.discard(key)
            identities = tuple(name.lower() for name in IDENTITY.findall(clip.name))
            split = "" if listed is None else "test" if key in listed else "train"
            clips.append(
                LabelledClip(clip, label, identities or (f"{folder}/{clip.name}",), split, (method,))
            )
    complaints = []
    if listed is None:
        complaints.append(f"{TEST_LIST} not found: the splits are unknown")
    if unseen:
        complaints.append(f"videos in {TEST_LIST} not found: {first_few(sorted(unseen))}")
    warn_about(path, complaints)
    return clips_table(clips, MORE_COLUMNS)


def _clips(folder: Path | None, label: int) -> Iterator[tuple[str, str, Clip]]:
    """Give the clips of a class with their method, and its folders as the list of test videos has them."""
    if folder is None:
        return
    if label:
        for method in _methods(folder):
            place = method.relative_to(folder).as_posix() + "/"
            yield from ((method.name, place, clip) for clip in clips_in(method))
    if not label or next(_methods(folder), None) is None:
        yield from (("", "", clip) for clip in clips_in(folder))


def _methods(fakes: Path) -> Iterator[Path]:
    """Give the folders that hold the clips of one method: below one of a scenario, or directly."""
    for folder in subfolders(fakes):
        if is_container(folder.name) or _CLIP.fullmatch(folder.name) or not has_media(folder):
            continue
        inside = [
            child
            for child in subfolders(folder)
            if not is_container(child.name) and not _CLIP.fullmatch(child.name) and has_media(child)
        ]
        yield from inside or [folder]
