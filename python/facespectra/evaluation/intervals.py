"""Confidence intervals: of the AUC, by DeLong or by a bootstrap over groups, and of rates, by Wilson."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Z_95 = 1.959963984540054
DRAWS = 1000
MIN_GROUPS = 5
# Memory of a chunk of resampled data sets: 32 MiB of float64.
_CHUNK = 4 << 20

Interval = tuple[float, float]


def components(
    labels: NDArray[np.int64], scores: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """DeLong's structural components, from midranks (Sun and Xu, 2014) in O(n log n).

    For each fake sample, (n_fake,), the share of real samples with a lower score, ties counting half; for
    each real sample, (n_real,), the share of fake samples with a higher score. The mean of either is the AUC.
    Both classes must be present, and scores finite.
    """
    from scipy.stats import rankdata

    real, fake = scores[labels == 0], scores[labels == 1]
    ranks = rankdata(np.concatenate([fake, real]))
    of_fake = (ranks[: len(fake)] - rankdata(fake)) / len(real)
    of_real = 1 - (ranks[len(fake) :] - rankdata(real)) / len(fake)
    return of_fake, of_real


def roc_auc(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> float:
    """AUC of finite scores, by ranks; both classes must be present."""
    return float(components(labels, scores)[0].mean())


def delong_interval(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> Interval:
    """95 % interval of the AUC after DeLong, DeLong and Clarke-Pearson (1988), on the logit scale.

    Samples are taken to be independent; frames of one video are not, see :func:`group_interval`. The interval
    is symmetric in ``log(auc / (1 - auc))`` (Pepe, 2003). An interval symmetric in the AUC itself covers the
    true value in only 87 % of draws of 60 + 60 samples at an AUC of 0.98; this one covers it in 95 %.

    Parameters
    ----------
    labels : (n,) int64
        0 or 1, both present.
    scores : (n,) float64
        Finite.

    Returns
    -------
    (float, float)
        Within [0, 1]. Where the classes are perfectly separated, DeLong's variance is 0: then the exact
        (Clopper-Pearson) interval of as many pairs as the smaller class has samples. NaN where a class has
        one sample only, whose variance is unknown.
    """
    of_fake, of_real = components(labels, scores)
    pairs = min(len(of_fake), len(of_real))
    variance = (
        np.var(of_fake, ddof=1) / len(of_fake) + np.var(of_real, ddof=1) / len(of_real)
        if pairs > 1
        else float("nan")
    )
    return logit_interval(float(np.mean(of_fake)), float(np.sqrt(variance)), pairs, Z_95)


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups of samples, such as videos, and the classes in them."""

    of_sample: NDArray[np.int64]  # (n,), number of each sample's group, from 0
    strata: tuple[NDArray[np.int64], ...]  # groups with real samples only, fake ones only, both; none empty
    with_real: int
    with_fake: int

    @property
    def n(self) -> int:
        """Number of groups."""
        return sum(map(len, self.strata))

    @property
    def can_bootstrap(self) -> bool:
        """Whether at least five groups have samples of each class."""
        return min(self.with_real, self.with_fake) >= MIN_GROUPS


def group_samples(labels: NDArray[np.int64], groups: NDArray[Any]) -> Groups:
    """Number the groups of the (n,) samples, and sort them by the classes in them."""
    _, of_sample = np.unique(groups, return_inverse=True)
    of_sample = of_sample.astype(np.int64)
    has_fake = np.bincount(of_sample, labels == 1) > 0
    has_real = np.bincount(of_sample, labels == 0) > 0
    kinds = (has_real & ~has_fake, has_fake & ~has_real, has_real & has_fake)
    strata = tuple(np.flatnonzero(kind) for kind in kinds if kind.any())
    return Groups(of_sample, strata, int(has_real.sum()), int(has_fake.sum()))


def bootstrap_weights(groups: Groups, draws: int, seed: int) -> NDArray[np.float64]:
    """How often each group is drawn, (draws, n_groups), with replacement within each stratum."""
    rng = np.random.default_rng(seed)
    weights = np.zeros((draws, groups.n))
    for kind in groups.strata:
        weights[:, kind] = rng.multinomial(len(kind), np.full(len(kind), 1 / len(kind)), size=draws)
    return weights


