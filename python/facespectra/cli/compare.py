"""``facespectra compare``: two evaluations of the same samples."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from facespectra._files import one_line, printable
from facespectra.cli.console import complain, show_table

FILE = "scores.csv"
COLUMNS = ("path", "label", "group", "score")

Key: TypeAlias = tuple[str, str]
Rows: TypeAlias = dict[Key, tuple[int, str, float]]


def compare(
    first: Annotated[
        Path, typer.Argument(metavar="RUN", help="A folder that evaluate wrote.", show_default=False)
    ],
    second: Annotated[Path, typer.Argument(metavar="RUN", help="Another one.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    draws: Annotated[int, typer.Option(min=100, help="Resampled data sets in the bootstrap.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
) -> None:
    """Test whether one of two systems is better, from the scores that evaluate wrote for the same samples.

    Compares the AUCs, first minus second, by DeLong's paired test and by a paired bootstrap; the bootstrap
    draws whole groups where several samples belong to one. Samples are matched by path (and frame); samples
    of one run only, or without a score in one of them, are left out and counted.
    """
    from facespectra.errors import DatasetError
    from facespectra.evaluation import compare as compare_scores

    a, b = _read(first), _read(second)
    shared = [key for key in a if key in b]
    if not shared:
        raise DatasetError(f"{first} and {second} have no sample in common: the paths in {FILE} differ")
    conflicting = [key for key in shared if a[key][0] != b[key][0]]
    if conflicting:
        raise DatasetError(f"{first} and {second} disagree on the label of {_name(conflicting[0])}")
    groups = [a[key][1] for key in shared]
    result = compare_scores(
        [a[key][0] for key in shared],
        [a[key][2] for key in shared],
        [b[key][2] for key in shared],
        groups if len(set(groups)) < len(groups) else None,
        draws=draws,
        seed=seed,
    )
    only = {"only_in_first": len(a) - len(shared), "only_in_second": len(b) - len(shared)}
    for run, others, rows in ((first, b, a), (second, a, b)):
        missing = [key for key in rows if key not in others]
        if missing:
            complain(f"warning: {len(missing)} samples are in {run} only, such as {_name(missing[0])}")
    for warning in result.warnings:
        complain(f"warning: {warning}")
    if as_json:
        runs = {"first": str(first), "second": str(second)}
        typer.echo(json.dumps(runs | result.to_dict() | only, indent=2, allow_nan=False))
        return
    bootstrap = (
        f"bootstrap over {result.n_groups if result.resampled == 'groups' else result.n} {result.resampled}"
    )
    show_table(
        [
            ("first", str(first)),
            ("second", str(second)),
            (
                "samples",
                f"{result.n} in both ({result.n_real} real, {result.n_fake} fake; "
                f"{result.n_left_out} left out, without a score in one)",
            ),
            ("AUC", f"{result.auc[0]:.4f} and {result.auc[1]:.4f}"),
            ("difference", f"{result.difference:+.4f}"),
            ("DeLong", _format_test(result.delong_ci95, result.delong_p)),
            (bootstrap, _format_test(result.bootstrap_ci95, result.bootstrap_p)),
        ]
    )


def _format_test(interval: tuple[float, float], p: float) -> str:
    low, high = interval
    if low != low:
        return "not available for these samples"
    return f"95 % interval {low:+.4f} to {high:+.4f}, p = {p:.2g}"


def _name(key: Key) -> str:
    path, frame = key
    return printable(f"{path} (frame {frame})" if frame else path)


def _read(run: Path) -> Rows:
    """Label, group and score of each sample in scores.csv; NaN for no score."""
    from facespectra.errors import DatasetError

    file = run / FILE if run.is_dir() else run
    try:
        with file.open(newline="", encoding="utf-8", errors="surrogateescape") as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise DatasetError(f"{file}: no column {missing[0]!r}: not written by facespectra evaluate")
            rows: Rows = {}
            for row in reader:
                if any(row[name] is None for name in COLUMNS):
                    raise DatasetError(f"{file}: line {reader.line_num} is cut off")
                key = row["path"], row.get("frame") or ""
                if key in rows:
                    raise DatasetError(f"{file}: {_name(key)} occurs twice")
                rows[key] = _values(row)
    except FileNotFoundError:
        raise DatasetError(f"{run}: {FILE} not found; name folders that facespectra evaluate wrote") from None
    except (ValueError, TypeError, csv.Error) as error:
        raise DatasetError(f"{file}: cannot be read as scores ({one_line(error)})") from error
    return rows


def _values(row: dict[str, Any]) -> tuple[int, str, float]:
    return int(row["label"]), row["group"], float(row["score"] or "nan")
