"""The supported layouts of data sets by name, and how one is recognised."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facespectra._extras import require
from facespectra.datasets import (
    celeb_df,
    celeb_df_plus,
    class_folders,
    deepfake_bench,
    df40,
    dfdc,
    face_forensics,
    real_and_fake_face,
    uadfv,
)
from facespectra.datasets.folders import has_media, subfolders
from facespectra.datasets.manifest import MANIFESTS, read_manifest
from facespectra.datasets.settings import GROUPINGS, Settings
from facespectra.datasets.tables import SUFFIXES, is_json_table
from facespectra.datasets.words import split_of
from facespectra.errors import DatasetError

if TYPE_CHECKING:
    import os

    import pandas as pd


@dataclass(frozen=True, slots=True)
class Layout:
    """One way of arranging samples in folders."""

    expects: str  # what identifies it, for messages
    matches: Callable[..., bool]
    read: Callable[..., pd.DataFrame]
    is_open: bool = False  # names are the user's own: both functions take the settings, too


def read_dataset(
    path: str | os.PathLike[str],
    layout: str = "auto",
    *,
    group: str | None = None,
    positive: str | int | None = None,
    real: str | Iterable[str] = (),
    fake: str | Iterable[str] = (),
    path_column: str | None = None,
    label_column: str | None = None,
    root: str | os.PathLike[str] | None = None,
) -> pd.DataFrame:
    """Read a data set into a manifest.

    Parameters
    ----------
    path : path-like
        A folder in one of the layouts of :data:`facespectra.datasets.LAYOUTS`, or a manifest (CSV or
        Parquet). A folder that contains a ``manifest.csv`` or ``manifest.parquet`` is read through it.
    layout : str, default "auto"
        ``"auto"`` or a key of :data:`facespectra.datasets.LAYOUTS`: ``"manifest"``, ``"classes"``
        (``{real,fake}`` and what people call them), ``"splits"`` (the same with splits such as train and
        test above or below them), or a database such as ``"celeb-df"``.
    group : str, optional
        What must stay on one side of a split: ``"folder"``, ``"name"`` (the file's without its last number),
        ``"file"``, or a column. Default: what the data set says; else a folder for each video, or files whose
        names say their video, as far as there are any.
    positive : str or int, optional
        The label, or the one of the folders 0 and 1, that means fake. Default: 1, or what words say.
    real, fake : str or iterable of str, optional
        Names of folders, or labels of a table, that mean real or fake.
    path_column, label_column : str, optional
        The columns of a table that have paths and labels.
    root : path-like, optional
        The folder that the paths in a table start from. Default: the table's own.

    Returns
    -------
    pandas.DataFrame
        One row per sample: ``path`` (absolute, str), ``label`` (int64, fake = 1), ``group`` (str; samples
        to keep on one side of a split; the file's own path where nothing else is known) and ``split`` (str;
        empty if there is none). ``video`` where images are frames of known videos, and ``method`` where fakes
        lie in folders of methods; some layouts add columns of their own.

    Raises
    ------
    DatasetError
        If there is nothing at `path`, its layout is unknown or not the given one, or names and labels
        contradict each other.
    ValueError
        If there is no layout of that name.

    Examples
    --------
    >>> import facespectra as fs
    >>> manifest = fs.read_dataset("Task_1")  # doctest: +SKIP
    >>> manifest.groupby(["split", "label"]).size()  # doctest: +SKIP
    """
    require("detect", "pandas")
    settings = settings_of(group, positive, real, fake, path_column, label_column, root)
    found = LAYOUTS[find_layout(path, layout, settings)]
    source = Path(path)
    _refuse_unused(source, found, settings)
    manifest = found.read(source, settings) if found.is_open else found.read(source)
    if group is None:
        return manifest
    if found.read is _read_manifest and group not in GROUPINGS:
        return manifest
    from facespectra.datasets.groups import regroup

    return regroup(manifest, source, group)


def _refuse_unused(source: Path, found: Layout, settings: Settings) -> None:
    """Refuse what would have no effect: a database's labels are known, and folders have no columns."""
    of_tables = {
        "path-column": settings.path_column,
        "label-column": settings.label_column,
        "root": settings.root if found.read is not deepfake_bench.read_list else None,
    }
    unused = {} if found.read is _read_manifest else of_tables
    if not found.is_open:
        unused = {**unused, "positive": settings.positive}
    given = [f"--{name}" for name, value in unused.items() if value is not None]
    if given:
        raise DatasetError(f"{source}: {given[0]} is for tables, and this is {found.expects}")


def settings_of(
    group: str | None = None,
    positive: str | int | None = None,
    real: str | Iterable[str] = (),
    fake: str | Iterable[str] = (),
    path_column: str | None = None,
    label_column: str | None = None,
    root: str | os.PathLike[str] | None = None,
) -> Settings:
    """Put together what :func:`read_dataset` was asked for."""
    return Settings(
        group=group,
        positive=None if positive is None else str(positive),
        real=_names(real),
        fake=_names(fake),
        path_column=path_column,
        label_column=label_column,
        root=None if root is None else Path(root),
    )


def find_layout(path: str | os.PathLike[str], layout: str = "auto", settings: Settings | None = None) -> str:
    """Recognise the layout of a data set, or check that it has the given one; give its name."""
    if layout != "auto" and layout not in LAYOUTS:
        raise ValueError(f"unknown layout {layout!r}; use auto or one of {', '.join(LAYOUTS)}")
    source, asked = Path(path), settings or Settings()
    if not source.exists():
        raise DatasetError(f"{source}: no such file or folder")
    if layout != "auto":
        if not _matches(LAYOUTS[layout], source, asked):
            expects = LAYOUTS[layout].expects
            raise DatasetError(f"{source}: not in the layout {layout!r}, which has {expects}")
        return layout
    for name, candidate in LAYOUTS.items():
        # Names that were given count, whatever else a folder looks like.
        if asked.names_folders and not candidate.is_open:
            continue
        if _matches(candidate, source, asked):
            if candidate.read is class_folders.read and not asked.names_folders:
                _refuse_databases_inside(source, asked)
            return name
    raise DatasetError(_unknown_layout(source, asked))


def _names(names: str | Iterable[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _matches(layout: Layout, path: Path, settings: Settings) -> bool:
    try:
        return layout.matches(path, settings) if layout.is_open else layout.matches(path)
    except (OSError, DatasetError):
        # What cannot be looked into is not recognised.
        return False


def _refuse_databases_inside(source: Path, settings: Settings) -> None:
    """Refuse a folder of known databases: each has labels, groups and splits of its own."""
    if not class_folders.lies_below(source, settings):
        return
    inside = [
        str(folder)
        for folder in subfolders(source)
        if split_of(folder.name) is None
        and any(_matches(layout, folder, settings) for layout in LAYOUTS.values() if not layout.is_open)
    ]
    if inside:
        raise DatasetError(
            f"{source}: unknown layout. Use one of the data sets inside it: {', '.join(inside)}"
        )


def _unknown_layout(source: Path, settings: Settings) -> str:
    # The plainest come last, and are most likely meant.
    expected = "; or ".join(layout.expects for layout in reversed(LAYOUTS.values()))
    message = f"{source}: unknown layout; expected {expected}"
    folders = subfolders(source) if source.is_dir() else []
    inside = [
        folder for folder in folders if any(_matches(layout, folder, settings) for layout in LAYOUTS.values())
    ]
    if inside:
        return f"{message}. Use one of the data sets inside it: {', '.join(map(str, inside))}"
    named = [folder.name for folder in folders if has_media(folder)]
    if len(named) > 1:
        some = ", ".join(named[:6]) + (", ..." if len(named) > 6 else "")
        message += f". Say which folders are which with --real NAME --fake NAME (found: {some})"
    elif source.is_file():
        message += ". A table of paths and labels is called .csv, .tsv, .txt, .jsonl or .parquet"
    return message


def _manifest_in(path: Path) -> Path | None:
    if path.is_file():
        suffix = path.suffix.lower()
        return path if suffix in SUFFIXES or (suffix == ".json" and is_json_table(path)) else None
    return next((path / name for name in MANIFESTS if (path / name).is_file()), None)


def _is_manifest(path: Path, settings: Settings) -> bool:
    return _manifest_in(path) is not None


def _read_manifest(path: Path, settings: Settings) -> pd.DataFrame:
    return read_manifest(_manifest_in(path) or path, settings)


LAYOUTS: dict[str, Layout] = {
    "manifest": Layout(
        "a table of paths and labels (.csv, .tsv, .txt, .jsonl, .parquet)",
        _is_manifest,
        _read_manifest,
        is_open=True,
    ),
    # Before "classes", which matches some of these, too.
    "uadfv": Layout("videos real/0000 and fake/0000_fake", uadfv.matches, uadfv.read),
    "celeb-df++": Layout(
        "folders Celeb-real and Celeb-synthesis, with one for each method",
        celeb_df_plus.matches,
        celeb_df_plus.read,
    ),
    "celeb-df": Layout("folders Celeb-real and Celeb-synthesis", celeb_df.matches, celeb_df.read),
    "faceforensics": Layout(
        "folders original_sequences and manipulated_sequences", face_forensics.matches, face_forensics.read
    ),
    **{
        f"faceforensics-{name}": Layout(
            f"folders original_sequences and manipulated_sequences in {name}", *face_forensics.reader(name)
        )
        for name in ("c0", "c23", "c40")
    },
    "deepfakebench": Layout(
        "databases side by side as in DeepfakeBench's datasets/rgb",
        deepfake_bench.matches_tree,
        deepfake_bench.read_tree,
    ),
    "deepfakebench-json": Layout(
        "one of DeepfakeBench's lists of frames (.json)",
        lambda path, _settings: deepfake_bench.matches_list(path),
        deepfake_bench.read_list,
        is_open=True,
    ),
    "df40": Layout("folders of methods with ff or cdf in them (DF40)", df40.matches, df40.read),
    "dfdc": Layout(
        "a metadata.json with a label for each video, or labels.csv beside test", dfdc.matches, dfdc.read
    ),
    "real-and-fake-face": Layout(
        "folders training_real and training_fake", real_and_fake_face.matches, real_and_fake_face.read
    ),
    "splits": Layout(
        "folders real and fake with splits such as train and test above or below them",
        class_folders.has_splits,
        class_folders.read,
        is_open=True,
    ),
    "classes": Layout(
        "folders real and fake, or other words for them",
        class_folders.has_classes,
        class_folders.read,
        is_open=True,
    ),
}
