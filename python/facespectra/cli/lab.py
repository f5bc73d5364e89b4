"""``facespectra lab``: the report's three tasks on real folders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facespectra.cli.console import command_line, complain, complain_of, leave, progress_bar
from facespectra.cli.options import Backend, Device, Precision, ResNetWeights, Threads

if TYPE_CHECKING:
    from facespectra._progress import Progress
    from facespectra.lab import LabResult, LabSettings


def lab(
    task1: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Task 1's database, with development and evaluation in it.",
            show_default=False,
        ),
    ],
    task23: Annotated[
        Path,
        typer.Option(
            metavar="DIR", help="The database of Tasks 2 and 3, only ever tested on.", show_default=False
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Where to write.", show_default=False)
    ],
    extra: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="One more database to train on, such as the Kaggle set.", show_default="none"
        ),
    ] = None,
    resnet_weights: ResNetWeights = None,
    precision: Precision = "auto",
    seed: Annotated[int, typer.Option(min=0, help="For what is random.")] = 0,
    backend: Backend = None,
    threads: Threads = None,
    device: Device = None,
) -> None:
    """Run the report's three tasks: inside a database, on another one, and what was tried to do better there.

    Writes lab.json and report.html, a folder for each task, and the models. What was computed before comes
    from the output folder's cache: a run that was stopped goes on, and another one repeats what changed.
    What there are no data or no weights for is listed as skipped.
    """
    from facespectra.lab import LabSettings

    settings = LabSettings(
        task1=task1,
        task23=task23,
        out=out,
        extra=extra,
        resnet_weights=resnet_weights,
        seed=seed,
        backend=backend,
        threads=threads,
        device=device,
        precision=precision,
        command=command_line(),
    )
    leave(run(settings))


def run(settings: LabSettings) -> int:
    """Run the lab, write everything, and say what came out.

    Parameters
    ----------
    settings : LabSettings
        On what, and how.

    Returns
    -------
    int
        How many inputs could not be read; each was named on stderr.
    """
    from facespectra.lab import run_lab, write_lab

    result = run_lab(settings, _watch)
    for problem in write_lab(result):
        complain(problem)
    n_unreadable = complain_of(result.unreadable)
    for note in result.notes:
        complain(f"warning: {note}")
    _show(result)
    typer.echo(f"report in {settings.out / 'report.html'}, figures in {settings.out / 'lab.json'}")
    return n_unreadable


@contextmanager
def _watch(what: str) -> Iterator[Progress]:
    with progress_bar(what) as update:
        yield update


def _show(result: LabResult) -> None:
    from facespectra.lab import rows_of

    lines = [("task", "system", "trained on", "tested on", "AUC", "report")]
    reasons: dict[str, int] = {}
    for row in rows_of(result):
        if row["reason"]:
            reasons[row["reason"]] = reasons.get(row["reason"], 0) + 1
            continue
        tested = "cross-validation" if row["protocol"] == "cross-validation" else row["test"]
        mark = " *" if row["final"] else ""
        reported = "" if row["reported_auc"] is None else f"{row['reported_auc']:.2f}"
        lines.append(
            (str(row["task"]), row["system"] + mark, row["train"], tested, f"{row['auc']:.3f}", reported)
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        typer.echo("  ".join(f"{text:<{width}}" for text, width in zip(line, widths, strict=True)).rstrip())
    typer.echo("* what the task is answered with")
    for reason, count in reasons.items():
        typer.echo(f"skipped {count} {'row' if count == 1 else 'rows'}: {reason}")
    reused, computed = (sum(pair[index] for pair in result.work.values()) for index in (0, 1))
    typer.echo(f"cache: {reused} results reused, {computed} computed")
