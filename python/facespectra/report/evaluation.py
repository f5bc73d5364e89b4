"""Evaluate a detector on a data set: figures, scores, the ROC curve and a page."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from facespectra._extras import require
from facespectra._files import PathLike, printable
from facespectra._progress import Watch
from facespectra.datasets import add_frames, read_dataset, select_split
from facespectra.datasets.checks import check, groups_across_splits, groups_by_file
from facespectra.datasets.sources import frames_of, videos_of
from facespectra.environment import describe
from facespectra.errors import MissingExtraError
from facespectra.evaluation import AGGREGATES, evaluate
from facespectra.report.alarms import CARD, FalseAlarms, list_sources, measure_false_alarms, warning
from facespectra.report.evaluated import Evaluated
from facespectra.report.evaluation_page import DATA_SHA256, write_report
from facespectra.report.files import draw_roc
from facespectra.report.identity import data_root, data_sha256
from facespectra.report.other_scores import FAKE, given_samples, turned_threshold
from facespectra.report.outputs import write_all_metrics, write_figures, write_videos
from facespectra.report.parts import Part, Scored, measure_parts
from facespectra.report.robustness import sweep
from facespectra.report.samples import (
    Samples,
    cut_out_already,
    join_videos,
    known_groups,
    refuse_one_class,
    score_samples,
)
from facespectra.videos import N_FRAMES

if TYPE_CHECKING:
    import pandas as pd

    from facespectra.detector import Detector
    from facespectra.evaluation.aggregation import Aggregate

__all__ = ["Evaluated", "Watch", "run", "runtime_settings"]


def run(
    detector: Detector | None,
    dataset: str | os.PathLike[str] | pd.DataFrame,
    out: str | os.PathLike[str],
    *,
    model: str | os.PathLike[str] | None = None,
    scores: PathLike | None = None,
    name: str | None = None,
    threshold: float | None = None,
    higher_is: str = "fake",
    probabilities: bool = False,
    layout: str = "auto",
    reading: Mapping[str, Any] | None = None,
    split: str | None = None,
    frames: int = N_FRAMES,
    faces: str | None = None,
    per_video: Aggregate = "mean",
    robustness: int = 40,
    alarms: PathLike | Iterable[PathLike] = (),
    card: str = CARD,
    command: str = "",
    settings: Iterable[tuple[str, str]] | None = None,
    watch: Watch | None = None,
    notify: Callable[[str], None] | None = None,
) -> Evaluated:
    """Evaluate a detector, or somebody's scores, on a data set and write all that ``evaluate`` writes.

    Writes ``metrics.json``, ``scores.csv``, ``roc.csv``, ``roc.svg`` and ``report.html``; ``videos.csv``,
    with one score for each video, where there are videos.

    Parameters
    ----------
    detector : Detector or None
        Trained; None where `scores` are another system's.
    dataset : path-like or pandas.DataFrame
        A folder in a known layout, a manifest file, or what :func:`facespectra.read_dataset` gave of either.
    out : path-like
        The folder to write into; it is made where it does not exist.
    model : path-like, optional
        The file that `detector` was loaded from, for the page and ``metrics.json``. For the model that this
        package ships, this is :data:`facespectra.detector.loading.DEFAULT_MODEL`.
    scores : path-like, optional
        Instead of a detector, a file with the scores of any system: CSV, Parquet or JSON lines with ``path``,
        ``score``, and ``frame`` for frames of videos. A path is absolute, relative to the data set or to the
        working directory, or as much of its end as names one file alone. Samples without a score are counted
        and bounded; `frames`, `faces`, `robustness` and `alarms` are for detectors.
    name : str, optional
        What the page calls the system of the scores. Default: the name of their file.
    threshold : float, optional
        Scores from here on are called fake, or real with ``higher_is="real"``. Without it, there are only
        figures that need none.
    higher_is : {"fake", "real"}
        What a higher score means. Scores that mean real are turned round: ``-score``, or ``1 - score``.
    probabilities : bool
        Whether the scores are probabilities, of a fake or of a real face as `higher_is` says.
    layout : str, default "auto"
        Of the folder, as in :func:`facespectra.read_dataset`.
    reading : mapping, optional
        More arguments of :func:`facespectra.read_dataset`, such as ``group``.
    split : str, optional
        The split to evaluate on. Default: the one called ``evaluation``, ``test`` or ``testing``; without
        splits, all samples.
    frames : int, default 10
        Frames of each video, evenly spread.
    faces : {"largest", "all", "whole"}, optional
        The face of each image that is scored, as for :meth:`facespectra.Detector.predict`.
    per_video : {"mean", "median", "max"}
        How the scores of a video's frames, or of a group's samples, become one score, as for
        :meth:`facespectra.Detector.predict`: frames that can't be told count only where there are no others.
    robustness : int, default 40
        Faces to score again after JPEG, H.264, blur and resizing; 0 leaves that out.
    alarms : path-like or iterable of path-like, optional
        Folders, globs or files of real faces from other sources. For each, the share that the detector
        labels fake is measured, by image and video, with a 95 % interval after Wilson that takes them as
        independent. Where the interval lies above 0.05, or above what the training of the detector gave for
        held-out real faces if that was more, there is a warning.
    card : str
        Where the model card is to be read, for that warning.
    command : str, optional
        What was called, for the page.
    settings : iterable of (name, value), optional
        More for the page to list under "How it was made"; by default :func:`runtime_settings`.
    watch : callable, optional
        Called with the name of each stage; gives a context manager around it, whose value is called with the
        number of items done and of all.
    notify : callable, optional
        Called with a line of text for each warning and for each sample that cannot be read, as soon as it is
        known.

    Returns
    -------
    Evaluated
        Figures, scores, and what they were computed from. Where matplotlib or jinja2 is not installed,
        ``roc.svg`` and ``report.html`` are not written, and its warnings say so.

    Raises
    ------
    DatasetError
        If the data set cannot be read, has no such split or only one class, or if there is nothing in one of
        `alarms`.
        Or if the file of scores cannot be read, has no file of the data set, or two scores for one.
    ModelError
        If the detector has not been trained.
    ValueError
        If a class has no sample with a score, or a setting is unknown.

    Examples
    --------
    >>> import facespectra as fs
    >>> from facespectra.report import evaluation
    >>> detector = fs.load("task1.model")  # doctest: +SKIP
    >>> done = evaluation.run(detector, "Celeb-DF", "out", model="task1.model")  # doctest: +SKIP
    >>> done.result.auc, done.result.auc_ci95  # doctest: +SKIP
    (0.823, (0.731, 0.889))
    >>> done = evaluation.run(None, "Celeb-DF", "out", scores="theirs.csv")  # doctest: +SKIP
    >>> done.manifest["path"][done.scores > 0.99].tolist()  # doctest: +SKIP
    ['Celeb-DF/Celeb-synthesis/id0_id1_0000.mp4']
    """
    if per_video not in AGGREGATES:
        raise ValueError(f"per_video must be {', '.join(AGGREGATES)}, not {per_video!r}")
    if (detector is None) == (scores is None):
        raise ValueError("give a detector, or None and the scores of another system")
    if detector is None and alarms:
        raise ValueError("alarms are scored by a detector; scores of another system have none")
    if isinstance(dataset, (str, os.PathLike)):
        place, everything = os.fspath(dataset), read_dataset(dataset, layout, **(reading or {}))
    else:
        place, everything = None, dataset
    alarm_files = list_sources(alarms)
    chosen = select_split(everything, "test", split)
    refuse_one_class(chosen)
    tell = notify or (lambda _: None)
    begin = watch or (lambda _: nullcontext(lambda _done, _total: None))

    warnings = [*dict.fromkeys([*groups_across_splits(everything), *check(chosen, quick=True)])]
    if detector is None:
        samples, more = given_samples(
            scores or "",
            chosen,
            everything,
            data_root(place),
            higher_is=higher_is,
            probabilities=probabilities,
        )
        warnings += more
        threshold = turned_threshold(threshold, higher_is, probabilities=probabilities)
    for text in warnings:
        tell(f"warning: {text}")
    if detector is not None:
        with begin("evaluate") as progress:
            samples = score_samples(detector, add_frames(chosen, frames), faces=faces, progress=progress)
        threshold, probabilities = detector.threshold_, detector.gives_probabilities
        if faces is None and detector.cropper is not None and (proposal := cut_out_already(samples)):
            tell(f"warning: {proposal}")
            warnings.append(proposal)
    result = evaluate(
        samples.manifest["label"].to_numpy(),
        samples.scores,
        known_groups(samples.manifest),
        videos=videos_of(samples.manifest),
        aggregate=per_video,
        undecided=samples.undecided,
        threshold=threshold,
        probabilities=probabilities,
    )
    if threshold is None:
        result = result.without_threshold()
    file = model if scores is None else scores
    evaluated = Evaluated(
        detector=detector,
        model=None if file is None else Path(file),
        title=_title(place, samples.manifest),
        manifest=samples.manifest,
        table=samples.table,
        scores=samples.scores,
        statuses=samples.statuses(detector, faces),
        result=result,
        warnings=(*warnings, *result.warnings),
        name=name or "",
        faces=faces,
        settings=(
            ("command", command or f"{__name__}.{run.__name__}"),
            *_identity(place, samples),
            ("layout", layout),
            ("groups", groups_by_file(samples.manifest) or "as the data set has them"),
            *_settings(detector, frames, higher_is, settings),
        ),
    )
    evaluated = replace(evaluated, parts=_parts(evaluated, everything))
    for path, status in dict.fromkeys(evaluated.unreadable):
        tell(f"{printable(path)}: {status}")
    for text in result.warnings:
        tell(f"warning: {text}")
    write_figures(Path(out), evaluated, dataset=place, split=split)
    write_videos(Path(out), join_videos(samples, per_video))
    if detector is not None:
        for source, files in alarm_files.items():
            with begin(f"real faces, {printable(source)}") as progress:
                measured = measure_false_alarms(
                    detector,
                    source,
                    files,
                    frames=frames,
                    per_video=per_video,
                    faces=faces,
                    progress=progress,
                )
            evaluated = _with_alarms(evaluated, measured, card, tell)
            write_all_metrics(Path(out), evaluated, dataset=place, split=split)
    try:
        require("detect", "matplotlib", "jinja2")
    except MissingExtraError as error:
        missing = f"report.html and roc.svg were not written: {error}"
        tell(f"warning: {missing}")
        return replace(evaluated, warnings=(*evaluated.warnings, missing))
    label = evaluated.model_name if detector is None else detector.classifier
    draw_roc(Path(out) / "roc.svg", {label: result})
    if robustness and detector is not None and samples.table is not None:
        with begin("robustness") as progress:
            curves = sweep(
                detector,
                evaluated.sources,
                evaluated.labels,
                samples.table,
                robustness,
                faces=faces,
                progress=progress,
            )
        evaluated = replace(evaluated, sweep=curves)
    write_report(Path(out) / "report.html", evaluated)
    return evaluated


def _identity(dataset: str | None, samples: Samples) -> list[tuple[str, str]]:
    """The hash of the samples, as in ``metrics.json``; nothing for a data set in memory."""
    if dataset is None:
        return []
    manifest = samples.manifest
    labels = manifest["label"].tolist()
    digest = data_sha256(manifest["path"].tolist(), labels, frames_of(manifest), data_root(dataset))
    return [(DATA_SHA256, digest)]


def runtime_settings(backend: str | None = None) -> list[tuple[str, str]]:
    """Backend, FFT library and environment variables, as names and values; default: the automatic backend."""
    state = describe()
    library = (state["native"] or {}).get("provider")
    used = backend or state["backend"]
    fft = f", FFT by {library['name']} {library['version']}" if used == "native" and library else ""
    environment = ", ".join(f"{name}={value}" for name, value in state["environment"].items())
    return [("backend", f"{used}{fft}"), ("environment", environment or "nothing set")]


def _with_alarms(
    evaluated: Evaluated, measured: FalseAlarms, card: str, tell: Callable[[str], None]
) -> Evaluated:
    for path, status in dict.fromkeys(measured.unreadable):
        tell(f"{printable(path)}: {status}")
    evaluated = replace(evaluated, alarms=(*evaluated.alarms, measured))
    complaint = warning(measured, evaluated.model_name, card)
    if complaint is None:
        return evaluated
    tell(f"warning: {complaint}")
    return replace(evaluated, warnings=(*evaluated.warnings, complaint))


def _parts(evaluated: Evaluated, everything: pd.DataFrame) -> dict[str, list[Part]]:
    used = evaluated.scored
    units = {name: unit[used] for name, unit in evaluated.units.items()}
    scored = Scored(evaluated.labels[used], evaluated.scores[used], units)
    boxes = None if evaluated.table is None else [evaluated.table.boxes[k] for k in np.flatnonzero(used)]
    return measure_parts(scored, evaluated.manifest[used], everything, boxes)


def _settings(
    detector: Detector | None, frames: int, higher_is: str, settings: Iterable[tuple[str, str]] | None
) -> list[tuple[str, str]]:
    if detector is not None:
        more = runtime_settings() if settings is None else settings
        return [("frames of each video", str(frames)), *more]
    turned = "turned round: on this page, higher means more likely fake"
    return [("scores", "as they are" if higher_is == FAKE else turned)]


def _title(dataset: str | None, manifest: pd.DataFrame) -> str:
    title = "Evaluation" if dataset is None else Path(dataset).resolve().name
    splits = manifest["split"].unique().tolist()
    return f"{title}, {splits[0]}" if len(splits) == 1 and splits[0] else title
