"""The one table of figures, for the page and the terminal: each with its interval, or why there is none."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from facespectra.evaluation import Evaluation
from facespectra.evaluation.independence import MeasuredAuc
from facespectra.evaluation.intervals import Interval

TOO_FEW = "not measurable with so few"


class Figure(NamedTuple):
    """One row of the table, in words."""

    name: str
    value: str
    interval: str  # empty where there is no value either
    detail: str

    @property
    def in_one_line(self) -> str:
        """Value, interval and detail for a terminal."""
        interval = f"95 % interval {self.interval}" if self.interval[:1].isdigit() else self.interval
        notes = "; ".join(filter(None, (interval, self.detail)))
        return f"{self.value} ({notes})" if notes else self.value


def interval_in_words(interval: Interval | None, *, percent: bool = False) -> str:
    """The ends of an interval, or that there is none; of a rate in percent."""
    if interval is None or np.isnan(interval[0]):
        return "no interval with so few"
    low, high = interval
    return f"{100 * low:.1f} to {100 * high:.1f} %" if percent else f"{low:.3f} to {high:.3f}"


def auc_in_words(measured: MeasuredAuc) -> str:
    """The AUC of a part of the samples with its interval."""
    if measured.auc is None:
        return TOO_FEW
    return f"{measured.auc:.3f}, 95 % interval {interval_in_words(measured.ci95)}"


def method_in_words(result: Evaluation) -> str:
    """The method of the AUC's interval."""
    return "DeLong" if result.auc_ci95_method == "delong" else result.auc_ci95_method


def units_in_words(result: Evaluation) -> str:
    """How many independent units of each class there are."""
    return f"{result.n_units_real} real and {result.n_units_fake} fake {result.units}"


def figures_table(result: Evaluation) -> list[Figure]:
    """All figures of an evaluation; those at a threshold only where there is one."""
    rows = [
        Figure(
            "AUC",
            f"{result.auc:.3f}",
            interval_in_words(result.auc_ci95),
            f"{method_in_words(result)}; flipped {result.auc_flipped:.3f}",
        )
    ]
    for name, value, n in (
        ("video", result.video_auc, result.n_videos),
        ("group", result.group_auc, result.n_groups),
    ):
        if value is not None:
            detail = f"{n} {name}{'' if n == 1 else 's'}, {result.aggregate}"
            rows.append(_figure(result, f"AUC per {name}", value, f"{name}_auc", detail))
    share = f"{result.n_fake / result.n:.3f} by chance"
    rows.append(_figure(result, "EER", result.eer, "eer", percent=True))
    rows.append(_figure(result, "AP", result.average_precision, "average_precision", share))
    rows += _at_threshold(result)
    rows += _at_false_alarms(result)
    if result.brier is not None and result.calibration_error is not None:
        rows.append(_figure(result, "calibration error", result.calibration_error, "calibration_error"))
        rows.append(_figure(result, "Brier score", result.brier, "brier", "a constant 0.5 gets 0.250"))
    return rows


def _figure(
    result: Evaluation, name: str, value: float, attribute: str, detail: str = "", *, percent: bool = False
) -> Figure:
    interval = result.intervals.get(attribute)
    if interval is None:
        return Figure(name, TOO_FEW, "", "; ".join(filter(None, (units_in_words(result), detail))))
    written = f"{100 * value:.1f} %" if percent else f"{value:.3f}"
    return Figure(name, written, interval_in_words(interval, percent=percent), detail)


def _at_threshold(result: Evaluation) -> list[Figure]:
    if result.threshold_source == "none":
        return []
    counts = result.confusion
    source = "given" if result.threshold_source == "given" else "the best on these very scores"
    larger = "fake" if result.n_fake >= result.n_real else "real"
    chance = f"calling everything {larger} gets {100 * result.majority_accuracy:.1f} %"
    found, alarms = result.true_positive_rate, result.false_positive_rate
    return [
        _figure(
            result,
            "balanced accuracy",
            result.balanced_accuracy,
            "balanced_accuracy",
            f"at the threshold, {result.threshold:.4g}, {source}; calling everything one class gets 50.0 %",
            percent=True,
        ),
        _figure(result, "accuracy", result.accuracy, "accuracy", chance, percent=True),
        _figure(
            result,
            "fakes found",
            found,
            "true_positive_rate",
            f"{counts['tp']} of {result.n_fake} fakes at the threshold",
            percent=True,
        ),
        _figure(
            result,
            "reals called fake",
            alarms,
            "false_positive_rate",
            f"{counts['fp']} of {result.n_real} at the threshold",
            percent=True,
        ),
    ]


def _at_false_alarms(result: Evaluation) -> list[Figure]:
    rows = []
    for fpr, share in result.tpr_at_fpr.items():
        name = f"TPR at {100 * fpr:g} % FPR"
        interval = result.tpr_at_fpr_ci95[fpr]
        if share is None or interval is None:
            needed = f"{result.n_units_real} independent real {result.units}, {round(1 / fpr)} needed"
            detail = needed if share is None else units_in_words(result)
            rows.append(Figure(name, TOO_FEW, "", detail))
        else:
            ends = interval_in_words(interval, percent=True)
            rows.append(Figure(name, f"{100 * share:.1f} %", ends, ""))
    return rows
