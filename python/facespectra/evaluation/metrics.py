"""Evaluate scores against labels: ROC curve, AUC with its interval, and the metrics derived from them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from facespectra._extras import require
from facespectra.evaluation.aggregation import AGGREGATES, Aggregate, aggregate_by_unit
from facespectra.evaluation.calibration import brier_score, calibration_error
from facespectra.evaluation.independence import FEW_GROUPS, IndependentUnits, auc_interval, independent_units
from facespectra.evaluation.inputs import validate_inputs
from facespectra.evaluation.intervals import Interval
from facespectra.evaluation.missing import missing_score_bounds
from facespectra.evaluation.resampling import (
    bootstrap_interval,
    mean_of_rates_interval,
    rate_interval,
    resample,
)
from facespectra.evaluation.result import Evaluation

__all__ = ["CONSTANT", "FEW_GROUPS", "FPR_POINTS", "POLARITY", "Evaluation", "evaluate", "youden_threshold"]

FPR_POINTS = (0.01, 0.1)
POLARITY = (
    "AUC is below 0.5, and so is its whole interval: the scores rank fake under real; check the polarity "
    "(fake must be label 1 and score higher)"
)
CONSTANT = "all samples have the same score: they cannot be ranked"


def evaluate(
    labels: ArrayLike,
    scores: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    videos: ArrayLike | None = None,
    aggregate: Aggregate = "mean",
    undecided: ArrayLike | None = None,
    threshold: float | None = None,
    probabilities: bool = False,
) -> Evaluation:
    """Evaluate scores against labels.

    Parameters
    ----------
    labels : (n,) array_like
        1 or True for fake, 0 or False for real.
    scores : (n,) array_like of float
        Higher means more likely fake. NaN means no score (such as no face): these samples are counted and
        left out.
    groups : (n,) array_like, optional
        Group of each sample, such as the person. Adds the AUC per group and label; where a group has several
        samples, the interval is a bootstrap over groups.
    videos : (n,) array_like, optional
        Video of each sample. Adds the AUC per video and label. Where there are no groups, or fewer than five
        with samples of each class, the interval is a bootstrap over videos.
    aggregate : {"mean", "median", "max"}
        How the scores of a group or a video are combined.
    undecided : (n,) array_like of bool, optional
        Samples with a score about which the detector can't tell. They count in a group's or a video's score
        only where it has no other sample with a score; everywhere else their scores count as they are.
    threshold : float, optional
        Threshold of the accuracy, chosen on other data. Default: the one with the highest Youden index on
        these scores.
    probabilities : bool
        Whether scores are probabilities of being fake. Adds their Brier score and calibration error.

    Returns
    -------
    Evaluation

    Raises
    ------
    ValueError
        If the lengths differ, a label is neither 0 nor 1, a score is infinite, a class has no sample with a
        score, or a probability is outside [0, 1].
    MissingExtraError
        If scikit-learn is not installed.

    Examples
    --------
    >>> import facespectra as fs
    >>> result = fs.evaluate([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> result.auc, result.auc_flipped
    (0.75, 0.25)
    """
    require("detect", "sklearn")
    from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

    truth, values, of_group = validate_inputs(labels, scores, groups)
    _, _, of_video = validate_inputs(labels, scores, videos, "videos")
    if aggregate not in AGGREGATES:
        raise ValueError(f"unknown aggregate {aggregate!r}; use one of {', '.join(AGGREGATES)}")
    if probabilities and np.any((values < 0) | (values > 1)):
        raise ValueError("probabilities must lie in [0, 1]")
    scored = ~np.isnan(values)
    unsure = np.zeros(len(values), bool) if undecided is None else np.asarray(undecided, bool)
    if unsure.shape != values.shape:
        raise ValueError(f"{len(values)} samples, but undecided has shape {unsure.shape}")
    unsure = unsure[scored]
    all_samples = truth, values
    truth, values = truth[scored], values[scored]
    n_real, n_fake = int(np.sum(truth == 0)), int(np.sum(truth == 1))
    if not n_real or not n_fake:
        left_out = f" ({np.sum(~scored)} without a score left out)" if not scored.all() else ""
        raise ValueError(
            f"an evaluation needs samples of both classes, got {n_real} real and {n_fake} fake{left_out}"
        )
    fpr, tpr, thresholds = roc_curve(truth, values, drop_intermediate=False)
    auc = float(roc_auc_score(truth, values))
    at = float(threshold) if threshold is not None else youden_threshold(truth, values)
    units = {
        name: unit[scored] for name, unit in (("groups", of_group), ("videos", of_video)) if unit is not None
    }
    known = independent_units(truth, units)
    interval, method = auc_interval(truth, values, known)
    found = {
        POLARITY: interval[1] < 0.5,
        CONSTANT: np.ptp(values) == 0,
    }
    warnings = [*filter(None, [known.warning]), *(text for text, holds in found.items() if holds)]
    per_unit = {name: _unit_auc(truth, values, units, name, aggregate, unsure) for name in units}
    called = values >= at
    fakes_found, alarms = called[truth == 1], called[truth == 0]
    figures = {
        "eer": _equal_error_rate(fpr, tpr),
        "average_precision": float(average_precision_score(truth, values)),
        **({"brier": brier_score(truth, values)} if probabilities else {}),
        **({"calibration_error": calibration_error(truth, values)} if probabilities else {}),
    }
    of_real = known.groups.with_real
    tpr_at_fpr = {
        point: float(tpr[fpr <= point].max()) if of_real * point >= 1 else None for point in FPR_POINTS
    }
    resampled, at_points = _resampled(truth, values, known, figures, tpr_at_fpr, (fpr, tpr, thresholds))
    return Evaluation(
        n=len(truth),
        n_real=n_real,
        n_fake=n_fake,
        n_no_score=int(np.sum(~scored)),
        auc=auc,
        auc_ci95=interval,
        auc_ci95_method=method,
        auc_flipped=1 - auc,
        eer=figures["eer"],
        average_precision=figures["average_precision"],
        accuracy=float(np.mean(called == (truth == 1))),
        balanced_accuracy=float((np.mean(fakes_found) + np.mean(~alarms)) / 2),
        majority_accuracy=max(n_real, n_fake) / len(truth),
        true_positive_rate=float(np.mean(fakes_found)),
        false_positive_rate=float(np.mean(alarms)),
        confusion={
            "tp": int(fakes_found.sum()),
            "fp": int(alarms.sum()),
            "tn": int(np.sum(~alarms)),
            "fn": int(np.sum(~fakes_found)),
        },
        threshold=at,
        threshold_source="youden" if threshold is None else "given",
        tpr_at_fpr=tpr_at_fpr,
        group_auc=per_unit["groups"][0] if "groups" in units else None,
        n_groups=len(np.unique(units["groups"])) if "groups" in units else None,
        video_auc=per_unit["videos"][0] if "videos" in units else None,
        n_videos=len(np.unique(units["videos"])) if "videos" in units else None,
        aggregate=aggregate,
        brier=figures.get("brier"),
        calibration_error=figures.get("calibration_error"),
        missing_effect=None if scored.all() else missing_score_bounds(*all_samples, at),
        units=known.name,
        n_units_real=of_real,
        n_units_fake=known.groups.with_fake,
        intervals=resampled
        | _rates(truth, called, known)
        | {f"{name.removesuffix('s')}_auc": one[1] for name, one in per_unit.items()},
        tpr_at_fpr_ci95=at_points,
        fpr=fpr,
        tpr=tpr,
        thresholds=thresholds,
        warnings=tuple(warnings),
    )


def youden_threshold(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> float:
    """Find the threshold with the highest Youden index, true positive rate minus false positive rate.

    Parameters
    ----------
    labels : (n,) int64
        0 or 1, both present.
    scores : (n,) float64
        Finite.

    Returns
    -------
    float
        Half-way between the lowest score above the threshold and the highest below it.
    """
    from sklearn.metrics import roc_curve

    fpr, tpr, thresholds = roc_curve(labels, scores, drop_intermediate=False)
    # The first point is left out: an infinite threshold cannot be stored as JSON.
    best = 1 + int(np.argmax((tpr - fpr)[1:]))
    below = thresholds[best + 1] if best + 1 < len(thresholds) else thresholds[best]
    return float((thresholds[best] + below) / 2)


def _rates(
    truth: NDArray[np.int64], called: NDArray[np.bool_], known: IndependentUnits
) -> dict[str, Interval | None]:
    """Intervals of the figures at the threshold."""
    units, fake = known.groups.of_sample, truth == 1
    found, alarms = rate_interval(called[fake], units[fake]), rate_interval(called[~fake], units[~fake])
    spared = 1 - alarms[1], 1 - alarms[0]
    rates = float(np.mean(called[fake])), float(np.mean(~called[~fake]))
    return {
        "accuracy": rate_interval(called == fake, units),
        "balanced_accuracy": mean_of_rates_interval(rates, (found, spared)),
        "true_positive_rate": found,
        "false_positive_rate": alarms,
    }


def _resampled(
    truth: NDArray[np.int64],
    values: NDArray[np.float64],
    known: IndependentUnits,
    figures: dict[str, float],
    tpr_at_fpr: dict[float, float | None],
    curve: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
) -> tuple[dict[str, Interval | None], dict[float, Interval | None]]:
    """Intervals by the bootstrap: of figures by name, and of the true positive rate at each point."""
    intervals: dict[str, Interval | None] = dict.fromkeys(figures)
    at_points: dict[float, Interval | None] = dict.fromkeys(tpr_at_fpr)
    if not known.enough:
        return intervals, at_points
    groups = known.groups
    fewest = min(groups.with_real, groups.with_fake)
    draws = resample(truth, values, groups, tuple(tpr_at_fpr), probabilities="brier" in figures)
    for name, value in figures.items():
        intervals[name] = bootstrap_interval(value, getattr(draws, name), fewest)
    fpr, tpr, thresholds = curve
    fakes = truth == 1
    for point, share in tpr_at_fpr.items():
        if share is None:
            continue
        low, high = bootstrap_interval(share, draws.tpr_at_fpr[point], fewest)
        # No less than what is left were the threshold known.
        at = thresholds[np.flatnonzero((fpr <= point) & (tpr == share))[0]]
        least = rate_interval(values[fakes] >= at, groups.of_sample[fakes])
        at_points[point] = min(low, least[0]), max(high, least[1])
    return intervals, at_points


def _equal_error_rate(fpr: NDArray[np.float64], tpr: NDArray[np.float64]) -> float:
    gap = (1 - tpr) - fpr  # falls from 1 to -1 along the curve
    after = int(np.argmax(gap <= 0))
    before = after - 1
    share = gap[before] / (gap[before] - gap[after])
    return float(fpr[before] + share * (fpr[after] - fpr[before]))


def _unit_auc(
    truth: NDArray[np.int64],
    values: NDArray[np.float64],
    units: dict[str, NDArray[Any]],
    name: str,
    aggregate: Aggregate,
    undecided: NDArray[np.bool_],
) -> tuple[float, Interval | None]:
    """AUC of one score for each group or video and label, with its interval."""
    from sklearn.metrics import roc_auc_score

    _, index = np.unique(units[name], return_inverse=True)
    # A real video and the fake made from it can share a group: one score for each of the two.
    present, first, cell = np.unique(index * 2 + truth, return_index=True, return_inverse=True)
    labels = present % 2
    combined = aggregate_by_unit(values, undecided, cell, len(present), aggregate)
    coarser = {"groups": units["groups"][first]} if "groups" in units else {}
    interval, _ = auc_interval(labels, combined, independent_units(labels, coarser))
    return float(roc_auc_score(labels, combined)), None if np.isnan(interval[0]) else interval
