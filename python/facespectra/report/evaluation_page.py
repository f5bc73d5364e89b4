"""The page of an evaluation: everything in one file."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facespectra._extras import require
from facespectra._versions import versions
from facespectra.detector.classifiers import SelfExplaining
from facespectra.detector.loading import DEFAULT_MODEL
from facespectra.evaluation import wilson_interval
from facespectra.evaluation.class_spectra import ClassSpectra, measure_class_spectra
from facespectra.evaluation.intervals import roc_auc
from facespectra.features.status import NO_FACE, OK
from facespectra.report import text
from facespectra.report.alarms import PROMISED
from facespectra.report.evaluated import Evaluated
from facespectra.report.figures.attribution import bars_figure, heat_maps_figure
from facespectra.report.figures.roc import det_figure, evaluation_roc_figure
from facespectra.report.figures.scores import (
    ReliabilityBins,
    reliability_figure,
    robustness_figure,
    scores_figure,
)
from facespectra.report.figures.spectra import spectra_figure
from facespectra.report.figures_table import figures_table, units_in_words
from facespectra.report.html import write_page
from facespectra.report.importance import Importance, heat_maps, measure_importance
from facespectra.report.robustness import Sweep
from facespectra.report.sampling import read_again, stratified_sample
from facespectra.report.thumbnails import caption, sheets, sparkline, tile

Floats = NDArray[np.float64]
# Faces of each class whose spectra are averaged, where the model itself uses other features.
SPECTRA_PER_CLASS = 150
LISTED = 100


def write_report(path: str | os.PathLike[str], evaluated: Evaluated) -> Path:
    """Write the page of an evaluation; some images are read once more for it."""
    require("detect", "matplotlib", "jinja2")
    result, scored = evaluated.result, evaluated.scored
    labels, scores = evaluated.labels[scored], evaluated.scores[scored]
    calibrated = result.brier is not None
    classes, gallery, n_spectra = _spectra_and_gallery(evaluated)
    left_out = _left_out(evaluated)
    context = {
        "title": evaluated.title,
        "model_name": evaluated.model_name,
        "verdict": text.verdict(result, evaluated.model_name),
        "cards": text.cards(result),
        "figures": figures_table(result),
        "units": units_in_words(result),
        "warnings": list(dict.fromkeys(evaluated.warnings)),
        "result": result,
        "roc_svg": evaluation_roc_figure(result),
        "det_svg": det_figure(result),
        "scores_svg": scores_figure(labels, scores, result.threshold, probabilities=calibrated),
        "reliability_svg": reliability_figure(_reliability(labels, scores)) if calibrated else "",
        "spectra_svg": "" if classes is None else _class_spectra_figure(classes),
        "n_spectra": n_spectra,
        "drives": _drives(measure_importance(evaluated.detector, evaluated.table, evaluated.labels)),
        "gallery": gallery,
        "sweep": evaluated.sweep,
        "sweep_svg": _sweep_figure(evaluated.sweep) if evaluated.sweep else "",
        "alarms": evaluated.alarms,
        "promised": PROMISED,
        "counts": _counts(evaluated),
        "effect": result.missing_effect,
        "left_out_words": text.left_out(result),
        "left_out": left_out[:LISTED],
        "n_left_out": len(left_out),
        "abstentions": _abstentions(evaluated),
        "settings": [*evaluated.settings, *_model_settings(evaluated)],
    }
    return write_page(path, "evaluation.html.j2", context)


def _reliability(labels: NDArray[np.int64], probabilities: Floats, n_bins: int = 10) -> ReliabilityBins:
    index = np.minimum((probabilities * n_bins).astype(np.int64), n_bins - 1)
    used = np.unique(index)
    predicted = np.array([float(probabilities[index == k].mean()) for k in used])
    observed = np.array([float(labels[index == k].mean()) for k in used])
    counts = np.array([int(np.sum(index == k)) for k in used])
    intervals = [wilson_interval(np.array([p]), int(n)) for p, n in zip(observed, counts, strict=True)]
    low, high = np.array(intervals)[:, :, 0].T
    return ReliabilityBins(predicted, observed, low, high, (used + 0.5) / n_bins, counts, 1 / n_bins)


def _class_spectra_figure(classes: ClassSpectra) -> str:
    return spectra_figure([classes], width=5.4, height=4, auc_label="AUC of each point")


def _sweep_figure(sweep: Sweep) -> str:
    curves = {
        name: np.array([(one.strength, one.auc, one.low, one.high) for one in points], np.float64)
        for name, points in sweep.curves.items()
    }
    unchanged = sweep.unchanged
    return robustness_figure(curves, (unchanged.auc, unchanged.low, unchanged.high))


def _drives(importance: Importance | str) -> dict[str, Any]:
    if isinstance(importance, str):
        return {"kind": "", "message": importance}
    common = {"message": "", "method": importance.method, "unit": importance.unit}
    if importance.lost is not None:
        svg = bars_figure(importance.gaps, importance.lost, "fakes over real faces")
        return common | {"kind": "bands", "svg": svg}
    maps = heat_maps(importance.gaps) or ()
    svg = heat_maps_figure(maps, "adds to fakes, over real faces")
    return common | {"kind": "regions", "svg": svg, "rows": importance.strongest}


def _spectra_and_gallery(
    evaluated: Evaluated,
) -> tuple[ClassSpectra | None, list[dict[str, Any]], int]:
    """The spectra of the classes, the contact sheet, and how many spectra were averaged."""
    from facespectra.spectrum import radial_spectrum

    labels, paths, frames, usable = evaluated.labels, evaluated.paths, evaluated.frames, evaluated.scored
    rows = sheets(labels, evaluated.scores, evaluated.result.threshold, paths)
    pictured = {index for row in rows for index in row.samples}
    columns = evaluated.detector.feature_set.spectrum
    spectra: dict[int, Floats] = {}
    if columns is None:
        averaged = stratified_sample(labels, usable, 2 * SPECTRA_PER_CLASS)
    else:
        averaged = np.flatnonzero(usable).tolist()
        matrix = evaluated.table.matrix[:, columns].astype(np.float64)
        spectra = {index: matrix[index] for index in averaged}
    tiles: dict[int, dict[str, Any]] = {}
    for index, whole in read_again(evaluated.sources, sorted(pictured | set(averaged) - spectra.keys())):
        box = evaluated.table.boxes[index]
        if box is None:
            continue
        x0, y0, x1, y1 = box
        if columns is None:
            spectra[index] = radial_spectrum(whole.grey[y0:y1, x0:x1]).astype(np.float64)
        if index in pictured:
            frame = None if frames is None else frames[index]
            uri, place = tile(whole.rgb, box)
            below = caption(paths[index], frame, float(evaluated.scores[index]))
            tiles[index] = {"uri": uri, "place": place, **below}
    averaged = [index for index in averaged if index in spectra]
    classes = measure_class_spectra(np.array([spectra[index] for index in averaged]), labels[averaged])
    for index, one in tiles.items():
        one["spark"] = sparkline(spectra[index], classes) if classes is not None else ""
    gallery = [
        {
            "heading": row.heading,
            "total": row.total,
            "tiles": [tiles[index] for index in row.samples if index in tiles],
        }
        for row in rows
    ]
    return classes, gallery, len(averaged)


def _counts(evaluated: Evaluated) -> list[dict[str, Any]]:
    rows = []
    for name, label in (("real", 0), ("fake", 1)):
        pairs = zip(evaluated.table.statuses, evaluated.labels, strict=True)
        own = [status for status, one in pairs if one == label]
        rows.append(
            {
                "name": name,
                "n": len(own),
                "ok": sum(status == OK for status in own),
                "no_face": sum(status == NO_FACE for status in own),
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


def _abstentions(evaluated: Evaluated) -> dict[str, Any] | None:
    """For how many faces the model can't tell, and the AUC of the others; None for models that always can."""
    classifier = evaluated.detector.pipeline_[-1]
    if not isinstance(classifier, SelfExplaining):
        return None
    rows = zip(evaluated.table.matrix, evaluated.table.boxes, evaluated.scored, strict=True)
    abstained = np.array(
        [
            bool(ok and box is not None and classifier.abstention_reason(row, box[2] - box[0]))
            for row, box, ok in rows
        ]
    )
    sure = evaluated.scored & ~abstained
    labels = evaluated.labels[sure]
    both = len(set(labels.tolist())) == 2
    auc = roc_auc(labels, evaluated.scores[sure]) if both else None
    return {"n": int(abstained.sum()), "of": int(evaluated.scored.sum()), "auc": auc}


