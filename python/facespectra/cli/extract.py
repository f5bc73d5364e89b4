"""``facespectra extract``: features of images, into a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facespectra._wording import counted
from facespectra.cli.cluster import (
    Address,
    Cluster,
    Resume,
    Sort,
    Workers,
    extract_on_cluster,
    refuse_with_ray,
    refuse_without_ray,
)
from facespectra.cli.console import complain_of, complain_of_notes, find_sources, leave, progress_bar, say
from facespectra.cli.options import (
    Backend,
    Cache,
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
    Truncated,
)
from facespectra.videos import N_FRAMES

if TYPE_CHECKING:
    from facespectra.features import Status


def extract(
    sources: Sources,
    out: Annotated[
        str,
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
    cache: Cache = None,
    truncated: Truncated = False,
    ray: Address = None,
    workers: Workers = None,
    resume: Resume = False,
    sort: Sort = False,
) -> None:
    """Write the radial spectrum of every image and frame, one row each, in the order of the sources.

    A row has the path of the image or video, its status (ok, no-face or unreadable) and its features; these
    are NaN (empty in CSV) where the status is not ok. Where there are videos, it has the number of the frame,
    too (for images: none, -1 in .npz).

    Examples
    --------
    facespectra extract photos/ -o spectra.parquet
    facespectra extract photos/ video.mp4 -o spectra.npz --faces
    facespectra extract s3://bucket/photos -o s3://bucket/spectra --ray auto
    """
    from facespectra._files import check_output, writing_atomically
    from facespectra.errors import FacespectraError
    from facespectra.faces import FaceCropper
    from facespectra.features import Extractor, make_features
    from facespectra.features.cache import Cache as CacheFolder
    from facespectra.features.files import SUFFIXES, writer_of
    from facespectra.videos import Frame, spread_frames

    settings = {"n_features": n_features, "convention": convention, "dtype": dtype}
    crop = {"margin": margin, "square": square, "snap": snap}
    refuse_without_ray(ray, {"--workers": workers is not None, "--resume": resume, "--sort": sort})
    if ray is not None:
        refuse_with_ray({"--cache": cache is not None})
        extract_on_cluster(
            Cluster(ray, workers, resume=resume, sort=sort),
            sources,
            out,
            {"faces": "largest" if faces else "whole", "frames": frames}
            | {"feature_settings": settings, "crop_settings": crop},
            {"threads": threads, "backend": backend, "device": device},
        )
        return
    target = Path(out)
    if target.suffix.lower() not in SUFFIXES:
        raise ValueError(
            f"{target}: cannot write {target.suffix or 'a file without a suffix'}; use {', '.join(SUFFIXES)}"
        )
    check_output(target)
    features = make_features("spectrum", settings, backend=backend, threads=threads)
    cropper = FaceCropper(margin=margin, square=square, snap=snap, device=device) if faces else None
    files, n_missing = find_sources(sources)
    images, _ = spread_frames(files, frames)
    extractor = Extractor(
        cropper, {"spectrum": features}, cache=None if cache is None else CacheFolder(cache), threads=threads
    )
    unreadable: list[tuple[str, Status]] = []
    told: set[tuple[str, str]] = set()
    n_ok = n_rows = 0
    with (
        writing_atomically(target) as file,
        writer_of(file, target.suffix, images, features.width, dtype) as write,
        progress_bar("extract") as update,
    ):
        for block in extractor.blocks(images, ["spectrum"], update):
            table = block["spectrum"]
            write(table)
            here = images[n_rows : n_rows + len(table.paths)]
            n_rows += len(here)
            names = (one.path if isinstance(one, Frame) else os.fspath(one) for one in here)
            complain_of_notes(zip(names, table.notes, strict=True), told)
            unreadable += table.unreadable
            n_ok += int(table.ok.sum())
        if len(unreadable) == len(images):
            complain_of(unreadable)
            raise FacespectraError(
                f"none of {counted(len(images), 'input')} could be read; nothing was written"
            )
    n_unreadable = complain_of(unreadable)
    say(f"{target}: {n_ok} of {counted(len(images), 'image')}, {counted(features.width, 'feature')} each")
    leave(n_unreadable + n_missing)
