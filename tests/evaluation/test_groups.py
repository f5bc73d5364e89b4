"""Intervals over groups, figures per video, probabilities, and samples without a score."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import pytest

import facespectra as fs
from facespectra.evaluation.intervals import (
    bootstrap_weights,
    delong_interval,
    group_interval,
    group_samples,
    weighted_aucs,
)

pytest.importorskip("sklearn", reason="needs the detect extra")


def draw_groups(
    rng: np.random.Generator, n_groups: int, size: int, shift: float, alike: float = 0.5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Groups of `size` samples whose scores are correlated by `alike`, `n_groups` of each class."""
    labels = np.repeat([0, 1], n_groups * size)
    groups = np.repeat(np.arange(2 * n_groups), size)
    common = np.repeat(rng.normal(size=2 * n_groups), size)
    scores = np.sqrt(alike) * common + np.sqrt(1 - alike) * rng.normal(size=len(labels)) + shift * labels
    return labels, scores, groups


def kernel(fake: float, real: float) -> float:
    return 1.0 if fake > real else 0.5 if fake == real else 0.0


def test_weighted_auc_is_the_auc_of_copies() -> None:
    rng = np.random.default_rng(0)
    labels, groups = np.tile([0, 1, 1, 0, 1], 4), np.repeat(np.arange(7), 3)[:20]
    scores = np.round(rng.normal(size=20))
    known = group_samples(labels, groups)
    weights = bootstrap_weights(known, 50, seed=1)
    fast = weighted_aucs(labels, scores, known, weights)
    for weight, auc in zip(weights, fast, strict=True):
        copies = [i for i in range(20) for _ in range(int(weight[known.of_sample[i]]))]
        pairs = [
            kernel(scores[f], scores[r]) for f, r in product(copies, copies) if labels[f] and not labels[r]
        ]
        assert auc == pytest.approx(sum(pairs) / len(pairs))


def test_groups_are_drawn_within_their_kind() -> None:
    labels = np.array([0, 0, 1, 1, 0, 1, 0, 1])
    groups = np.array(["r1", "r2", "f1", "f2", "both", "both", "r1", "f3"])
    known = group_samples(labels, groups)
    assert (known.n, known.with_real, known.with_fake) == (6, 3, 4)
    weights = bootstrap_weights(known, 200, seed=0)
    names = np.unique(groups)
    for kind in (["r1", "r2"], ["f1", "f2", "f3"], ["both"]):
        assert (weights[:, np.isin(names, kind)].sum(axis=1) == len(kind)).all()
    assert weights[:, names == "r1"].std() > 0.5


def test_group_interval_against_a_slow_one() -> None:
    labels, scores, groups = draw_groups(np.random.default_rng(3), 12, 4, 1.0)
    known = group_samples(labels, groups)
    weights = bootstrap_weights(known, 100, seed=0)
    aucs = []
    for weight in weights:
        copies = np.repeat(np.arange(len(labels)), weight[groups].astype(int))
        real, fake = scores[copies][labels[copies] == 0], scores[copies][labels[copies] == 1]
        aucs.append(np.mean([kernel(f, r) for f, r in product(fake, real)]))
    auc = fs.evaluate(labels, scores).auc
    from scipy.stats import t

    error = np.sqrt(sum((a - np.mean(aucs)) ** 2 for a in aucs) / 99) * np.sqrt(12 / 11)
    half = t.ppf(0.975, 11) * error / (auc * (1 - auc))
    expected = [1 / (1 + np.exp(-(np.log(auc / (1 - auc)) + sign * half))) for sign in (-1, 1)]
    assert group_interval(labels, scores, known, draws=100) == pytest.approx(expected)


@pytest.mark.slow
@pytest.mark.parametrize("shift", [1.0, 2.0])
def test_group_interval_covers_the_truth_where_delong_does_not(shift: float) -> None:
    from scipy.stats import norm

    rng = np.random.default_rng(7)
    truth = norm.cdf(shift / np.sqrt(2))
    hits = naive = 0
    for _ in range(1000):
        labels, scores, groups = draw_groups(rng, 40, 4, shift)
        low, high = group_interval(labels, scores, group_samples(labels, groups), draws=200)
        hits += bool(low <= truth <= high)
        low, high = delong_interval(labels, scores)
        naive += bool(low <= truth <= high)
    assert 930 <= hits <= 970
    assert naive < 850


def test_the_interval_that_is_reported_is_named() -> None:
    labels, scores, groups = draw_groups(np.random.default_rng(0), 20, 3, 1.0)
    plain = fs.evaluate(labels, scores)
    assert plain.auc_ci95_method == plain.to_dict()["auc_ci95_method"] == "delong"
    grouped = fs.evaluate(labels, scores, groups)
    assert grouped.auc_ci95_method == "bootstrap over groups"
    assert np.diff(grouped.auc_ci95) > 1.2 * np.diff(plain.auc_ci95)
    assert grouped.auc_ci95 == fs.evaluate(labels, scores, groups).auc_ci95
    # Every sample a group of its own: there is nothing to resample that DeLong does not know.
    assert fs.evaluate(labels, scores, np.arange(len(labels))).auc_ci95 == plain.auc_ci95


