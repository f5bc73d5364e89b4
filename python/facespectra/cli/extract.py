"""``facespectra extract``: features of images, into a file."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facespectra.cli.console import complain_of, found, leave, progress_bar
from facespectra.cli.options import (
    Backend,
    Convention,
    Device,
    Dtype,
    Frames,
    Margin,
    NFeatures,
    Snap,
    Sources,
    Square,
    Threads,
)
from facespectra.videos import N_FRAMES

if TYPE_CHECKING:
    from facespectra.detector import FeatureTable
    from facespectra.videos import Named


def extract(
    sources: Sources,
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="FILE", help="A .npz, .parquet or .csv file.", show_default=False
        ),
    ],
    frames: Frames = N_FRAMES,
    faces: Annotated[bool, typer.Option("--faces", help="Cut out the largest face first.")] = False,
    n_features: NFeatures = 300,
    convention: Convention = "durall",
    dtype: Dtype = "float32",
    margin: Margin = 0.0,
    square: Square = False,
    snap: Snap = False,
    backend: Backend = None,
    threads: Threads = None,
    device: Device = None,
) -> None:
    """Write the radial spectrum of every image and frame, one row each, in the order of the sources.

    A row has the path of the image or video, its status (ok, no-face or unreadable) and its features; these
    are NaN (empty in CSV) where the status is not ok. Where there are videos, it has the number of the frame,
    too (for images: none, -1 in .npz).
    """
    from facespectra._files import check_writable
    from facespectra.detector import extract_features, make_features, read_samples
    from facespectra.errors import FacespectraError
    from facespectra.faces import FaceCropper
    from facespectra.videos import find_media, spread_frames

    write = WRITERS.get(out.suffix.lower())
    if write is None:
        raise ValueError(
            f"{out}: cannot write {out.suffix or 'a file without a suffix'}; use {', '.join(WRITERS)}"
        )
    settings = {"n_features": n_features, "convention": convention, "dtype": dtype}
    features = make_features("spectrum", settings, backend=backend, threads=threads)
    cropper = FaceCropper(margin=margin, square=square, snap=snap, device=device) if faces else None
    files, n_missing = found(sources, find_media)
    images, _ = spread_frames(files, frames)
    check_writable(out)
    with progress_bar("extract") as update:
        samples = read_samples(images, cropper)
        table = extract_features(samples, features, progress=lambda done: update(done, len(images)))
    n_unreadable = complain_of(table.unreadable)
    if n_unreadable == len(images):
        raise FacespectraError(f"none of {len(images)} inputs could be read; nothing was written")
    write(out, *_named(images, table))
    typer.echo(f"{out}: {int(table.ok.sum())} of {len(images)} images, {features.width} features each")
    leave(n_unreadable + n_missing)


Columns = list[tuple[str, list[str] | list[int | None]]]


def _named(sources: Sequence[Named], table: FeatureTable) -> tuple[Columns, FeatureTable]:
    """The columns before the features, and the table."""
    from facespectra.videos import Frame

    paths = [source.path if isinstance(source, Frame) else os.fspath(source) for source in sources]
    columns: Columns = [("path", paths), ("status", table.statuses)]
    if any(isinstance(source, Frame) for source in sources):
        frames = [source.index if isinstance(source, Frame) else None for source in sources]
        columns.insert(1, ("frame", frames))
    return columns, table


def _write_npz(path: Path, columns: Columns, table: FeatureTable) -> None:
    import numpy as np

    from facespectra._files import write_atomically

    content = io.BytesIO()
    arrays: dict[str, Any] = {
        name: np.array([-1 if value is None else value for value in values]) for name, values in columns
    }
    np.savez_compressed(content, **arrays, features=table.matrix)
    write_atomically(path, content.getvalue())


def _write_csv(path: Path, columns: Columns, table: FeatureTable) -> None:
    from facespectra.report.tables import write_csv

    # str of a NumPy float is the shortest text that reads back as the same number.
    rows = (
        [
            *("" if value is None else value for value in named),
            *(map(str, values) if ok else [""] * len(values)),
        ]
        for named, values, ok in zip(
            zip(*(values for _, values in columns), strict=True), table.matrix, table.ok, strict=True
        )
    )
    write_csv(path, [*(name for name, _ in columns), *_names(table)], rows)


def _write_parquet(path: Path, columns: Columns, table: FeatureTable) -> None:
    from facespectra._extras import require
    from facespectra._files import as_utf8, write_atomically

    require("detect", "pandas", "pyarrow")
    import pandas as pd

    frame = pd.DataFrame(table.matrix, columns=_names(table))
    for position, (name, values) in enumerate(columns):
        # Parquet holds nothing but UTF-8.
        texts = [as_utf8(str(value)) for value in values]
        column = pd.Series(values, dtype="Int64") if name == "frame" else texts
        frame.insert(position, name, column)
    content = io.BytesIO()
    frame.to_parquet(content, index=False)
    write_atomically(path, content.getvalue())


def _names(table: FeatureTable) -> list[str]:
    width = table.matrix.shape[1]
    digits = len(str(width - 1))
    return [f"f{index:0{digits}}" for index in range(width)]


WRITERS = {".npz": _write_npz, ".parquet": _write_parquet, ".csv": _write_csv}
