"""``facespectra evaluate``: a model on a data set, into figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facespectra.cli.console import (
    command_line,
    complain,
    complain_of,
    leave,
    progress_bar,
    show_table,
    warn_of,
)
from facespectra.cli.options import (
    Backend,
    Cache,
    Dataset,
    Device,
    Frames,
    Layout,
    PerVideo,
    Precision,
    ResNetWeights,
    Split,
    Threads,
    valid_aggregate,
)
from facespectra.errors import MissingExtraError
from facespectra.videos import N_FRAMES

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from facespectra.augment import Copy
    from facespectra.detector import Detector
    from facespectra.evaluation import Evaluation
    from facespectra.evaluation.metrics import Aggregate
    from facespectra.features import FeatureTable
    from facespectra.videos import Frame


def evaluate(
    dataset: Dataset,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Where to write.", show_default=False)
    ],
    model: Annotated[
        Path | None,
        typer.Option(
            "--model", "-m", metavar="MODEL", help="A model file that train wrote.", show_default="our own"
        ),
    ] = None,
    layout: Layout = "auto",
    split: Split = None,
    frames: Frames = N_FRAMES,
    per_video: PerVideo = "mean",
    robustness: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="Degrade N faces by JPEG, H.264, blur and resizing, for the report; 0 leaves that out.",
        ),
    ] = 40,
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
    from facespectra.datasets import add_frames, read_dataset, select_split
    from facespectra.detector import load

    detector = load(
        model,
        backend=backend,
        threads=threads,
        device=device,
        weights=resnet_weights,
        precision=precision,
        cache=cache,
    )
    aggregate = valid_aggregate(per_video)
    manifest = read_dataset(dataset, layout)
    part = add_frames(select_split(manifest, "test", split), frames)
    warnings = warn_of(manifest, part)
    scored = run(
        detector,
        part,
        out,
        aggregate,
        model="default" if model is None else str(model),
        dataset=str(dataset),
        split=split,
    )
    try:
        _report(
            scored, model, _title(dataset, part), out, warnings, robustness, _made(layout, frames, backend)
        )
    except MissingExtraError as error:
        complain(f"report.html and roc.svg were not written: {error}")
    show_table(figures(scored.result))
    typer.echo(f"files in {out}")
    leave(scored.n_unreadable)


@dataclass(frozen=True, slots=True)
class Scored:
    """A data set that was evaluated.

    Attributes
    ----------
    detector : Detector
        By what.
    part : pandas.DataFrame
        The manifest of the samples.
    sources : list
        What was read.
    table : FeatureTable
        Their features.
    scores : (n,) float64
        NaN where there is none.
    result : Evaluation
        The figures.
    n_unreadable : int
        Samples that could not be read; each was named on stderr.
    """

    detector: Detector
    part: pd.DataFrame
    sources: list[str | Frame | Copy]
    table: FeatureTable
    scores: NDArray[np.float64]
    result: Evaluation
    n_unreadable: int


def run(
    detector: Detector, part: pd.DataFrame, out: Path, per_video: Aggregate = "mean", **about: str | None
) -> Scored:
    """Evaluate a detector on samples and write the figures.

    Parameters
    ----------
    detector : Detector
        Trained.
    part : pandas.DataFrame
        The manifest of the samples.
    out : Path
        The folder for the files.
    per_video : {"mean", "median", "max"}
        The score of a video or group.
    **about
        What metrics.json says besides the figures.

    Returns
    -------
    Scored
    """
    from facespectra.datasets.sources import frames_of, sources_of
    from facespectra.evaluation import evaluate as judge
    from facespectra.report import write_metrics, write_roc, write_scores

    paths, labels, groups = part["path"].tolist(), part["label"].to_numpy(), part["group"].to_numpy()
    sources = sources_of(part)
    with progress_bar("evaluate") as update:
        table = detector.extract(sources, progress=update)
    scores = detector.score_features(table)
    n_unreadable = complain_of(table.unreadable)
    # Where every sample is its own group, nothing is known about groups.
    known = groups if part["group"].nunique() < len(part) else None
    numbers = frames_of(part)
    result = judge(
        labels,
        scores,
        known,
        videos=None if numbers is None else paths,
        aggregate=per_video,
        threshold=detector.threshold_,
        probabilities=detector.gives_probabilities,
    )
    for warning in result.warnings:
        complain(f"warning: {warning}")
    about |= {"features": detector.features, "classifier": detector.classifier}
    write_metrics(out / "metrics.json", result, table.statuses, **about)
    write_scores(out / "scores.csv", paths, labels, groups, scores, table.statuses, numbers)
    write_roc(out / "roc.csv", result)
    return Scored(detector, part, sources, table, scores, result, n_unreadable)


def _report(
    scored: Scored,
    model: Path | None,
    title: str,
    out: Path,
    warnings: list[str],
    robustness: int,
    made: list[tuple[str, str]],
) -> None:
    from facespectra._extras import require
    from facespectra.datasets.sources import frames_of
    from facespectra.report.evaluation import Evaluated, write_report
    from facespectra.report.figures.drawings import draw_roc
    from facespectra.report.robustness import sweep

    require("report", "matplotlib", "jinja2")
    draw_roc(out / "roc.svg", {scored.detector.classifier: scored.result})
    labels, found = scored.part["label"].to_numpy(), None
    if robustness:
        with progress_bar("robustness") as update:
            found = sweep(scored.detector, scored.sources, labels, scored.table, robustness, progress=update)
    evaluated = Evaluated(
        detector=scored.detector,
        model=model,
        title=title,
        sources=scored.sources,
        paths=scored.part["path"].tolist(),
        frames=frames_of(scored.part),
        labels=labels,
        table=scored.table,
        scores=scored.scores,
        result=scored.result,
        warnings=warnings,
        sweep=found,
        made=made,
    )
    write_report(out / "report.html", evaluated)


def _title(dataset: Path, part: pd.DataFrame) -> str:
    splits = part["split"].unique().tolist()
    name = dataset.resolve().name
    return f"{name}, {splits[0]}" if len(splits) == 1 and splits[0] else name


def _made(layout: str, frames: int, backend: str | None) -> list[tuple[str, str]]:
    from facespectra.environment import describe

    state = describe()
    native = state["native"] or {}
    library = native.get("provider") or {}
    used = backend or state["backend"]
    fft = f", FFT by {library['name']} {library['version']}" if used == "native" and library else ""
    return [
        ("command", command_line()),
        ("layout", layout),
        ("frames of each video", str(frames)),
        ("backend", f"{used}{fft}"),
        ("environment", ", ".join(f"{k}={v}" for k, v in state["environment"].items()) or "nothing set"),
    ]


def figures(result: Evaluation) -> list[tuple[str, str]]:
    """Put the figures of an evaluation into words.

    Parameters
    ----------
    result : Evaluation
        From :func:`run`.

    Returns
    -------
    list of (name, value)
    """
    low, high = result.auc_ci95
    rows = [
        (
            "samples",
            f"{result.n} ({result.n_real} real, {result.n_fake} fake; {result.n_no_score} without a score)",
        ),
        (
            "AUC",
            f"{result.auc:.3f} (95 % interval {low:.3f} to {high:.3f}, {_method(result)}; "
            f"flipped {result.auc_flipped:.3f})",
        ),
        ("EER", f"{result.eer:.3f}"),
        ("AP", f"{result.average_precision:.3f}"),
        ("accuracy", f"{result.accuracy:.3f} (at the threshold from training, {result.threshold:.6g})"),
    ]
    rows += [(f"TPR at {100 * fpr:g} % FPR", f"{tpr:.3f}") for fpr, tpr in result.tpr_at_fpr.items()]
    if result.video_auc is not None:
        rows.append(
            ("AUC per video", f"{result.video_auc:.3f} ({result.n_videos} videos, {result.aggregate})")
        )
    if result.group_auc is not None:
        rows.append(
            ("AUC per group", f"{result.group_auc:.3f} ({result.n_groups} groups, {result.aggregate})")
        )
    if result.brier is not None:
        rows.append(("calibration", f"error {result.calibration_error:.3f}, Brier score {result.brier:.3f}"))
    if result.missing_effect is not None:
        effect = {name.replace("_", " "): auc for name, auc in result.missing_effect["auc"].items()}
        rows.append(("AUC, no score", ", ".join(f"{name} {auc:.3f}" for name, auc in effect.items())))
    return rows


def _method(result: Evaluation) -> str:
    return "DeLong" if result.auc_ci95_method == "delong" else result.auc_ci95_method
