"""Verdicts as lines of text, CSV or JSON, written as they come, and files of them that are gone on with."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from facespectra._files import as_utf8, printable
from facespectra.cli.verdict_table import Row, TableWriter
from facespectra.errors import FacespectraError

if TYPE_CHECKING:
    pass

COLUMNS = (
    *("path", "score", "label", "x0", "y0", "x1", "y1", "status", "reason"),
    *("faces", "threshold", "feature", "note", "model", "model_sha256"),
)
_FRAME = re.compile(r" \(frame \d+\)$")
SUFFIXES = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".txt": "table"}


class CsvWriter:
    """Rows of :data:`COLUMNS`."""

    def head(self) -> str:
        """The names of the columns."""
        return self._text(COLUMNS)

    def line(self, row: Row) -> str:
        """One row."""
        verdict = row.verdict
        # repr of a float reads back as the same number.
        score = "" if math.isnan(verdict.score) else repr(verdict.score)
        first = (verdict.path, score, verdict.label, *(verdict.box or ("",) * 4), verdict.status)
        more = (verdict.reason, verdict.n_faces, repr(verdict.threshold), verdict.feature, verdict.note)
        return self._text((*first, *more, row.model, row.sha256))

    @staticmethod
    def _text(values: Sequence[Any]) -> str:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerow(values)
        return text.getvalue()


class JsonWriter:
    """One JSON object a line: :meth:`Verdict.to_dict`, and the model."""

    def head(self) -> str:
        """Nothing."""
        return ""

    def line(self, row: Row) -> str:
        """One object."""
        content = row.verdict.to_dict() | {"model": row.model, "model_sha256": row.sha256}
        # JSON is UTF-8: where a name is not, escapes stand in the line, and the same name comes out of them.
        text = json.dumps(content, ensure_ascii=False)
        return (text if as_utf8(text) == text else json.dumps(content)) + "\n"


Writer = TableWriter | CsvWriter | JsonWriter
FORMATS = ("table", "csv", "jsonl")


def format_of(form: str | None, out: Path | None) -> str:
    """The format that was asked for, or that the name of the output says."""
    if form is None:
        form = "table" if out is None else SUFFIXES.get(out.suffix.lower())
        if form is None:
            known = ", ".join(SUFFIXES)
            raise ValueError(f"{printable(str(out))}: end its name in {known}, or add --format")
    if form not in FORMATS:
        raise ValueError(f"unknown format {form!r}; use {', '.join(FORMATS)}")
    return form


@contextmanager
def opened(out: Path | None, echo: Callable[[str], None], *, append: bool) -> Iterator[Callable[[str], None]]:
    """Give what writes text: to stdout, or to a file, where it is on the disk's way at once."""
    if out is None:
        yield echo
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("ab" if append else "wb") as file:
        yield _flushing(file)


def _flushing(file: IO[bytes]) -> Callable[[str], None]:
    def write(text: str) -> None:
        file.write(text.encode(errors="surrogateescape"))
        file.flush()

    return write


def read_done(out: Path, form: str, models: Mapping[str, str]) -> Counter[str]:
    """Count the rows of each input in a file that a run was stopped in, and cut off half a row at its end.

    `models` are names by hash. A file of another format or of other models is refused.
    """
    data = out.read_bytes() if out.exists() else b""
    whole = data
    try:
        while True:
            # What was being written when the run stopped is a row without its end.
            whole = whole[: whole.rfind(b"\n") + 1]
            rows = _rows(whole.decode(errors="surrogateescape"), form) if whole else []
            if rows is not None:
                break
            whole = whole[:-1]
    except (ValueError, KeyError, TypeError) as error:
        raise FacespectraError(
            f"{printable(out)}: it is not a {form} file of score; give another -o, or leave --resume out"
        ) from error
    if {model for _, model in rows} - set(models):
        names = ", ".join(map(printable, models.values()))
        raise FacespectraError(
            f"{printable(out)}: it has scores of another model than {names}; give another -o, or that -m"
        )
    if len(whole) < len(data):
        os.truncate(out, len(whole))
    return Counter(_FRAME.sub("", path) for path, _ in rows)


def _rows(text: str, form: str) -> list[tuple[str, str]] | None:
    """Path and model of each row; None where the last row has no end."""
    if form == "jsonl":
        entries = [json.loads(line) for line in text.split("\n") if line]
        return [(entry["path"], entry["model_sha256"]) for entry in entries]
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    if tuple(header) != COLUMNS or any(len(row) != len(COLUMNS) for row in rows[:-1]):
        raise ValueError("other columns")
    if rows and len(rows[-1]) != len(COLUMNS):
        return None
    return [(row[0], row[-1]) for row in rows]
