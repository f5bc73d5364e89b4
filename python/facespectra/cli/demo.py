"""``facespectra demo``: the three tasks of the reference study on rendered faces."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from facespectra._files import check_output
from facespectra._progress import Progress
from facespectra._threads import thread_count
from facespectra.cli import lab
from facespectra.cli.console import command_line, leave, progress_bar, say

# Number of people in each database, relative to the first.
DATABASES = {"Task_1": 1.0, "Task_2_3": 0.5, "extra": 1.0}
SMALLEST, QUICK = 12, 15
# On two processors of 2.5 GHz or so.
STARTING, SECONDS_A_PERSON = 8, 0.85


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Output folder.")] = Path(
        "facespectra-demo"
    ),
    people: Annotated[
        int,
        typer.Option(
            min=SMALLEST, help="People in the first database, with two real and two fake images each."
        ),
    ] = 60,
    quick: Annotated[
        bool, typer.Option("--quick", help=f"Render {QUICK} people in the first database, for a first look.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the faces.")] = 0,
) -> None:
    """Run the whole lab on rendered faces: no data, no network.

    Renders three databases of people who do not exist, each with its own camera and face-swap pipeline, and
    runs Tasks 1, 2 and 3 on them. ResNet-50 is included if its weights are in torch's cache,
    EfficientNet-Lite0 always.

    Examples
    --------
    facespectra demo --out demo        # in minutes, offline
    facespectra demo --quick           # a first look
    """
    from facespectra.lab import LabSettings
    from facespectra.rendered.database import render_database

    check_output(out, folder=True)
    if quick:
        people = min(people, QUICK)
    seconds = (STARTING + SECONDS_A_PERSON * people) * 2 / min(thread_count(), 2)
    say(f"This takes about {max(1, round(seconds / 15)) * 15} seconds.")
    say("Rendering faces: all results below are about rendered data and say nothing about real photographs.")
    data = out / "data"
    sizes = {name: max(SMALLEST // 2, round(people * share)) for name, share in DATABASES.items()}
    with progress_bar("render") as update:
        before = 0
        for name, size in sizes.items():
            progress = partial(_add_progress, update, before, sum(sizes.values()))
            render_database(data / name, name, n_people=size, seed=seed, progress=progress)
            before += size
    say(f"rendered faces in {data}")
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
    leave(lab.run(settings, " facespectra lab runs the same on your own databases."))


def _add_progress(update: Progress, before: int, total: int, done: int, _: int) -> None:
    update(before + done, total)
