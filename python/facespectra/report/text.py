"""The figures of an evaluation in plain sentences."""

from __future__ import annotations

import numpy as np

from facespectra.evaluation import Evaluation
from facespectra.evaluation.figures_table import TOO_FEW, interval_in_words, method_in_words, units_in_words

# From this AUC on: how well the classes are told apart.
GRADES = ((0.95, "very well"), (0.85, "well"), (0.7, "to a degree"), (0.0, "barely"))

# Figures that are shares of faces, which are written in percent.
RATES = ("balanced_accuracy", "eer")


def verdict(result: Evaluation, model: str) -> str:
    """Say what an AUC means to somebody who does not know the term, with the model as the subject."""
    low, high = result.auc_ci95
    pairs = (
        f"Shown one fake and one real face of this data set, {model} gives the fake one the higher score in "
        f"{100 * result.auc:.0f} of 100 cases"
    )
    if np.isnan(low):
        return f"{pairs}. There are too few samples to say how far that figure can be trusted."
    between = f"between {100 * low:.0f} and {100 * high:.0f}"
    span = f"{pairs}; with more data of this kind, {between} can be expected."
    if low <= 0.5 <= high:
        coin = "That includes 50, the result of tossing a coin"
        return f"{span} {coin}: nothing here shows that it can tell them apart."
    if high < 0.5:
        return f"{span} That is the wrong way round: check which class is called fake."
    grade = next(words for least, words in GRADES if result.auc >= least)
    return f"{span} It tells these fakes from these real faces {grade}."


def cards(result: Evaluation) -> list[dict[str, str]]:
    """Give the figures at the top of the page: ``heading``, ``figure`` and ``detail`` of each."""
    several = result.n_videos is not None or (result.n_groups is not None and result.n_groups < result.n)
    interval = interval_in_words(result.auc_ci95)
    measured = f"95 % interval {interval} ({method_in_words(result)})" if interval[0].isdigit() else interval
    boxes = [
        {
            "heading": "AUC, per frame or image" if several else "AUC",
            "figure": f"{result.auc:.3f}",
            "detail": f"{measured}; 0.5 is chance, 1 is perfect",
        }
    ]
    for name, auc, n in (
        ("video", result.video_auc, result.n_videos),
        ("group", result.group_auc, result.n_groups),
    ):
        if auc is not None:
            by = f"{n} {name}s, each by the {result.aggregate} of its scores"
            boxes.append(_card(result, f"AUC, per {name}", f"{name}_auc", f"{auc:.3f}", by))
    if result.threshold_source != "none":
        at = "the threshold" if result.threshold_source == "given" else "the best threshold"
        counts = result.confusion
        boxes.append(
            _card(
                result,
                "Balanced accuracy",
                "balanced_accuracy",
                f"{100 * result.balanced_accuracy:.1f} %",
                f"{counts['tp']} of {result.n_fake} fakes found, {counts['fp']} of {result.n_real} real ones "
                f"called fake, at {at}, {result.threshold:.4g}; 50 % is chance",
            )
        )
    boxes.append(
        _card(
            result,
            "Equal error rate",
            "eer",
            f"{100 * result.eer:.1f} %",
            "where equal shares of real and of fake faces are classified wrong",
        )
    )
    if result.brier is not None and result.calibration_error is not None:
        detail = f"Brier score {result.brier:.3f}, where a constant 0.5 gives 0.250"
        figure = f"{result.calibration_error:.3f}"
        boxes.append(_card(result, "Calibration error", "calibration_error", figure, detail))
    return boxes


def _card(result: Evaluation, heading: str, name: str, figure: str, detail: str) -> dict[str, str]:
    interval = result.intervals.get(name)
    if interval is None:
        return {"heading": heading, "figure": "\u2013", "detail": f"{TOO_FEW}: {units_in_words(result)}"}
    return {
        "heading": heading,
        "figure": figure,
        "detail": f"95 % interval {interval_in_words(interval, percent=name in RATES)}; {detail}",
    }


def left_out(result: Evaluation) -> str:
    """Say how the samples without a score could change the AUC; empty where every sample has one."""
    if result.missing_effect is None:
        return ""
    aucs = result.missing_effect["auc"]
    low, high = min(aucs.values()), max(aucs.values())
    verb = "has" if result.n_no_score == 1 else "have"
    effect = (
        "Whatever they are counted as, the AUC stays the same to the third digit."
        if f"{low:.3f}" == f"{high:.3f}"
        else f"Whatever they are counted as, the AUC lies between {low:.3f} and {high:.3f}."
    )
    return f"{result.n_no_score} of {result.n + result.n_no_score} samples {verb} no score. {effect}"
