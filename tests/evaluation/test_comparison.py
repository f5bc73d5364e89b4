"""Two systems on the same samples, against slow and independent implementations."""

from __future__ import annotations

import json

import numpy as np
import pytest

from facespectra.evaluation import compare

pytest.importorskip("sklearn", reason="needs the detect extra")


def draw(
    rng: np.random.Generator, n: int, first: float, second: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores of two systems that are correlated by 0.5, `n` samples of each class."""
    labels = np.repeat([0, 1], n)
    common = rng.normal(size=2 * n)
    a, b = (
        np.sqrt(0.5) * common + np.sqrt(0.5) * rng.normal(size=2 * n) + shift * labels
        for shift in (first, second)
    )
    return labels, a, b


def kernel(fake: float, real: float) -> float:
    return 1.0 if fake > real else 0.5 if fake == real else 0.0


def slow_delong(labels: np.ndarray, a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """Difference and its standard error, from the covariance matrices of the 1988 paper."""
    parts = []
    for scores in (a, b):
        fake, real = scores[labels == 1], scores[labels == 0]
        parts.append(
            (
                [np.mean([kernel(f, r) for r in real]) for f in fake],
                [np.mean([kernel(f, r) for f in fake]) for r in real],
            )
        )
    s10 = np.cov([parts[0][0], parts[1][0]])
    s01 = np.cov([parts[0][1], parts[1][1]])
    s = s10 / np.sum(labels == 1) + s01 / np.sum(labels == 0)
    contrast = np.array([1, -1])
    difference = float(np.mean(parts[0][0]) - np.mean(parts[1][0]))
    return difference, float(np.sqrt(contrast @ s @ contrast))


@pytest.mark.parametrize("rounded", [False, True], ids=["distinct", "ties"])
def test_delong_against_the_paper(rounded: bool) -> None:
    labels, a, b = draw(np.random.default_rng(1), 30, 1.5, 1.0)
    if rounded:
        a, b = np.round(a), np.round(b)
    result = compare(labels, a, b)
    difference, error = slow_delong(labels, a, b)
    assert result.difference == pytest.approx(difference)
    assert result.delong_ci95 == pytest.approx((difference - 1.959964 * error, difference + 1.959964 * error))
    # The normal distribution's tail by Simpson's rule, far enough out.
    z = np.linspace(abs(difference) / error, 40, 200_001)
    from scipy.integrate import simpson

    assert result.delong_p == pytest.approx(
        2 * simpson(np.exp(-(z**2) / 2), x=z) / np.sqrt(2 * np.pi), rel=1e-6
    )


def test_bootstrap_against_a_slow_one() -> None:
    rng = np.random.default_rng(2)
    labels, a, b = draw(rng, 25, 1.5, 1.2)
    result = compare(labels, a, b, draws=4000)
    differences = []
    for _ in range(2000):
        drawn = np.concatenate([rng.integers(0, 25, 25), rng.integers(25, 50, 25)])
        aucs = [
            float(np.mean(np.subtract.outer(s[drawn][25:], s[drawn][:25]) > 0)) for s in (a, b)
        ]  # no ties but of a sample with itself, and those are of one class
        differences.append(aucs[0] - aucs[1])
    assert result.resampled == "samples"
    assert result.bootstrap_ci95 == pytest.approx(tuple(np.quantile(differences, [0.025, 0.975])), abs=0.012)
    tail = min(np.mean(np.array(differences) <= 0), np.mean(np.array(differences) >= 0))
    assert result.bootstrap_p == pytest.approx(2 * tail, abs=0.05)


@pytest.mark.slow
def test_both_intervals_cover_the_truth_and_both_tests_hold_their_level() -> None:
    from scipy.stats import norm

    rng = np.random.default_rng(3)
    truth = norm.cdf(1.5 / np.sqrt(2)) - norm.cdf(1.0 / np.sqrt(2))
    delong = bootstrap = 0
    rejected = np.zeros(2)
    for _ in range(1000):
        result = compare(*draw(rng, 60, 1.5, 1.0), draws=200)
        delong += result.delong_ci95[0] <= truth <= result.delong_ci95[1]
        bootstrap += result.bootstrap_ci95[0] <= truth <= result.bootstrap_ci95[1]
    assert 930 <= delong <= 970
    assert 930 <= bootstrap <= 970
    for _ in range(300):
        same = compare(*draw(rng, 60, 1.0, 1.0), draws=200)
        rejected += [same.delong_p < 0.05, same.bootstrap_p < 0.05]
    assert (rejected / 300 < 0.08).all()
    assert (rejected / 300 > 0.02).all()


def test_groups_are_drawn_whole() -> None:
    labels, a, b = draw(np.random.default_rng(4), 20, 1.5, 1.0)
    # Every sample ten times: alone, that looks like ten times the evidence.
    copies = np.repeat(np.arange(40), 10)
    once = compare(labels, a, b, np.arange(40))
    tenfold = compare(labels[copies], a[copies], b[copies], copies)
    assert (once.resampled, once.n_groups, once.warnings) == ("groups", 40, ())
    assert (tenfold.resampled, tenfold.n_groups) == ("groups", 40)
    assert tenfold.bootstrap_ci95 == pytest.approx(once.bootstrap_ci95)
    assert tenfold.bootstrap_p == once.bootstrap_p
    assert np.diff(tenfold.delong_ci95) < 0.5 * np.diff(once.delong_ci95)
    assert "DeLong's test treats them as independent" in tenfold.warnings[0]


def test_few_groups_are_not_resampled() -> None:
    labels, a, b = draw(np.random.default_rng(4), 20, 1.5, 1.0)
    result = compare(labels, a, b, np.arange(40) // 10)
    assert result.resampled == "samples"
    assert "4 groups are too few" in result.warnings[0]


def test_equal_and_opposite_systems() -> None:
    labels, a, _ = draw(np.random.default_rng(5), 20, 1.0, 1.0)
    same = compare(labels, a, 2 * a + 1)
    assert (same.difference, same.delong_p, same.bootstrap_p) == (0, 1, 1)
    assert same.delong_ci95 == same.bootstrap_ci95 == (0, 0)
    opposite = compare([0, 0, 1, 1], [0, 1, 2, 3], [3, 2, 1, 0])
    assert opposite.difference == 1
    assert np.isnan(opposite.delong_p)
    assert opposite.to_dict()["delong_ci95"] == [None, None]
    json.dumps(opposite.to_dict(), allow_nan=False)


def test_samples_without_one_of_the_scores_are_left_out_and_counted() -> None:
    labels, a, b = draw(np.random.default_rng(6), 20, 1.5, 1.0)
    gaps_a, gaps_b = a.copy(), b.copy()
    gaps_a[[0, 39]] = np.nan
    gaps_b[[0, 5]] = np.nan
    keep = np.setdiff1d(np.arange(40), [0, 5, 39])
    with_gaps = compare(labels, gaps_a, gaps_b, np.arange(40))
    assert with_gaps.n_left_out == 3
    assert with_gaps.difference == compare(labels[keep], a[keep], b[keep]).difference
    with pytest.raises(ValueError, match="1 real and 0 fake"):
        compare([0, 1], [1.0, np.nan], [1.0, 2.0])
    with pytest.raises(ValueError, match="the same length"):
        compare([0, 1], [1.0, 2.0], [1.0])


def test_single_samples_have_no_interval() -> None:
    result = compare([0, 0, 1], [0, 1, 2], [1, 0, 0.5])
    assert np.isnan(result.delong_p)
    assert np.isnan(result.bootstrap_p)
    assert result.difference == 0.5
