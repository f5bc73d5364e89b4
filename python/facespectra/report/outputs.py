"""The files of one evaluation, out of all that is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from facespectra._files import write_csv
from facespectra.detector.loading import DEFAULT_MODEL
from facespectra.detector.scores import Score
from facespectra.evaluation.aggregation import rule
from facespectra.report.evaluated import Evaluated
from facespectra.report.files import write_metrics, write_roc, write_scores
from facespectra.report.identity import data_root, data_sha256, file_sha256
from facespectra.report.parts import parts_to_dict

VIDEOS = ("path", "label", "group", "score", "status", "joined")


def write_figures(out: Path, evaluated: Evaluated, *, dataset: str | None, split: str | None) -> None:
    """Write ``metrics.json``, ``scores.csv`` and ``roc.csv``."""
    write_all_metrics(out, evaluated, dataset=dataset, split=split)
    write_scores(
        out / "scores.csv",
        evaluated.paths,
        evaluated.labels,
        evaluated.manifest["group"],
        evaluated.scores,
        evaluated.statuses,
        evaluated.frames,
    )
    write_roc(out / "roc.csv", evaluated.result)


def write_all_metrics(out: Path, evaluated: Evaluated, *, dataset: str | None, split: str | None) -> None:
    """Write ``metrics.json``: the figures, and what they are of."""
    detector, model = evaluated.detector, evaluated.model
    more: dict[str, Any] = {
        "aggregate_rule": rule(evaluated.result.aggregate),
        "model": {None: None, DEFAULT_MODEL: "default"}.get(model, str(model)),
        "dataset": dataset,
        "split": split,
        "faces": evaluated.faces,
        "data_sha256": data_sha256(
            evaluated.paths, evaluated.labels.tolist(), evaluated.frames, data_root(dataset)
        ),
    }
    if detector is not None:
        more |= {
            "features": detector.features,
            "classifier": detector.classifier,
            "model_sha256": detector.sha256 or None,
            "checked_for": list(detector.words.checked_for),
            "not_checked_for": list(detector.words.not_checked_for),
        }
    elif model is not None:
        more |= {"model": evaluated.model_name, "scores": str(model), "scores_sha256": file_sha256(model)}
    more |= parts_to_dict(evaluated.parts)
    if evaluated.alarms:
        more["alarms"] = [one.to_dict() for one in evaluated.alarms]
    write_metrics(out / "metrics.json", evaluated.result, evaluated.statuses, **more)


def write_videos(out: Path, videos: Sequence[tuple[Score, int, str]]) -> None:
    """Write ``videos.csv``, a row for each video and image; nothing where there are no videos."""
    if videos:
        rows = [
            (one.path, label, group, "" if np.isnan(one.score) else repr(one.score), one.status, one.how)
            for one, label, group in videos
        ]
        write_csv(out / "videos.csv", VIDEOS, rows)
