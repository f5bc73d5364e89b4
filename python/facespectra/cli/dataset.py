"""``facespectra dataset``: what is understood of a folder, what is wrong with it, and its manifest."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facespectra.cli.console import complain, complain_of, leave, show_table
from facespectra.cli.options import Dataset, Frames, Layout
from facespectra.videos import N_FRAMES

if TYPE_CHECKING:
    import pandas as pd

    from facespectra.datasets.headers import Header

CLASSES = {0: "real", 1: "fake"}
SHOWN = 3


def dataset(
    path: Dataset,
    layout: Layout = "auto",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FILE", help="Write the manifest: .csv or .parquet.", show_default=False
        ),
    ] = None,
    frames: Frames = N_FRAMES,
    quick: Annotated[
        bool, typer.Option("--quick", help="Read headers alone, and compare no contents.")
    ] = False,
) -> None:
    """Show what is understood of a data set, check it, and write its manifest.

    Looks for groups and copies of files in several splits, for pictures that look like one in another split,
    for copies in both classes, and for classes that can be told by the size, the format or the JPEG tables of
    their files alone. Decodes images where there are several splits, and changes nothing.
    """
    from facespectra.datasets import add_frames, read_dataset
    from facespectra.datasets.checks import check
    from facespectra.datasets.headers import read_headers
    from facespectra.datasets.layouts import find_layout

    if out is not None and out.suffix.lower() not in WRITERS:
        raise ValueError(f"{out}: cannot write this kind of manifest; use {', '.join(WRITERS)}")
    name = find_layout(path, layout)
    manifest = read_dataset(path, name)
    headers = read_headers(manifest["path"])
    table = [("layout", name), *_counts(manifest)]
    for label, of_class in CLASSES.items():
        files = manifest.loc[manifest["label"] == label, "path"].unique()
        table += _files(of_class, [headers[file] for file in files if file in headers])
    show_table(table)
    for warning in check(manifest, quick=quick, headers=headers):
        complain(f"warning: {warning}")
    unreadable = [(file, "cannot be read") for file in manifest["path"].unique() if file not in headers]
    complain_of(unreadable)
    if out is not None:
        whole = add_frames(manifest, frames)
        WRITERS[out.suffix.lower()](out, whole)
        typer.echo(f"{out}: {len(whole)} samples")
    leave(len(unreadable))


def _counts(manifest: pd.DataFrame) -> list[tuple[str, str]]:
    from facespectra.videos import is_video

    def count(rows: pd.DataFrame) -> str:
        n_fake = int(rows["label"].sum())
        groups = rows["group"].nunique()
        return f"{len(rows)} ({len(rows) - n_fake} real, {n_fake} fake; {groups} groups)"

    videos = sum(map(is_video, manifest["path"].unique()))
    rows = [("samples", count(manifest)), ("videos", str(videos))]
    splits = [split for split in manifest["split"].unique() if split]
    rows += [(f"split {split}", count(manifest[manifest["split"] == split])) for split in splits]
    if splits and (rest := manifest[manifest["split"] == ""]).shape[0]:
        rows.append(("no split", count(rest)))
    return rows if splits else [*rows, ("splits", "none")]


def _files(name: str, headers: list[Header]) -> list[tuple[str, str]]:
    sizes = _common(f"{header.width}x{header.height}" for header in headers)
    rows = [(f"{name}: sizes", sizes), (f"{name}: formats", _common(header.kind for header in headers))]
    qualities = sorted(header.quality for header in headers if header.quality is not None)
    if qualities:
        tables = len({header.tables for header in headers if header.tables})
        middle, low, high = qualities[len(qualities) // 2], qualities[0], qualities[-1]
        kinds = f"{tables} kind{'s' if tables > 1 else ''} of tables"
        rows.append((f"{name}: JPEG quality", f"median {middle}, {low} to {high}; {kinds}"))
    return rows


def _common(values: Iterable[str]) -> str:
    """The most common values with their counts, and how many others there are."""
    counts = Counter(values).most_common()
    text = ", ".join(f"{value} ({count})" for value, count in counts[:SHOWN])
    return text + (f" and {len(counts) - SHOWN} others" if len(counts) > SHOWN else "") or "nothing"


def _portable(manifest: pd.DataFrame, file: Path) -> pd.DataFrame:
    """Paths below the manifest's folder are relative to it, so that both can be moved together."""
    from facespectra.datasets.manifest import texts

    folder = file.absolute().parent
    paths = [Path(path) for path in manifest["path"]]
    return manifest.assign(
        path=texts(
            str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path) for path in paths
        )
    )


def _write_csv(file: Path, manifest: pd.DataFrame) -> None:
    from facespectra._files import write_atomically

    write_atomically(file, _portable(manifest, file).to_csv(index=False, lineterminator="\n"))


def _write_parquet(file: Path, manifest: pd.DataFrame) -> None:
    from facespectra._extras import require
    from facespectra._files import write_atomically
    from facespectra.errors import DatasetError

    require("detect", "pyarrow")
    content = io.BytesIO()
    try:
        _portable(manifest, file).to_parquet(content, index=False)
    except UnicodeEncodeError:
        raise DatasetError(f"{file}: Parquet has no room for names that are not UTF-8; write .csv") from None
    write_atomically(file, content.getvalue())


WRITERS = {".csv": _write_csv, ".parquet": _write_parquet}
