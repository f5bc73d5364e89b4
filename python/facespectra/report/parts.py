"""The AUC of parts of a data set: by method, by generator, by size and by quality of the pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facespectra.datasets.headers import Header, read_headers
from facespectra.datasets.manifest import SPLITS_FOR
from facespectra.evaluation.independence import MeasuredAuc, measure_auc

if TYPE_CHECKING:
    import pandas as pd

    from facespectra.faces import Box

METHODS = ("method", "generator")
FACE_EDGES = (64, 128, 256)
IMAGE_EDGES = (256, 512, 1024)
QUALITY_EDGES = (70, 90)
ALL_TRAINED, ALL_HELD_OUT = "all that are in training", "all held-out ones"


@dataclass(frozen=True, slots=True)
class Part:
    """The AUC of one part."""

    name: str
    measured: MeasuredAuc
    held_out: bool | None = None  # a method that is not in the training split; None where there is none

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain data for JSON."""
        return self.measured.to_dict() | ({} if self.held_out is None else {"held_out": self.held_out})


@dataclass(frozen=True, slots=True)
class Scored:
    """Samples with a score, with what tells which of them are independent."""

    labels: NDArray[np.int64]
    scores: NDArray[np.float64]
    units: Mapping[str, NDArray[Any]]

    def auc(self, rows: NDArray[np.bool_]) -> MeasuredAuc:
        """Measure the AUC of some of them."""
        return measure_auc(
            self.labels[rows], self.scores[rows], {name: unit[rows] for name, unit in self.units.items()}
        )


def by_method(scored: Scored, methods: Sequence[str], in_training: set[str] | None) -> list[Part]:
    """The fakes of each method beside all real samples.

    `in_training` has the methods of the training split, None where there is none. Where some methods are in
    it and some are not, two more parts have all of either.
    """
    names = np.array(methods, object)
    real, fake = scored.labels == 0, scored.labels == 1
    found = sorted({name for name in names[fake].tolist() if name})

    trained = np.isin(names, list(in_training or ()))
    parts = []
    for name in found:
        held_out = None if in_training is None else name not in in_training
        parts.append(Part(name, scored.auc(real | (fake & (names == name))), held_out))
    if in_training is not None and 0 < sum(bool(each.held_out) for each in parts) < len(parts):
        parts.append(Part(ALL_TRAINED, scored.auc(real | (fake & trained)), held_out=False))
        parts.append(Part(ALL_HELD_OUT, scored.auc(real | (fake & ~trained & (names != ""))), held_out=True))
    return parts


def by_number(
    scored: Scored, numbers: NDArray[np.float64], edges: Sequence[int], unit: str, unknown: str = ""
) -> list[Part]:
    """Samples by classes of a number, such as the width of the face; NaN where it is not known.

    Nothing where all of them are in one class.
    """
    bounds = (-np.inf, *edges, np.inf)
    parts = []
    for low, high in pairwise(bounds):
        name = f"{low:g} to {high - 1:g}" if np.isfinite([low, high]).all() else ""
        name = name or (f"under {high:g}" if np.isfinite(high) else f"{low:g} and more")
        parts.append((f"{name}{unit}", (numbers >= low) & (numbers < high)))
    if unknown:
        parts.append((unknown, np.isnan(numbers)))
    kept = [(name, rows) for name, rows in parts if rows.any()]
    return [Part(name, scored.auc(rows)) for name, rows in kept] if len(kept) > 1 else []


def training_methods(everything: pd.DataFrame, tested: pd.DataFrame, column: str) -> set[str] | None:
    """The methods of the fakes in the training split; None where there is none beside what is tested."""
    if column not in everything:
        return None
    splits = everything["split"].str.casefold()
    own = set(tested["split"].str.casefold())
    rows = everything[splits.isin(SPLITS_FOR["train"]) & ~splits.isin(own) & (everything["label"] == 1)]
    return {str(name) for name in rows[column] if isinstance(name, str) and name} or None


def image_sides(paths: Sequence[str], headers: Mapping[str, Header]) -> NDArray[np.float64]:
    """The shorter side of each image or video in pixels; NaN where it cannot be read."""
    sides = ((headers[path].width, headers[path].height) if path in headers else None for path in paths)
    return np.array([np.nan if side is None else min(side) for side in sides], np.float64)


def jpeg_qualities(paths: Sequence[str], headers: Mapping[str, Header]) -> NDArray[np.float64]:
    """The quality that each JPEG was written with; NaN for other files."""
    known = (headers[path].quality if path in headers else None for path in paths)
    return np.array([np.nan if quality is None else quality for quality in known], np.float64)


def measure_parts(
    scored: Scored,
    manifest: pd.DataFrame,
    everything: pd.DataFrame,
    boxes: Sequence[Box | None] | None = None,
) -> dict[str, list[Part]]:
    """The parts by ``method`` and ``generator``, ``face`` or ``image`` size, and ``quality``, where known.

    `manifest` has a row for each sample with a score, and `boxes` the face in each.
    """
    found: dict[str, list[Part]] = {}
    for column in METHODS:
        if column in manifest:
            names = [name if isinstance(name, str) else "" for name in manifest[column]]
            found[column] = by_method(scored, names, training_methods(everything, manifest, column))
    paths = manifest["path"].tolist()
    headers = read_headers(paths)
    if boxes is not None:
        widths = np.array([np.nan if box is None else box[2] - box[0] for box in boxes], np.float64)
        found["face"] = by_number(scored, widths, FACE_EDGES, " px")
    else:
        found["image"] = by_number(scored, image_sides(paths, headers), IMAGE_EDGES, " px")
    found["quality"] = by_number(scored, jpeg_qualities(paths, headers), QUALITY_EDGES, "", "no JPEG")
    return {kind: parts for kind, parts in found.items() if parts}


def parts_to_dict(parts: Mapping[str, Sequence[Part]]) -> dict[str, Any]:
    """The parts as plain data for JSON: ``auc_by_method``, ``auc_by_size`` and so on, by name of the part."""
    keys = {"face": "size", "image": "size"}
    figures: dict[str, Any] = {
        f"auc_by_{keys.get(kind, kind)}": {part.name: part.to_dict() for part in own}
        for kind, own in parts.items()
    }
    sizes = [kind for kind in keys if kind in parts]
    return figures | ({"size_of": sizes[0]} if sizes else {})
