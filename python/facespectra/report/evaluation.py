"""The report of one evaluation: everything on one page, in one file."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facespectra._version import __version__
from facespectra._versions import versions
from facespectra.detector.loading import DEFAULT_MODEL
from facespectra.evaluation import Evaluation
from facespectra.features.crops import Source
from facespectra.features.status import NO_FACE, OK
from facespectra.report import importance as drives
from facespectra.report import text as words
from facespectra.report.figures import scores as curves
from facespectra.report.html import write_page
from facespectra.report.robustness import Sweep
from facespectra.report.sampling import chosen, read_again, tile
from facespectra.report.thumbnails import caption, sheets, spark

if TYPE_CHECKING:
    from facespectra.detector import Detector
    from facespectra.features import FeatureTable

# Faces of each class whose spectra are averaged, where the model itself looks at other features.
SPECTRA = 150
LISTED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What a report is made of.

    Attributes
    ----------
    detector : Detector
        What was evaluated.
    model : Path or None
        Its file; None is the one that this package ships.
    title : str
        Of the page: what it was evaluated on.
    sources : sequence
        What was read, in order.
    paths : sequence of str
        The file of each.
    frames : sequence of int or None, optional
        The frame of each; None for images.
    labels : (n,) int64
        1 for fake.
    table : FeatureTable
        Of the same.
    scores : (n,) float64
        NaN where there is none.
    result : Evaluation
        The figures.
    warnings : sequence of str
        What must be known of the data, besides the warnings in `result`.
    sweep : Sweep or None
        From :func:`facespectra.report.robustness.sweep`, where one was made.
    made : sequence of (name, value)
        Settings to be listed, besides those of the model.
    """

    detector: Detector
    model: Path | None
    title: str
    sources: Sequence[Source]
    paths: Sequence[str]
    frames: Sequence[int | None] | None = None
    labels: NDArray[np.int64]
    table: FeatureTable
    scores: NDArray[np.float64]
    result: Evaluation
    warnings: Sequence[str] = ()
    sweep: Sweep | None = None
    made: Sequence[tuple[str, str]] = field(default_factory=list)

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Which samples have a score."""
        return ~np.isnan(self.scores)

    @property
    def name(self) -> str:
        """What sentences call the model."""
        return "the model that facespectra ships" if self.model is None else self.model.name


def write_report(path: str | os.PathLike[str], evaluated: Evaluated) -> Path:
    """Write the report of an evaluation.

    Parameters
    ----------
    path : path-like
        The file, such as ``report.html``.
    evaluated : Evaluated
        What to write of. A few pictures are read once more.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    MissingExtraError
        If matplotlib or jinja2 is not installed.
    """
    from facespectra._extras import require

    require("report", "matplotlib", "jinja2")
    result = evaluated.result
    labels, scores = evaluated.labels[evaluated.scored], evaluated.scores[evaluated.scored]
    calibrated = result.brier is not None
    spectra, gallery, n_spectra = _looked_at_again(evaluated)
    context = {
        "version": __version__,
        "title": evaluated.title,
        "model_name": evaluated.name,
        "verdict": words.verdict(result, evaluated.name),
        "cards": words.cards(result, _caught(labels, scores, result.threshold)),
        "warnings": [*dict.fromkeys([*evaluated.warnings, *result.warnings])],
        "result": result,
        "roc_svg": curves.roc_figure(result),
        "det_svg": curves.det_figure(result),
        "scores_svg": curves.scores_figure(labels, scores, result.threshold, probabilities=calibrated),
        "reliability_svg": curves.reliability_figure(labels, scores) if calibrated else "",
        "spectra_svg": "",
        "n_spectra": n_spectra,
        "drives": drives.found(evaluated.detector, evaluated.table, evaluated.labels),
        "gallery": gallery,
        "sweep": evaluated.sweep,
        "sweep_svg": curves.robustness_figure(evaluated.sweep) if evaluated.sweep else "",
        "counts": _counts(evaluated),
        "effect": result.missing_effect,
        "left_out_words": words.left_out(result),
        "left_out": _left_out(evaluated)[:LISTED],
        "n_left_out": len(_left_out(evaluated)),
        "doubts": _doubts(evaluated),
        "made": _made(evaluated),
    }
    if spectra is not None:
        from facespectra.report.figures.attribution import class_spectra_figure

        context["spectra_svg"] = class_spectra_figure(spectra)
    return write_page(path, "evaluation.html.j2", context)


def _caught(
    labels: NDArray[np.int64], scores: NDArray[np.float64], threshold: float
) -> tuple[int, int, int, int]:
    called = scores >= threshold
    return (
        int(np.sum(~called & (labels == 0))),
        int(np.sum(labels == 0)),
        int(np.sum(called & (labels == 1))),
        int(np.sum(labels == 1)),
    )


def _looked_at_again(evaluated: Evaluated) -> tuple[Any, list[dict[str, Any]], int]:
    """Spectra of the classes, the contact sheet, and how many spectra there are of."""
    from facespectra.detector.attribution import spectrum_columns
    from facespectra.spectrum import radial_spectrum

    shown = sheets(evaluated.labels, evaluated.scores, evaluated.result.threshold, evaluated.paths)
    pictured = {index for sheet in shown for index in sheet.samples}
    columns = spectrum_columns(evaluated.detector)
    usable = evaluated.scored
    picked = (
        np.flatnonzero(usable).tolist()
        if columns is not None
        else chosen(evaluated.labels, usable, 2 * SPECTRA)
    )
    spectra: dict[int, NDArray[Any]] = {}
    tiles: dict[int, dict[str, Any]] = {}
    wanted = pictured if columns is not None else pictured | set(picked)
    for index, whole in read_again(evaluated.sources, sorted(wanted)):
        box = evaluated.table.boxes[index]
        if box is None:
            continue
        x0, y0, x1, y1 = box
        if columns is None:
            spectra[index] = radial_spectrum(whole.grey[y0:y1, x0:x1]).astype(np.float64)
        if index in pictured:
            frame = None if evaluated.frames is None else evaluated.frames[index]
            uri, place = tile(whole.rgb, box)
            below = caption(evaluated.paths[index], frame, float(evaluated.scores[index]))
            tiles[index] = {"uri": uri, "place": place, **below}
    if columns is not None:
        rows = evaluated.table.matrix[:, columns].astype(np.float64)
        spectra = {index: rows[index] for index in picked}
    averaged = [index for index in picked if index in spectra]
    known = drives.class_spectra(np.array([spectra[index] for index in averaged]), evaluated.labels[averaged])
    for index, one in tiles.items():
        one["spark"] = spark(spectra[index], known) if known is not None else ""
    gallery = [
        {
            "heading": sheet.heading,
            "total": sheet.total,
            "tiles": [tiles[i] for i in sheet.samples if i in tiles],
        }
        for sheet in shown
    ]
    return known, gallery, len(averaged)


def _counts(evaluated: Evaluated) -> list[dict[str, Any]]:
    statuses = evaluated.table.statuses
    rows = []
    for name, label in (("real", 0), ("fake", 1)):
        own = [status for status, of in zip(statuses, evaluated.labels, strict=True) if of == label]
        rows.append(
            {
                "name": name,
                "n": len(own),
                "ok": own.count(OK),
                "no_face": own.count(NO_FACE),
                "unreadable": sum(status.unreadable for status in own),
            }
        )
    return rows


def _left_out(evaluated: Evaluated) -> list[tuple[str, str, str]]:
    """Name, class and reason, each file once where all its frames failed for one reason."""
    table = evaluated.table
    rows = [
        (path, "fake" if label else "real", "no face found" if status == NO_FACE else str(status))
        for path, status, label in zip(table.paths, table.statuses, evaluated.labels, strict=True)
        if status != OK
    ]
    return list(dict.fromkeys(rows))


def _doubts(evaluated: Evaluated) -> dict[str, Any] | None:
    """Of how many faces the model says that it can't tell, and what the others' AUC is."""
    from facespectra.evaluation.intervals import components

    judge = evaluated.detector.pipeline_[-1]
    if not hasattr(judge, "abstention_reason"):
        return None
    rows = zip(evaluated.table.matrix, evaluated.table.boxes, evaluated.scored, strict=True)
    doubtful = np.array(
        [
            bool(ok and box is not None and judge.abstention_reason(row, box[2] - box[0]))
            for row, box, ok in rows
        ]
    )
    sure = evaluated.scored & ~doubtful
    labels = evaluated.labels[sure]
    auc = (
        float(components(labels, evaluated.scores[sure])[0].mean())
        if len(set(labels.tolist())) == 2
        else None
    )
    return {"n": int(doubtful.sum()), "of": int(evaluated.scored.sum()), "auc": auc}


def _made(evaluated: Evaluated) -> list[tuple[str, str]]:
    detector = evaluated.detector
    file = DEFAULT_MODEL if evaluated.model is None else evaluated.model
    settings = detector.settings
    trained = detector.training_

    def listed(pairs: dict[str, Any]) -> str:
        return ", ".join(f"{name} {value}" for name, value in pairs.items()) or "none"

    held_out = trained.get("held_out_auc")
    return [
        *evaluated.made,
        ("model", "the package's own" if evaluated.model is None else str(evaluated.model)),
        ("SHA-256 of the model", hashlib.sha256(file.read_bytes()).hexdigest()),
        ("features", f"{detector.features} ({listed(settings['feature_settings'])})"),
        ("classifier", f"{detector.classifier}{', features standardised' if detector.scale else ''}"),
        ("seed of the training", str(detector.seed)),
        (
            "face",
            f"the largest, by MTCNN ({listed(settings['crop_settings'])})"
            if settings["crop"]
            else "none looked for: whole pictures",
        ),
        (
            "trained on",
            f"{trained['n_real']} real and {trained['n_fake']} fake faces; {trained['n_no_face']} pictures "
            f"without a face and {trained['n_unreadable']} unreadable left out"
            + ("" if held_out is None else f"; AUC on held-out groups {held_out:.3f}"),
        ),
        ("trained with", listed(detector.versions_)),
        ("threshold", repr(detector.threshold_)),
        ("evaluated with", listed(versions())),
        ("system", f"{platform.system()} {platform.machine()}"),
    ]
