"""The Deepfake Detection Challenge dataset (Dolhansky et al., 2020).

A folder of videos with a ``metadata.json`` that gives for each file whether it is ``REAL`` or ``FAKE``, and
the ``original`` that a fake was made of; or a folder of such folders, like the fifty parts of the training
set, also one below another of the same name. An original and all its fakes are one group. ``split`` comes
from the file. The test set has a ``labels.csv`` (filename, label) in it or beside it, where 1 is fake.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from facespectra._files import one_line, printable
from facespectra._kinds import VIDEO_SUFFIXES, suffix_of
from facespectra.datasets.folders import subfolders
from facespectra.datasets.video_folders import (
    Clip,
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

METADATA = "metadata.json"
DEPTH, MOST_FOLDERS = 3, 100
LABELS = {"REAL": 0, "FAKE": 1}
TEST_LABELS = "labels.csv"
KNOWN_PARTS = 50
KNOWN_COUNTS = {"real videos": 19154, "fake videos": 100000}
SAMPLE, SAMPLE_COUNTS = "train_sample_videos", {"real videos": 77, "fake videos": 323}


def matches(path: Path) -> bool:
    """Tell whether a folder, or a folder in it, has a ``metadata.json`` with labels."""
    return any(_is_metadata(part / METADATA) for part in _parts(path)) or bool(_test_sets(path))


def read(path: Path) -> pd.DataFrame:
    """Read the database, or a part of it, into a manifest; warn of missing and unlisted videos."""
    complaints: list[str] = []
    clips: list[LabelledClip] = []
    tests = _test_sets(path)
    labelled = {videos for videos, _ in tests}
    parts = [part for part in _parts(path) if part not in labelled]
    # Beside parts that are understood, a file of this name may be of something else.
    parts = [part for part in parts if _is_metadata(part / METADATA)] or parts
    for videos, file in tests:
        files = {clip.name: clip for clip in clips_in(videos)}
        labels = _read_test_labels(file)
        missing = [name for name in labels if name not in files]
        unlisted = sorted(set(files) - set(labels))
        if missing:
            complaints.append(f"videos in {TEST_LABELS} not found: {first_few(missing)}")
        if unlisted:
            complaints.append(f"skipped, not in {TEST_LABELS}: {first_few(unlisted)}")
        clips += [
            LabelledClip(files[name], label, (name,), "test")
            for name, label in labels.items()
            if name in files
        ]
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


def _parts(path: Path, depth: int = DEPTH) -> list[Path]:
    """Find the folders with a ``metadata.json``, down to those below a part of the same name."""
    if not path.is_dir():
        return []
    if (path / METADATA).is_file():
        return [path]
    if not depth:
        return []
    inside = subfolders(path)
    # Classes and videos have no parts; there may be many of them.
    if len(inside) > MOST_FOLDERS:
        return []
    return [part for child in inside for part in _parts(child, depth - 1)]


def _test_sets(path: Path) -> list[tuple[Path, Path]]:
    """Find folders of test videos with their lists: beside it, or in it."""
    found = []
    for folder in [path, *subfolders(path)[:MOST_FOLDERS]]:
        file = folder / TEST_LABELS
        if not file.is_file() or not _read_test_labels(file):
            continue
        test = find_folder(folder, "test")
        found.append((folder if test is None else test, file))
    return found


def _read_test_labels(file: Path) -> dict[str, int]:
    """Read the label of each test video by its name; nothing from a table of something else."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, ValueError, csv.Error):
        return {}
    names = [PurePosixPath(row.get("filename") or "") for row in rows]
    labels = [row.get("label") or "" for row in rows]
    if (
        not rows
        or any(suffix_of(name.name) not in VIDEO_SUFFIXES for name in names)
        or set(labels) - {"0", "1"}
    ):
        return {}
    return {name.stem: int(label) for name, label in zip(names, labels, strict=True)}


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
