"""A summary of a data set: samples per split, and sizes and formats per class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from facespectra.datasets.headers import Header
from facespectra.videos import is_video

if TYPE_CHECKING:
    import pandas as pd

CLASSES = {0: "real", 1: "fake"}
MOST_COMMON = 3


def summarize(manifest: pd.DataFrame, headers: Mapping[str, Header]) -> list[tuple[str, str]]:
    """Give the rows of the summary as names and texts; files without a header are left out of the sizes."""
    rows = [("samples", _count(manifest)), ("videos", str(sum(map(is_video, manifest["path"].unique()))))]
    splits = [split for split in manifest["split"].unique() if split]
    rows += [(f"split {split}", _count(manifest[manifest["split"] == split])) for split in splits]
    without_split = manifest[manifest["split"] == ""]
    if not splits:
        rows.append(("splits", "none"))
    elif len(without_split):
        rows.append(("no split", _count(without_split)))
    for label, name in CLASSES.items():
        files = manifest.loc[manifest["label"] == label, "path"].unique()
        rows += _file_properties(name, [headers[file] for file in files if file in headers])
    return rows


def _count(rows: pd.DataFrame) -> str:
    n_fake = int(rows["label"].sum())
    return f"{len(rows)} ({len(rows) - n_fake} real, {n_fake} fake; {rows['group'].nunique()} groups)"


def _file_properties(name: str, headers: Sequence[Header]) -> list[tuple[str, str]]:
    sizes = _most_common(f"{header.width}x{header.height}" for header in headers)
    rows = [(f"{name}: sizes", sizes), (f"{name}: formats", _most_common(header.kind for header in headers))]
    qualities = sorted(header.quality for header in headers if header.quality is not None)
    if qualities:
        tables = len({header.tables for header in headers if header.tables})
        median, low, high = qualities[len(qualities) // 2], qualities[0], qualities[-1]
        kinds = f"{tables} kind{'s' if tables > 1 else ''} of tables"
        rows.append((f"{name}: JPEG quality", f"median {median}, {low} to {high}; {kinds}"))
    return rows


def _most_common(values: Iterable[str]) -> str:
    """Name the most common values with their counts, and the number of others."""
    counts = Counter(values).most_common()
    text = ", ".join(f"{value} ({count})" for value, count in counts[:MOST_COMMON])
    others = f" and {len(counts) - MOST_COMMON} others" if len(counts) > MOST_COMMON else ""
    return text + others or "nothing"
