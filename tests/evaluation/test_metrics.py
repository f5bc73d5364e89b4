"""Every figure against an implementation that is slow, obvious and independent."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import facespectra as fs
from facespectra.evaluation import delong_interval, youden_threshold

pytest.importorskip("sklearn", reason="needs the detect extra")


def draw(n_real: int, n_fake: int, shift: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    scores = np.concatenate([rng.normal(size=n_real), rng.normal(shift, 1.5, n_fake)])
    return np.repeat([0, 1], [n_real, n_fake]), scores


def kernel(fake: float, real: float) -> float:
    return 1.0 if fake > real else 0.5 if fake == real else 0.0


def slow_auc(labels: np.ndarray, scores: np.ndarray) -> float:
    wins = [kernel(f, r) for f, r in product(scores[labels == 1], scores[labels == 0])]
    return sum(wins) / len(wins)


def slow_delong_error(labels: np.ndarray, scores: np.ndarray) -> float:
    fake, real = scores[labels == 1], scores[labels == 0]
    auc = slow_auc(labels, scores)
    of_fake = [sum(kernel(f, r) for r in real) / len(real) for f in fake]
    of_real = [sum(kernel(f, r) for f in fake) / len(fake) for r in real]
    s_fake = sum((v - auc) ** 2 for v in of_fake) / (len(fake) - 1)
    s_real = sum((v - auc) ** 2 for v in of_real) / (len(real) - 1)
    return float((s_fake / len(fake) + s_real / len(real)) ** 0.5)


@pytest.mark.parametrize("rounded", [False, True], ids=["distinct", "ties"])
@pytest.mark.parametrize(("n_real", "n_fake"), [(20, 20), (7, 31), (31, 2)])
def test_auc_and_interval(n_real: int, n_fake: int, rounded: bool) -> None:
    labels, scores = draw(n_real, n_fake, 0.7, seed=n_fake)
    scores = np.round(scores) if rounded else scores
    result = fs.evaluate(labels, scores)
    auc, error = slow_auc(labels, scores), slow_delong_error(labels, scores)
    assert result.auc == pytest.approx(auc, abs=1e-12)
    assert result.auc_flipped == pytest.approx(slow_auc(labels, -scores), abs=1e-12)
    logit, half = np.log(auc / (1 - auc)), 1.959963984540054 * error / (auc * (1 - auc))
    expected = [1 / (1 + np.exp(-(logit + sign * half))) for sign in (-1, 1)]
    assert result.auc_ci95 == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("shift", [0.0, 1.0, 2.5])
def test_interval_covers_the_truth(shift: float) -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 60)
    # The AUC of two normal distributions, from their distance.
    from scipy.stats import norm

    truth = norm.cdf(shift / np.sqrt(2))
    hits = 0
    for _ in range(1000):
        low, high = delong_interval(labels, np.concatenate([rng.normal(size=60), rng.normal(shift, 1, 60)]))
        hits += bool(low <= truth <= high)
    assert 930 <= hits <= 970


@given(st.lists(st.tuples(st.booleans(), st.integers(-3, 3)), min_size=2, max_size=30))
def test_properties_hold_for_any_scores(samples: list[tuple[bool, int]]) -> None:
    labels, scores = np.array([s[0] for s in samples], int), np.array([s[1] for s in samples], float)
    if len(set(labels)) < 2:
        with pytest.raises(ValueError, match="both classes"):
            fs.evaluate(labels, scores)
        return
    result = fs.evaluate(labels, scores)
    assert result.auc == pytest.approx(slow_auc(labels, scores))
    assert 0 <= result.eer <= 1
    assert result.accuracy >= 0.5 or result.n_real != result.n_fake
    low, high = result.auc_ci95
    assert np.isnan(low) or low - 1e-12 <= result.auc <= high + 1e-12
    assert (result.fpr[0], result.tpr[0], result.fpr[-1], result.tpr[-1]) == (0, 0, 1, 1)
    json.dumps(result.to_dict(), allow_nan=False)


def test_equal_error_rate_is_interpolated() -> None:
    # ROC points (0, 0), (0, 0.5), (0.5, 0.5), (0.5, 1), (1, 1): it meets fpr = 1 - tpr in (0.5, 0.5).
    assert fs.evaluate([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).eer == pytest.approx(0.5)
    # With ties the curve is a diagonal from (0, 0.5) to (0.5, 1) that meets it in (0.25, 0.75).
    assert fs.evaluate([0, 0, 1, 1], [0, 1, 1, 2]).eer == pytest.approx(0.25)
    assert fs.evaluate([0, 0, 1, 1], [0, 1, 2, 3]).eer == 0
    assert fs.evaluate([1, 1, 0, 0], [0, 1, 2, 3]).eer == 1


def test_equal_error_rate_against_a_dense_search() -> None:
    labels, scores = draw(40, 60, 1.0, seed=5)
    result = fs.evaluate(labels, scores)
    grid = np.linspace(0, 1, 200_001)
    # Where a curve of steps is crossed, either side of the step is an honest answer: compare along both axes.
    misses = 1 - np.interp(grid, result.fpr, result.tpr)
    dense = grid[np.argmin(np.abs(misses - grid))]
    assert result.eer == pytest.approx(dense, abs=1 / 40)


def test_average_precision() -> None:
    labels, scores = draw(30, 20, 1.0, seed=1)
    order = np.argsort(-scores)
    hits = np.cumsum(labels[order])
    slow = sum(hits[i] / (i + 1) for i in range(len(order)) if labels[order][i]) / 20
    assert fs.evaluate(labels, scores).average_precision == pytest.approx(slow)


def test_true_positive_rate_at_false_positive_rate() -> None:
    labels, scores = draw(200, 100, 1.5, seed=2)
    result = fs.evaluate(labels, scores)
    for point in (0.01, 0.1):
        reachable = [
            np.mean(scores[labels == 1] >= t)
            for t in [*scores, np.inf]
            if np.mean(scores[labels == 0] >= t) <= point
        ]
        assert result.tpr_at_fpr[point] == max(reachable)


def test_accuracy_at_a_threshold() -> None:
    labels, scores = [0, 0, 1, 1], [0.0, 2.0, 2.0, 3.0]
    given_one = fs.evaluate(labels, scores, threshold=2.0)
    assert (given_one.accuracy, given_one.threshold, given_one.threshold_source) == (0.75, 2.0, "given")
    own = fs.evaluate(labels, scores)
    assert (own.accuracy, own.threshold, own.threshold_source) == (
        0.75,
        2.5,
        "youden",
    ) or own.threshold == 1.0


def test_youden_threshold_against_a_search() -> None:
    labels, scores = draw(40, 40, 1.0, seed=3)

    def youden(t: float) -> float:
        return float(np.mean(scores[labels == 1] >= t) - np.mean(scores[labels == 0] >= t))

    threshold = youden_threshold(labels, scores)
    assert threshold not in scores
    assert youden(threshold) == max(youden(t) for t in scores)


def test_threshold_is_finite_even_where_every_score_ranks_wrongly() -> None:
    assert np.isfinite(youden_threshold(np.array([1, 1, 0, 0]), np.array([0.0, 1.0, 2.0, 3.0])))


def test_polarity_is_warned_of_where_the_interval_excludes_chance_and_not_repaired() -> None:
    labels, scores = draw(40, 40, 1.5, seed=6)
    result = fs.evaluate(1 - labels, scores)
    assert result.auc_ci95[1] < 0.5
    assert result.auc_flipped == pytest.approx(1 - result.auc)
    assert "polarity" in result.warnings[0]
    assert fs.evaluate(labels, scores).warnings == ()
    # Below 0.5, but by chance as likely as not.
    few = fs.evaluate([1, 1, 1, 0, 0], [0.1, 0.2, 0.6, 0.5, 0.9])
    assert few.auc == pytest.approx(1 / 6)
    assert few.auc_ci95[1] > 0.5
    assert few.warnings == ()
    alone = fs.evaluate([1, 0, 0, 0], [0, 1, 2, 3])
    assert (alone.auc, alone.warnings) == (0, ())


def test_perfect_separation_has_an_interval_with_a_width() -> None:
    low, high = fs.evaluate([0] * 20 + [1] * 30, np.arange(50)).auc_ci95
    # 20 pairs won out of 20, with 97.5 % confidence.
    assert low**20 == pytest.approx(0.025)
    assert high == 1
    flipped = fs.evaluate([1] * 30 + [0] * 20, np.arange(50)).auc_ci95
    assert flipped == pytest.approx((0, 1 - low))


def test_equal_scores_are_warned_of() -> None:
    result = fs.evaluate([0, 0, 1, 1], [1, 1, 1, 1])
    assert result.auc == 0.5
    assert "same score" in result.warnings[0]


def test_samples_without_a_score_are_counted_and_left_out() -> None:
    labels, scores = draw(10, 10, 1.0, seed=0)
    with_gaps = fs.evaluate(np.append(labels, [0, 1]), np.append(scores, [np.nan, np.nan]))
    without = fs.evaluate(labels, scores)
    assert with_gaps.n_no_score == 2
    figures = with_gaps.to_dict()
    assert figures.pop("missing_effect")["auc"]["left_out"] == without.auc
    assert {**figures, "n_no_score": 0} == without.to_dict()


def test_one_sample_of_a_class_has_no_interval() -> None:
    result = fs.evaluate([0, 0, 0, 1], [0, 1, 2, 1.5])
    assert np.isnan(result.auc_ci95).all()
    assert result.to_dict()["auc_ci95"] == [None, None]


def test_groups_are_judged_by_their_mean_scores() -> None:
    groups = ["a", "a", "b", "b", "c", "c", "d"]
    labels = [0, 0, 0, 1, 1, 1, 1]
    scores = [0.0, 2.0, 1.5, 1.2, 4.0, np.nan, 0.5]
    result = fs.evaluate(labels, scores, groups)
    # Means: real a 1.0 and b 1.5; fake b 1.2, c 4.0 and d 0.5. A real and a fake b are two things.
    assert result.group_auc == pytest.approx(
        slow_auc(np.array([0, 0, 1, 1, 1]), np.array([1, 1.5, 1.2, 4, 0.5]))
    )
    assert result.n_groups == 4
    assert "group_auc" in result.to_dict()
    assert "group_auc" not in fs.evaluate(labels, scores).to_dict()


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([0, 0], [1.0, 2.0], "2 real and 0 fake"),
        ([0, 1], [1.0, np.nan], r"1 real and 0 fake \(1 without a score left out\)"),
        ([0, 2], [1.0, 2.0], r"0 \(real\) or 1 \(fake\), got \[2\]"),
        ([0, 1], [1.0, np.inf], "score 1 is infinite"),
        ([0, 1], [1.0], "scores has shape"),
    ],
    ids=["one-class", "one-class-scored", "label", "infinite", "lengths"],
)
def test_invalid_inputs_are_refused(labels: list[int], scores: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fs.evaluate(labels, scores)


def entries(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_plot_draws_the_curve_its_band_and_the_interval() -> None:
    figure = pytest.importorskip("matplotlib.figure", reason="needs the detect extra")
    labels, scores = draw(30, 30, 1.0, seed=4)
    result = fs.evaluate(labels, scores, threshold=0.25)
    ax = result.plot(figure.Figure().subplots(), label="svm-poly", color="black", linewidth=3)
    low, high = result.auc_ci95
    assert entries(ax) == [
        f"svm-poly: AUC {result.auc:.3f} ({low:.3f} to {high:.3f})",
        "threshold in use, 0.25",
        f"equal errors, {100 * result.eer:.1f} %",
        "chance, 0.5",
    ]
    curve, used, equal, chance = ax.lines
    np.testing.assert_array_equal(curve.get_xydata(), np.stack([result.fpr, result.tpr], 1))
    assert (curve.get_color(), curve.get_linewidth()) == ("black", 3)
    assert used.get_xydata().tolist() == [[result.false_positive_rate, result.true_positive_rate]]
    assert equal.get_xydata().tolist() == [[result.eer, 1 - result.eer]]
    assert chance.get_xydata().tolist() == [[0, 0], [1, 1]]
    assert len(ax.collections) == 1
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("real faces called fake", "fakes found")
    assert ax.xaxis.get_major_formatter()(0.2) == "20 %"


def test_the_legend_covers_no_curve_at_the_width_of_a_column() -> None:
    figure = pytest.importorskip("matplotlib.figure", reason="needs the detect extra")
    drawn = figure.Figure(figsize=(3.4, 3.8), layout="constrained")
    ax = drawn.subplots()
    for seed, name in enumerate(
        ("ours", "a name that is longer than a line of the legend is", "$x_1$", "_y")
    ):
        labels, scores = draw(30, 30, 1.5, seed=seed)
        fs.evaluate(labels, scores, threshold=0.5).plot(ax, label=name)
    drawn.draw_without_rendering()
    legend = ax.get_legend().get_window_extent()
    assert legend.y1 < ax.xaxis.label.get_window_extent().y0
    assert legend.y0 >= 0
    assert ax.get_window_extent().width > 0.3 * drawn.bbox.width
    # A name stays a name, and of marks there is one entry.
    assert [text.partition(":")[0].strip() for text in entries(ax)] == [
        "ours",
        "a name that is longer than a\nline of the legend is",
        r"\$x_1\$",
        "_y",
        "threshold in use",
        "equal errors",
        "chance, 0.5",
    ]
    curves = [line for line in ax.lines if "AUC" in str(line.get_label())]
    assert len({str(line._unscaled_dash_pattern) for line in curves}) == 4


def test_plot_leaves_the_users_figures_alone() -> None:
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="needs the detect extra")
    labels, scores = draw(30, 30, 1.0, seed=4)
    result = fs.evaluate(labels, scores)
    before, settings = pyplot.get_fignums(), dict(pyplot.rcParams)
    from matplotlib.figure import Figure

    result.plot(Figure().subplots())
    assert (pyplot.get_fignums(), dict(pyplot.rcParams)) == (before, settings)
    ax = result.plot()
    assert len(pyplot.get_fignums()) == len(before) + 1
    pyplot.close(ax.figure)
