"""``facespectra dataset``: a summary of a data set, warnings about it, and its manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facespectra._wording import counted
from facespectra.cli.console import complain, complain_of, leave, say, show_table
from facespectra.cli.dataset_options import (
    Dataset,
    Fake,
    Group,
    LabelColumn,
    Layout,
    PathColumn,
    Positive,
    Real,
    Root,
    reading,
)
from facespectra.cli.options import (
    Frames,
)
from facespectra.videos import N_FRAMES


def dataset(
    path: Dataset,
    layout: Layout = "auto",
    group: Group = None,
    positive: Positive = None,
    real: Real = None,
    fake: Fake = None,
    path_column: PathColumn = None,
    label_column: LabelColumn = None,
    root: Root = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FILE", help="Write the manifest: .csv or .parquet.", show_default=False
        ),
    ] = None,
    frames: Frames = N_FRAMES,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="Read only the headers of files and skip the search for duplicates."),
    ] = False,
) -> None:
    """Summarize a data set, check it, and write its manifest.

    Warns of groups, duplicates and near-duplicates in several splits, of files labelled both real and fake,
    and of classes that the size, the format or the JPEG tables of their files give away. Decodes images if
    there are several splits. Changes nothing.

    Examples
    --------
    facespectra dataset DIR                     # what is understood of it
    facespectra dataset DIR -o manifest.csv
    """
    from facespectra._files import check_output
    from facespectra.datasets import add_frames, read_dataset
    from facespectra.datasets.checks import check, groups_by_file
    from facespectra.datasets.headers import read_headers
    from facespectra.datasets.layouts import find_layout, settings_of
    from facespectra.datasets.manifest import check_suffix, write_manifest
    from facespectra.datasets.summary import summarize

    if out is not None:
        check_suffix(out)
        check_output(out)
    how = reading(group, positive, real, fake, path_column, label_column, root)
    name = find_layout(path, layout, settings_of(**how))
    manifest = read_dataset(path, name, **how)
    headers = read_headers(manifest["path"])
    by_file = groups_by_file(manifest)
    grouped = [("groups", f"{by_file}; --group says what belongs together")] if by_file else []
    show_table([("layout", name), *summarize(manifest, headers), *grouped])
    for warning in check(manifest, quick=quick, headers=headers):
        complain(f"warning: {warning}")
    unreadable = [(file, "cannot be read") for file in manifest["path"].unique() if file not in headers]
    complain_of(unreadable)
    if out is not None:
        with_frames = add_frames(manifest, frames)
        write_manifest(out, with_frames)
        say(f"{out}: {counted(len(with_frames), 'sample')}")
    leave(len(unreadable))