def weighted_aucs(
    labels: NDArray[np.int64], scores: NDArray[np.float64], groups: Groups, weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """AUC of each of many weightings of one data set, (draws,); `weights` is (draws, n_groups)."""
    order = np.argsort(scores[labels == 0], kind="stable")
    real, fake = scores[labels == 0][order], scores[labels == 1]
    of_real, of_fake = groups.of_sample[labels == 0][order], groups.of_sample[labels == 1]
    # A fake sample scores above the real ones before `below`, and ties with those from there to `up_to`.
    below, up_to = np.searchsorted(real, fake, "left"), np.searchsorted(real, fake, "right")
    aucs = np.empty(len(weights))
    for part in chunks(len(weights), len(labels)):
        passed = np.zeros((len(weights[part]), len(real) + 1))
        np.cumsum(weights[part][:, of_real], axis=1, out=passed[:, 1:])
        weight = weights[part][:, of_fake]
        won = np.einsum("ij,ij->i", weight, passed[:, below] + passed[:, up_to]) / 2
        aucs[part] = won / (weight.sum(axis=1) * passed[:, -1])
    return aucs


def chunks(rows: int, width: int) -> Iterator[slice]:
    """Slices of rows that together hold no more than some million numbers, at least one row each."""
    step = max(1, _CHUNK // max(1, width))
    return (slice(start, min(rows, start + step)) for start in range(0, rows, step))


def wilson_interval(rates: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """95 % interval of each of many rates, after Wilson (1927).

    ``scipy.stats.binomtest`` gives the same for one rate, but takes a hundred times as long over a curve.

    Parameters
    ----------
    rates : (k,) float64
        Shares of `n`.
    n : int
        Number of samples, taken to be independent.

    Returns
    -------
    (2, k) float64
        Lower and upper bounds.
    """
    centre = (rates + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
    half = Z_95 * np.sqrt(rates * (1 - rates) / n + Z_95**2 / (4 * n**2)) / (1 + Z_95**2 / n)
    return np.clip([centre - half, centre + half], 0, 1)


def wilson_bounds(rate: float, n: float, quantile: float) -> Interval:
    """Interval of one rate, after Wilson, for a number of samples that need not be whole."""
    share = quantile**2 / n
    centre = (rate + share / 2) / (1 + share)
    half = float(np.sqrt(share * rate * (1 - rate) + share**2 / 4)) / (1 + share)
    return max(0.0, min(rate, centre - half)), min(1.0, max(rate, centre + half))


def group_interval(
    labels: NDArray[np.int64],
    scores: NDArray[np.float64],
    groups: Groups,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """95 % interval of the AUC where samples of a group are correlated, by a bootstrap over groups.

    Whole groups are drawn with replacement, stratified by the classes in them (real, fake, both). The
    standard deviation of the AUCs takes the place of DeLong's in an interval on the logit scale, with the
    quantile of Student's t for as many groups as the rarer class has: percentiles of few groups are too
    narrow.

    Parameters
    ----------
    labels : (n,) int64
        0 or 1, both present.
    scores : (n,) float64
        Finite.
    groups : Groups
        From :func:`group_samples`.
    draws : int
        Number of resampled data sets.
    seed : int
        Seed of the draws: the same scores always have the same interval.

    Returns
    -------
    (float, float)
        Within [0, 1]. Where the classes are perfectly separated, the exact interval of as many pairs as the
        rarer class has groups. NaN where there are fewer than five groups with samples of each class.
    """
    from scipy.stats import t

    if not groups.can_bootstrap:
        return float("nan"), float("nan")
    aucs = weighted_aucs(labels, scores, groups, bootstrap_weights(groups, draws, seed))
    auc = weighted_aucs(labels, scores, groups, np.ones((1, groups.n)))[0]
    fewest = min(groups.with_real, groups.with_fake)
    # The variance of a bootstrap of k groups is (k - 1) / k of that of new groups.
    error = float(np.std(aucs, ddof=1)) * np.sqrt(fewest / (fewest - 1))
    return logit_interval(float(auc), error, fewest, float(t.ppf(0.975, fewest - 1)))


def logit_interval(auc: float, error: float, pairs: int, quantile: float) -> Interval:
    """Interval that is symmetric in the logit of a figure in [0, 1]; at 0 or 1 the exact one of `pairs`."""
    if auc == 1:
        return float(0.025 ** (1 / pairs)), 1.0
    if auc == 0:
        return 0.0, float(1 - 0.025 ** (1 / pairs))
    if np.isnan(error):
        return error, error
    centre, half = np.log(auc / (1 - auc)), quantile * error / (auc * (1 - auc))
    return float(1 / (1 + np.exp(half - centre))), float(1 / (1 + np.exp(-half - centre)))
