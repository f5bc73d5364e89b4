"""The table of figures: no figure without its interval, and nothing finer than the data."""

from __future__ import annotations

import re

import numpy as np
import pytest

import facespectra as fs
from facespectra.evaluation.figures_table import TOO_FEW, auc_in_words, figures_table
from facespectra.evaluation.independence import MeasuredAuc
from facespectra.report import text

pytest.importorskip("sklearn", reason="needs the detect extra")


def evaluated(n_real: int, n_fake: int, **more: object) -> fs.Evaluation:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], [n_real, n_fake])
    scores = 1 / (1 + np.exp(-rng.normal(1.5 * labels)))
    return fs.evaluate(labels, scores, threshold=0.6, **more)  # type: ignore[arg-type]


def test_each_figure_has_its_interval_in_one_line() -> None:
    result = evaluated(120, 120, probabilities=True)
    rows = {row.name: row for row in figures_table(result)}
    for name, value, interval in (
        ("AUC", result.auc, result.auc_ci95),
        ("EER", result.eer, result.intervals["eer"]),
        ("balanced accuracy", result.balanced_accuracy, result.intervals["balanced_accuracy"]),
        ("fakes found", result.true_positive_rate, result.intervals["true_positive_rate"]),
        ("reals called fake", result.false_positive_rate, result.intervals["false_positive_rate"]),
        ("TPR at 1 % FPR", result.tpr_at_fpr[0.01], result.tpr_at_fpr_ci95[0.01]),
        ("Brier score", result.brier, result.intervals["brier"]),
    ):
        assert interval is not None
        expected = f"{value:.3f} (95 % interval {interval[0]:.3f} to {interval[1]:.3f}"
        if name not in ("AUC", "Brier score"):  # rates
            low, high = (100 * bound for bound in interval)
            expected = f"{100 * value:.1f} % (95 % interval {low:.1f} to {high:.1f} %"
        assert rows[name].in_one_line.startswith(expected), name
    assert "calling everything fake gets 50.0 %" in rows["accuracy"].in_one_line


def test_what_cannot_be_measured_says_so_and_shows_no_figure() -> None:
    rows = {row.name: row.in_one_line for row in figures_table(evaluated(59, 80))}
    assert rows["TPR at 1 % FPR"] == f"{TOO_FEW} (59 independent real samples, 100 needed)"
    assert re.match(r"\d+\.\d % \(95 %", rows["TPR at 10 % FPR"])
    few = figures_table(evaluated(4, 4, probabilities=True))
    assert {row.name for row in few if row.value == TOO_FEW} == {
        "EER",
        "AP",
        "TPR at 1 % FPR",
        "TPR at 10 % FPR",
        "calibration error",
        "Brier score",
    }
    cards = {card["heading"]: card for card in text.cards(evaluated(4, 4, probabilities=True))}
    assert cards["Equal error rate"]["figure"] == "\u2013"
    assert TOO_FEW in cards["Calibration error"]["detail"]
    assert auc_in_words(MeasuredAuc(3, 9, None, None)) == TOO_FEW


def test_the_accuracy_never_stands_alone() -> None:
    result = evaluated(6, 94)
    names = [row.name for row in figures_table(result)]
    at = names.index("balanced accuracy")
    assert names[at : at + 4] == ["balanced accuracy", "accuracy", "fakes found", "reals called fake"]
    rows = {row.name: row.detail for row in figures_table(result)}
    assert rows["accuracy"] == "calling everything fake gets 94.0 %"
    card = next(card for card in text.cards(result) if card["heading"] == "Balanced accuracy")
    assert f"{result.confusion['fp']} of 6 real ones called fake" in card["detail"]
