"""The page of an evaluation: everything in one file."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facespectra._extras import require
from facespectra.evaluation.calibration import BINS, bin_of
from facespectra.evaluation.figures_table import figures_table, units_in_words
from facespectra.evaluation.independence import independent_units
from facespectra.evaluation.resampling import rate_interval
from facespectra.features.status import NO_FACE, Kind
from facespectra.figures.roc import det_figure, evaluation_roc_figure
from facespectra.figures.scores import (
    ReliabilityBins,
    reliability_figure,
    robustness_figures,
    scores_figure,
)
from facespectra.figures.style import Drawing
from facespectra.report import text
from facespectra.report.evaluated import Evaluated
from facespectra.report.html import today, write_figures, write_page
from facespectra.report.identity import file_sha256
from facespectra.report.model_sections import model_sections, model_settings
from facespectra.report.operating import operating_table, slider
from facespectra.report.robustness import Sweep

Floats = NDArray[np.float64]
LISTED = 100
FIGURES = "figures"
DATA_SHA256 = "SHA-256 of the data"
SHOWN = 12  # digits of a hash at the top of the page
BESIDE = (
    "The fakes of each beside all real samples. Held out: not in the training split of this data set; "
    "what else a system was trained on is not known here."
)
HEADINGS = {
    "method": ("By method", BESIDE),
    "generator": ("By generator", BESIDE),
    "face": ("By width of the face", ""),
    "image": ("By size of the picture", "The shorter side."),
    "quality": ("By JPEG quality", "As the file was last saved, from its quantisation tables."),
}


def write_report(path: str | os.PathLike[str], evaluated: Evaluated) -> Path:
    """Write the page of an evaluation; some images are read once more for it."""
    require("detect", "matplotlib", "jinja2")
    result, scored = evaluated.result, evaluated.scored
    labels, scores = evaluated.labels[scored], evaluated.scores[scored]
    calibrated = result.brier is not None
    left_out = _left_out(evaluated)
    roc = evaluation_roc_figure(result)
    threshold = None if result.threshold_source == "none" else result.threshold
    drawings: dict[str, Drawing] = {
        "roc": roc,
        "det": det_figure(result),
        "scores": scores_figure(labels, scores, threshold, probabilities=calibrated),
    }
    if calibrated:
        drawings["reliability"] = reliability_figure(_reliability(evaluated))
    robustness = _sweep_figures(evaluated.sweep) if evaluated.sweep else []
    sections = model_sections(evaluated)
    drawings |= {f"robustness-{_file_name(name)}": drawing for name, drawing in robustness}
    drawings |= sections.pop("drawings")
    counted = f"{result.n} samples ({result.n_real} real, {result.n_fake} fake)"
    context = {
        "title": f"{evaluated.title}: {counted}, evaluation of {evaluated.model_name}, {today()}",
        "heading": evaluated.title,
        "identity": [counted, today(), *_hashes(evaluated)],
        "model_name": evaluated.model_name,
        "verdict": text.verdict(result, evaluated.model_name),
        "scope": "" if evaluated.detector is None else evaluated.detector.words.scope,
        "cards": text.cards(result),
        "figures": figures_table(result),
        "units": units_in_words(result),
        "warnings": list(dict.fromkeys(evaluated.warnings)),
        "result": result,
        "drawings": drawings,
        "figure_files": write_figures(Path(path).parent / FIGURES, drawings),
        "operating": operating_table(result),
        "slider": slider(result, roc),
        "calibrated": calibrated,
        "robustness": [(f"robustness-{_file_name(name)}", name) for name, _ in robustness],
        "parts": [(*HEADINGS[kind], rows) for kind, rows in evaluated.parts.items()],
        **sections,
        "sweep": evaluated.sweep,
        "alarms": evaluated.alarms,
        "counts": _counts(evaluated),
        "effect": result.missing_effect,
        "left_out_words": text.left_out(result),
        "left_out": left_out[:LISTED],
        "n_left_out": len(left_out),
        "settings": [*evaluated.settings, *model_settings(evaluated)],
    }
    return write_page(path, "evaluation.html.j2", context)


def _reliability(evaluated: Evaluated, n_bins: int = BINS) -> ReliabilityBins:
    scored = evaluated.scored
    labels, probabilities = evaluated.labels[scored], evaluated.scores[scored]
    units = {name: unit[scored] for name, unit in evaluated.units.items()}
    of_sample = independent_units(labels, units).groups.of_sample
    index = bin_of(probabilities, n_bins)
    used = np.unique(index)
    predicted = np.array([float(probabilities[index == k].mean()) for k in used])
    observed = np.array([float(labels[index == k].mean()) for k in used])
    counts = np.array([int(np.sum(index == k)) for k in used])
    intervals = [rate_interval(labels[index == k] == 1, of_sample[index == k]) for k in used]
    low, high = np.array(intervals).T
    return ReliabilityBins(predicted, observed, low, high, (used + 0.5) / n_bins, counts, 1 / n_bins)


def _hashes(evaluated: Evaluated) -> list[str]:
    """The first digits of the hashes of data and model; nothing of what was never in a file."""
    settings = dict(evaluated.settings)
    hashes = []
    if data := settings.get(DATA_SHA256):
        hashes.append(f"data {data[:SHOWN]}")
    if evaluated.detector is not None and evaluated.detector.sha256:
        hashes.append(f"model {evaluated.detector.sha256[:SHOWN]}")
    elif evaluated.detector is None and evaluated.model is not None:
        hashes.append(f"scores {file_sha256(evaluated.model)[:SHOWN]}")
    return hashes


def _file_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _sweep_figures(sweep: Sweep) -> list[tuple[str, Drawing]]:
    curves = {
        name: np.array([(one.strength, one.auc, one.low, one.high) for one in points], np.float64)
        for name, points in sweep.curves.items()
    }
    unchanged = sweep.unchanged
    return robustness_figures(curves, (unchanged.auc, unchanged.low, unchanged.high))


def _counts(evaluated: Evaluated) -> list[dict[str, Any]]:
    rows = []
    for name, label in (("real", 0), ("fake", 1)):
        own = [
            status.kind
            for status, one in zip(evaluated.statuses, evaluated.labels, strict=True)
            if one == label
        ]
        counts = Counter(own)
        rows.append(
            {
                "name": name,
                "n": len(own),
                "ok": counts[Kind.OK] + counts[Kind.CANNOT_TELL],
                "cannot_tell": counts[Kind.CANNOT_TELL],
                "no_face": counts[Kind.NO_FACE],
                "unreadable": counts[Kind.UNREADABLE],
                "no_score": counts[Kind.NO_SCORE],
            }
        )
    return rows


def _left_out(evaluated: Evaluated) -> list[tuple[str, str, str]]:
    """Name, class and reason, each file once where all its frames failed for one reason."""
    samples = zip(evaluated.paths, evaluated.statuses, evaluated.labels, evaluated.scored, strict=True)
    rows = [
        (path, "fake" if label else "real", "no face found" if status == NO_FACE else str(status))
        for path, status, label, scored in samples
        if not scored
    ]
    return list(dict.fromkeys(rows))
