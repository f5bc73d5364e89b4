"""Files of anybody's scores: delimited text, Parquet or JSON lines, with a path and a score in each row."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from facespectra._extras import require
from facespectra._files import PathLike, one_line, printable
from facespectra.errors import DatasetError, MissingExtraError
from facespectra.features.status import OK, Kind, Status

# What columns are called, the surest name first; case, blanks and underscores do not matter.
COLUMNS: dict[str, tuple[str, ...]] = {
    "path": ("path", "filepath", "file", "filename", "imagepath", "videopath", "image", "video", "name"),
    "score": (
        "score",
        "scores",
        "fakescore",
        "fakeprobability",
        "fakeprob",
        "probability",
        "prob",
        "prediction",
        "pred",
    ),
    "frame": ("frame", "framenumber", "frameindex"),
    "label": ("label",),
    "group": ("group",),
    "status": ("status",),
}
# Columns of verdicts, as facespectra score writes them.
VERDICTS = {"threshold", "reason"}
# As score --per-frame names the frames of a video.
FRAME_IN_NAME = re.compile(r"(.+) \(frame (\d+)\)")
LONGEST_NUMBER = 12
NO_NUMBER = ("", "nan", "none", "null", "na", "n/a")
DELIMITERS = ("\t", ";", ",", "|")


class ScoreRow(NamedTuple):
    """One row of a file of scores."""

    path: str
    frame: int | None
    score: float  # NaN for no score
    label: str  # the truth, in the file's own words; empty where the file has none
    group: str
    status: Status | None


def read_scores(path: PathLike) -> list[ScoreRow]:
    """Read a file of scores; a DatasetError names the file, and the row at fault."""
    file = Path(path)
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise DatasetError(f"{file}: no such file") from None
    except OSError as error:
        raise DatasetError(f"{file}: cannot be read ({one_line(error)})") from error
    try:
        rows = [*_records(content)]
    except (MissingExtraError, DatasetError):
        raise
    except Exception as error:
        # A damaged Parquet file can fail anywhere inside pyarrow.
        raise DatasetError(f"{file}: cannot be read as scores ({one_line(error)})") from error
    if not rows:
        raise DatasetError(f"{file}: no scores in it")
    names = _names(file, rows[0][1])
    return [_row(file, where, record, names) for where, record in rows]


def _records(content: bytes) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Rows by column, each with where it stands; what a file is, its content says."""
    if content[:4] == b"PAR1":
        yield from _parquet(content)
        return
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = content.decode("utf-16")
    else:
        text = content.decode("utf-8", "surrogateescape")
    text = text.removeprefix("\ufeff")
    if text.lstrip()[:1] == "[":
        yield from ((f"entry {k + 1}", record) for k, record in enumerate(json.loads(text)))
    elif text.lstrip()[:1] == "{":
        lines = ((k + 1, line) for k, line in enumerate(text.splitlines()) if line.strip())
        yield from ((f"line {k}", json.loads(line)) for k, line in lines)
    else:
        yield from _delimited(text)


def _parquet(content: bytes) -> Iterator[tuple[str, Mapping[str, Any]]]:
    require("detect", "pandas", "pyarrow")
    import pandas as pd

    table = pd.read_parquet(io.BytesIO(content))
    columns = {str(name): table[name].tolist() for name in table.columns}
    for k in range(len(table)):
        yield f"row {k + 1}", {name: values[k] for name, values in columns.items()}