def test_few_groups_fall_back_to_videos_and_then_to_samples() -> None:
    labels, scores, videos = draw_groups(np.random.default_rng(0), 20, 3, 1.0)
    identities = videos % 2
    both = fs.evaluate(labels, scores, identities, videos=videos)
    assert both.auc_ci95_method == "bootstrap over videos"
    assert both.warnings == ()
    assert both.video_auc == fs.evaluate(labels, scores, videos).group_auc
    assert (both.n_groups, both.n_videos) == (2, 40)
    alone = fs.evaluate(labels, scores, identities)
    assert alone.auc_ci95_method == "delong"
    assert alone.warnings[0].startswith("2 groups, with fewer than five")


def test_perfect_groups_have_an_interval_with_a_width() -> None:
    labels, _, groups = draw_groups(np.random.default_rng(0), 10, 5, 0.0)
    low, high = fs.evaluate(labels, labels + 0.001 * np.arange(100), groups).auc_ci95
    assert low**10 == pytest.approx(0.025)
    assert high == 1


@pytest.mark.parametrize(
    ("aggregate", "real", "fake"), [("mean", 2.0, 3.0), ("median", 1.0, 3.0), ("max", 5.0, 4.0)]
)
def test_scores_of_a_video_are_put_together_as_asked(aggregate: str, real: float, fake: float) -> None:
    labels, videos = [0, 0, 0, 1, 1, 1], ["r"] * 3 + ["f"] * 3
    result = fs.evaluate(labels, [0, 1, 5, 2, 3, 4], videos=videos, aggregate=aggregate)  # type: ignore[arg-type]
    assert result.video_auc == kernel(fake, real)
    assert result.to_dict()["aggregate"] == aggregate
    assert "group_auc" not in result.to_dict()


def test_brier_score_and_calibration_error() -> None:
    rng = np.random.default_rng(5)
    probabilities = np.append(rng.random(300), [0.0, 1.0, 0.1, 0.3])
    labels = (rng.random(304) < probabilities**2).astype(int)
    result = fs.evaluate(labels, probabilities, probabilities=True)
    assert result.brier == pytest.approx(
        sum((p - y) ** 2 for p, y in zip(probabilities, labels, strict=True)) / 304
    )
    slow = 0.0
    for k in range(10):
        inside = [i for i, p in enumerate(probabilities) if k / 10 <= p < (k + 1) / 10 or (k == 9 and p == 1)]
        slow += len(inside) / 304 * abs(np.mean(probabilities[inside]) - np.mean(labels[inside]))
    assert result.calibration_error == pytest.approx(slow)
    assert {"brier", "calibration_error"} <= set(result.to_dict())
    assert "brier" not in fs.evaluate(labels, probabilities).to_dict()
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        fs.evaluate([0, 1], [0.5, 1.5], probabilities=True)
    with pytest.raises(ValueError, match="unknown aggregate 'sum'"):
        fs.evaluate([0, 1], [0.5, 1.5], aggregate="sum")  # type: ignore[arg-type]


def test_effect_of_samples_without_a_score() -> None:
    rng = np.random.default_rng(2)
    labels = np.repeat([0, 1], [30, 20])
    scores = rng.normal(size=50) + labels
    scores[[1, 2, 3, 40]] = np.nan
    result = fs.evaluate(labels, scores, threshold=0.5)
    effect = result.missing_effect
    assert effect is not None

    def auc(stand_in: float) -> float:
        filled = np.where(np.isnan(scores), stand_in, scores)
        return float(np.mean([kernel(f, r) for f, r in product(filled[labels == 1], filled[labels == 0])]))

    def accuracy(verdict: int) -> float:
        said = np.where(np.isnan(scores), verdict, scores >= 0.5)
        return float(np.mean(said == labels))

    assert effect["auc"]["left_out"] == result.auc
    assert effect["auc"]["as_real"] == pytest.approx(auc(-np.inf))
    assert effect["auc"]["as_fake"] == pytest.approx(auc(np.inf))
    chances = [
        0.5 if np.isnan(f) or np.isnan(r) else kernel(f, r)
        for f, r in product(scores[labels == 1], scores[labels == 0])
    ]
    assert effect["auc"]["at_chance"] == pytest.approx(np.mean(chances))
    assert effect["accuracy"]["left_out"] == result.accuracy
    assert effect["accuracy"]["as_real"] == pytest.approx(accuracy(0))
    assert effect["accuracy"]["as_fake"] == pytest.approx(accuracy(1))
    assert effect["accuracy"]["at_chance"] == pytest.approx((accuracy(0) + accuracy(1)) / 2)
    assert json.loads(json.dumps(result.to_dict()))["missing_effect"] == effect
    assert "missing_effect" not in fs.evaluate([0, 1], [0, 1]).to_dict()
