"""Tables of paths and labels as people write them: any delimiter, names of columns, and lists without any."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facespectra._extras import require
from facespectra._files import one_line
from facespectra._kinds import IMAGE_SUFFIXES, VIDEO_SUFFIXES, suffix_of
from facespectra.datasets.columns import text_column
from facespectra.datasets.folders import subfolders
from facespectra.datasets.labels import label_of, read_labels, refuse_other_names, refuse_other_words
from facespectra.datasets.settings import GROUPINGS, Settings
from facespectra.datasets.sources import FRAME, METHOD, VIDEO, texts
from facespectra.datasets.words import split_of
from facespectra.errors import DatasetError

if TYPE_CHECKING:
    import pandas as pd

TEXT = (".csv", ".tsv", ".tab", ".txt", ".lst", ".list")
LINES = (".jsonl", ".ndjson")
PARQUET = (".parquet", ".pq")
SUFFIXES = (*TEXT, *LINES, *PARQUET)
MEDIA = IMAGE_SUFFIXES | VIDEO_SUFFIXES

# Of several that are there, the first one counts.
PATHS: tuple[str, ...] = (
    "path", "file_path", "filepath", "img_path", "image_path", "frame_path", "video_path", "filename",
    "file_name", "file", "image", "img", "image_name", "img_name", "image_id", "video", "video_name", "name",
)  # fmt: skip
LABELS: tuple[str, ...] = (
    "label", "labels", "is_fake", "fake", "class", "target", "y", "gt", "ground_truth", "category", "type",
    "label_str", "label_name", "class_name", "is_real", "real",
)  # fmt: skip
# Columns whose numbers mean the opposite, and those that ask a question.
REAL_COLUMNS = frozenset({"is_real", "real"})
QUESTIONS = frozenset({"is_fake", "fake", "is_real", "real"})
OTHERS = {
    "group": ("group", "video_id", "vid", "clip", "source_video"),
    "split": ("split", "set", "subset", "partition"),
    FRAME: (FRAME,),
    VIDEO: (VIDEO,),
    METHOD: (METHOD, "generator", "manipulation", "manipulation_method"),
}
_DELIMITERS = ",;\t|"
_ROWS_TO_LOOK_AT, MOST_FOLDERS = 20, 50


def read_table(source: Path, settings: Settings) -> tuple[pd.DataFrame, Path]:
    """Read a table with the columns of a manifest as far as it has them; also give where its paths start."""
    raw = _raw(source)
    if raw.empty:
        raise DatasetError(f"{source}: no samples")
    columns = _columns(raw, settings, source)
    label_name = str(columns["label"])
    found = {key: texts(raw[name]) for key, name in columns.items()}
    found["label"] = [text.strip() for text in found["label"]]
    plain = _normal(label_name)
    asked = replace(settings, asks_yes_or_no=plain in QUESTIONS)
    labels = read_labels(found["label"], asked, str(source), reversed_=plain in REAL_COLUMNS)
    if settings.positive is None and not settings.names_folders:
        used = {str(name) for key, name in columns.items() if key != METHOD}
        rest = {
            str(name): [text.strip() for text in texts(raw[name])] for name in raw if str(name) not in used
        }
        refuse_other_words(labels, found["label"], rest, str(source))
        refuse_other_names(labels, found["label"], found["path"], str(source))
    import pandas as pd

    start = source.parent if settings.root is None else settings.root
    found["path"] = [_portable(path) for path in found["path"]]
    table = pd.DataFrame({key: text_column(values) for key, values in found.items()})
    table["label"] = labels
    return table, _start(found["path"], start)


def _raw(source: Path) -> pd.DataFrame:
    import pandas as pd

    suffix = source.suffix.lower()
    if suffix in PARQUET:
        require("detect", "pyarrow")
        return pd.read_parquet(source)
    if suffix == ".json":
        return pd.DataFrame(json.loads(source.read_text(encoding="utf-8-sig")), dtype=object)
    if suffix in LINES:
        return pd.DataFrame(list(_json_lines(source)), dtype=object)
    head = source.read_bytes()[:2]
    encoding = "utf-16" if head in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    with source.open(encoding=encoding, errors="surrogateescape", newline="") as file:
        first = next((line for line in file if _says_something(line)), "").rstrip("\r\n")
    delimiter = max(_DELIMITERS, key=first.count) if any(map(first.count, _DELIMITERS)) else ""
    cells = next(csv.reader([first], delimiter=delimiter or ","), [])
    header = None if _is_row(cells) else 0
    pieces = first.split()
    is_named = len(pieces) == 2 and {_normal(piece) for piece in pieces} & set(PATHS) and header == 0
    if not delimiter and (is_named or _is_row(pieces)):
        return _blank_separated(source, encoding, skip=1 if is_named else 0)
    # As text: a group called 0001 must not become the number 1.
    table = pd.read_csv(
        source,
        sep=delimiter or ",",
        header=header,
        dtype=object,
        keep_default_na=False,
        encoding=encoding,
        encoding_errors="surrogateescape",
    )
    if header is None:
        table.columns = _guess(table.head(_ROWS_TO_LOOK_AT).to_numpy().tolist())
    return table


def is_json_table(path: Path) -> bool:
    """Tell whether a JSON file is a list, of rows, and not a tree of something else."""
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    except OSError:
        return False


def _json_lines(source: Path) -> Iterator[dict[str, Any]]:
    with source.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise DatasetError(f"{source}, line {number}: expected an object with path and label")
                yield row


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _blank_separated(source: Path, encoding: str, *, skip: int) -> pd.DataFrame:
    """Read lines of a path and a label, or a label and a path; paths may have blanks in them."""
    import pandas as pd

    rows = []
    with source.open(encoding=encoding, errors="surrogateescape") as file:
        lines = [(number, line) for number, line in enumerate(file, 1) if _says_something(line)]
        for number, line in lines[skip:]:
            pieces = line.strip().rsplit(None, 1)
            if len(pieces) < 2 or not _is_label(pieces[1]) or suffix_of(pieces[1]) in MEDIA:
                pieces = line.strip().split(None, 1)[::-1]
            if len(pieces) < 2:
                raise DatasetError(
                    f"{source}, line {number}: expected a path and a label, found {line.strip()!r}"
                )
            rows.append(pieces)
    return pd.DataFrame(rows, columns=["path", "label"], dtype=object)


def _is_label(text: str) -> bool:
    return suffix_of(text) not in MEDIA and (
        label_of(text.strip()) is not None or text.strip() in ("-1", "2")
    )


def _is_row(cells: Sequence[str]) -> bool:
    """Tell whether cells are a path and its label rather than the names of columns."""
    return any(suffix_of(cell.strip()) in MEDIA for cell in cells) and any(map(_is_label, cells))


def _guess(rows: Sequence[Sequence[Any]]) -> list[str]:
    """Name the columns of a table without a header: the paths, the labels, and the rest by number."""
    names = [f"column {k}" for k in range(1, len(rows[0]) + 1)]
    columns = [[str(value) for value in column] for column in zip(*rows, strict=True)]
    for name, fits in (("path", lambda value: suffix_of(value.strip()) in MEDIA), ("label", _is_label)):
        best = max(range(len(columns)), key=lambda k: sum(map(fits, columns[k])))
        names[best] = name
    for k, column in enumerate(columns):
        if names[k].startswith("column ") and all(map(split_of, column)):
            names[k] = "split"
            break
    return names


def _columns(raw: pd.DataFrame, settings: Settings, source: Path) -> dict[str, Any]:
    """Find the column of each kind, ignoring case and blanks in its name."""
    names = list(raw.columns)
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise DatasetError(f"{source}: two columns are called {repeated[0]!r}")
    by_name: dict[str, Any] = {}
    for name in names:
        # A name that is written exactly goes before one that is not.
        if _normal(name) not in by_name or str(name) == _normal(name):
            by_name[_normal(name)] = name
    listed = ", ".join(repr(str(name)) for name in names)
    columns: dict[str, Any] = {}
    for key, asked, known in (
        ("path", settings.path_column, PATHS),
        ("label", settings.label_column, LABELS),
    ):
        wanted = known if asked is None else (_normal(asked),)
        found = next((by_name[name] for name in wanted if name in by_name), None)
        if asked is not None and found is None:
            raise DatasetError(f"{source}: no column {asked!r}, which --{key}-column names (found: {listed})")
        if found is not None:
            columns[key] = found
    if len(columns) < 2:
        # By their own names: of file and kind, it is not sure that file has the paths.
        missing = [name for name in ("path", "label") if name not in by_name]
        option = " ".join(f"--{name}-column NAME" for name in ("path", "label") if name not in columns)
        raise DatasetError(
            f"{source}: no column {' and no column '.join(map(repr, missing))}; a table has path and label, "
            f"and may have group and split (found: {one_line(listed)}); name them with {option}"
        )
    taken = {str(name) for name in columns.values()}
    for key, others in OTHERS.items():
        free = [by_name[one] for one in others if one in by_name and str(by_name[one]) not in taken]
        columns |= {key: free[0]} if free else {}
    if settings.group is not None and settings.group not in GROUPINGS:
        if _normal(settings.group) not in by_name:
            raise DatasetError(f"{source}: no column {settings.group!r} to group by (found: {listed})")
        columns["group"] = by_name[_normal(settings.group)]
    return columns


def _normal(name: object) -> str:
    return re.sub(r"[\s_-]+", "_", str(name).strip().casefold())


def _portable(path: str) -> str:
    r"""Turn ``fake\a.png`` into ``fake/a.png``; a name with both is left alone."""
    return path.replace("\\", "/") if "\\" in path and "/" not in path else path


def _start(paths: Sequence[str], start: Path) -> Path:
    """Give where relative paths start: the folder, or the one in or above it in which the first are found."""
    few = [path for path in paths[:_ROWS_TO_LOOK_AT] if path.strip() and "\0" not in path]
    inside = subfolders(start)[:MOST_FOLDERS]
    deeper = [folder for child in inside for folder in subfolders(child)[:MOST_FOLDERS]]
    for place in (start, *inside, *deeper, start.parent):
        if any((place / path).exists() for path in few):
            return place
    return start
