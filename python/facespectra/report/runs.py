"""Runs to compare: folders that evaluate wrote, or files of scores with labels, and the samples of both."""

from __future__ import annotations

import json
import math
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


def pair_runs(first: Run, second: Run) -> tuple[Run, Run]:
    """Give two runs the same names and labels: those of the one with labels, where the other has none.

    Where both have labels, the samples keep their names, and are the same by these alone.
    """
    if not first.labelled and not second.labelled:
        raise DatasetError(
            f"neither {first.place} nor {second.place} has labels: give one a column 'label', or evaluate it "
            "first, by facespectra evaluate DATASET --scores FILE --out DIR"
        )
    if first.labelled and second.labelled:
        return first, second
    if first.labelled:
        return first, _named_after(second, first)
    return _named_after(first, second), second


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
