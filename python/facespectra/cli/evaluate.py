"""``facespectra evaluate``: a model on a data set, into figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facespectra.cli.console import complain, complain_of, leave, progress_bar, show_table, warn_of
from facespectra.cli.options import (
    Backend,
    Dataset,
    Device,
    Frames,
    Layout,
    PerVideo,
    ResNetWeights,
    Split,
    Threads,
    checked_aggregate,
)
from facespectra.videos import N_FRAMES

if TYPE_CHECKING:
    import pandas as pd

    from facespectra.detector import Detector
    from facespectra.evaluation import Evaluation
    from facespectra.evaluation.figures import Aggregate


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
    resnet_weights: ResNetWeights = None,
    backend: Backend = None,
    threads: Threads = None,
    device: Device = None,
) -> None:
    """Evaluate a model: metrics.json, scores.csv, roc.csv and roc.svg.

    Of a data set with splits, the one called evaluation, test or testing is used; one without is taken whole.
    """
    from facespectra.datasets import add_frames, read_dataset, select_split
    from facespectra.detector import load

    detector = load(model, backend=backend, threads=threads, device=device, weights=resnet_weights)
    aggregate = checked_aggregate(per_video)
    manifest = read_dataset(dataset, layout)
    part = add_frames(select_split(manifest, "test", split), frames)
    warn_of(manifest, part)
    result, n_unreadable = run(
        detector,
        part,
        out,
        aggregate,
        model="default" if model is None else str(model),
        dataset=str(dataset),
        split=split,
    )
    show_table(figures(result))
    typer.echo(f"files in {out}")
    leave(n_unreadable)


def run(
    detector: Detector, part: pd.DataFrame, out: Path, per_video: Aggregate = "mean", **about: str | None
) -> tuple[Evaluation, int]:
    """Evaluate a detector on samples and write the files.

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
    evaluation : Evaluation
    n_unreadable : int
        Samples that could not be read; each was named on stderr.
    """
    from facespectra.datasets.augmentation import sources_of
    from facespectra.datasets.frames import frames_of
    from facespectra.errors import MissingExtraError
    from facespectra.evaluation import evaluate as judge
    from facespectra.report import draw_roc, write_metrics, write_roc, write_scores

    paths, labels, groups = part["path"].tolist(), part["label"].to_numpy(), part["group"].to_numpy()
    with progress_bar("evaluate") as update:
        table = detector.extract(sources_of(part), progress=update)
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
    )
    for warning in result.warnings:
        complain(f"warning: {warning}")
    about |= {"features": detector.features, "classifier": detector.classifier}
    write_metrics(out / "metrics.json", result, table.statuses, **about)
    write_scores(out / "scores.csv", paths, labels, groups, scores, table.statuses, numbers)
    write_roc(out / "roc.csv", result)
    try:
        draw_roc(out / "roc.svg", {detector.classifier: result})
    except MissingExtraError as error:
        complain(f"roc.svg was not drawn: {error}")
    return result, n_unreadable


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
    if result.missing_effect is not None:
        effect = {name.replace("_", " "): auc for name, auc in result.missing_effect["auc"].items()}
        rows.append(("AUC, no score", ", ".join(f"{name} {auc:.3f}" for name, auc in effect.items())))
    return rows


def _method(result: Evaluation) -> str:
    return "DeLong" if result.auc_ci95_method == "delong" else result.auc_ci95_method
