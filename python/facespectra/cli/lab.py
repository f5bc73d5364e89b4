"""``facespectra lab``: the three tasks of the reference study on the user's databases."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facespectra.cli.console import command_line, complain, complain_of, leave, progress_bar, say
from facespectra.cli.lab_table import lab_lines
from facespectra.cli.options import (
    Backend,
    Device,
    Precision,
    ResNetWeights,
    Threads,
    one_of,
)
from facespectra.cli.terminal import terminal_of
from facespectra.detector.inputs import LARGEST, WHOLE

if TYPE_CHECKING:
    from facespectra.lab import LabSettings


def lab(
    task1: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Database of Task 1, with a development and an evaluation set.",
            show_default=False,
        ),
    ],
    task23: Annotated[
        Path,
        typer.Option(
            metavar="DIR", help="Database of Tasks 2 and 3, used for tests only.", show_default=False
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Output folder.", show_default=False)
    ],
    extra: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Extra database to train on, such as the Kaggle set.", show_default="none"
        ),
    ] = None,
    faces: Annotated[
        str,
        typer.Option(
            metavar="largest|whole",
            autocompletion=one_of("largest", "whole"),
            help="The largest face, or the whole image, where faces were cut out already.",
        ),
    ] = "largest",
    resnet_weights: ResNetWeights = None,
    precision: Precision = "auto",
    seed: Annotated[int, typer.Option(min=0, help="Random seed.")] = 0,
    backend: Backend = None,
    threads: Threads = None,
    device: Device = None,
) -> None:
    """Run the three tasks of the reference study: within a database, on another one, and what helps there.

    The reference study is the DeepFakes Detection Lab report. Writes lab.json and report.html, a folder for
    each task, and the models. The output folder holds a cache: a run that was stopped continues, and another
    one computes only what changed. Experiments without data or weights are listed as skipped.

    Examples
    --------
    facespectra lab --task1 KAGGLE --task23 CELEB-DF --out lab
    """
    from facespectra._files import check_output
    from facespectra.lab import LabSettings

    check_output(out, folder=True)
    if faces not in (LARGEST, WHOLE):
        raise ValueError(f"--faces must be {LARGEST} or {WHOLE} here, not {faces!r}")
    settings = LabSettings(
        task1=task1,
        task23=task23,
        out=out,
        extra=extra,
        whole=faces == WHOLE,
        resnet_weights=resnet_weights,
        seed=seed,
        backend=backend,
        threads=threads,
        device=device,
        precision=precision,
        command=command_line(),
    )
    leave(run(settings))


def run(settings: LabSettings, after: str = "") -> int:
    """Run the lab, write and print the results, and count the inputs that could not be read.

    `after` ends the last line.
    """
    from facespectra.lab import run_lab, write_lab
    from facespectra.lab.text import summary

    result = run_lab(settings, progress_bar)
    for problem in write_lab(result):
        complain(problem)
    n_unreadable = complain_of(result.unreadable)
    for note in result.notes:
        complain(f"warning: {note}")
    terminal = terminal_of(sys.stdout)
    for line in summary(result) if terminal is None else lab_lines(result, terminal):
        typer.echo(line)
    page, numbers = settings.out / "report.html", settings.out / "lab.json"
    say(f"Open {page} in a browser; {numbers} has the numbers.{after}")
    return n_unreadable
