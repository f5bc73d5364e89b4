"""The Kaggle set "Real and Fake Face Detection" of ciplab, Yonsei University.

``real_and_fake_face/training_real`` holds ``real_00001.jpg`` and so on; ``training_fake`` holds composites
whose names, such as ``easy_12_1110.jpg``, say how hard they are to tell, which composite it is, and which of
left eye, right eye, nose and mouth were replaced.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from facespectra.datasets.manifest import COLUMNS, table_of

if TYPE_CHECKING:
    import pandas as pd

CLASSES = {"training_real": 0, "training_fake": 1}
INNER = "real_and_fake_face"
KNOWN_COUNTS = {0: 1081, 1: 960}
PARTS = ("left-eye", "right-eye", "nose", "mouth")
MORE_COLUMNS = ("difficulty", "replaced")

_FAKE = re.compile(r"(?P<difficulty>easy|mid|hard)_(?P<number>\d+)_(?P<parts>[01]{4})", re.IGNORECASE)


def matches(path: Path) -> bool:
    """Whether a folder is the set, or the archive that it comes in.

    Parameters
    ----------
    path : Path
        The folder.

    Returns
    -------
    bool
    """
    return _root(path) is not None


def read(path: Path) -> pd.DataFrame:
    """Read the set into a manifest with two more columns.

    Parameters
    ----------
    path : Path
        A folder that :func:`matches`.

    Returns
    -------
    pandas.DataFrame
        Besides the manifest's own columns: ``difficulty`` (``easy``, ``mid``, ``hard``; empty for real faces)
        and ``replaced`` (such as ``left-eye+nose``; empty for real faces). Composites of one number and
        difficulty are one group. There are no splits.

    Warns
    -----
    UserWarning
        If it does not have the 1081 real and 960 fake faces of the published set.
    """
    from facespectra.images import find_images

    root = _root(path) or path
    rows = []
    for folder, label in CLASSES.items():
        for image in find_images([_child(root, folder) or root / folder]):
            group, difficulty, replaced = _described(image.stem, label)
            rows.append((str(image.absolute()), label, f"{folder}/{group}", "", difficulty, replaced))
    manifest = table_of(rows, [*COLUMNS, *MORE_COLUMNS])
    counts = {label: int((manifest["label"] == label).sum()) for label in KNOWN_COUNTS}
    if counts != KNOWN_COUNTS:
        warnings.warn(
            f"{root}: {counts[0]} real and {counts[1]} fake faces, and the published set has "
            f"{KNOWN_COUNTS[0]} and {KNOWN_COUNTS[1]}",
            stacklevel=3,
        )
    return manifest


def _described(stem: str, label: int) -> tuple[str, str, str]:
    """Group, difficulty and replaced parts of a file; a name that says nothing is a group of its own."""
    match = _FAKE.fullmatch(stem) if label else None
    if match is None:
        return stem, "", ""
    replaced = "+".join(part for part, flag in zip(PARTS, match["parts"], strict=True) if flag == "1")
    difficulty = match["difficulty"].lower()
    return f"{difficulty}_{int(match['number'])}", difficulty, replaced


def _root(path: Path) -> Path | None:
    """The folder with the two classes: this one, or the one that the archive puts it into."""
    inner = _child(path, INNER)
    for candidate in (path, inner, _child(inner, INNER) if inner else None):
        if candidate is not None and all(_child(candidate, name) for name in CLASSES):
            return candidate
    return None


def _child(path: Path, name: str) -> Path | None:
    """A folder in a folder, whatever the case of its name."""
    if not path.is_dir():
        return None
    return next(
        (child for child in sorted(path.iterdir()) if child.name.lower() == name and child.is_dir()), None
    )
