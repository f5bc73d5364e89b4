"""The Kaggle data set "Real and Fake Face Detection" of ciplab, Yonsei University.

``real_and_fake_face/training_real`` contains ``real_00001.jpg`` and so on; ``training_fake`` contains
composites whose names, such as ``easy_12_1110.jpg``, give the difficulty, the number of the composite, and
which of left eye, right eye, nose and mouth were replaced.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from facespectra.datasets.columns import COLUMNS, make_table
from facespectra.datasets.folders import subfolders
from facespectra.datasets.video_folders import find_folder
from facespectra.datasets.words import class_of, split_of

if TYPE_CHECKING:
    import pandas as pd

CLASSES = {"training_real": 0, "training_fake": 1}
INNER = "real_and_fake_face"
KNOWN_COUNTS = {0: 1081, 1: 960}
PARTS = ("left-eye", "right-eye", "nose", "mouth")
MORE_COLUMNS = ("difficulty", "replaced")

_FAKE = re.compile(r"(?P<difficulty>easy|mid|hard)_(?P<number>\d+)_(?P<parts>[01]{4})", re.IGNORECASE)


def matches(path: Path) -> bool:
    """Tell whether a folder is the data set, or the archive that it comes in; it has no test split."""
    root = _root(path)
    return root is not None and not any(
        class_of(folder.name) is not None and split_of(folder.name) not in (None, "training")
        for folder in subfolders(root)
    )


def read(path: Path) -> pd.DataFrame:
    """Read the data set into a manifest without splits.

    Extra columns, empty for real faces: ``difficulty`` (``easy``, ``mid`` or ``hard``) and ``replaced`` (such
    as ``left-eye+nose``). Composites of one number and difficulty are one group.
    """
    from facespectra.images import find_images

    root = _root(path) or path
    rows = []
    for folder, label in CLASSES.items():
        for image in find_images([find_folder(root, folder) or root / folder]):
            group, difficulty, replaced = _parse_name(image.stem, label)
            rows.append((str(image.absolute()), label, f"{folder}/{group}", "", difficulty, replaced))
    manifest = make_table(rows, [*COLUMNS, *MORE_COLUMNS])
    counts = {label: int((manifest["label"] == label).sum()) for label in KNOWN_COUNTS}
    if counts != KNOWN_COUNTS:
        warnings.warn(
            f"{root}: contains {counts[0]} real and {counts[1]} fake faces, not {KNOWN_COUNTS[0]} and "
            f"{KNOWN_COUNTS[1]} as published",
            stacklevel=3,
        )
    return manifest


def _parse_name(stem: str, label: int) -> tuple[str, str, str]:
    """Parse group, difficulty and replaced parts; an unknown name is a group of its own."""
    match = _FAKE.fullmatch(stem) if label else None
    if match is None:
        return stem, "", ""
    replaced = "+".join(part for part, flag in zip(PARTS, match["parts"], strict=True) if flag == "1")
    difficulty = match["difficulty"].lower()
    return f"{difficulty}_{int(match['number'])}", difficulty, replaced


def _root(path: Path) -> Path | None:
    """Find the folder with the two classes: this one, or the one inside it that the archive makes."""
    inner = find_folder(path, INNER)
    for candidate in (path, inner, find_folder(inner, INNER) if inner else None):
        if candidate is not None and all(find_folder(candidate, name) for name in CLASSES):
            return candidate
    return None