def _delimited(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    start = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = next((one for one in DELIMITERS if one in start), None)
    if delimiter is None:
        # "path score", with any blanks between; a path may hold some itself.
        fields = ((k + 1, line.strip().rsplit(None, 1)) for k, line in enumerate(text.splitlines()))
        rows = [(k, row) for k, row in fields if row]
    else:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
        rows = [(reader.line_num, row) for row in reader if any(map(str.strip, row))]
    if not rows:
        return
    header = rows[0][1]
    if _is_header(header):
        rows = rows[1:]
    else:
        header = ["path", "score", *(f"column {k + 3}" for k in range(len(header) - 2))]
    for k, row in rows:
        if len(row) < len(header):
            raise ValueError(f"line {k} is cut off")
        yield f"line {k}", dict(zip(header, row, strict=False))


def _is_header(row: Sequence[str]) -> bool:
    """Whether a first line names columns; one with a path and a number has none."""
    if len(row) < 2 or any(_plain(name) in COLUMNS["path"] for name in row):
        return True
    return not _is_number(row[1])


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-]", "", str(name)).casefold()


def _names(file: Path, record: Any) -> dict[str, str]:
    """The column of each meaning, by what the columns are called."""
    if not isinstance(record, Mapping):
        raise DatasetError(f"{file}: a row must be an object with path and score, not {record!r:.60}")
    found = {_plain(name): name for name in reversed(list(record))}
    names = {}
    for meaning, known in COLUMNS.items():
        name = next((found[one] for one in known if one in found), None)
        if name is not None:
            names[meaning] = name
    for meaning in ("path", "score"):
        if meaning not in names:
            columns = one_line(", ".join(map(repr, record)))
            raise DatasetError(
                f"{file}: no column {meaning!r}; scores have path and score, and frame for frames of videos "
                f"(found: {columns}); rename one"
            )
    return names


def _row(file: Path, where: str, record: Any, names: Mapping[str, str]) -> ScoreRow:
    def fault(what: str) -> DatasetError:
        return DatasetError(f"{file}: {where}: {what}")

    if not isinstance(record, Mapping):
        raise fault("not an object with path and score")
    values = {meaning: _text(record.get(name)) for meaning, name in names.items()}
    if (match := FRAME_IN_NAME.fullmatch(values["path"])) and not values.get("frame", "").strip():
        values["path"], values["frame"] = match.groups()
    if not values["path"].strip() or "\0" in values["path"]:
        raise fault("no path")
    score = values["score"].strip()
    number = float("nan")
    if score.casefold() not in NO_NUMBER:
        try:
            number = float(score if "." in score else score.replace(",", "."))
        except ValueError:
            raise fault(f"{printable(score)!r:.60} is not a number") from None
        if math.isinf(number):
            raise fault("the score is infinite; clip it to a finite one")
    frame = values.get("frame", "").strip().removesuffix(".0")
    if frame.casefold() in NO_NUMBER:
        frame = ""
    if frame and not (frame.isdecimal() and len(frame) < LONGEST_NUMBER):
        raise fault(f"{printable(frame)!r:.60} is not a frame number; frames count from 0")
    # A file of verdicts has labels, too: what a system said.
    label = "" if VERDICTS & {_plain(name) for name in record} else values.get("label", "")
    return ScoreRow(
        values["path"],
        int(frame) if frame else None,
        number,
        label.strip().casefold(),
        values.get("group", ""),
        _status(values.get("status", "")),
    )


def _text(value: Any) -> str:
    missing = value is None or (isinstance(value, float) and math.isnan(value))
    return "" if missing else str(value)


def _status(text: str) -> Status | None:
    kind, _, reason = text.strip().partition(": ")
    return Status(Kind(kind), reason) if kind in set(Kind) else None


def status_of(row: ScoreRow) -> Status:
    """What became of a sample: as the file says, else whether it has a score."""
    scored = not math.isnan(row.score)
    if row.status is not None and scored == (row.status.kind in (Kind.OK, Kind.CANNOT_TELL)):
        return row.status
    return OK if scored else Status(Kind.NO_SCORE)


def refuse_two_scores(file: PathLike, name: str, scores: Iterable[float]) -> None:
    """Raise a DatasetError where the scores of one sample are not all the same."""
    different = sorted({score for score in scores if not math.isnan(score)})
    if len(different) > 1:
        raise DatasetError(
            f"{file}: {one_line(name)} has two scores, {different[0]:.6g} and {different[1]:.6g}; keep one"
        )
