"""``metrics.json``, ``scores.csv`` and ``roc.csv``."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from facespectra._files import write_atomically
from facespectra.evaluation import Evaluation
from facespectra.features.status import NO_FACE, Status

SCORES = ("path", "label", "group", "score", "status")


def write_metrics(
    path: str | os.PathLike[str], evaluation: Evaluation, statuses: Sequence[Status], **more: Any
) -> Path:
    """Write the figures of an evaluation as JSON.

    Parameters
    ----------
    path : path-like
        The file, such as ``metrics.json``.
    evaluation : Evaluation
        Of all samples, those without a score included.
    statuses : sequence of str
        Of the same samples; counted into ``n_no_face`` and ``n_unreadable``.
    **more
        Further keys, such as the model and the data set. Plain data.

    Returns
    -------
    Path
        `path`.
    """
    figures = evaluation.to_dict()
    del figures["n_no_score"]
    counts = {
        "n_no_face": sum(status == NO_FACE for status in statuses),
        "n_unreadable": sum(status.unreadable for status in statuses),
    }
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
    """Write one row per sample, in the order given: ``path,label,group,score,status``.

    Parameters
    ----------
    path : path-like
        The file, such as ``scores.csv``.
    paths, labels, groups, scores, statuses : sequences of one length
        A score that is NaN is an empty field. Others are written so that reading them back gives the same
        number.
    frames : sequence of int or None, optional
        Numbers of frames of videos: one more column, ``frame``, empty for images.

    Returns
    -------
    Path
        `path`.
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

    Parameters
    ----------
    path : path-like
        The file, such as ``roc.csv``.
    evaluation : Evaluation
        The threshold of its first point is infinite, written ``inf``.

    Returns
    -------
    Path
        `path`.
    """
    points = zip(evaluation.fpr, evaluation.tpr, evaluation.thresholds, strict=True)
    return write_csv(
        path, ("fpr", "tpr", "threshold"), ([_number(value) for value in point] for point in points)
    )


def write_csv(path: str | os.PathLike[str], header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    """Write a CSV file with a header, UTF-8, lines ended by a line feed.

    Parameters
    ----------
    path : path-like
        The file.
    header : sequence of str
        Names of the columns.
    rows : iterable of sequences
        As long as the header.

    Returns
    -------
    Path
        `path`.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return write_atomically(path, text.getvalue())


def _number(value: float) -> str:
    return "" if math.isnan(value) else repr(float(value))
