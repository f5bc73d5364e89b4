"""Every figure has an interval that covers the truth, or is said not to be measurable with so few."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

import facespectra as fs
from facespectra.evaluation.independence import independent_units
from facespectra.evaluation.intervals import group_samples, wilson_interval
from facespectra.evaluation.resampling import rate_interval, resample

pytest.importorskip("sklearn", reason="needs the detect extra")

FIGURES = ["eer", "average_precision", "accuracy", "balanced_accuracy"]
RATES = ["true_positive_rate", "false_positive_rate"]


def draw(
    rng: np.random.Generator, n_real: int, n_fake: int, size: int = 1, shift: float = 1.5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Groups of `size` samples that are half alike: labels, scores and groups."""
    labels = np.repeat([0, 1], [n_real * size, n_fake * size])
    groups = np.repeat(np.arange(n_real + n_fake), size)
    common = np.repeat(rng.normal(size=n_real + n_fake), size)
    return labels, (common + rng.normal(size=len(labels))) / np.sqrt(2) + shift * labels, groups


def test_every_figure_of_the_metrics_has_an_interval() -> None:
    labels, scores, groups = draw(np.random.default_rng(0), 120, 60, 2)
    probabilities = 1 / (1 + np.exp(-scores))
    found = fs.evaluate(labels, probabilities, groups, threshold=0.6, probabilities=True).to_dict()
    names = ["auc", "group_auc", *FIGURES, *RATES, "brier", "calibration_error"]
    for name in names:
        low, high = found[f"{name}_ci95"]
        assert 0 <= low <= found[name] <= high <= 1, name
        assert low < high, name
    for point, share in found["tpr_at_fpr"].items():
        low, high = found["tpr_at_fpr_ci95"][point]
        assert low < share < high
    assert (found["units"], found["n_units_real"], found["n_units_fake"]) == ("groups", 120, 60)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_counts_rates_and_what_the_larger_class_would_get() -> None:
    labels = np.repeat([0, 1], [6, 94])
    scores = np.concatenate([[0, 0, 1, 1, 1, 1], np.zeros(5), np.ones(89)])
    found = fs.evaluate(labels, scores, threshold=0.5)
    assert found.confusion == {"tp": 89, "fp": 4, "tn": 2, "fn": 5}
    assert (found.accuracy, found.majority_accuracy) == (0.91, 0.94)
    assert found.true_positive_rate == 89 / 94
    assert found.false_positive_rate == 4 / 6
    assert found.balanced_accuracy == pytest.approx((89 / 94 + 2 / 6) / 2)
    assert found.intervals["false_positive_rate"] == pytest.approx(
        wilson_interval(np.array([4 / 6]), 6)[:, 0], abs=1e-12
    )


@pytest.mark.parametrize(("n_real", "measurable"), [(59, [0.1]), (9, []), (10, [0.1]), (100, [0.01, 0.1])])
def test_a_rate_is_given_only_where_the_real_samples_are_as_many_as_it_needs(
    n_real: int, measurable: list[float]
) -> None:
    labels, scores, _ = draw(np.random.default_rng(1), n_real, 80)
    found = fs.evaluate(labels, scores)
    assert [point for point, share in found.tpr_at_fpr.items() if share is not None] == measurable
    assert [point for point, ci in found.tpr_at_fpr_ci95.items() if ci is not None] == measurable
    # Ten frames of a video do not make ten videos of it.
    labels, scores, videos = draw(np.random.default_rng(1), n_real, 80, 10)
    by_video = fs.evaluate(labels, scores, videos=videos)
    assert [point for point, share in by_video.tpr_at_fpr.items() if share is not None] == measurable
    assert list(by_video.to_dict()["tpr_at_fpr"]) == ["0.01", "0.1"]


def test_ten_videos_have_an_interval_and_two_have_next_to_none() -> None:
    labels, scores, videos = draw(np.random.default_rng(2), 5, 5, 8)
    found = fs.evaluate(labels, scores, videos=videos)
    low, high = found.to_dict()["video_auc_ci95"]
    assert low < found.video_auc < high or found.video_auc == high == 1
    assert high - low > 0.2
    few = fs.evaluate(labels, scores, videos=labels).to_dict()
    assert (few["n_videos"], few["eer_ci95"]) == (2, None)
    # One pair that is won says next to nothing.
    assert few["video_auc_ci95"] == [pytest.approx(0.025), 1]


def test_a_pair_of_a_real_video_and_its_fake_is_drawn_together() -> None:
    rng = np.random.default_rng(3)
    labels, pairs = np.tile([0, 1], 40), np.repeat(np.arange(40), 2)
    scores = np.repeat(2 * rng.normal(size=40), 2) + 0.5 * rng.normal(size=80) + labels
    paired, plain = fs.evaluate(labels, scores, pairs), fs.evaluate(labels, scores)
    assert np.diff(paired.intervals["group_auc"]) < 0.7 * np.diff(plain.auc_ci95)  # type: ignore[arg-type]


