"""What must hold for any input of what judges scores: areas, intervals, comparisons and folds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import binomtest, rankdata
from sklearn.metrics import roc_auc_score

import facespectra as fs
from examples import few
from facespectra.detector.classifiers import FOLDS, held_out_scores
from facespectra.evaluation import (
    compare,
    delong_interval,
    group_interval,
    wilson_interval,
    youden_threshold,
)
from facespectra.evaluation.calibration import calibration_error
from facespectra.evaluation.intervals import group_samples, weighted_aucs
from facespectra.evaluation.missing import missing_score_bounds


@st.composite
def judged(draw: st.DrawFn, least: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Labels with both classes, and scores with ties."""
    n_real, n_fake = draw(st.integers(least, 12)), draw(st.integers(least, 12))
    scores = draw(st.lists(st.integers(-4, 4), min_size=n_real + n_fake, max_size=n_real + n_fake))
    return np.repeat([0, 1], [n_real, n_fake]), np.array(scores, dtype=float)


def pairwise_auc(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> float:
    fake, real = labels == 1, labels == 0
    won = np.sign(scores[fake][:, None] - scores[real][None, :]) / 2 + 0.5
    pair = weights[fake][:, None] * weights[real][None, :]
    return float((won * pair).sum() / pair.sum())


@few
@given(judged())
def test_auc_threshold_and_what_any_rising_map_keeps(case: tuple[np.ndarray, np.ndarray]) -> None:
    labels, scores = case
    result = fs.evaluate(labels, scores)
    assert result.auc == pytest.approx(roc_auc_score(labels, scores))
    rising = fs.evaluate(labels, np.exp(scores / 3))
    assert (rising.auc, rising.eer, rising.tpr_at_fpr) == (result.auc, result.eer, result.tpr_at_fpr)
    assert fs.evaluate(labels, -scores).auc == pytest.approx(result.auc_flipped)
    at = youden_threshold(labels, scores)

    def youden(threshold: float) -> float:
        said = scores >= threshold
        return float(said[labels == 1].mean() - said[labels == 0].mean())

    assert youden(at) == pytest.approx(max(map(youden, scores)))
    assert result.accuracy == pytest.approx(np.mean((scores >= at) == labels))


@few
@given(judged(least=2), st.data())
def test_intervals_hold_the_auc_and_mirror(case: tuple[np.ndarray, np.ndarray], data: st.DataObject) -> None:
    labels, scores = case
    auc = roc_auc_score(labels, scores)
    groups = group_samples(labels, data.draw(hnp.arrays(int, len(labels), elements=st.integers(0, 20))))
    for low, high, mirrored in (
        (*delong_interval(labels, scores), delong_interval(labels, -scores)),
        (
            *group_interval(labels, scores, groups, draws=50),
            group_interval(labels, -scores, groups, draws=50),
        ),
    ):
        if np.isnan(low):
            assert not groups.can_bootstrap
            continue
        assert 0 <= low <= auc + 1e-12
        assert auc - 1e-12 <= high <= 1
        assert (1 - mirrored[1], 1 - mirrored[0]) == pytest.approx((low, high))


@few
@given(judged(), st.data())
def test_weighted_aucs_are_those_of_all_pairs(
    case: tuple[np.ndarray, np.ndarray], data: st.DataObject
) -> None:
    labels, scores = case
    groups = group_samples(labels, data.draw(hnp.arrays(int, len(labels), elements=st.integers(0, 3))))
    assert groups.n == len(np.unique(groups.of_sample))
    weights = data.draw(hnp.arrays(float, (3, groups.n), elements=st.integers(1, 4)))
    expected = [pairwise_auc(labels, scores, row[groups.of_sample]) for row in weights]
    assert weighted_aucs(labels, scores, groups, weights) == pytest.approx(expected)


@few
@given(judged(), st.data())
def test_a_comparison_turned_round(case: tuple[np.ndarray, np.ndarray], data: st.DataObject) -> None:
    labels, first = case
    second = data.draw(hnp.arrays(float, len(labels), elements=st.integers(-3, 3)))
    there, back = compare(labels, first, second, draws=40), compare(labels, second, first, draws=40)
    assert there.difference == pytest.approx(roc_auc_score(labels, first) - roc_auc_score(labels, second))
    assert there.difference == -back.difference
    assert there.delong_p == pytest.approx(back.delong_p, nan_ok=True)
    assert there.bootstrap_p == pytest.approx(back.bootstrap_p, nan_ok=True)
    assert there.delong_ci95 == pytest.approx([-x for x in back.delong_ci95[::-1]], nan_ok=True)
    same = compare(labels, first, rankdata(first), draws=40)
    assert same.difference == pytest.approx(0, abs=1e-12)


@few
@given(judged(least=2), st.data())
def test_missing_scores_and_calibration_stay_in_bounds(
    case: tuple[np.ndarray, np.ndarray], data: st.DataObject
) -> None:
    labels, scores = case
    gone = data.draw(hnp.arrays(bool, len(labels)))
    gone[[0, -1]] = False
    effect = missing_score_bounds(labels, np.where(gone, np.nan, scores), 0.0)
    for name in ("as_real", "as_fake"):
        filled = np.where(gone, -99.0 if name == "as_real" else 99.0, scores)
        assert effect["auc"][name] == pytest.approx(roc_auc_score(labels, filled))
        assert effect["accuracy"][name] == pytest.approx(np.mean((filled >= 0) == labels))
    for figures in effect.values():
        assert all(0 <= value <= 1 for value in figures.values())
    probabilities = (scores + 4) / 8
    assert 0 <= calibration_error(labels, probabilities) <= 1
    assert calibration_error(labels, labels.astype(float)) == 0
    # Fewer bins let errors of opposite signs cancel out, and one bin leaves the difference of the means.
    assert calibration_error(labels, probabilities, 1) == pytest.approx(abs((probabilities - labels).mean()))
    assert calibration_error(labels, probabilities, 1) <= calibration_error(labels, probabilities) + 1e-12


class Recorder:
    """A classifier that scores rows by whether it was fitted on their group."""

    def __init__(self) -> None:
        self.seen: set[float] = set()

    def __sklearn_clone__(self) -> Recorder:
        return Recorder()

    def fit(self, matrix: np.ndarray, labels: np.ndarray, **_: object) -> Recorder:
        self.seen = set(matrix[:, 0].tolist())
        return self

    def decision_function(self, matrix: np.ndarray) -> np.ndarray:
        return np.array([float(group in self.seen) for group in matrix[:, 0].tolist()])


@few
@given(st.lists(st.tuples(st.integers(0, 14), st.booleans()), min_size=12, max_size=60), st.integers(0, 9))
def test_folds_never_cut_a_group(samples: list[tuple[int, bool]], seed: int) -> None:
    # Groups of one class each, five of both, so that there is something to divide.
    samples += [(100 + i, bool(i % 2)) for i in range(2 * FOLDS)]
    groups, labels = np.array([g for g, _ in samples]), np.array([fake for _, fake in samples], dtype=int)
    scores = held_out_scores(Recorder(), groups[:, None].astype(float), labels, groups, seed)
    assert scores is not None
    assert not scores.any()


@few
@given(st.integers(1, 500), st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_intervals_of_rates_are_scipys(n: int, shares: list[float]) -> None:
    hits = [round(share * n) for share in shares]
    expected = [tuple(binomtest(k, n).proportion_ci(method="wilson")) for k in hits]
    found = wilson_interval(np.array(hits) / n, n)
    np.testing.assert_allclose(found.T, expected, atol=1e-12)
