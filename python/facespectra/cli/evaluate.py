"""``facespectra evaluate``: figures of a model on a data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facespectra._files import check_output, printable
from facespectra.cli.cluster import Address, Workers, engine_on, refuse_with_ray, refuse_without_ray
from facespectra.cli.console import command_line, complain, leave, progress_bar, say, show_table
from facespectra.cli.dataset_options import (
    Dataset,
    Fake,
    Group,
    LabelColumn,
    Layout,
    PathColumn,
    Positive,
    Real,
    Root,
    Split,
    reading,
)
from facespectra.cli.options import (
    Backend,
    Cache,
    Device,
    Faces,
    Frames,
    PerVideo,
    Precision,
    ResNetWeights,
    Threads,
    Truncated,
    one_of,
    valid_aggregate,
    valid_faces,
)
from facespectra.videos import N_FRAMES

if TYPE_CHECKING:
    from facespectra.report.alarms import FalseAlarms
    from facespectra.report.evaluated import Evaluated
    from facespectra.report.parts import Part

# What --help puts together.
SCORES = "Scores of another system, instead of a model"

PARTS = {"method": "", "generator": "", "face": "face", "image": "picture", "quality": "JPEG quality"}


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
            help="A model file that train wrote, or one of our own: default, regions.",
            show_default="default",
        ),
    ] = None,
    scores: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV, Parquet or JSON lines with path and score, and frame for frames of videos.",
            show_default=False,
            rich_help_panel=SCORES,
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Of these scores: from here on they say fake.",
            show_default="no figures at one",
            rich_help_panel=SCORES,
        ),
    ] = None,
    higher_is: Annotated[
        str,
        typer.Option(
            metavar="fake|real",
            autocompletion=one_of("fake", "real"),
            help="What a higher one of these scores means.",
            rich_help_panel=SCORES,
        ),
    ] = "fake",
    probabilities: Annotated[
        bool,
        typer.Option(
            "--probabilities",
            help="These scores are probabilities: judge them as such.",
            rich_help_panel=SCORES,
        ),
    ] = False,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Name of the system with these scores.",
            show_default="the file's",
            rich_help_panel=SCORES,
        ),
    ] = None,
    layout: Layout = "auto",
    group: Group = None,
    positive: Positive = None,
    real: Real = None,
    fake: Fake = None,
    path_column: PathColumn = None,
    label_column: LabelColumn = None,
    root: Root = None,
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
    truncated: Truncated = False,
    ray: Address = None,
    workers: Workers = None,
) -> None:
    """Evaluate a model, or any system's scores: report.html, metrics.json, scores.csv, roc.csv and roc.svg.

    Of a data set with splits, the one called evaluation, test or testing is used; one without is taken whole.

    Examples
    --------
    facespectra evaluate DATASET --out report
    facespectra evaluate DATASET -m own.model --out report
    facespectra evaluate DATASET --scores scores.csv --threshold 0.5 --out report
    """
    from facespectra.datasets.checks import groups_by_file
    from facespectra.detector.loading import DEFAULT_MODEL, load
    from facespectra.models.card import card_file
    from facespectra.report import evaluation

    check_output(out, folder=True)
    refuse_without_ray(ray, {"--workers": workers is not None})
    if ray is not None:
        refuse_with_ray({"--scores": scores is not None, "--cache": cache is not None})
    _check_options(scores, model, alarms, threshold, name, higher_is, probabilities=probabilities)
    detector = (
        None
        if scores is not None
        else load(
            model,
            backend=backend,
            threads=threads,
            device=device,
            weights=resnet_weights,
            precision=precision,
            cache=cache,
        )
    )
    given = {"threads": threads, "backend": backend, "device": device, "precision": precision}
    with engine_on(ray, detector, workers, given, resnet_weights):
        evaluated = evaluation.run(
            detector,
            dataset,
            out,
            model=None if detector is None else DEFAULT_MODEL if model is None else model,
            scores=scores,
            name=name,
            threshold=threshold,
            higher_is=higher_is,
            probabilities=probabilities,
            layout=layout,
            reading=reading(group, positive, real, fake, path_column, label_column, root),
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
    by_file = groups_by_file(evaluated.manifest)
    grouped = [("groups", f"{by_file}; --group says what belongs together")] if by_file else []
    show_table([*_rows(evaluated), *grouped, *map(_alarms_row, evaluated.alarms)])
    if detector is not None:
        say(f"faces were {detector.words.scope}")
    say(f"Open {out / 'report.html'} in a browser; the scores and figures are beside it.")
    leave(len(evaluated.unreadable))


def _check_options(
    scores: Path | None,
    model: Path | None,
    alarms: list[str] | None,
    threshold: float | None,
    name: str | None,
    higher_is: str,
    *,
    probabilities: bool,
) -> None:
    """Refuse options that are for a model beside scores, and those for scores beside a model."""
    for_scores = {
        "--threshold": threshold is not None,
        "--name": name is not None,
        "--higher-is": higher_is != "fake",
        "--probabilities": probabilities,
    }
    for_models = {"--model": model is not None, "--alarms": bool(alarms)}
    if scores is not None and any(for_models.values()):
        needless = next(option for option, given in for_models.items() if given)
        raise ValueError(f"--scores takes the place of a model: leave out {needless}")
    if scores is None and any(for_scores.values()):
        needless = next(option for option, given in for_scores.items() if given)
        raise ValueError(f"{needless} is for the scores of another system: add --scores FILE")


def _rows(evaluated: Evaluated) -> list[tuple[str, str]]:
    from facespectra.evaluation.figures_table import figures_table

    result = evaluated.result
    counts = f"{result.n_real} real, {result.n_fake} fake; {result.n_no_score} without a score"
    rows = [("samples", f"{result.n} ({counts})")]
    if n_undecided := int(evaluated.undecided.sum()):
        rows.append(("can't tell", f"{n_undecided}, whose scores are in the figures"))
    rows += [(one.name, one.in_one_line) for one in figures_table(result)]
    for kind, parts in evaluated.parts.items():
        rows += [(" ".join(filter(None, ("AUC,", PARTS[kind], part.name))), _part(part)) for part in parts]
    if result.missing_effect is not None:
        effect = {name.replace("_", " "): auc for name, auc in result.missing_effect["auc"].items()}
        rows.append(("AUC, no score", ", ".join(f"{name} {auc:.3f}" for name, auc in effect.items())))
    return rows


def _part(part: Part) -> str:
    from facespectra.evaluation.figures_table import auc_in_words

    held_out = "; held out of the training split" if part.held_out else ""
    words = auc_in_words(part.measured)
    return f"{words} ({part.measured.n_real} real, {part.measured.n_fake} fake{held_out})"


def _alarms_row(alarms: FalseAlarms) -> tuple[str, str]:
    unsure = f", {alarms.n_cannot_tell} of which it can't tell" if alarms.n_cannot_tell else ""
    counts = f"{alarms.n} with a face{unsure}, {alarms.n_no_face} without, {alarms.n_unreadable} unreadable"
    return "false alarms", f"{alarms.rate_in_words} ({printable(alarms.source)}: {counts})"
