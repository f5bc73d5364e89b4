"""FaceForensics++ (Rössler et al., 2019), as its download script stores it.

``original_sequences/{youtube,actors}/{c0,c23,c40}/videos/000.mp4`` and
``manipulated_sequences/{Deepfakes,...}/{c0,c23,c40}/videos/000_003.mp4``, which is video 000 with the face
of video 003; or frames in ``images/000_003``. c0, called ``raw`` in newer copies, is uncompressed.
``train.json``, ``val.json`` and ``test.json``, in the folder or in ``splits``, are lists of pairs of videos.

A fake belongs to both of its videos and so connects them, whatever the method and the compression. In
DeepFakeDetection (``actors``), actors are connected instead.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from facespectra._files import one_line
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

CLASSES = {"original_sequences": 0, "manipulated_sequences": 1}
COMPRESSIONS = {"c0": "c0", "raw": "c0", "c23": "c23", "c40": "c40"}
SPLITS = ("train", "val", "test")
KNOWN_COUNTS = {"youtube": 1000, "actors": 363, "DeepFakeDetection": 3068}
PER_METHOD = 1000
KNOWN_PAIRS = {"train": 360, "val": 70, "test": 70}
MORE_COLUMNS = ("method", "compression")

_ACTORS = re.compile(r"(\d+)(?:_(\d+))?__")


def matches(path: Path, compression: str | None = None) -> bool:
    """Tell whether a folder contains both classes, in the given compression if there is one."""
    classes = {
        label for label, _, of_place, _ in _places(path) if compression is None or of_place == compression
    }
    return len(classes) == 2


def reader(compression: str) -> tuple[Callable[[Path], bool], Callable[[Path], pd.DataFrame]]:
    """Give :func:`matches` and :func:`read` for one compression: c0, c23 or c40."""
    return partial(matches, compression=compression), partial(read, compression=compression)


def read(path: Path, compression: str | None = None) -> pd.DataFrame:
    """Read the database, or one compression of it, into a manifest with the splits train, val and test.

    Extra columns: ``method`` (such as ``Deepfakes``; ``youtube`` or ``actors`` for originals) and
    ``compression``.
    """
    splits, complaints = _read_splits(path)
    clips: list[LabelledClip] = []
    counts: dict[str, Counter[str]] = {}
    for label, method, of_place, place in _places(path):
        if compression is not None and of_place != compression:
            continue
        for clip in clips_in(place):
            counts.setdefault(of_place, Counter())[method] += 1
            sources = _sources(clip)
            split = splits.get(sources[0], "")
            clips.append(LabelledClip(clip, label, sources, split, (method, of_place)))
    for name, count in counts.items():
        known = {method: KNOWN_COUNTS.get(method, PER_METHOD) for method in count}
        complaints += count_differences(count, known, f"FaceForensics++ in {name}")
    if len(counts) > 1:
        complaints.append(
            f"contains the same videos in {len(counts)} compressions ({', '.join(counts)}); "
            f"use --layout faceforensics-{min(counts)} to read one of them"
        )
    unlisted = [
        item.clip.name for item in clips if splits and not item.split and "actor" not in item.belongs_to[0]
    ]
    if unlisted:
        complaints.append(f"not in any split: {first_few(unlisted)}")
    warn_about(path, complaints)
    return clips_table(clips, MORE_COLUMNS)


def _sources(clip: Clip) -> tuple[str, ...]:
    """Give the videos or actors that a clip shows or was made of."""
    if actors := _ACTORS.match(clip.name):
        return tuple(f"actor {name}" for name in actors.groups() if name)
    return tuple(f"video {name}" for name in clip.name.split("_"))


def _places(path: Path) -> Iterator[tuple[int, str, str, Path]]:
    """Give label, method, compression and folder of everything there is."""
    for name, label in CLASSES.items():
        for method in _folders(find_folder(path, name)):
            for place in _folders(method):
                if place.name.lower() in COMPRESSIONS:
                    yield label, method.name, COMPRESSIONS[place.name.lower()], place


def _folders(path: Path | None) -> list[Path]:
    return sorted(entry for entry in path.iterdir() if entry.is_dir()) if path else []


def _read_splits(path: Path) -> tuple[dict[str, str], list[str]]:
    """Read the split of each video, and what is wrong with the lists."""
    splits: dict[str, str] = {}
    missing: list[str] = []
    counts: Counter[str] = Counter()
    for split in SPLITS:
        places = (path / f"{split}.json", path / "splits" / f"{split}.json")
        file = next((place for place in places if place.is_file()), None)
        if file is None:
            missing.append(f"{split}.json")
            continue
        try:
            for first, second in json.loads(file.read_text(encoding="utf-8")):
                splits[f"video {first}"] = splits[f"video {second}"] = split
                counts[split] += 1
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise DatasetError(f"{file}: not a list of pairs of videos ({one_line(error)})") from error
    if len(missing) == len(SPLITS):
        return {}, [f"{', '.join(missing)} not found: the splits are unknown"]
    complaints = [f"{', '.join(missing)} not found"] if missing else []
    wrong = count_differences(counts, {split: KNOWN_PAIRS[split] for split in counts}, "the published pairs")
    return splits, [*complaints, *wrong]
