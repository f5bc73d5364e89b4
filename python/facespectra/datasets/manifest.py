"""The manifest: a table of samples, with columns ``path``, ``label``, ``group``, ``split``, maybe ``frame``.

====== ========================================================================================
path   absolute path of the image
label  int64; 1 for fake, 0 for real
group  samples to keep on one side of a split: those of a source video, an identity, a pair
split  name of the split that the sample belongs to; empty if the data set has none
frame  Int64; number of a video's frame, from 0; missing for images; no column if all are images
====== ========================================================================================

By default, every file is a group of its own, named by its path relative to the data set without the suffix.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Literal

from facespectra._extras import require
from facespectra._files import one_line, printable, write_atomically
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


def text_column(values: Iterable[str]) -> pd.Series:
    """Make a column of text. Unlike the default of pandas 3, it may contain file names that are not UTF-8."""
    import numpy as np
    import pandas as pd

    # pandas 2 keeps objects by itself.
    kind: Any = object if pd.__version__.startswith("2.") else pd.StringDtype("python", na_value=np.nan)
    column: pd.Series = pd.Series(list(values), dtype=kind)
    return column


def make_table(rows: Sequence[Sequence[Any]], columns: Sequence[str]) -> pd.DataFrame:
    """Make a table out of rows."""
    import pandas as pd

    values: dict[str, Any] = {name: [row[index] for row in rows] for index, name in enumerate(columns)}
    for name, column in values.items():
        if all(isinstance(value, str) for value in column):
            values[name] = text_column(column)
    return pd.DataFrame(values, columns=list(columns))


def read_manifest(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a manifest from a CSV (UTF-8, comma-separated, with a header) or Parquet file.

    Relative paths start from its folder; ``label`` is 0 or 1, or ``real`` or ``fake``. Paths that are not
    UTF-8 are kept as they are.
    """
    require("detect", "pandas")
    import pandas as pd

    source = Path(path)
    try:
        if source.suffix.lower() == ".parquet":
            require("detect", "pyarrow")
            table = pd.read_parquet(source)
        else:
            # As text: a group called 0001 must not become the number 1.
            table = pd.read_csv(
                source,
                dtype=object,
                keep_default_na=False,
                encoding="utf-8-sig",
                encoding_errors="surrogateescape",
            )
            if list(table.columns).count("group") == 1:
                # A space after a comma does not make another group.
                table["group"] = text_column(_texts(table["group"])).array
    except FileNotFoundError:
        raise DatasetError(f"{source}: no such file") from None
    except MissingExtraError:
        raise
    except MemoryError:
        raise DatasetError(f"{source}: not enough memory to read it") from None
    except Exception as error:
        # A damaged Parquet file can fail anywhere inside pyarrow.
        raise DatasetError(f"{source}: cannot be read as a manifest ({one_line(error)})") from error
    try:
        return as_manifest(table, base=source.parent, source=str(source))
    except UnicodeDecodeError as error:
        # pyarrow checks for UTF-8 only when the text is needed.
        raise DatasetError(f"{source}: cannot be read as a manifest ({one_line(error)})") from error


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
    repeated = [name for name in (*COLUMNS, FRAME) if list(table.columns).count(name) > 1]
    if repeated:
        raise DatasetError(f"{source}: two columns are called {repeated[0]!r}")
    columns = {name: _texts(table[name]) if name in table.columns else [""] * len(table) for name in COLUMNS}
    # File names may begin or end with a space, and default groups are made of them.
    for name in {"path", "group"} & set(table.columns):
        columns[name] = _texts(table[name], strip=False)
    unknown = sorted({label for label in columns["label"] if label.lower() not in LABELS})
    if unknown:
        raise DatasetError(f"{source}: unknown label {_quoted(unknown[:3])}; use 0 or real, 1 or fake")
    if "" in columns["path"]:
        raise DatasetError(f"{source}: row {columns['path'].index('') + 1} has no path")
    invalid = [path for path in columns["path"] if "\0" in path or not PurePath(path).name]
    if invalid:
        raise DatasetError(f"{source}: {one_line(repr(invalid[0]))} is not a file name")
    root = (Path.cwd() if base is None else base).absolute()
    groups = [
        group if group.strip() else PurePath(path).with_suffix("").as_posix()
        for path, group in zip(columns["path"], columns["group"], strict=True)
    ]
    manifest = pd.DataFrame(
        {
            "path": text_column(str(root / path) for path in columns["path"]),
            "label": [LABELS[label.lower()] for label in columns["label"]],
            "group": text_column(groups),
            "split": text_column(columns["split"]),
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
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{path}: unknown manifest format; use {', '.join(SUFFIXES)}")


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
    texts = ["" if missing else str(value) for value, missing in zip(column, column.isna(), strict=True)]
    return [text.strip() for text in texts] if strip else texts


def _quoted(names: Iterable[object]) -> str:
    return one_line(", ".join(repr(str(name)) for name in names)) or "nothing"
