"""What an evaluation gives: figures with their intervals, as attributes and as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from facespectra.evaluation.aggregation import Aggregate, rule
from facespectra.evaluation.intervals import Interval
from facespectra.evaluation.missing import Bounds

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
        Method of the interval, see :func:`facespectra.evaluation.delong_interval` and
        :func:`facespectra.evaluation.group_interval`.
    auc_flipped : float
        ``1 - auc``, the AUC at the opposite polarity.
    eer : float
        Equal error rate, interpolated on the ROC curve.
    average_precision : float
        Average precision, fake being the positive class.
    threshold : float
        The given threshold, else the one with the highest Youden index on these scores.
    threshold_source : {"given", "youden", "none"}
        Which of the two. Figures at ``"youden"`` are optimistic: it was fitted to these labels. Without a
        threshold, see :meth:`without_threshold`, the figures that need one are NaN.
    accuracy, balanced_accuracy : float
        Share of samples on the correct side of `threshold`, and its mean over the two classes. A score equal
        to the threshold counts as fake.
    majority_accuracy : float
        Accuracy of calling every sample what the larger class is.
    true_positive_rate, false_positive_rate : float
        Share of fakes that are found at `threshold`, and of real samples that are called fake.
    confusion : dict of str to int
        Samples at `threshold`: fakes found (``tp``), real ones called fake (``fp``), and the others of each
        class (``fn``, ``tn``).
    tpr_at_fpr : dict of float to float or None
        Highest true positive rate of any threshold whose false positive rate does not exceed the key; None
        where there are fewer than ``1 / key`` independent real samples: it cannot be measured with so few.
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
    units : {"groups", "videos", "samples"}
        What is taken to be independent: groups where there are at least five with samples of each class,
        else videos, else samples.
    n_units_real, n_units_fake : int
        Units with real samples, and with fake ones.
    intervals : dict of str to (float, float) or None
        95 % interval of every other figure, by the name of its attribute; None where too few units are known
        for one. Of rates, Wilson's, with the effective number of samples where several belong to one unit;
        of the AUC per group and video as for `auc`; of all others by a bootstrap over units.
    tpr_at_fpr_ci95 : dict of float to (float, float) or None
        The same for `tpr_at_fpr`.
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
    balanced_accuracy: float
    majority_accuracy: float
    true_positive_rate: float
    false_positive_rate: float
    confusion: dict[str, int]
    threshold: float
    threshold_source: Literal["given", "youden", "none"]
    tpr_at_fpr: dict[float, float | None]
    group_auc: float | None
    n_groups: int | None
    video_auc: float | None
    n_videos: int | None
    aggregate: Aggregate
    brier: float | None
    calibration_error: float | None
    missing_effect: Bounds | None
    units: str
    n_units_real: int
    n_units_fake: int
    intervals: dict[str, Interval | None]
    tpr_at_fpr_ci95: dict[float, Interval | None]
    fpr: NDArray[np.float64] = field(repr=False)
    tpr: NDArray[np.float64] = field(repr=False)
    thresholds: NDArray[np.float64] = field(repr=False)
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain data for JSON, without the points of the curve.

        Returns
        -------
        dict
            The attributes. NaN becomes None; the interval of ``eer`` is ``eer_ci95``, and so on, None where
            there is none; the keys of ``tpr_at_fpr`` are strings; ``group_auc`` and ``n_groups``,
            ``video_auc`` and ``n_videos``, ``brier`` and ``calibration_error``, and ``missing_effect`` are
            present only where they are not None.
        """
        figures: dict[str, Any] = {
            "n": self.n,
            "n_real": self.n_real,
            "n_fake": self.n_fake,
            "n_no_score": self.n_no_score,
            "auc": self.auc,
            "auc_ci95": _bounds(self.auc_ci95),
            "auc_ci95_method": self.auc_ci95_method,
            "auc_flipped": self.auc_flipped,
            **self._with_interval("eer", "average_precision", "accuracy", "balanced_accuracy"),
            "majority_accuracy": self.majority_accuracy,
            **self._with_interval("true_positive_rate", "false_positive_rate"),
            "confusion": self.confusion or None,
            "threshold": _number(self.threshold),
            "threshold_source": self.threshold_source,
            "tpr_at_fpr": {f"{fpr:g}": tpr for fpr, tpr in self.tpr_at_fpr.items()},
            "tpr_at_fpr_ci95": {f"{fpr:g}": _bounds(ci) for fpr, ci in self.tpr_at_fpr_ci95.items()},
        }
        if self.group_auc is not None:
            figures |= self._with_interval("group_auc") | {"n_groups": self.n_groups}
        if self.video_auc is not None:
            figures |= self._with_interval("video_auc") | {"n_videos": self.n_videos}
        if self.group_auc is not None or self.video_auc is not None:
            figures |= {"aggregate": self.aggregate, "aggregate_rule": rule(self.aggregate)}
        if self.brier is not None:
            figures |= self._with_interval("brier", "calibration_error")
        if self.missing_effect is not None:
            figures["missing_effect"] = self.missing_effect
        counts = {"units": self.units, "n_units_real": self.n_units_real, "n_units_fake": self.n_units_fake}
        return figures | counts | {"warnings": list(self.warnings)}

    def _with_interval(self, *names: str) -> dict[str, Any]:
        figures: dict[str, Any] = {}
        for name in names:
            figures[name] = _number(getattr(self, name))
            figures[f"{name}_ci95"] = _bounds(self.intervals.get(name))
        return figures

    def without_threshold(self) -> Evaluation:
        """Give the same figures but those at a threshold, for scores of which none is known.

        Returns
        -------
        Evaluation
            With NaN for the figures at the threshold, an empty `confusion`, and without the accuracies of
            `missing_effect`.
        """
        at = ("accuracy", "balanced_accuracy", "true_positive_rate", "false_positive_rate")
        nan = float("nan")
        effect = None if self.missing_effect is None else {"auc": self.missing_effect["auc"]}
        return replace(
            self,
            accuracy=nan,
            balanced_accuracy=nan,
            true_positive_rate=nan,
            false_positive_rate=nan,
            threshold=nan,
            confusion={},
            threshold_source="none",
            missing_effect=effect,
            intervals={name: interval for name, interval in self.intervals.items() if name not in at},
        )

    def plot(self, ax: Axes | None = None, *, label: str | None = None, **line: Any) -> Axes:
        """Draw the ROC curve with its interval, as the report does.

        The band is the 95 % Wilson interval of the true positive rate at each threshold; the legend gives the
        AUC with its interval; the dot is the equal error rate, the diamond the threshold in use. Curves of
        several results in one axes have different dashes.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw into; by default those of a new pyplot figure. The legend stands below the axes where
            their figure has a layout engine, such as ``layout="constrained"``, to make room for it.
        label : str, optional
            Name of the curve in the legend.
        **line
            Properties of the curve, as for ``Axes.plot`` of Matplotlib.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        MissingExtraError
            If matplotlib is not installed.
        """
        from facespectra.evaluation.curves import plot_curve

        return plot_curve(self, ax, label, line)

    def _repr_html_(self) -> str:
        from facespectra.evaluation.notebook import evaluation_html

        return evaluation_html(self)


def _number(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else value


def _bounds(interval: Interval | None) -> list[float | None] | None:
    return None if interval is None else [_number(bound) for bound in interval]
