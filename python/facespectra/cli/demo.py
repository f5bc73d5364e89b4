"""``facespectra demo``: the report's first task on faces that are rendered on the spot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from facespectra.cli import evaluate
from facespectra.cli.console import complain_of, leave, progress_bar, show_table

CLASSIFIER = "svm-poly"
# What the report got on UADFV, another database altogether: no figure to be reached.
REPORTED_AUC = 0.78


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where to write.")] = Path(
        "facespectra-demo"
    ),
    people: Annotated[
        int, typer.Option(min=12, help="How many people to render, two real and two fake pictures of each.")
    ] = 90,
    seed: Annotated[int, typer.Option(min=0, help="Of the faces.")] = 0,
) -> None:
    """Run Task 1 on rendered faces: no data, no network.

    Renders a small database of people who do not exist, trains the report's detector on its development part,
    and evaluates it on its evaluation part.
    """
    from facespectra._files import write_atomically
    from facespectra.datasets import read_dataset, select_split
    from facespectra.datasets.rendered import render_database
    from facespectra.detector import Detector
    from facespectra.detector.samples import is_unreadable

    data, results = out / "data" / "Task_1", out / "task1"
    typer.echo(
        "Rendering faces: every figure below is about rendered data and says nothing about real photographs."
    )
    with progress_bar("render") as update:
        render_database(data, "Task_1", n_people=people, seed=seed, progress=update)
    manifest = read_dataset(data)
    detector = Detector(classifier=CLASSIFIER, seed=seed)
    with progress_bar("train") as update:
        detector.fit(manifest, progress=update)
    n_unreadable = complain_of(pair for pair in detector.training_["left_out"] if is_unreadable(pair[1]))
    detector.save(out / "task1.model")
    part = select_split(manifest, "test")
    result, n_more = evaluate.run(detector, part, results, dataset="Task_1 (rendered)")
    row: dict[str, Any] = {
        "task": 1,
        "system": CLASSIFIER,
        "train": "Task_1/development (rendered)",
        "test": "Task_1/evaluation (rendered)",
        "auc": result.auc,
        "auc_ci95": result.to_dict()["auc_ci95"],
        "reported_auc": REPORTED_AUC,
    }
    write_atomically(out / "lab.json", json.dumps([row], indent=2) + "\n")
    summary = detector.training_
    trained_on = f"{summary['n_real']} real, {summary['n_fake']} fake; {summary['n_no_face']} without a face"
    show_table([("trained on", trained_on), *evaluate.figures(result)])
    typer.echo(f"faces in {data}, model in {out / 'task1.model'}, figures and ROC curve in {results}")
    leave(n_unreadable + n_more)
