"""``facespectra demo``: the report's three tasks on faces that are rendered on the spot."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from facespectra._progress import Progress
from facespectra.cli import lab
from facespectra.cli.console import command_line, leave, progress_bar

# People in each database for every person in the first.
DATABASES = {"Task_1": 1.0, "Task_2_3": 0.5, "extra": 1.0}
SMALLEST = 12


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where to write.")] = Path(
        "facespectra-demo"
    ),
    people: Annotated[
        int,
        typer.Option(min=SMALLEST, help="People in the first database; two real and two fake pictures each."),
    ] = 60,
    seed: Annotated[int, typer.Option(min=0, help="Of the faces.")] = 0,
) -> None:
    """Run the whole lab on rendered faces: no data, no network.

    Renders three databases of people who do not exist, each with a camera and a way of swapping faces of its
    own, and runs Tasks 1, 2 and 3 on them. ResNet-50 takes part where torch's cache has its weights.
    """
    from facespectra.lab import LabSettings
    from facespectra.rendered.database import render_database

    typer.echo(
        "Rendering faces: every figure below is about rendered data and says nothing about real photographs."
    )
    data = out / "data"
    sizes = {name: max(SMALLEST // 2, round(people * share)) for name, share in DATABASES.items()}
    with progress_bar("render") as update:
        before = 0
        for name, size in sizes.items():
            progress = partial(_count_on, update, before, sum(sizes.values()))
            render_database(data / name, name, n_people=size, seed=seed, progress=progress)
            before += size
    settings = LabSettings(
        task1=data / "Task_1",
        task23=data / "Task_2_3",
        out=out,
        extra=data / "extra",
        download=False,
        seed=seed,
        rendered=True,
        command=command_line(),
    )
    n_unreadable = lab.run(settings)
    typer.echo(f"rendered faces in {data}")
    leave(n_unreadable)


def _count_on(update: Progress, before: int, total: int, done: int, _: int) -> None:
    update(before + done, total)
