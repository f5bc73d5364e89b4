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
NEEDED = ("path", "label", "group", "score")

Key: TypeAlias = tuple[str, str]
Rows: TypeAlias = dict[Key, tuple[int, str, float]]


def compare(
    first: Annotated[
        Path, typer.Argument(metavar="RUN", help="A folder that evaluate wrote.", show_default=False)
    ],
    second: Annotated[Path, typer.Argument(metavar="RUN", help="Another one.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    draws: Annotated[int, typer.Option(min=100, help="Resampled data sets of the bootstrap.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 0,
) -> None:
    """Say whether one of two systems is better, by the scores that evaluate wrote of the same samples.

    The difference of the AUCs, first minus second, by DeLong's paired test and by a paired bootstrap, over
    groups where several samples belong together. Samples are matched by path (and frame); those that are not
    in both, or without a score in one, are left out and counted.
    """
    from facespectra.errors import DatasetError
    from facespectra.evaluation import compare as judge

    a, b = _read(first), _read(second)
    shared = [key for key in a if key in b]
    if not shared:
        raise DatasetError(f"{first} and {second} have no sample in common: the paths in {FILE} differ")
    wrong = [key for key in shared if a[key][0] != b[key][0]]
    if wrong:
        raise DatasetError(f"{first} and {second} disagree on the label of {_name(wrong[0])}")
    groups = [a[key][1] for key in shared]
    result = judge(
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
    drawn = (
        f"bootstrap over {result.n_groups if result.resampled == 'groups' else result.n} {result.resampled}"
    )
    show_table(
        [
            ("first", str(first)),
            ("second", str(second)),
            (
                "samples",
                f"{result.n} in both ({result.n_real} real, {result.n_fake} fake; "
                f"{result.n_left_out} without one of the scores left out)",
            ),
            ("AUC", f"{result.auc[0]:.4f} and {result.auc[1]:.4f}"),
            ("difference", f"{result.difference:+.4f}"),
            ("DeLong", _said(result.delong_ci95, result.delong_p)),
            (drawn, _said(result.bootstrap_ci95, result.bootstrap_p)),
        ]
    )


def _said(interval: tuple[float, float], p: float) -> str:
    low, high = interval
    if low != low:
        return "cannot be told from these samples"
    return f"95 % interval {low:+.4f} to {high:+.4f}, p = {p:.2g}"


def _name(key: Key) -> str:
    path, frame = key
    return printable(f"{path} (frame {frame})" if frame else path)


def _read(run: Path) -> Rows:
    """What scores.csv says of each sample: label, group, and score, NaN where there is none."""
    from facespectra.errors import DatasetError

    file = run / FILE if run.is_dir() else run
    try:
        with file.open(newline="", encoding="utf-8", errors="surrogateescape") as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
            if missing:
                raise DatasetError(f"{file}: no column {missing[0]!r}: not written by facespectra evaluate")
            rows: Rows = {}
            for row in reader:
                if any(row[name] is None for name in NEEDED):
                    raise DatasetError(f"{file}: line {reader.line_num} is cut off")
                key = row["path"], row.get("frame") or ""
                if key in rows:
                    raise DatasetError(f"{file}: {_name(key)} stands in it twice")
                rows[key] = _values(row)
    except FileNotFoundError:
        raise DatasetError(f"{run}: no {FILE} in it; name folders that facespectra evaluate wrote") from None
    except (ValueError, TypeError, csv.Error) as error:
        raise DatasetError(f"{file}: cannot be understood ({one_line(error)})") from error
    return rows


def _values(row: dict[str, Any]) -> tuple[int, str, float]:
    return int(row["label"]), row["group"], float(row["score"] or "nan")
