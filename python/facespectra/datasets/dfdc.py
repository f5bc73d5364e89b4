"""The Deepfake Detection Challenge data set (Dolhansky et al., 2020).

A folder of videos with a ``metadata.json`` that says of each file whether it is ``REAL`` or ``FAKE``, and of
which ``original`` a fake was made; or a folder of such folders, as the fifty parts of the training set are.
An original and all its fakes are one group. ``split`` is what the file says.
"""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from facespectra._files import one_line, printable
from facespectra.datasets.video_folders import Clip, Labelled, as_table, clips_in, differences, some, warn_of
from facespectra.errors import DatasetError

if TYPE_CHECKING:
    import pandas as pd

METADATA = "metadata.json"
LABELS = {"REAL": 0, "FAKE": 1}
KNOWN_PARTS = 50
KNOWN_COUNTS = {"real videos": 19154, "fake videos": 100000}
SAMPLE, SAMPLE_COUNTS = "train_sample_videos", {"real videos": 77, "fake videos": 323}


def matches(path: Path) -> bool:
    """Whether a folder, or one in it, has a ``metadata.json`` of the kind.

    Parameters
    ----------
    path : Path
        The folder.

    Returns
    -------
    bool
    """
    return any(_is_metadata(part / METADATA) for part in _parts(path))


def read(path: Path) -> pd.DataFrame:
    """Read the set, or a part of it, into a manifest.

    Parameters
    ----------
    path : Path
        A folder that :func:`matches`.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    DatasetError
        If a ``metadata.json`` cannot be understood, or none of its videos is there.

    Warns
    -----
    UserWarning
        If videos are not there, or are there and not in the list; if all fifty parts, or the sample of 400,
        do not have their known counts.
    """
    complaints: list[str] = []
    found: list[Labelled] = []
    parts = _parts(path)
    for part in parts:
        there = {clip.name: clip for clip in clips_in(part)}
        entries = _read_metadata(part / METADATA)
        named = {PurePosixPath(name).stem: (name, entry) for name, entry in entries.items()}
        missing = [name for stem, (name, _) in named.items() if stem not in there]
        strays = sorted(set(there) - set(named))
        if missing:
            complaints.append(f"{METADATA} in {part.name} names videos that are not there: {some(missing)}")
        if strays:
            complaints.append(f"not in the {METADATA} of {part.name}, and left out: {some(strays)}")
        found += [
            _labelled(there[stem], entry, part / METADATA)
            for stem, (_, entry) in named.items()
            if stem in there
        ]
    if not found:
        raise DatasetError(f"{path}: none of the videos that {METADATA} names is there")
    counts = {
        f"{kind} videos": sum(item.label == label for item in found)
        for kind, label in (("real", 0), ("fake", 1))
    }
    if len(parts) >= KNOWN_PARTS:
        complaints += differences(counts, KNOWN_COUNTS, "the DFDC's training set")
    elif path.name == SAMPLE:
        complaints += differences(counts, SAMPLE_COUNTS, "the DFDC's sample of 400 videos")
    warn_of(path, complaints)
    return as_table(found)


def _labelled(clip: Clip, entry: dict[str, Any], file: Path) -> Labelled:
    label = LABELS.get(str(entry.get("label")).upper())
    if label is None:
        label_there = one_line(repr(entry.get("label")))
        raise DatasetError(f"{file}: {printable(clip.name)} is neither REAL nor FAKE but {label_there}")
    original = entry.get("original") if label else None
    group = PurePosixPath(str(original)).stem if original else clip.name
    return Labelled(clip, label, (group,), str(entry.get("split") or ""))


def _parts(path: Path) -> list[Path]:
    if not path.is_dir():
        return []
    if (path / METADATA).is_file():
        return [path]
    return sorted(entry for entry in path.iterdir() if (entry / METADATA).is_file())


def _is_metadata(file: Path) -> bool:
    try:
        entries = _read_metadata(file)
    except DatasetError:
        return False
    return "label" in next(iter(entries.values()))


def _read_metadata(file: Path) -> dict[str, dict[str, Any]]:
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DatasetError(f"{file}: cannot be read ({one_line(error)})") from error
    if not isinstance(entries, dict) or not entries or not all(isinstance(e, dict) for e in entries.values()):
        raise DatasetError(f"{file}: not what the DFDC has there: a label for each video")
    return entries
