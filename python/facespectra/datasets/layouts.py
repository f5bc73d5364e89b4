"""The supported folder layouts by name, and how one is recognised."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facespectra._extras import require
from facespectra.datasets import celeb_df, dfdc, face_forensics, real_and_fake_face, uadfv
from facespectra.datasets.manifest import COLUMNS, SUFFIXES, make_table, read_manifest
from facespectra.errors import DatasetError

if TYPE_CHECKING:
    import os

    import pandas as pd

CLASSES = {"real": 0, "fake": 1}
SPLIT_FOLDERS = (
    "development",
    "evaluation",
    "train",
    "training",
    "validation",
    "valid",
    "val",
    "test",
    "testing",
)
MANIFESTS = tuple(f"manifest{suffix}" for suffix in SUFFIXES)


@dataclass(frozen=True, slots=True)
class Layout:
    """One way of arranging samples in folders."""

    expects: str  # what identifies it, for messages
    matches: Callable[[Path], bool]
    read: Callable[[Path], pd.DataFrame]


def read_dataset(path: str | os.PathLike[str], layout: str = "auto") -> pd.DataFrame:
    """Read a data set into a manifest.

    Parameters
    ----------
    path : path-like
        A folder in one of the layouts of :data:`LAYOUTS`, or a manifest (CSV or Parquet). A folder that
        contains a ``manifest.csv`` or ``manifest.parquet`` is read through it.
    layout : str, default "auto"
        ``"auto"`` or a key of :data:`LAYOUTS`: ``"manifest"``, ``"classes"`` (``{real,fake}``), ``"splits"``
        (``{development,evaluation}/{real,fake}``, like ``Task_1`` and ``Task_2_3`` of the reference study, or
        the same with train, validation and test), or a database such as ``"celeb-df"``.

    Returns
    -------
    pandas.DataFrame
        One row per sample: ``path`` (absolute, str), ``label`` (int64, fake = 1), ``group`` (str; samples
        to keep on one side of a split; by default, the file's path relative to the data set without its
        suffix) and ``split`` (str; empty if there is none). Some layouts add columns of their own.

    Raises
    ------
    DatasetError
        If there is nothing at `path`, or its layout is unknown or not the given one.
    ValueError
        If there is no layout of that name.

    Examples
    --------
    >>> import facespectra as fs
    >>> manifest = fs.read_dataset("Task_1")  # doctest: +SKIP
    >>> manifest.groupby(["split", "label"]).size()  # doctest: +SKIP
    """
    require("detect", "pandas")
    return LAYOUTS[find_layout(path, layout)].read(Path(path))


def find_layout(path: str | os.PathLike[str], layout: str = "auto") -> str:
    """Recognise the layout of a data set, or check that it has the given one; give its name."""
    if layout != "auto" and layout not in LAYOUTS:
        raise ValueError(f"unknown layout {layout!r}; use auto or one of {', '.join(LAYOUTS)}")
    source = Path(path)
    if not source.exists():
        raise DatasetError(f"{source}: no such file or folder")
    if layout != "auto":
        if not LAYOUTS[layout].matches(source):
            expects = LAYOUTS[layout].expects
            raise DatasetError(f"{source}: not in the layout {layout!r}, which has {expects}")
        return layout
    for name, candidate in LAYOUTS.items():
        if candidate.matches(source):
            return name
    raise DatasetError(_unknown_layout(source))


def _unknown_layout(source: Path) -> str:
    expected = "; or ".join(layout.expects for layout in LAYOUTS.values())
    message = f"{source}: unknown layout; expected {expected}"
    inside = [
        folder for folder in _folders(source) if any(layout.matches(folder) for layout in LAYOUTS.values())
    ]
    if inside:
        message += f". Use one of the data sets inside it: {', '.join(map(str, inside))}"
    return message


def _folders(path: Path) -> list[Path]:
    return sorted(child for child in path.iterdir() if child.is_dir()) if path.is_dir() else []


def _named(path: Path, names: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """Give the folders of these names, ignoring case, in the order of the names."""
    folders = {child.name.lower(): child for child in _folders(path)}
    return ((name, folders[name]) for name in names if name in folders)


def _manifest_in(path: Path) -> Path | None:
    if path.is_file():
        return path if path.suffix.lower() in SUFFIXES else None
    return next((path / name for name in MANIFESTS if (path / name).is_file()), None)


def _is_manifest(path: Path) -> bool:
    return _manifest_in(path) is not None


def _read_manifest(path: Path) -> pd.DataFrame:
    return read_manifest(_manifest_in(path) or path)


def _has_classes(path: Path) -> bool:
    return len(list(_named(path, tuple(CLASSES)))) == len(CLASSES)


def _has_splits(path: Path) -> bool:
    return any(_has_classes(folder) for _, folder in _named(path, SPLIT_FOLDERS))


def _read_classes(path: Path) -> pd.DataFrame:
    return _table(path, [("", path)])


def _read_splits(path: Path) -> pd.DataFrame:
    return _table(
        path, [(name, folder) for name, folder in _named(path, SPLIT_FOLDERS) if _has_classes(folder)]
    )


def _table(root: Path, parts: Sequence[tuple[str, Path]]) -> pd.DataFrame:
    from facespectra.videos import find_media

    rows = [
        (str(image.absolute()), CLASSES[name], image.relative_to(root).with_suffix("").as_posix(), split)
        for split, part in parts
        for name, folder in _named(part, tuple(CLASSES))
        for image in find_media([folder])
    ]
    return make_table(rows, COLUMNS)


LAYOUTS: dict[str, Layout] = {
    "manifest": Layout("a CSV or Parquet manifest", _is_manifest, _read_manifest),
    "splits": Layout(
        "folders development, evaluation (or train, test) with real and fake in them",
        _has_splits,
        _read_splits,
    ),
    # Before "classes", which it matches, too.
    "uadfv": Layout("videos real/0000 and fake/0000_fake", uadfv.matches, uadfv.read),
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
    "dfdc": Layout("a metadata.json with a label for each video", dfdc.matches, dfdc.read),
    "real-and-fake-face": Layout(
        "folders training_real and training_fake", real_and_fake_face.matches, real_and_fake_face.read
    ),
    "classes": Layout("folders real and fake", _has_classes, _read_classes),
}
