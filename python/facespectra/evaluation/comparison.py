"""Compare two systems on the same samples: DeLong's paired test, and a paired bootstrap."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from facespectra._extras import require
from facespectra.evaluation.inputs import validate_inputs
from facespectra.evaluation.intervals import (
    Z_95,
    Groups,
    bootstrap_weights,
    components,
    group_samples,
    weighted_aucs,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from facespectra.evaluation.result import Evaluation

DRAWS = 2000
DEPENDENT = (
    "samples of one group are correlated: DeLong's test treats them as independent, and its p-value is too "
    "small; use the bootstrap over groups"
)
FEW_GROUPS = "{n} groups are too few to resample: the bootstrap is over samples, and its p-value is too small"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Result of :func:`compare`, over the samples that both systems scored.

    Attributes
    ----------
    n, n_real, n_fake : int
        Number of samples: all, real, fake.
    n_left_out : int
        Samples without a score from one of the two.
    auc : (float, float)
        Of the first system and of the second.
    difference : float
        First minus second.
    delong_ci95, bootstrap_ci95 : (float, float)
        95 % intervals of the difference; NaN where they cannot be computed.
    delong_p, bootstrap_p : float
        Two-sided p-values of the hypothesis of equal AUCs; NaN where they cannot be computed.
    resampled : {"groups", "samples"}
        Unit of the bootstrap.
    n_groups : int or None
        Number of groups; None where none were given.
    warnings : tuple of str
        Reasons to distrust the intervals or p-values.
    labels : (n,) int64
        Of the samples: 1 for fake, 0 for real.
    scores : (2, n) float64
        Of the samples, by the first system and by the second.
    groups : (n,) array or None
        Group of each sample.
    """

    n: int
    n_real: int
    n_fake: int
    n_left_out: int
    auc: tuple[float, float]
    difference: float
    delong_ci95: tuple[float, float]
    delong_p: float
    bootstrap_ci95: tuple[float, float]
    bootstrap_p: float
    resampled: str
    n_groups: int | None
    warnings: tuple[str, ...]
    labels: NDArray[np.int64] = field(repr=False, compare=False)
    scores: NDArray[np.float64] = field(repr=False, compare=False)
    groups: NDArray[Any] | None = field(repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain data for JSON, without the samples; NaN becomes None."""
        of_samples = ("labels", "scores", "groups")
        return {name: _plain(getattr(self, name)) for name in self.__slots__ if name not in of_samples}

    def evaluations(self) -> tuple[Evaluation, Evaluation]:
        """Evaluate each system on the samples that both have scored.

        Returns
        -------
        (Evaluation, Evaluation)
            Of the first and of the second. Without a threshold, as neither system's is known here.
        """
        from facespectra.evaluation.metrics import evaluate

        first, second = (
            evaluate(self.labels, scores, self.groups).without_threshold() for scores in self.scores
        )
        return first, second

    def plot(self, ax: Axes | None = None, *, names: tuple[str, str] = ("first", "second")) -> Axes:
        """Draw both ROC curves in one axes, as :meth:`facespectra.Evaluation.plot` draws one.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Axes to draw into; by default those of a new pyplot figure.
        names : (str, str)
            Names of the systems in the legend.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        MissingExtraError
            If matplotlib is not installed.
        """
        require("detect", "matplotlib")
        for name, result in zip(names, self.evaluations(), strict=True):
            ax = result.plot(ax, label=name)
        if ax is None:
            raise ValueError("names: give one for each of the two systems")
        return ax

    def _repr_html_(self) -> str:
        from facespectra.evaluation.notebook import comparison_html

        return comparison_html(self)


def compare(
    labels: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    groups: ArrayLike | None = None,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Comparison:
    """Compare the AUCs of two systems on the same samples.

    Parameters
    ----------
    labels : (n,) array_like
        1 or True for fake, 0 or False for real.
    first, second : (n,) array_like of float
        Scores of the two systems; NaN for no score. Samples without both scores are left out.
    groups : (n,) array_like, optional
        Group of each sample, such as its video. The bootstrap then draws whole groups.
    draws : int
        Number of resampled data sets in the bootstrap.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        If the lengths differ, a label is neither 0 nor 1, a score is infinite, or a class has no sample with
        both scores.

    Examples
    --------
    >>> from facespectra.evaluation import compare
    >>> compare([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], [0.1, 0.2, 0.3, 0.4]).difference
    -0.25
    """
    truth, a, of_group = validate_inputs(labels, first, groups)
    _, b, _ = validate_inputs(labels, second, None)
    both = ~(np.isnan(a) | np.isnan(b))
    truth, a, b = truth[both], a[both], b[both]
    n_real, n_fake = int(np.sum(truth == 0)), int(np.sum(truth == 1))
    if not n_real or not n_fake:
        raise ValueError(
            f"a comparison needs samples of both classes with two scores, got {n_real} real and {n_fake} fake"
        )
    known = None if of_group is None else group_samples(truth, of_group[both])
    warnings = []
    if known is not None and known.n < len(truth):
        warnings.append(DEPENDENT if known.can_bootstrap else FEW_GROUPS.format(n=known.n))
    by_group = known is not None and known.can_bootstrap
    drawn = known if known is not None and by_group else group_samples(truth, np.arange(len(truth)))
    auc, interval, p = _delong(truth, a, b)
    bootstrap_interval, bootstrap_p = _bootstrap(truth, a, b, drawn, draws, seed)
    return Comparison(
        n=len(truth),
        n_real=n_real,
        n_fake=n_fake,
        n_left_out=int(np.sum(~both)),
        auc=auc,
        difference=auc[0] - auc[1],
        delong_ci95=interval,
        delong_p=p,
        bootstrap_ci95=bootstrap_interval,
        bootstrap_p=bootstrap_p,
        resampled="groups" if by_group else "samples",
        n_groups=None if known is None else known.n,
        warnings=tuple(warnings),
        labels=truth,
        scores=np.stack([a, b]),
        groups=None if of_group is None else of_group[both],
    )


def _delong(
    truth: NDArray[np.int64], a: NDArray[np.float64], b: NDArray[np.float64]
) -> tuple[tuple[float, float], tuple[float, float], float]:
    from scipy.stats import norm

    (a_fake, a_real), (b_fake, b_real) = components(truth, a), components(truth, b)
    auc = float(np.mean(a_fake)), float(np.mean(b_fake))
    difference = auc[0] - auc[1]
    if min(len(a_fake), len(a_real)) < 2:
        return auc, (float("nan"), float("nan")), float("nan")
    # Paired: the variance of the differences, not the sum of two variances.
    by_fake, by_real = a_fake - b_fake, a_real - b_real
    error = float(np.sqrt(np.var(by_fake, ddof=1) / len(by_fake) + np.var(by_real, ddof=1) / len(by_real)))
    if error < 1e-12:
        # Identical rankings differ by exactly 0; two different ones without variance give no interval.
        return (auc, (0.0, 0.0), 1.0) if abs(difference) < 1e-12 else (auc, _UNKNOWN, float("nan"))
    half = Z_95 * error
    return auc, (difference - half, difference + half), float(2 * norm.sf(abs(difference) / error))


def _bootstrap(
    truth: NDArray[np.int64],
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    groups: Groups,
    draws: int,
    seed: int,
) -> tuple[tuple[float, float], float]:
    if min(groups.with_real, groups.with_fake) < 2:
        return _UNKNOWN, float("nan")
    weights = bootstrap_weights(groups, draws, seed)
    differences = weighted_aucs(truth, a, groups, weights) - weighted_aucs(truth, b, groups, weights)
    low, high = np.quantile(differences, [0.025, 0.975])
    # One is added to both counts, so that the p-value is never 0.
    tail = min(int(np.sum(differences <= 0)), int(np.sum(differences >= 0)))
    return (float(low), float(high)), min(1.0, 2 * (tail + 1) / (draws + 1))


_UNKNOWN = (float("nan"), float("nan"))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and np.isnan(value) else value
