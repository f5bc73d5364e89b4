"""Intervals by a bootstrap over independent units, and of rates by Wilson's with clusters."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facespectra.evaluation.calibration import BINS, bin_of
from facespectra.evaluation.intervals import Z_95, Groups, Interval, chunks, logit_interval, wilson_bounds

DRAWS = 300
FEWEST_DRAWS = 100
# Samples in all draws together: 10,000 samples take a third of a second.
SAMPLES_DRAWN = 10_000_000

Floats = NDArray[np.float64]


class Draws(NamedTuple):
    """Figures of resampled data sets, (draws,) each; those of the curve, then those of probabilities."""

    eer: Floats
    average_precision: Floats
    tpr_at_fpr: dict[float, Floats]
    brier: Floats | None
    calibration_error: Floats | None


def rate_interval(hits: NDArray[np.bool_], units: NDArray[np.int64]) -> Interval:
    """95 % interval of a rate, after Wilson, where samples of one unit are correlated.

    The number of samples is divided by the design effect (Kish, 1965), the ratio of the variance between
    units to that of independent samples, and the quantile is Student's t for as many units. Where all
    samples agree, nothing shows that effect: then each unit counts once.
    """
    from scipy.stats import t

    n, rate = len(hits), float(np.mean(hits))
    sizes = np.bincount(units)
    sizes = sizes[sizes > 0]
    if len(sizes) == n:
        return wilson_bounds(rate, n, Z_95)
    if len(sizes) == 1:
        return wilson_bounds(rate, 1, Z_95)
    least = n**2 / float(np.sum(sizes**2.0))
    excess = np.bincount(units, hits - rate)
    variance = len(sizes) / (len(sizes) - 1) * float(np.sum(excess**2)) / n**2
    effective = rate * (1 - rate) / variance if variance > 0 else least
    return wilson_bounds(rate, float(np.clip(effective, least, n)), float(t.ppf(0.975, len(sizes) - 1)))


def mean_of_rates_interval(rates: tuple[float, float], intervals: tuple[Interval, Interval]) -> Interval:
    """95 % interval of the mean of two independent rates, out of their own (Zou and Donner, 2008)."""
    (p, q), ((p_low, p_high), (q_low, q_high)) = rates, intervals
    below, above = np.hypot(p - p_low, q - q_low) / 2, np.hypot(p_high - p, q_high - q) / 2
    return max(0.0, float((p + q) / 2 - below)), min(1.0, float((p + q) / 2 + above))


def bootstrap_interval(value: float, draws: Floats, fewest: int) -> Interval:
    """95 % interval of a figure between 0 and 1, on the logit scale, from its standard deviation over draws.

    `fewest` is the number of independent units of the rarer class: the quantile is Student's t for as many.
    """
    from scipy.stats import t

    error = float(np.std(draws, ddof=1)) * np.sqrt(fewest / (fewest - 1))
    return logit_interval(value, error, fewest, float(t.ppf(0.975, fewest - 1)))


def resample(
    labels: NDArray[np.int64],
    scores: Floats,
    groups: Groups,
    points: tuple[float, ...],
    *,
    probabilities: bool = False,
    seed: int = 0,
) -> Draws:
    """Compute the figures of data sets whose groups are drawn with replacement, by the classes in them."""
    n = len(labels)
    n_draws = int(np.clip(SAMPLES_DRAWN // n, FEWEST_DRAWS, DRAWS))
    order = np.argsort(-scores, kind="stable")
    truth, ranked = labels[order], scores[order]
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    of_sample = groups.of_sample[order]
    rng = np.random.default_rng(seed)
    parts = [
        _figures(
            _drawn(groups, part.stop - part.start, rng)[:, of_sample],
            truth,
            ranked,
            ends,
            points,
            probabilities=probabilities,
        )
        for part in chunks(n_draws, n)
    ]
    columns = np.concatenate(parts)
    at_points = dict(zip(points, columns[:, 4:].T, strict=True))
    brier, error = (columns[:, 2], columns[:, 3]) if probabilities else (None, None)
    return Draws(columns[:, 0], columns[:, 1], at_points, brier, error)


def _drawn(groups: Groups, n_draws: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """How often each group is drawn, (n_draws, n_groups)."""
    counts = np.zeros((n_draws, groups.n), np.int32)
    for members in groups.strata:
        size = len(members)
        chosen = rng.integers(0, size, (n_draws, size)) + np.arange(n_draws)[:, None] * size
        counts[:, members] = np.bincount(chosen.ravel(), minlength=n_draws * size).reshape(n_draws, size)
    return counts


def _figures(
    weights: NDArray[np.int32],
    labels: NDArray[np.int64],
    scores: Floats,
    ends: NDArray[np.intp],
    points: tuple[float, ...],
    *,
    probabilities: bool,
) -> Floats:
    """EER, average precision, Brier score, calibration error and TPR at each point, a column each.

    Samples are in falling order of scores; `ends` are the last ones of each score.
    """
    fakes = weights * labels.astype(np.int32)
    all_drawn = np.cumsum(weights, axis=1, dtype=np.int32)[:, ends]
    found = np.cumsum(fakes, axis=1, dtype=np.int32)[:, ends]
    alarms = all_drawn - found
    rows = np.arange(len(weights))
    n_fake, n_real = found[:, -1:], alarms[:, -1:]
    tpr, fpr = found / n_fake, alarms / n_real
    precision = found / np.maximum(all_drawn, 1)
    gained = np.diff(tpr, axis=1, prepend=0)
    columns = [_equal_error_rates(tpr, fpr, rows), np.einsum("ij,ij->i", gained, precision)]
    if probabilities:
        total = weights.sum(axis=1)
        columns += [weights @ (scores - labels) ** 2 / total, _calibration(weights, labels, scores) / total]
    else:
        columns += [np.full(len(weights), np.nan)] * 2
    for point in points:
        reached = np.sum(fpr <= point, axis=1)
        columns.append(np.where(reached > 0, tpr[rows, reached - 1], 0.0))
    return np.column_stack(columns)


def _equal_error_rates(tpr: Floats, fpr: Floats, rows: NDArray[np.intp]) -> Floats:
    gap = (1 - tpr) - fpr
    after = np.argmax(gap <= 0, axis=1)
    first = after == 0
    before = np.maximum(after - 1, 0)
    # The curve starts in (0, 0), where the gap is 1.
    gap_before = np.where(first, 1.0, gap[rows, before])
    fpr_before = np.where(first, 0.0, fpr[rows, before])
    share = gap_before / (gap_before - gap[rows, after])
    rates: Floats = fpr_before + share * (fpr[rows, after] - fpr_before)
    return rates


def _calibration(weights: NDArray[np.int32], labels: NDArray[np.int64], scores: Floats) -> Floats:
    bins = np.zeros((len(labels), BINS))
    bins[np.arange(len(labels)), bin_of(scores, BINS)] = scores - labels
    gaps: Floats = np.abs(weights @ bins).sum(axis=1)
    return gaps
