"""The Deepfake Detection Challenge dataset (Dolhansky et al., 2020).

A folder of videos with a ``metadata.json`` that gives for each file whether it is ``REAL`` or ``FAKE``, and
the ``original`` that a fake was made of; or a folder of such folders, like the fifty parts of the training
set. An original and all its fakes are one group. ``split`` comes from the file.
"""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from facespectra._files import one_line, printable
from facespectra.datasets.video_folders import (
    Clip,
    LabelledClip,
    clips_in,
    clips_table,
    count_differences,
    first_few,
    warn_about,
)
from facespectra.errors import DatasetError

if TYPE_CHECKING:
    import pandas as pd

METADATA = "metadata.json"
LABELS = {"REAL": 0, "FAKE": 1}
KNOWN_PARTS = 50
KNOWN_COUNTS = {"real videos": 19154, "fake videos": 100000}
SAMPLE, SAMPLE_COUNTS = "train_sample_videos", {"real videos": 77, "fake videos": 323}


def matches(path: Path) -> bool:
    """Tell whether a folder, or a folder in it, has a ``metadata.json`` with labels."""
    return any(_is_metadata(part / METADATA) for part in _parts(path))


def read(path: Path) -> pd.DataFrame:
    """Read the database, or a part of it, into a manifest; warn of missing and unlisted videos."""
    complaints: list[str] = []
    clips: list[LabelledClip] = []
    parts = _parts(path)
    for part in parts:
        files = {clip.name: clip for clip in clips_in(part)}
        entries = _read_metadata(part / METADATA)
        named = {PurePosixPath(name).stem: (name, entry) for name, entry in entries.items()}
        missing = [name for stem, (name, _) in named.items() if stem not in files]
        unlisted = sorted(set(files) - set(named))
        if missing:
            complaints.append(f"videos in {METADATA} of {part.name} not found: {first_few(missing)}")
        if unlisted:
            complaints.append(f"skipped, not in {METADATA} of {part.name}: {first_few(unlisted)}")
        clips += [
            _labelled(files[stem], entry, part / METADATA)
            for stem, (_, entry) in named.items()
            if stem in files
        ]
    if not clips:
        raise DatasetError(f"{path}: none of the videos in {METADATA} was found")
    counts = {
        f"{kind} videos": sum(item.label == label for item in clips)
        for kind, label in (("real", 0), ("fake", 1))
    }
    if len(parts) >= KNOWN_PARTS:
        complaints += count_differences(counts, KNOWN_COUNTS, "the DFDC training set")
    elif path.name == SAMPLE:
        complaints += count_differences(counts, SAMPLE_COUNTS, "the DFDC sample of 400 videos")
    warn_about(path, complaints)
    return clips_table(clips)


def _labelled(clip: Clip, entry: dict[str, Any], file: Path) -> LabelledClip:
    label = LABELS.get(str(entry.get("label")).upper())
    if label is None:
        unknown = one_line(repr(entry.get("label")))
        raise DatasetError(f"{file}: video {printable(clip.name)} has the label {unknown}; use REAL or FAKE")
    original = entry.get("original") if label else None
    group = PurePosixPath(str(original)).stem if original else clip.name
    return LabelledClip(clip, label, (group,), str(entry.get("split") or ""))


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
        raise DatasetError(f"{file}: not DFDC metadata, which has a label for each video")
    return entries
