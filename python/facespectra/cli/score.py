"""``facespectra score``: images and videos into scores, one line each."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from facespectra._files import as_utf8, printable
from facespectra.cli.console import complain_of, find_sources, leave, progress_bar
from facespectra.cli.options import (
    Backend,
    Cache,
    Device,
    Frames,
    PerVideo,
    Precision,
    ResNetWeights,
    Threads,
    valid_aggregate,
)
from facespectra.videos import N_FRAMES, find_media

if TYPE_CHECKING:
    from facespectra.detector import Detector, Score
    from facespectra.features import Status

DEFAULT = "default"
COLUMNS = ("path", "score", "label", "x0", "y0", "x1", "y1", "status", "reason")

Row: TypeAlias = tuple[Any, ...]
"""One input: the values of COLUMNS, and the name of the model that decided."""


def score(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Image or video files, folders or globs; - reads a list from stdin.",
            show_default=False,
        ),
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="A model file that train wrote, or default or regions for our own. May be given again.",
            show_default="default",
        ),
    ] = None,
    form: Annotated[str, typer.Option("--format", help="table, csv or jsonl.")] = "table",
    frames: Frames = N_FRAMES,
    per_frame: Annotated[
        bool, typer.Option("--per-frame", help="One line for each frame of a video.")
    ] = False,
    per_video: PerVideo = "mean",
    per_folder: Annotated[
        bool, typer.Option("--per-folder", help="One line for each folder of frames, as for a video.")
    ] = False,
    resnet_weights: ResNetWeights = None,
    precision: Precision = "auto",
    backend: Backend = None,
    threads: Threads = None,
    device: Device = None,
    cache: Cache = None,
) -> None:
    """Score images and videos: the higher, the more likely fake.

    One line for each image and video, in the order of the sources: score, label at the model's threshold
    (fake, real, or can't tell), box of the face, status, and the reason for the score. The score of our own
    model is the probability of a face swap among swaps like those that it was trained on; it knows no other
    fakes. A model for another kind, such as generated faces, can be asked as well: of several models the
    first one that labels an image fake decides, and each line names the one that does.
    """
    from facespectra.detector.scores import aggregate_by_source, select_model
    from facespectra.errors import FacespectraError
    from facespectra.videos import spread_frames

    write = WRITERS.get(form)
    if write is None:
        raise ValueError(f"unknown format {form!r}; use {', '.join(WRITERS)}")
    names = model or [DEFAULT]
    runtime = {
        "backend": backend,
        "threads": threads,
        "device": device,
        "precision": precision,
        "cache": cache,
    }
    detectors = _load(names, resnet_weights, runtime)
    aggregate = valid_aggregate(per_video)
    files, n_missing = find_sources(_named(sources), find_media, as_named=True)
    images, _ = spread_frames(files, frames)
    by_model: list[list[Score]] = []
    failed: dict[str, Status] = {}
    for name, detector in zip(names, detectors, strict=True):
        with progress_bar("score" if len(names) == 1 else f"score, {name}") as update:
            scores = detector.score_samples(images, progress=update)
        unreadable = [(one.path, one.status) for one in scores if one.status.unreadable]
        if len(unreadable) == len(scores):
            complain_of(unreadable)
            raise FacespectraError(f"none of {len(scores)} inputs could be read")
        failed |= dict(unreadable)
        if not per_frame:
            scores = aggregate_by_source(images, scores, aggregate, per_folder=per_folder)
        by_model.append(scores)
    n_unreadable = complain_of(failed.items())
    thresholds = [detector.threshold_ for detector in detectors]
    rows = []
    for of_one_input in zip(*by_model, strict=True):
        which = select_model(of_one_input, thresholds)
        rows.append(_row(of_one_input[which], thresholds[which], names[which]))
    write(rows, several=len(names) > 1)
    leave(n_unreadable + n_missing)


def _load(names: list[str], weights: str | None, runtime: dict[str, Any]) -> list[Detector]:
    from facespectra.detector import load

    if len(names) == 1:
        return [load(names[0], weights=weights, **runtime)]
    # Of several models, the weights are for those that use ResNet-50.
    takes_weights = [load(name, **runtime).feature_set.takes_weights for name in names]
    return [
        load(name, weights=weights if takes else None, **runtime)
        for name, takes in zip(names, takes_weights, strict=True)
    ]


def _named(sources: Sequence[str]) -> list[str]:
    """The sources, with the lines of stdin in the place of a dash."""
    named: list[str] = []
    for source in sources:
        named += [line.rstrip("\r\n") for line in sys.stdin if line.strip()] if source == "-" else [source]
    return named


def _row(one: Score, threshold: float, model: str) -> Row:
    from facespectra.detector.scores import label_of

    return (
        one.path,
        None if math.isnan(one.score) else one.score,
        label_of(one, threshold),
        *(one.box or (None,) * 4),
        str(one.status),
        one.reason,
        model,
    )


def _write_table(rows: Sequence[Row], *, several: bool) -> None:
    width = max(len(printable(row[0])) for row in rows)
    for path, value, label, x0, y0, x1, y1, status, reason, model in rows:
        number = "-" if value is None else f"{value:.3f}"
        box = "" if x0 is None else f"{x0},{y0},{x1},{y1}"
        text = printable(reason if status == "ok" else status)
        if several:
            text = f"{printable(model)}: {text}" if text else printable(model)
        typer.echo(f"{printable(path):<{width}}  {number:>7}  {label:<10}  {box:<19}  {text}".rstrip())


def _write_csv(rows: Sequence[Row], *, several: bool) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    columns = (*COLUMNS, "model") if several else COLUMNS
    writer.writerow(columns)
    # repr of a float reads back as the same number.
    writer.writerows(
        ["" if value is None else repr(value) if isinstance(value, float) else value for value in row]
        for row in (row[: len(columns)] for row in rows)
    )
    # Not so that Click takes out of names what looks like the colours of a terminal.
    typer.echo(text.getvalue(), nl=False, color=True)


def _write_jsonl(rows: Sequence[Row], *, several: bool) -> None:
    for path, value, label, *box, status, reason, model in rows:
        line: dict[str, Any] = {
            "path": path,
            "score": value,
            "label": label or None,
            "box": None if box[0] is None else box,
            "status": status,
            "reason": reason or None,
        } | ({"model": model} if several else {})
        # JSON is UTF-8: where a name is not, escapes stand in the line, and the same name comes out of them.
        text = json.dumps(line, ensure_ascii=False)
        typer.echo(text if as_utf8(text) == text else json.dumps(line))


WRITERS: dict[str, Callable[..., None]] = {
    "table": _write_table,
    "csv": _write_csv,
    "jsonl": _write_jsonl,
}
