"""The manifest: a table of samples, with columns ``path``, ``label``, ``group``, ``split``, maybe ``frame``.

====== ========================================================================================
path   absolute path of the image
label  int64; 1 for fake, 0 for real
group  what must not be divided between training and test: a source video, an identity, a pair
split  name of the part that the sample belongs to; empty where the data set has no parts
frame  Int64; number of a video's frame, from 0; missing for images, and the column where all are images
====== ========================================================================================

Where nothing is known about groups, every file is a group of its own, named by its path without the suffix,
relative to the data set.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Literal

from facespectra._extras import require
from facespectra._files import one_line, printable
from facespectra.datasets.sources import FRAME, frames_of
from facespectra.errors import DatasetError, MissingExtraError

if TYPE_CHECKING:
    import os

    import pandas as pd

COLUMNS = ("path", "label", "group", "split")
REQUIRED = ("path", "label")
LABELS = {"0": 0, "0.0": 0, "real": 0, "1": 1, "1.0": 1, "fake": 1}
SUFFIXES = (".csv", ".parquet")
SPLITS_FOR = {
    "train": ("development", "train", "training"),
    "test": ("evaluation", "test", "testing"),
}


def texts(values: Iterable[str]) -> pd.Series:
    """Make a column of text, which may hold names of files that are not UTF-8.

    Parameters
    ----------
    values : iterable of str
        In order.

    Returns
    -------
    pandas.Series
        pandas 3 would keep text in Arrow, which takes nothing but UTF-8.
    """
    import numpy as np
    import pandas as pd

    # pandas 2 keeps objects by itself.
    kind: Any = object if pd.__version__.startswith("2.") else pd.StringDtype("python", na_value=np.nan)
    column: pd.Series = pd.Series(list(values), dtype=kind)
    return column


def table_of(rows: Sequence[Sequence[Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Make a table out of rows.

    Parameters
    ----------
    rows : sequence of sequences
        As long as `columns`.
    columns : sequence of str
        Their names.

    Returns
    -------
    pandas.DataFrame
        Columns of text as :func:`texts` makes them.
    """
    import pandas as pd

    values: dict[str, Any] = {name: [row[index] for row in rows] for index, name in enumerate(columns)}
    for name, column in values.items():
        if all(isinstance(value, str) for value in column):
            values[name] = texts(column)
    return pd.DataFrame(values, columns=list(columns))


