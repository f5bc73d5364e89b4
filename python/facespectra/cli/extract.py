"""``facespectra extract``: features of images, into a file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facespectra.cli.console import complain_of, leave, progress_bar
from facespectra.cli.options import (
    Backend,
    Convention,
    Device,
    Dtype,
    Margin,
    NFeatures,
    Snap,
    Sources,
    Square,
    Threads,
)

if TYPE_CHECKING:
    from facespectra.detector import FeatureTable


def extract(
    sources: Sources,
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="FILE", help="A .npz, .parquet or .csv file.", show_default=False
        ),
    ],
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
    """Write the radial spectrum of every image, one row each, in the order of the sources.

    A row has the image's path, its status (ok, no-face or unreadable) and its features; these are NaN (empty
    in CSV) where the status is not ok.
    """
    from facespectra.detector import extract_features, make_features, read_samples
    from facespectra.errors import FacespectraError
    from facespectra.faces import FaceCropper
    from facespectra.images import find_images

    write = WRITERS.get(out.suffix.lower())
    if write is None:
        raise ValueError(
            f"{out}: cannot write {out.suffix or 'a file without a suffix'}; use {', '.join(WRITERS)}"
        )
    settings = {"n_features": n_features, "convention": convention, "dtype": dtype}
    features = make_features("spectrum", settings, backend=backend, threads=threads)
    cropper = FaceCropper(margin=margin, square=square, snap=snap, device=device) if faces else None
    images = find_images(sources)
    with progress_bar("extract") as update:
        samples = read_samples(images, cropper)
        table = extract_features(samples, features, progress=lambda done: update(done, len(images)))
    n_unreadable = complain_of(table.unreadable)
    if n_unreadable == len(images):
        raise FacespectraError(f"none of {len(images)} inputs could be read; nothing was written")
    write(out, table)
    typer.echo(f"{out}: {int(table.ok.sum())} of {len(images)} images, {features.width} features each")
    leave(n_unreadable)


def _write_npz(path: Path, table: FeatureTable) -> None:
    import numpy as np

    from facespectra._files import write_atomically

    content = io.BytesIO()
    np.savez_compressed(
        content, path=np.array(table.paths), status=np.array(table.statuses), features=table.matrix
    )
    write_atomically(path, content.getvalue())


def _write_csv(path: Path, table: FeatureTable) -> None:
    from facespectra.report.tables import write_csv

    # str of a NumPy float is the shortest text that reads back as the same number.
    rows = (
        [name, status, *(map(str, values) if ok else [""] * len(values))]
        for name, status, values, ok in zip(table.paths, table.statuses, table.matrix, table.ok, strict=True)
    )
    write_csv(path, ["path", "status", *_names(table)], rows)


def _write_parquet(path: Path, table: FeatureTable) -> None:
    from facespectra._extras import require
    from facespectra._files import write_atomically

    require("detect", "pandas", "pyarrow")
    import pandas as pd

    frame = pd.DataFrame(table.matrix, columns=_names(table))
    frame.insert(0, "path", table.paths)
    frame.insert(1, "status", table.statuses)
    content = io.BytesIO()
    frame.to_parquet(content, index=False)
    write_atomically(path, content.getvalue())


def _names(table: FeatureTable) -> list[str]:
    width = table.matrix.shape[1]
    digits = len(str(width - 1))
    return [f"f{index:0{digits}}" for index in range(width)]


WRITERS = {".npz": _write_npz, ".parquet": _write_parquet, ".csv": _write_csv}