def _model_settings(evaluated: Evaluated) -> list[tuple[str, str]]:
    detector = evaluated.detector
    settings = detector.settings
    trained = detector.training_

    def listed(pairs: Mapping[str, Any]) -> str:
        return ", ".join(f"{name} {value}" for name, value in pairs.items()) or "none"

    held_out = trained.get("held_out_auc")
    return [
        *_model_file(evaluated.model),
        ("features", f"{detector.features} ({listed(settings['feature_settings'])})"),
        ("classifier", f"{detector.classifier}{', features standardised' if detector.scale else ''}"),
        ("seed of the training", str(detector.seed)),
        (
            "face",
            f"the largest, by MTCNN ({listed(settings['crop_settings'])})"
            if settings["crop"]
            else "not detected: whole images",
        ),
        (
            "trained on",
            f"{trained['n_real']} real and {trained['n_fake']} fake faces; {trained['n_no_face']} images "
            f"without a face and {trained['n_unreadable']} unreadable ones left out"
            + ("" if held_out is None else f"; AUC on held-out groups {held_out:.3f}"),
        ),
        ("trained with", listed(detector.versions_)),
        ("threshold", repr(detector.threshold_)),
        ("evaluated with", listed(versions())),
        ("system", f"{platform.system()} {platform.machine()}"),
    ]


def _model_file(model: Path | None) -> list[tuple[str, str]]:
    if model is None:
        return [("model", "in memory, without a file")]
    return [
        ("model", "the package's own" if model == DEFAULT_MODEL else str(model)),
        ("SHA-256 of the model", hashlib.sha256(model.read_bytes()).hexdigest()),
    ]