def read_manifest(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a manifest from a CSV or Parquet file.

    Parameters
    ----------
    path : path-like
        A ``.csv`` (UTF-8, comma separated, with a header) or ``.parquet`` file. Relative paths in it are
        relative to its folder. ``label`` holds 0 or 1, or ``real`` or ``fake``. Paths that are not UTF-8
        are taken as the bytes that they are.

    Returns
    -------
    pandas.DataFrame
        Columns ``path``, ``label``, ``group``, ``split``, in the order of the file.

    Raises
    ------
    DatasetError
        If the file cannot be read, a column is missing, a label is unknown, or one path has both labels.
    """
    require("detect", "pandas")
    import pandas as pd

    source = Path(path)
    try:
        if source.suffix.lower() == ".parquet":
            require("detect", "pyarrow")
            table = pd.read_parquet(source)
        else:
            # As text: a group called 0001 must not turn into the number 1.
            table = pd.read_csv(
                source,
                dtype=object,
                keep_default_na=False,
                encoding="utf-8-sig",
                encoding_errors="surrogateescape",
            )
            if list(table.columns).count("group") == 1:
                # As people write them: a space after a comma makes no other group.
                table["group"] = texts(_texts(table["group"])).array
    except FileNotFoundError:
        raise DatasetError(f"{source}: no such manifest") from None
    except MissingExtraError:
        raise
    except MemoryError:
        raise DatasetError(f"{source}: there is not enough memory to read it") from None
    except Exception as error:
        # A damaged Parquet file can fail anywhere inside pyarrow.
        raise DatasetError(f"{source}: not a manifest that can be read ({one_line(error)})") from error
    try:
        return as_manifest(table, base=source.parent, source=str(source))
    except UnicodeDecodeError as error:
        # Parquet promises UTF-8, and pyarrow looks only when the text is needed.
        raise DatasetError(f"{source}: not a manifest that can be read ({one_line(error)})") from error


def as_manifest(
    table: pd.DataFrame, *, base: Path | None = None, source: str = "the manifest"
) -> pd.DataFrame:
    """Check a table of samples and complete it.

    Parameters
    ----------
    table : pandas.DataFrame
        At least the columns ``path`` and ``label``; others than the manifest's own are dropped.
    base : Path, optional
        The folder that relative paths start from. Default: the working directory.
    source : str
        How error messages name the table.

    Returns
    -------
    pandas.DataFrame
        A new table with the columns ``path``, ``label``, ``group``, ``split`` and a fresh index, and with
        ``frame`` where `table` has it and it is not empty.

    Raises
    ------
    DatasetError
        If a column is missing, a label is unknown, a frame is not a number, one path has both labels, or
        there is no sample.
    """
    import pandas as pd

    missing = [column for column in REQUIRED if column not in table.columns]
    if missing:
        raise DatasetError(
            f"{source}: no column {' and no column '.join(map(repr, missing))}; "
            f"a manifest has path and label, and may have group and split (found: {_listed(table.columns)})"
        )
    if table.empty:
        raise DatasetError(f"{source}: no samples")
    repeated = [name for name in (*COLUMNS, FRAME) if list(table.columns).count(name) > 1]
    if repeated:
        raise DatasetError(f"{source}: two columns are called {repeated[0]!r}")
    columns = {name: _texts(table[name]) if name in table.columns else [""] * len(table) for name in COLUMNS}
    # A name may begin or end with a space, and a group is made of a name where none is given.
    for name in {"path", "group"} & set(table.columns):
        columns[name] = _texts(table[name], strip=False)
    unknown = sorted({label for label in columns["label"] if label.lower() not in LABELS})
    if unknown:
        raise DatasetError(f"{source}: unknown label {_listed(unknown[:3])}; use 0 or real, 1 or fake")
    if "" in columns["path"]:
        raise DatasetError(f"{source}: row {columns['path'].index('') + 1} has no path")
    impossible = [path for path in columns["path"] if "\0" in path or not PurePath(path).name]
    if impossible:
        raise DatasetError(f"{source}: {one_line(repr(impossible[0]))} is not the name of a file")
    root = (Path.cwd() if base is None else base).absolute()
    groups = [
        group if group.strip() else PurePath(path).with_suffix("").as_posix()
        for path, group in zip(columns["path"], columns["group"], strict=True)
    ]
    manifest = pd.DataFrame(
        {
            "path": texts(str(root / path) for path in columns["path"]),
            "label": [LABELS[label.lower()] for label in columns["label"]],
            "group": texts(groups),
            "split": texts(columns["split"]),
        }
    )
    frames = _frames(_texts(table[FRAME]), source) if FRAME in table.columns else []
    if any(frame is not None for frame in frames):
        manifest[FRAME] = pd.array(frames, dtype="Int64")
    _refuse_both_labels(manifest, source)
    return manifest


def _refuse_both_labels(manifest: pd.DataFrame, source: str) -> None:
    keys = zip(manifest["path"], frames_of(manifest) or [None] * len(manifest), strict=True)
    seen: dict[tuple[str, int | None], int] = {}
    for (path, frame), label in zip(keys, manifest["label"].tolist(), strict=True):
        if seen.setdefault((path, frame), label) != label:
            raise DatasetError(f"{source}: {printable(path)} is in it both as real and as fake")


def select_split(
    manifest: pd.DataFrame, role: Literal["train", "test"], split: str | None = None
) -> pd.DataFrame:
    """Give the samples to train on, or to test on.

    Parameters
    ----------
    manifest : pandas.DataFrame
        As :func:`read_manifest` gives it.
    role : {"train", "test"}
        ``"train"`` takes the split called development, train or training; ``"test"`` the one called
        evaluation, test or testing. A data set without splits is taken whole.
    split : str, optional
        Take the split of this name and no other. Case does not matter.

    Returns
    -------
    pandas.DataFrame
        Those rows, with a fresh index.

    Raises
    ------
    DatasetError
        If there is no such split.
    """
    names = manifest["split"].str.casefold()
    present = [name for name in manifest["split"].unique() if name]
    if split is None and not present:
        return manifest.reset_index(drop=True)
    wanted = SPLITS_FOR[role] if split is None else (split.casefold(),)
    rows = manifest[names.isin(wanted)]
    if rows.empty:
        found = f"the data set has {_listed(present)}" if present else "the data set has no splits"
        if split is not None:
            raise DatasetError(f"no split {split!r}: {found}")
        raise DatasetError(
            f"no split to {role} on, such as {wanted[0]!r}: {found}; name the one to use (--split)"
        )
    return rows.reset_index(drop=True)


def _frames(texts: list[str], source: str) -> list[int | None]:
    # A column with gaps may have turned whole numbers into 3.0 on its way.
    numbers = [text.removesuffix(".0") for text in texts]
    wrong = [text for text in numbers if text and not text.isdecimal()]
    if wrong:
        raise DatasetError(
            f"{source}: {one_line(repr(wrong[0]))} is not the number of a frame; they count from 0"
        )
    return [int(text) if text else None for text in numbers]


def _texts(column: pd.Series, *, strip: bool = True) -> list[str]:
    found = ["" if missing else str(value) for value, missing in zip(column, column.isna(), strict=True)]
    return [text.strip() for text in found] if strip else found


def _listed(names: Iterable[object]) -> str:
    return one_line(", ".join(repr(str(name)) for name in names)) or "nothing"
