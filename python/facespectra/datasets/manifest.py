"""The manifest: a table of samples, with columns ``path``, ``label``, ``group``, ``split``, maybe ``frame``.

====== ========================================================================================
path   absolute path of the image
label  int64; 1 for fake, 0 for real
group  samples to keep on one side of a split: those of a source video, an identity, a pair
split  name of the split that the sample belongs to; empty if the data set has none
frame  Int64; number of a video's frame, from 0; missing for images; no column if all are images
video  the video that an image is a frame of; empty for others; no column where none is known
method how a fake was made, or where a real one comes from; no column where it is not known
====== ========================================================================================

Where nothing else is known, a file is a group of its own, named by its path relative to the data set
without the suffix.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Literal

from facespectra._extras import require
from facespectra._files import one_line, printable, write_atomically
from facespectra.datasets.columns import COLUMNS, text_column
from facespectra.datasets.groups import assign, table_items
from facespectra.datasets.labels import read_labels
from facespectra.datasets.settings import Settings
from facespectra.datasets.sources import FRAME, METHOD, VIDEO, frames_of, texts
from facespectra.datasets.tables import SUFFIXES, read_table
from facespectra.errors import DatasetError, MissingExtraError

if TYPE_CHECKING:
    import os

    import pandas as pd

REQUIRED = ("path", "label")
WRITTEN = (".csv", ".parquet")
MANIFESTS = tuple(f"manifest{suffix}" for suffix in SUFFIXES)
SPLITS_FOR = {
    "train": ("development", "train", "training"),
    "test": ("evaluation", "test", "testing"),
}


def read_manifest(path: str | os.PathLike[str], settings: Settings | None = None) -> pd.DataFrame:
    """Read a manifest from a table: text of any common delimiter, lines of JSON, or Parquet.

    Relative paths start from its folder; ``label`` is 0 or 1, or a word such as ``real`` or ``fake``. Paths
    that are not UTF-8 are kept as they are.
    """
    require("detect", "pandas")
    source = Path(path)
    try:
        table, start = read_table(source, settings or Settings())
    except FileNotFoundError:
        raise DatasetError(f"{source}: no such file") from None
    except (MissingExtraError, DatasetError):
        raise
    except MemoryError:
        raise DatasetError(f"{source}: not enough memory to read it") from None
    except Exception as error:
        # A damaged Parquet file can fail anywhere inside pyarrow.
        raise DatasetError(f"{source}: cannot be read as a manifest ({one_line(error)})") from error
    if "group" in table and not any(text.strip() for text in texts(table["group"])):
        table = table.drop(columns="group")
    return as_manifest(table, base=start, source=str(source))


def as_manifest(
    table: pd.DataFrame, *, base: Path | None = None, source: str = "the manifest"
) -> pd.DataFrame:
    """Check a table with at least ``path`` and ``label``, and complete it.

    Relative paths start from `base`, by default the working directory; `source` names the table in error
    messages. Columns other than the manifest's own are dropped, and so is ``frame`` if it is empty.
    """
    import pandas as pd

    missing = [column for column in REQUIRED if column not in table.columns]
    if missing:
        raise DatasetError(
            f"{source}: no column {' and no column '.join(map(repr, missing))}; "
            f"a manifest has path and label, and may have group and split (found: {_quoted(table.columns)})"
        )
    if table.empty:
        raise DatasetError(f"{source}: no samples")
    repeated = [name for name in (*COLUMNS, FRAME, VIDEO, METHOD) if list(table.columns).count(name) > 1]
    if repeated:
        raise DatasetError(f"{source}: two columns are called {repeated[0]!r}")
    columns = {name: _texts(table[name]) if name in table.columns else [""] * len(table) for name in COLUMNS}
    # File names may begin or end with a space, and default groups are made of them.
    for name in {"path", "group"} & set(table.columns):
        columns[name] = _texts(table[name], strip=False)
    labels = read_labels(columns["label"], Settings(), source)
    if "" in columns["path"]:
        raise DatasetError(f"{source}: row {columns['path'].index('') + 1} has no path")
    invalid = [path for path in columns["path"] if "\0" in path or not PurePath(path).name]
    if invalid:
        raise DatasetError(f"{source}: {one_line(repr(invalid[0]))} is not a file name")
    root = (Path.cwd() if base is None else base).absolute()
    if "group" not in table.columns:
        columns |= _found_groups(columns, labels)
    groups = [
        group if group.strip() else PurePath(path).with_suffix("").as_posix()
        for path, group in zip(columns["path"], columns["group"], strict=True)
    ]
    manifest = pd.DataFrame(
        {
            "path": text_column(str(root / path) for path in columns["path"]),
            "label": labels,
            "group": text_column(groups),
            "split": text_column(columns["split"]),
        }
    )
    frames = _frames(_texts(table[FRAME]), source) if FRAME in table.columns else []
    if any(frame is not None for frame in frames):
        manifest[FRAME] = pd.array(frames, dtype="Int64")
    for name in (VIDEO, METHOD):
        values = _texts(table[name], strip=False) if name in table.columns else columns.get(name, [])
        if any(values):
            manifest[name] = text_column(values).array
    _refuse_both_labels(manifest, source)
    return manifest


def _found_groups(columns: dict[str, list[str]], labels: list[int]) -> dict[str, list[str]]:
    """Find the groups, and the videos, of samples that nobody said anything about."""
    found = assign(table_items(columns["path"], labels, columns["split"]))
    return {"group": [one.group for one in found], VIDEO: [one.video for one in found]}


def _refuse_both_labels(manifest: pd.DataFrame, source: str) -> None:
    keys = zip(manifest["path"], frames_of(manifest) or [None] * len(manifest), strict=True)
    seen: dict[tuple[str, int | None], int] = {}
    for (path, frame), label in zip(keys, manifest["label"].tolist(), strict=True):
        if seen.setdefault((path, frame), label) != label:
            raise DatasetError(f"{source}: {printable(path)} is labelled both real and fake")


def write_manifest(path: str | os.PathLike[str], manifest: pd.DataFrame) -> None:
    """Write a manifest as .csv or .parquet.

    Paths below the file's folder are relative to it, so that both can be moved together.
    """
    file = Path(path)
    check_suffix(file)
    folder = file.absolute().parent
    paths = [Path(name) for name in manifest["path"]]
    portable = manifest.assign(
        path=text_column(
            str(name.relative_to(folder)) if name.is_relative_to(folder) else str(name) for name in paths
        )
    )
    if file.suffix.lower() == ".csv":
        write_atomically(file, portable.to_csv(index=False, lineterminator="\n"))
        return
    require("detect", "pyarrow")
    content = io.BytesIO()
    try:
        portable.to_parquet(content, index=False)
    except UnicodeEncodeError:
        raise DatasetError(f"{file}: Parquet cannot store names that are not UTF-8; write .csv") from None
    write_atomically(file, content.getvalue())


def check_suffix(path: Path) -> None:
    """Raise ``ValueError`` unless a manifest can be written to a file of this name."""
    if path.suffix.lower() not in WRITTEN:
        raise ValueError(f"{path}: unknown manifest format; use {', '.join(WRITTEN)}")


def select_split(
    manifest: pd.DataFrame, role: Literal["train", "test"], split: str | None = None
) -> pd.DataFrame:
    """Select the samples to train on or to test on.

    ``"train"`` takes the split called development, train or training; ``"test"`` the one called evaluation,
    test or testing; `split` the one of that name instead, ignoring case. Without any splits, all samples are
    taken.
    """
    names = manifest["split"].str.casefold()
    present = [name for name in manifest["split"].unique() if name]
    if split is None and not present:
        return manifest.reset_index(drop=True)
    wanted = SPLITS_FOR[role] if split is None else (split.casefold(),)
    rows = manifest[names.isin(wanted)]
    if rows.empty:
        available = f"the data set has {_quoted(present)}" if present else "the data set has no splits"
        if split is not None:
            raise DatasetError(f"no split {split!r}: {available}")
        raise DatasetError(
            f"no split to {role} on, such as {wanted[0]!r}: {available}; choose one with --split"
        )
    return rows.reset_index(drop=True)


def _frames(texts: list[str], source: str) -> list[int | None]:
    # In a column with gaps, pandas may have turned 3 into 3.0.
    numbers = [text.removesuffix(".0") for text in texts]
    wrong = [text for text in numbers if text and not text.isdecimal()]
    if wrong:
        raise DatasetError(f"{source}: {one_line(repr(wrong[0]))} is not a frame number; frames count from 0")
    return [int(text) if text else None for text in numbers]


def _texts(column: pd.Series, *, strip: bool = True) -> list[str]:
    values = texts(column)
    return [text.strip() for text in values] if strip else values


def _quoted(names: Iterable[object]) -> str:
    return one_line(", ".join(repr(str(name)) for name in names)) or "nothing"