def test_units_are_the_coarsest_of_which_there_are_enough() -> None:
    labels = np.repeat([0, 1], 30)
    videos = np.arange(60) // 3
    known = independent_units(labels, {"groups": np.arange(60) // 30, "videos": videos})
    assert (known.name, known.enough, known.warning) == ("videos", True, None)
    alone = independent_units(labels, {"groups": np.arange(60) // 30})
    assert (alone.name, alone.enough) == ("groups", False)
    assert "2 groups" in str(alone.warning)
    assert independent_units(labels, {"groups": np.arange(60)}).name == "samples"


def test_a_rate_of_independent_samples_has_wilsons_interval() -> None:
    hits = np.array([True] * 7 + [False] * 3)
    assert rate_interval(hits, np.arange(10)) == pytest.approx(wilson_interval(np.array([0.7]), 10)[:, 0])


def test_samples_that_agree_within_their_units_count_once() -> None:
    units = np.repeat(np.arange(12), 25)
    low, high = rate_interval(np.isin(units, [0, 1, 2]), units)
    # No narrower than twelve independent samples would give.
    least = wilson_interval(np.array([0.25]), 12)[:, 0]
    assert low <= least[0]
    assert high >= least[1]
    assert rate_interval(np.ones(300, bool), units)[0] < 0.8
    low, high = rate_interval(np.array([True, False] * 10), np.zeros(20, int))
    assert high - low > 0.8


def test_resampled_figures_are_those_of_copies() -> None:
    rng = np.random.default_rng(4)
    labels, scores, groups = draw(rng, 12, 9, 3)
    scores = np.round(1 / (1 + np.exp(-scores)), 1)
    known = group_samples(labels, groups)
    draws = resample(labels, scores, known, (0.1,), probabilities=True, seed=7)
    assert len(draws.eer) == len(draws.tpr_at_fpr[0.1]) == 300
    # The same draws by hand, each as a data set with copies.
    again = np.random.default_rng(7)
    counts = np.zeros((300, known.n), int)
    for members in known.strata:
        for row, chosen in enumerate(again.integers(0, len(members), (300, len(members)))):
            counts[row, members] = np.bincount(chosen, minlength=len(members))
    for row in range(0, 300, 60):
        copies = np.repeat(np.arange(len(labels)), counts[row][known.of_sample])
        one = fs.evaluate(labels[copies], scores[copies], probabilities=True)
        assert draws.eer[row] == pytest.approx(one.eer)
        assert draws.average_precision[row] == pytest.approx(one.average_precision)
        assert draws.tpr_at_fpr[0.1][row] == one.tpr[one.fpr <= 0.1].max()
        assert draws.brier is not None
        assert draws.brier[row] == pytest.approx(one.brier)
        assert draws.calibration_error is not None
        assert draws.calibration_error[row] == pytest.approx(one.calibration_error)


def test_perfect_scores_have_intervals_with_a_width() -> None:
    labels, _, groups = draw(np.random.default_rng(5), 20, 20, 2)
    found = fs.evaluate(labels, labels + 0.001 * np.arange(80), groups)
    for name in ("eer", "average_precision", *RATES, "accuracy", "balanced_accuracy"):
        low, high = found.intervals[name]  # type: ignore[misc]
        assert high - low > 0.05, name


def test_the_same_scores_have_the_same_intervals() -> None:
    labels, scores, groups = draw(np.random.default_rng(6), 30, 30, 2)
    assert fs.evaluate(labels, scores, groups).to_dict() == fs.evaluate(labels, scores, groups).to_dict()


def test_without_a_threshold_nothing_is_said_of_one() -> None:
    labels, scores, _ = draw(np.random.default_rng(7), 30, 30)
    scores[3] = np.nan
    found = fs.evaluate(labels, scores).without_threshold().to_dict()
    assert [found[name] for name in ("accuracy", *RATES, "threshold", "confusion")] == [None] * 5
    assert "accuracy" not in found["missing_effect"]
    assert found["eer_ci95"] is not None
    assert found["threshold_source"] == "none"


@pytest.mark.slow
@pytest.mark.parametrize(("n", "size"), [(150, 1), (30, 5)], ids=["samples", "groups"])
def test_intervals_cover_the_truth(n: int, size: int) -> None:
    from scipy.stats import norm

    shift, at = 1.5, 0.7
    found, alarms = norm.cdf(shift - at), norm.cdf(-at)
    truth = {
        "eer": norm.cdf(-shift / 2),
        "true_positive_rate": found,
        "false_positive_rate": alarms,
        "balanced_accuracy": (found + 1 - alarms) / 2,
        "accuracy": (found + 1 - alarms) / 2,
        "tpr": norm.cdf(shift - norm.ppf(0.9)),
    }
    hits: Counter[str] = Counter()
    rng = np.random.default_rng(8)
    for _ in range(300):
        labels, scores, groups = draw(rng, n, n, size, shift)
        result = fs.evaluate(labels, scores, groups, threshold=at)
        for name, value in truth.items():
            interval = result.tpr_at_fpr_ci95[0.1] if name == "tpr" else result.intervals[name]
            assert interval is not None
            hits[name] += bool(interval[0] <= value <= interval[1])
    assert all(0.9 <= hits[name] / 300 <= 0.99 for name in truth), hits
