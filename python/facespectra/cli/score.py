"""``facespectra score``: images and videos into scores, one line each."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from facespectra._files import as_utf8, printable
from facespectra.cli.console import complain, complain_of, leave, progress_bar
from facespectra.cli.options import (
    Backend,
    Cache,
    Device,
    Frames,
    PerVideo,
    Precision,
    ResNetWeights,
    Threads,
    checked_aggregate,
)
from facespectra.videos import N_FRAMES

if TYPE_CHECKING:
    from facespectra.detector import Detector, Score
    from facespectra.evaluation.metrics import Aggregate
    from facespectra.videos import Named

DEFAULT = "default"
COLUMNS = ("path", "score", "label", "x0", "y0", "x1", "y1", "status", "reason")


Line: TypeAlias = "tuple[Score, float, str]"
"""What one model says of one input, with its threshold and its name."""


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
            help="A model file that train wrote, or default for our own. May be given again.",
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
    (fake, real, or can't tell), box of the face, status, and what the score rests on. The score of our own
    model is the probability of a face swap among swaps like those that it was trained on; it knows no other
    fakes. A model for another kind, such as generated faces, can be asked as well: of several models the
    first one that says fake speaks, and each line names the one that does.
    """
    from facespectra.errors import FacespectraError
    from facespectra.features.crops import is_unreadable
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
    detectors = _loaded(names, resnet_weights, runtime)
    checked_aggregate(per_video)
    files, n_missing = _media(sources)
    images, _ = spread_frames(files, frames)
    said: list[list[Score]] = []
    failed: dict[str, str] = {}
    for name, detector in zip(names, detectors, strict=True):
        with progress_bar("score" if len(names) == 1 else f"score, {name}") as update:
            found = detector.score_samples(images, progress=update)
        bad = [(one.path, one.status) for one in found if is_unreadable(one.status)]
        if len(bad) == len(found):
            complain_of(bad)
            raise FacespectraError(f"none of {len(found)} inputs could be read")
        failed |= dict(bad)
        if not per_frame:
            found = _together(images, found, checked_aggregate(per_video), per_folder=per_folder)
        said.append(found)
    n_unreadable = complain_of(failed.items())
    write(_spoken(said, names, [detector.threshold_ for detector in detectors]), several=len(names) > 1)
    leave(n_unreadable + n_missing)


def _loaded(names: list[str], weights: str | None, runtime: dict[str, Any]) -> list[Detector]:
    from facespectra.detector import load
    from facespectra.features.feature_sets import SETTINGS

    paths = [None if name == DEFAULT else name for name in names]
    if len(paths) == 1:
        return [load(paths[0], weights=weights, **runtime)]
    # Of several models, the weights are for those that use a network.
    features = [load(path, **runtime).features for path in paths]
    return [
        load(path, weights=weights if "weights_sha256" in SETTINGS[name] else None, **runtime)
        for path, name in zip(paths, features, strict=True)
    ]


def _spoken(said: list[list[Score]], names: list[str], thresholds: list[float]) -> list[Line]:
    """Of each input what the detector says of it that speaks, and its name and threshold."""
    from facespectra.detector.scores import select_model

    lines = []
    for scores in zip(*said, strict=True):
        who = select_model(scores, thresholds)
        lines.append((scores[who], thresholds[who], names[who]))
    return lines


def _media(sources: Sequence[str]) -> tuple[list[Path], int]:
    """The files, and how many sources gave none; each was named on stderr."""
    from facespectra.errors import DatasetError
    from facespectra.videos import find_media

    named: list[str] = []
    for source in sources:
        named += [line.rstrip("\r\n") for line in sys.stdin if line.strip()] if source == "-" else [source]
    # A file that is not there is one failure among many, and not the end of them all.
    files: list[Path] = []
    missing: list[DatasetError] = []
    for name in named:
        try:
            files += [Path(name)] if _is_plain(name) else find_media([name])
        except DatasetError as error:
            missing.append(error)
    if not files and missing:
        raise missing[0]
    for failure in missing:
        complain(str(failure))
    return files, len(missing)


def _is_plain(name: str) -> bool:
    return not Path(name).is_dir() and not any(mark in name for mark in "*?[")


def _together(
    sources: Sequence[Named], scores: Sequence[Score], how: Aggregate, *, per_folder: bool
) -> list[Score]:
    """One score for each video, each image, and each folder of images where that was asked for."""
    from facespectra.detector.scores import aggregate_scores
    from facespectra.videos import Frame

    groups: dict[str, list[Score]] = {}
    alone: set[str] = set()
    for position, (source, one) in enumerate(zip(sources, scores, strict=True)):
        if isinstance(source, Frame):
            name = source.path
        elif per_folder:
            name = os.path.dirname(one.path) or "."  # noqa: PTH120
        else:
            # An image that is named twice is judged twice.
            name = f"{position}"
            alone.add(name)
        groups.setdefault(name, []).append(one)
    return [
        members[0] if name in alone else aggregate_scores(name, members, how)
        for name, members in groups.items()
    ]


def _rows(lines: Sequence[Line]) -> list[tuple[Any, ...]]:
    from facespectra.detector.scores import label_of

    return [
        (
            one.path,
            None if math.isnan(one.score) else one.score,
            label_of(one, threshold),
            *(one.box or (None,) * 4),
            one.status,
            one.reason,
            model,
        )
        for one, threshold, model in lines
    ]


def _write_table(lines: Sequence[Line], *, several: bool) -> None:
    width = max(len(printable(one.path)) for one, _, _ in lines)
    for path, value, label, x0, y0, x1, y1, status, reason, model in _rows(lines):
        number = "-" if value is None else f"{value:.3f}"
        box = "" if x0 is None else f"{x0},{y0},{x1},{y1}"
        said = printable(reason if status == "ok" else status)
        if several:
            said = f"{printable(model)}: {said}" if said else printable(model)
        typer.echo(f"{printable(path):<{width}}  {number:>7}  {label:<10}  {box:<19}  {said}".rstrip())


def _write_csv(lines: Sequence[Line], *, several: bool) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    columns = (*COLUMNS, "model") if several else COLUMNS
    writer.writerow(columns)
    # repr of a float reads back as the same number.
    writer.writerows(
        ["" if value is None else repr(value) if isinstance(value, float) else value for value in row]
        for row in (row[: len(columns)] for row in _rows(lines))
    )
    # Not so that Click takes out of names what looks like the colours of a terminal.
    typer.echo(text.getvalue(), nl=False, color=True)


def _write_jsonl(lines: Sequence[Line], *, several: bool) -> None:
    for path, value, label, *box, status, reason, model in _rows(lines):
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
