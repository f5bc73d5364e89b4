"""Evaluate scores against labels: ROC curve, AUC with its interval, and the metrics derived from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from facespectra._extras import require
from facespectra.evaluation.aggregation import AGGREGATES, Aggregate, aggregate_by_unit, rule
from facespectra.evaluation.calibration import brier_score, calibration_error
from facespectra.evaluation.inputs import validate_inputs
from facespectra.evaluation.intervals import delong_interval, group_interval, group_samples, wilson_interval
from facespectra.evaluation.missing import Bounds, missing_score_bounds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FPR_POINTS = (0.01, 0.1)
POLARITY = (
    "AUC is below 0.5: the scores rank fake under real; check the polarity "
    "(fake must be label 1 and score higher)"
)
CONSTANT = "all samples have the same score: they cannot be ranked"
FEW_GROUPS = (
    "{n} groups, with fewer than five of real or of fake samples, are too few to resample: the interval of "
    "the AUC treats samples as independent, and is too narrow"
)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Result of :func:`evaluate`. Samples without a score count in `n_no_score` and nowhere else.

    Attributes
    ----------
    n, n_real, n_fake : int
        Number of samples with a score: all, real, fake.
    n_no_score : int
        Samples left out because their score is NaN (no face, or unreadable).
    auc : float
        Area under the ROC curve, fake being the positive class.
    auc_ci95 : (float, float)
        95 % interval of `auc`.
    auc_ci95_method : {"delong", "bootstrap over groups", "bootstrap over videos"}
        Method of the interval, see :func:`delong_interval` and :func:`group_interval`.
    auc_flipped : float
        ``1 - auc``, the AUC at the opposite polarity.
    eer : float
        Equal error rate, interpolated on the ROC curve.
    average_precision : float
        Average precision, fake being the positive class.
    accuracy : float
        Share of samples on the correct side of `threshold`; a score equal to it counts as fake.
    threshold : float
        The given threshold, else the one with the highest Youden index on these scores.
    threshold_source : {"given", "youden"}
        Which of the two. An accuracy at ``"youden"`` is optimistic: it was fitted to these labels.
    tpr_at_fpr : dict of float to float
        Highest true positive rate of any threshold whose false positive rate does not exceed the key.
    group_auc : float or None
        AUC of one score per group and label, combined as `aggregate` says; None where no groups were given.
    n_groups : int or None
        Number of groups with a score.
    video_auc, n_videos : float or None, int or None
        The same per video and label.
    aggregate : {"mean", "median", "max"}
        How the scores of a group or a video are combined.
    brier, calibration_error : float or None
        Brier score and expected calibration error (10 bins); None where scores are not probabilities.
    missing_effect : dict or None
        ``auc`` and ``accuracy``, each with the samples without a score ``left_out``, counted ``as_real`` or
        ``as_fake``, or decided ``at_chance``; None where every sample has a score.
    fpr, tpr, thresholds : (k,) float64
        The points of the ROC curve, from (0, 0) to (1, 1). The first threshold is infinite.
    warnings : tuple of str
        Problems with the scores or the interval.
    """

    n: int
    n_real: int
    n_fake: int
    n_no_score: int
    auc: float
    auc_ci95: tuple[float, float]
    auc_ci95_method: str
    auc_flipped: float
    eer: float
    average_precision: float
    accuracy: float
    threshold: float
    threshold_source: Literal["given", "youden"]
    tpr_at_fpr: dict[float, float]
    group_auc: float | None
    n_groups: int | None
    video_auc: float | None
    n_videos: int | None
    aggregate: Aggregate
    brier: float | None
    calibration_error: float | None
    missing_effect: Bounds | None
    fpr: NDArray[np.float64] = field(repr=False)
    tpr: NDArray[np.float64] = field(repr=False)
    thresholds: NDArray[np.float64] = field(repr=False)
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain data for JSON, without the points of the curve.

        Returns
        -------
        dict
            NaN becomes None; the keys of ``tpr_at_fpr`` are strings; ``group_auc`` and ``n_groups``,
            ``video_auc`` and ``n_videos``, ``brier`` and ``calibration_error``, and ``missing_effect`` are
            present only where they are not None.
        """
        low, high = (None if np.isnan(bound) else bound for bound in self.auc_ci95)
        figures: dict[str, Any] = {
            "n": self.n,
            "n_real": self.n_real,
            "n_fake": self.n_fake,
            "n_no_score": self.n_no_score,
            "auc": self.auc,
            "auc_ci95": [low, high],
            "auc_ci95_method": self.auc_ci95_method,
            "auc_flipped": self.auc_flipped,
            "eer": self.eer,
            "average_precision": self.average_precision,
            "accuracy": self.accuracy,
            "threshold": self.threshold,
            "threshold_source": self.threshold_source,
            "tpr_at_fpr": {f"{fpr:g}": tpr for fpr, tpr in self.tpr_at_fpr.items()},
        }
        if self.group_auc is not None:
            figures |= {"group_auc": self.group_auc, "n_groups": self.n_groups}
        if self.video_auc is not None:
            figures |= {"video_auc": self.video_auc, "n_videos": self.n_videos}
        if self.group_auc is not None or self.video_auc is not None:
            figures |= {"aggregate": self.aggregate, "aggregate_rule": rule(self.aggregate)}
        if self.brier is not None:
            figures |= {"brier": self.brier, "calibration_error": self.calibration_error}
        if self.missing_effect is not None:
            figures["missing_effect"] = self.missing_effect
        return figures | {"warnings": list(self.warnings)}

    def plot(self, ax: Axes | None = None, *, label: str | None = None) -> Axes:
        """Draw the ROC curve with its interval.

        The band is the 95 % Wilson interval of the true positive rate at each threshold; the legend gives the
        AUC with its interval; the dot is the equal error rate.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw into; by default those of a new pyplot figure.
        label : str, optional
            Name of the curve in the legend.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        MissingExtraError
            If matplotlib is not installed.
        """
        require("detect", "matplotlib")
        if ax is None:
            from matplotlib import pyplot as plt

            _, ax = plt.subplots(figsize=(5, 5), layout="constrained")
        low, high = self.auc_ci95
        interval = "" if np.isnan(low) else f" [{low:.3f}, {high:.3f}]"
        (line,) = ax.plot(
            self.fpr, self.tpr, label=f"{f'{label}: ' if label else ''}AUC {self.auc:.3f}{interval}"
        )
        below, above = wilson_interval(self.tpr, self.n_fake)
        ax.fill_between(self.fpr, below, above, color=line.get_color(), alpha=0.15, linewidth=0)
        ax.plot(self.eer, 1 - self.eer, "o", color=line.get_color(), label=f"EER {self.eer:.3f}")
        ax.plot([0, 1], [0, 1], color="0.6", linewidth=0.8, linestyle="--")
        ax.set(
            xlabel="False positive rate (real called fake)",
            ylabel="True positive rate (fake called fake)",
            xlim=(-0.01, 1.01),
            ylim=(-0.01, 1.01),
            aspect="equal",
        )
        ax.legend(loc="lower right")
        return ax


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
    interval, method, warnings = _interval(truth, values, units)
    warnings += [text for text, holds in ((POLARITY, auc < 0.5), (CONSTANT, np.ptp(values) == 0)) if holds]
    per_unit = {name: _unit_auc(truth, values, unit, aggregate, unsure) for name, unit in units.items()}
    return Evaluation(
        n=len(truth),
        n_real=n_real,
        n_fake=n_fake,
        n_no_score=int(np.sum(~scored)),
        auc=auc,
        auc_ci95=interval,
        auc_ci95_method=method,
        auc_flipped=1 - auc,
        eer=_equal_error_rate(fpr, tpr),
        average_precision=float(average_precision_score(truth, values)),
        accuracy=float(np.mean((values >= at) == (truth == 1))),
        threshold=at,
        threshold_source="youden" if threshold is None else "given",
        tpr_at_fpr={point: float(tpr[fpr <= point].max()) for point in FPR_POINTS},
        group_auc=per_unit.get("groups"),
        n_groups=len(np.unique(units["groups"])) if "groups" in units else None,
        video_auc=per_unit.get("videos"),
        n_videos=len(np.unique(units["videos"])) if "videos" in units else None,
        aggregate=aggregate,
        brier=brier_score(truth, values) if probabilities else None,
        calibration_error=calibration_error(truth, values) if probabilities else None,
        missing_effect=None if scored.all() else missing_score_bounds(*all_samples, at),
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


def _interval(
    truth: NDArray[np.int64], values: NDArray[np.float64], units: dict[str, NDArray[Any]]
) -> tuple[tuple[float, float], str, list[str]]:
    """Interval of the AUC, its method, and warnings."""
    fewest = None
    for name, unit in units.items():
        groups = group_samples(truth, unit)
        if groups.n == len(truth):
            continue
        if groups.can_bootstrap:
            return group_interval(truth, values, groups), f"bootstrap over {name}", []
        fewest = groups.n
    warnings = [] if fewest is None else [FEW_GROUPS.format(n=fewest)]
    return delong_interval(truth, values), "delong", warnings


def _equal_error_rate(fpr: NDArray[np.float64], tpr: NDArray[np.float64]) -> float:
    gap = (1 - tpr) - fpr  # falls from 1 to -1 along the curve
    after = int(np.argmax(gap <= 0))
    before = after - 1
    share = gap[before] / (gap[before] - gap[after])
    return float(fpr[before] + share * (fpr[after] - fpr[before]))


def _unit_auc(
    truth: NDArray[np.int64],
    values: NDArray[np.float64],
    units: NDArray[Any],
    aggregate: Aggregate,
    undecided: NDArray[np.bool_],
) -> float:
    from sklearn.metrics import roc_auc_score

    _, index = np.unique(units, return_inverse=True)
    # A real video and the fake made from it can share a group: one score for each of the two.
    present, cell = np.unique(index * 2 + truth, return_inverse=True)
    combined = aggregate_by_unit(values, undecided, cell, len(present), aggregate)
    return float(roc_auc_score(present % 2, combined))
