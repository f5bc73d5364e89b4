"""``metrics.json``, ``scores.csv``, ``roc.csv`` and ``roc.svg``."""

from __future__ import annotations

import json
import math
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from facespectra._extras import require
from facespectra._files import write_atomically, write_csv
from facespectra._version import __version__
from facespectra.evaluation import Evaluation
from facespectra.features.status import Kind, Status
from facespectra.figures.style import REPRODUCIBLE, new_figure, render
from facespectra.report.identity import SCHEMA

SCORES = ("path", "label", "group", "score", "status")


def write_metrics(
    path: str | os.PathLike[str], evaluation: Evaluation, statuses: Sequence[Status], **more: Any
) -> Path:
    """Write the figures of an evaluation as JSON, with counts of the statuses and more keys of plain data."""
    figures = evaluation.to_dict()
    kinds = Counter(status.kind for status in statuses)
    counts = {
        "n_no_face": kinds[Kind.NO_FACE],
        "n_unreadable": kinds[Kind.UNREADABLE],
        "n_cannot_tell": kinds[Kind.CANNOT_TELL],
        "n_no_score": figures.pop("n_no_score"),
    }
    more = {"schema": SCHEMA, "version": __version__} | more
    # In the contract's order: the counts stand together.
    ordered = {key: figures.pop(key) for key in ("n", "n_real", "n_fake")} | counts | figures | more
    return write_atomically(path, json.dumps(ordered, indent=2, allow_nan=False) + "\n")


def write_scores(
    path: str | os.PathLike[str],
    paths: Sequence[str],
    labels: Iterable[int],
    groups: Iterable[str],
    scores: Iterable[float],
    statuses: Iterable[Status],
    frames: Sequence[int | None] | None = None,
) -> Path:
    """Write one row per sample: ``path,label,group,score,status``, and ``frame`` where there are videos.

    A score that is NaN is an empty field; the others read back as the same number.
    """
    rows = [
        (name, int(label), group, _number(score), status)
        for name, label, group, score, status in zip(paths, labels, groups, scores, statuses, strict=True)
    ]
    if frames is None:
        return write_csv(path, SCORES, rows)
    return write_csv(
        path,
        (*SCORES, "frame"),
        [(*row, "" if frame is None else frame) for row, frame in zip(rows, frames, strict=True)],
    )


def write_roc(path: str | os.PathLike[str], evaluation: Evaluation) -> Path:
    """Write the points of the ROC curve: ``fpr,tpr,threshold``, from (0, 0) to (1, 1).

    The first threshold is infinite, written ``inf``.
    """
    points = zip(evaluation.fpr, evaluation.tpr, evaluation.thresholds, strict=True)
    return write_csv(
        path, ("fpr", "tpr", "threshold"), ([_number(value) for value in point] for point in points)
    )


def draw_roc(path: str | os.PathLike[str], evaluations: Mapping[str, Evaluation], *, title: str = "") -> Path:
    """Draw ROC curves with their intervals into an SVG file; the keys are their names in the legend."""
    require("detect", "matplotlib")
    import matplotlib as mpl

    figure = new_figure(5.2, 5.2)
    ax = figure.subplots()
    for name, evaluation in evaluations.items():
        evaluation.plot(ax, label=name)
    if title:
        ax.set_title(title)
    with mpl.rc_context(REPRODUCIBLE):
        return write_atomically(path, render(figure))


def _number(value: float) -> str:
    return "" if math.isnan(value) else repr(float(value))
