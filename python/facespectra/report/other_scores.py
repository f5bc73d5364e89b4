"""The samples of a data set with the scores that somebody else's system gave them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facespectra._files import PathLike, one_line
from facespectra.datasets.columns import text_column
from facespectra.datasets.sources import FRAME, frames_of
from facespectra.detector.scores import Score
from facespectra.errors import DatasetError
from facespectra.features.status import NO_SCORE
from facespectra.report.matching import match_names
from facespectra.report.samples import Samples
from facespectra.report.score_tables import ScoreRow, read_scores, refuse_two_scores, status_of
from facespectra.videos import is_video

if TYPE_CHECKING:
    import pandas as pd

FAKE, REAL = HIGHER = ("fake", "real")
Frames = Mapping[int | None, ScoreRow]


def given_samples(
    file: PathLike,
    chosen: pd.DataFrame,
    everything: pd.DataFrame,
    root: Path | None,
    *,
    higher_is: str = FAKE,
    probabilities: bool = False,
) -> tuple[Samples, list[str]]:
    """Read the scores of a file for the chosen rows of a data set, and warnings about them.

    A video has a row for each frame that is scored, or one row where it is scored as a whole; so has a folder
    of frames whose name has a score.
    """
    if higher_is not in HIGHER:
        raise ValueError(f"higher_is must be fake or real, not {higher_is!r}")
    scored, warnings = _by_path(file, everything, root)
    rows, found, frames, paths = [], [], [], []
    known = frames_of(chosen) or [None] * len(chosen)
    done = set()
    for position, (name, frame) in enumerate(zip(chosen["path"], known, strict=True)):
        path = _scored_place(file, name, scored)
        if path != name and path in done:
            continue
        of_file = scored.get(path, {})
        wanted: list[int | None] = [frame]
        if not of_file.keys() - {None}:
            # The whole video has one score, or none at all: so it is one sample.
            wanted = [] if path in done and frame is not None else [None]
        elif frame is None:
            wanted = sorted(of_file, key=lambda number: number or 0)
        done.add(path)
        for number in wanted:
            rows.append(position)
            frames.append(number)
            paths.append(path)
            found.append(_score(path, of_file.get(number), higher_is, probabilities=probabilities))
    manifest = chosen.iloc[rows].reset_index(drop=True).assign(path=text_column(paths))
    return Samples(_with_frames(manifest, frames), found), warnings


def turned_threshold(threshold: float | None, higher_is: str, *, probabilities: bool) -> float | None:
    """The threshold of scores that were turned round: what reaches it as it was is real, and not fake."""
    if threshold is None or higher_is == FAKE:
        return threshold
    return float(np.nextafter(_turned(threshold, probabilities=probabilities), np.inf))


def _by_path(
    file: PathLike, everything: pd.DataFrame, root: Path | None
) -> tuple[dict[str, dict[int | None, ScoreRow]], list[str]]:
    """The row of each file of the data set, by frame; and warnings."""
    rows = read_scores(file)
    names = list(dict.fromkeys(row.path for row in rows))
    path_of = match_names(names, everything["path"], root)
    left = [name for name in names if name not in path_of]
    path_of |= match_names(left, _folders(everything), root) if left else {}
    missing = [name for name in names if name not in path_of]
    if not path_of:
        example = one_line(str(everything["path"].iloc[0]))
        raise DatasetError(
            f"{file}: none of its {len(names)} files is in the data set: it has such as "
            f"{one_line(names[0])}, and the data set has {example}"
        )
    warnings = []
    if missing:
        verb = "file with a score is" if len(missing) == 1 else "files with a score are"
        warnings.append(f"{len(missing)} {verb} not in the data set, such as {one_line(missing[0])}")
    by_path: dict[str, dict[int | None, list[ScoreRow]]] = {}
    for row in rows:
        if row.path in path_of:
            path = path_of[row.path]
            # An image has no frames, whatever a table says.
            frame = row.frame if is_video(path) else None
            by_path.setdefault(path, {}).setdefault(frame, []).append(row)
    for path, frames in by_path.items():
        if None in frames and len(frames) > 1:
            raise DatasetError(f"{file}: {one_line(path)} has a score and scores of frames; keep one kind")
        for same in frames.values():
            refuse_two_scores(file, path, (row.score for row in same))
    scored = {
        path: {frame: _scored_one(same) for frame, same in frames.items()} for path, frames in by_path.items()
    }
    return scored, warnings


def _folders(everything: pd.DataFrame) -> list[str]:
    """Folders of several images of one class, which may be the frames of a video."""
    labels: dict[str, list[int]] = {}
    for path, label in zip(everything["path"], everything["label"].tolist(), strict=True):
        labels.setdefault(str(Path(path).parent), []).append(label)
    return [folder for folder, own in labels.items() if len(own) > 1 and len(set(own)) == 1]


def _scored_place(file: PathLike, path: str, scored: Mapping[str, Frames]) -> str:
    """What has a score for a file: itself, or the folder that it is in."""
    folder = str(Path(path).parent)
    if folder not in scored:
        return path
    if path in scored:
        raise DatasetError(f"{file}: {one_line(folder)} has a score and scores of frames; keep one kind")
    return folder


def _scored_one(same: list[ScoreRow]) -> ScoreRow:
    return next((row for row in same if not math.isnan(row.score)), same[0])


def _score(path: str, row: ScoreRow | None, higher_is: str, *, probabilities: bool) -> Score:
    if row is None:
        return Score(path, math.nan, NO_SCORE, None)
    value = row.score if higher_is == FAKE else _turned(row.score, probabilities=probabilities)
    return Score(path, value, status_of(row), None)


def _turned(score: float, *, probabilities: bool) -> float:
    return 1 - score if probabilities else -score


def _with_frames(manifest: pd.DataFrame, frames: list[int | None]) -> pd.DataFrame:
    import pandas as pd

    if all(frame is None for frame in frames):
        return manifest.drop(columns=FRAME, errors="ignore")
    return manifest.assign(**{FRAME: pd.array(frames, dtype="Int64")})
