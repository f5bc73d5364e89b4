"""Runs to compare: folders that evaluate wrote, or files of scores with labels, and the samples of both."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeAlias

from facespectra._files import one_line
from facespectra.errors import DatasetError
from facespectra.report.matching import match_names
from facespectra.report.score_tables import ScoreRow, read_scores, refuse_two_scores

FILE = "scores.csv"
LABELS = {"0": 0, "0.0": 0, "real": 0, "1": 1, "1.0": 1, "fake": 1}
Key: TypeAlias = tuple[str, int | None]


class Entry(NamedTuple):
    """One sample of a run."""

    label: int | None
    group: str
    score: float


@dataclass(frozen=True, slots=True)
class Run:
    """The samples of one run, and the threshold of its system where it is known."""

    place: Path
    entries: dict[Key, Entry]
    threshold: float | None = None

    @property
    def labelled(self) -> bool:
        """Whether every sample has a label."""
        return all(entry.label is not None for entry in self.entries.values())


def read_run(place: Path) -> Run:
    """Read a folder of evaluate, or a file of scores; a DatasetError says what is wrong with it."""
    file = place / FILE if place.is_dir() else place
    if not file.exists():
        raise DatasetError(
            f"{place}: {FILE} not found; name a folder that facespectra evaluate wrote, or a file of scores"
        )
    rows: dict[Key, list[ScoreRow]] = {}
    for row in read_scores(file):
        rows.setdefault((row.path, row.frame), []).append(row)
    for key, same in rows.items():
        refuse_two_scores(file, name_of(key), (row.score for row in same))
        if len({row.label for row in same}) > 1:
            raise DatasetError(f"{file}: {name_of(key)} is labelled both real and fake")
    entries = {
        key: Entry(_label(file, same[0]), same[0].group or key[0], same[0].score)
        for key, same in rows.items()
    }
    return Run(place, entries, _threshold(place) if place.is_dir() else None)


def _label(file: Path, row: ScoreRow) -> int | None:
    if not row.label:
        return None
    if row.label not in LABELS:
        raise DatasetError(
            f"{file}: unknown label {one_line(repr(row.label), 60)} of {one_line(row.path)}; "
            "use 0 or real, 1 or fake"
        )
    return LABELS[row.label]


def name_of(key: Key) -> str:
    """A sample in words."""
    path, frame = key
    return one_line(path if frame is None else f"{path} (frame {frame})")


def name_alike(runs: Sequence[Run]) -> list[Run]:
    """Give runs the same names and labels: those of the first one with labels, where one has none.

    Runs with labels keep their names, and their samples are the same by these alone.
    """
    labelled = next((run for run in runs if run.labelled), None)
    if labelled is None:
        *most, last = (str(run.place) for run in runs)
        raise DatasetError(
            f"neither {', '.join(most)} nor {last} has labels: give one a column 'label', or evaluate it "
            "first, by facespectra evaluate DATASET --scores FILE --out DIR"
        )
    return [run if run.labelled else _named_after(run, labelled) for run in runs]


def shared_samples(runs: Sequence[Run]) -> list[Key]:
    """The samples that all runs have; a DatasetError where there are none, or labels differ."""
    first, *others = runs
    shared = [key for key in first.entries if all(key in run.entries for run in others)]
    if not shared:
        *most, last = (str(run.place) for run in runs)
        raise DatasetError(f"{', '.join(most)} and {last} have no sample in common: their paths differ")
    for run in others:
        for key in shared:
            if run.entries[key].label != first.entries[key].label:
                raise DatasetError(f"{first.place} and {run.place} disagree on the label of {name_of(key)}")
    return shared


def short_names(runs: Sequence[Run]) -> list[str]:
    """Name each run by as much of the end of its path as no other has, without the ending of a file."""
    paths = [run.place if run.place.is_dir() else run.place.with_suffix("") for run in runs]
    parts = [path.absolute().parts for path in paths]
    names = []
    for own in parts:
        others = [other for other in parts if other != own]
        ends = (n for n in range(1, len(own)) if all(other[-n:] != own[-n:] for other in others))
        names.append("/".join(own[-next(ends, len(own)) :]))
    return names


def _named_after(run: Run, labelled: Run) -> Run:
    path_of = match_names((path for path, _ in run.entries), (path for path, _ in labelled.entries))
    entries: dict[Key, Entry] = {}
    for (path, frame), entry in run.entries.items():
        key = path_of.get(path, path), frame
        known = labelled.entries.get(key)
        if key in entries:
            refuse_two_scores(run.place, name_of(key), (entries[key].score, entry.score))
        label, group = (None, key[0]) if known is None else known[:2]
        entries[key] = Entry(label, group, entry.score)
    return Run(run.place, entries, run.threshold)


def _threshold(folder: Path) -> float | None:
    """The threshold that a run was evaluated at; None where it was chosen on its own scores, or unknown."""
    try:
        figures = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DatasetError(f"{folder / 'metrics.json'}: cannot be read ({one_line(error)})") from error
    value = figures.get("threshold") if isinstance(figures, dict) else None
    given = isinstance(figures, dict) and figures.get("threshold_source") == "given"
    return float(value) if given and isinstance(value, int | float) and math.isfinite(value) else None
