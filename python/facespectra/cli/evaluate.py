"""``facespectra evaluate``: figures of a model on a data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facespectra._files import printable
from facespectra.cli.console import command_line, complain, leave, progress_bar, show_table
from facespectra.cli.options import (
    Backend,
    Cache,
    Dataset,
    Device,
    Faces,
    Frames,
    Layout,
    PerVideo,
    Precision,
    ResNetWeights,
    Split,
    Threads,
    valid_aggregate,
    valid_faces,
)
from facespectra.videos import N_FRAMES

if TYPE_CHECKING:
    from facespectra.report.alarms import FalseAlarms
    from facespectra.report.evaluated import Evaluated


def evaluate(
    dataset: Dataset,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Where to write.", show_default=False)
    ],
    model: Annotated[
        Path | None,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            help="A model file that train wrote, or default or regions for our own.",
            show_default="default",
        ),
    ] = None,
    layout: Layout = "auto",
    split: Split = None,
    frames: Frames = N_FRAMES,
    faces: Faces = None,
    per_video: PerVideo = "mean",
    robustness: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="Degrade N faces by JPEG, H.264, blur and resizing, for the report; 0 leaves that out.",
        ),
    ] = 40,
    alarms: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DIR",
            help="Real faces from another source, a folder, glob or file: how many the model calls fake. "
            "May be given again.",
            show_default=False,
        ),
    ] = None,
    resnet_weights: ResNetWeights = None,
    precision: Precision = "auto",
    backend: Backend = None,
    threads: Threads = None,
    device: Device = None,
    cache: Cache = None,
) -> None:
    """Evaluate a model: report.html, metrics.json, scores.csv, roc.csv and roc.svg.

    Of a data set with splits, the one called evaluation, test or testing is used; one without is taken whole.
    """
    from facespectra.detector.loading import DEFAULT_MODEL, load
    from facespectra.models.card import card_file
    from facespectra.report import evaluation

    detector = load(
        model,
        backend=backend,
        threads=threads,
        device=device,
        weights=resnet_weights,
        precision=precision,
        cache=cache,
    )
    evaluated = evaluation.run(
        detector,
        dataset,
        out,
        model=DEFAULT_MODEL if model is None else model,
        layout=layout,
        split=split,
        frames=frames,
        faces=valid_faces(faces),
        per_video=valid_aggregate(per_video),
        robustness=robustness,
        alarms=alarms or (),
        card=card_file(),
        command=command_line(),
        settings=evaluation.runtime_settings(backend),
        watch=progress_bar,
        notify=complain,
    )
    show_table([*_rows(evaluated), *map(_alarms_row, evaluated.alarms)])
    typer.echo(f"files in {out}")
    leave(len(evaluated.unreadable))


def _rows(evaluated: Evaluated) -> list[tuple[str, str]]:
    from facespectra.report.figures_table import figures_table

    result = evaluated.result
    counts = f"{result.n_real} real, {result.n_fake} fake; {result.n_no_score} without a score"
    rows = [("samples", f"{result.n} ({counts})")]
    if n_undecided := int(evaluated.undecided.sum()):
        rows.append(("can't tell", f"{n_undecided}, whose scores are in the figures"))
    rows += [(one.name, one.in_one_line) for one in figures_table(result)]
    if result.missing_effect is not None:
        effect = {name.replace("_", " "): auc for name, auc in result.missing_effect["auc"].items()}
        rows.append(("AUC, no score", ", ".join(f"{name} {auc:.3f}" for name, auc in effect.items())))
    return rows


def _alarms_row(alarms: FalseAlarms) -> tuple[str, str]:
    unsure = f", of which can't tell {alarms.n_cannot_tell}" if alarms.n_cannot_tell else ""
    counts = f"{alarms.n} with a face{unsure}, {alarms.n_no_face} without, {alarms.n_unreadable} unreadable"
    return "false alarms", f"{alarms.rate_in_words} ({printable(alarms.source)}: {counts})"
