"""FaceForensics++ (Rössler et al., 2019), as its download script lays it out.

``original_sequences/{youtube,actors}/{c0,c23,c40}/videos/000.mp4`` and
``manipulated_sequences/{Deepfakes,...}/{c0,c23,c40}/videos/000_003.mp4``, which is video 000 with the face
of video 003; frames may stand in ``images/000_003`` instead. c0, called ``raw`` in newer copies, is
uncompressed.
``train.json``, ``val.json`` and ``test.json``, in the folder or in ``splits``, are lists of pairs of videos.

A fake belongs to both of its videos, and so connects them, whatever the method and the compression. In
DeepFakeDetection (``actors``) what is connected are actors.
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
    Labelled,
    as_table,
    child,
    clips_in,
    differences,
    some,
    warn_of,
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
    """Whether a folder is the set.

    Parameters
    ----------
    path : Path
        The folder.
    compression : {"c0", "c23", "c40"}, optional
        Whether it has both classes in this compression.

    Returns
    -------
    bool
    """
    found = {
        label for label, _, of_place, _ in _places(path) if compression is None or of_place == compression
    }
    return len(found) == 2


def reader(compression: str) -> tuple[Callable[[Path], bool], Callable[[Path], pd.DataFrame]]:
    """Give :func:`matches` and :func:`read` for one compression.

    Parameters
    ----------
    compression : {"c0", "c23", "c40"}
        The only one to be read.

    Returns
    -------
    matches, read : callable
    """
    return partial(matches, compression=compression), partial(read, compression=compression)


def read(path: Path, compression: str | None = None) -> pd.DataFrame:
    """Read the set into a manifest with two more columns.

    Parameters
    ----------
    path : Path
        A folder that :func:`matches`.
    compression : {"c0", "c23", "c40"}, optional
        Read this one only. Default: all that are there.

    Returns
    -------
    pandas.DataFrame
        Besides the manifest's own columns: ``method`` (such as ``Deepfakes``; ``youtube`` or ``actors`` for
        originals) and ``compression``. Splits are train, val and test where the lists of pairs are there.

    Raises
    ------
    DatasetError
        If a list of pairs cannot be read.

    Warns
    -----
    UserWarning
        If a method has not its 1000 videos, several compressions are read at once, or lists of pairs are
        missing or incomplete.
    """
    splits, complaints = _read_splits(path)
    found: list[Labelled] = []
    counts: dict[str, Counter[str]] = {}
    for label, method, of_place, place in _places(path):
        if compression is not None and of_place != compression:
            continue
        for clip in clips_in(place):
            counts.setdefault(of_place, Counter())[method] += 1
            sources = _sources(clip)
            split = splits.get(sources[0], "")
            found.append(Labelled(clip, label, sources, split, (method, of_place)))
    for name, count in counts.items():
        known = {method: KNOWN_COUNTS.get(method, PER_METHOD) for method in count}
        complaints += differences(count, known, f"FaceForensics++ in {name}")
    if len(counts) > 1:
        complaints.append(
            f"the same videos in {len(counts)} compressions ({', '.join(counts)}); "
            f"--layout faceforensics-{min(counts)} reads one of them"
        )
    homeless = [
        item.clip.name for item in found if splits and not item.split and "actor" not in item.belongs_to[0]
    ]
    if homeless:
        complaints.append(f"in no split: {some(homeless)}")
    warn_of(path, complaints)
    return as_table(found, MORE_COLUMNS)


def _sources(clip: Clip) -> tuple[str, ...]:
    """The videos, or actors, that a clip shows or was made of."""
    if actors := _ACTORS.match(clip.name):
        return tuple(f"actor {name}" for name in actors.groups() if name)
    return tuple(f"video {name}" for name in clip.name.split("_"))


def _places(path: Path) -> Iterator[tuple[int, str, str, Path]]:
    """Label, method, compression and folder of all that is there."""
    for name, label in CLASSES.items():
        for method in _folders(child(path, name)):
            for place in _folders(method):
                if place.name.lower() in COMPRESSIONS:
                    yield label, method.name, COMPRESSIONS[place.name.lower()], place


def _folders(path: Path | None) -> list[Path]:
    return sorted(entry for entry in path.iterdir() if entry.is_dir()) if path else []


def _read_splits(path: Path) -> tuple[dict[str, str], list[str]]:
    """The split of each video, and what is wrong with the lists."""
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
        return {}, [f"there are no {', '.join(missing)}: no splits are known"]
    complaints = [f"there is no {', no '.join(missing)}"] if missing else []
    wrong = differences(counts, {split: KNOWN_PAIRS[split] for split in counts}, "the published pairs")
    return splits, [*complaints, *wrong]
