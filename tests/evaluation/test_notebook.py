"""Evaluations and comparisons in notebooks: tables that say what the attributes say."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import facespectra as fs
from facespectra.errors import MissingExtraError
from facespectra.evaluation import compare
from facespectra.evaluation.figures_table import TOO_FEW
from notebook_html import checked

LABELS = np.repeat([0, 1], 60)


def scores(seed: int = 0, shift: float = 1.5) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=120) + shift * LABELS


def test_a_notebook_shows_the_figures_that_matter() -> None:
    result = fs.evaluate(LABELS, scores(), threshold=0.8)
    found = checked(result)
    low, high = result.auc_ci95
    rows = found.rows()
    assert rows["AUC"][:2] == [f"{result.auc:.3f}", f"{low:.3f} to {high:.3f}"]
    assert rows["EER"][0] == f"{100 * result.eer:.1f} %"
    assert rows["fakes found"][0] == f"{100 * result.true_positive_rate:.1f} %"
    assert rows["reals called fake"][0] == f"{100 * result.false_positive_rate:.1f} %"
    assert "Evaluation of 120 scores: 60 real, 60 fake" in found.text
    assert "A higher score means more likely fake. Scores from 0.8 on count as fake" in found.text
    # The others are there to who asks.
    assert len(found.named("details")) == 1
    assert rows["AP"][0] == f"{result.average_precision:.3f}"


def test_it_says_what_a_threshold_is_worth_and_what_was_left_out() -> None:
    some = scores()
    some[:3] = np.nan
    best = checked(fs.evaluate(LABELS, some))
    assert "optimistic" in best.text
    assert "3 more samples without a score left out." in best.text
    none = checked(fs.evaluate(LABELS, some).without_threshold())
    assert "No threshold is known" in none.text
    assert "fakes found" not in none.rows()


def test_warnings_are_shown() -> None:
    result = fs.evaluate(LABELS, -scores())
    assert result.warnings
    assert f"Warning: {result.warnings[0]}" in checked(result).text


def test_figures_that_cannot_be_measured_say_so() -> None:
    found = checked(fs.evaluate([0, 1], [0.1, 0.9]))
    assert found.rows()["EER"][0] == "not measurable with so few"


def test_a_comparison_shows_both_tests() -> None:
    result = compare(LABELS, scores(0), scores(1, 0.5))
    found = checked(result)
    rows = found.rows()
    assert rows["AUC, first"][0] == f"{result.auc[0]:.3f}"
    assert rows["difference, DeLong over 120 samples"][2] == f"{result.delong_p:.2g}"
    assert rows["difference, bootstrap over 120 samples"][2] == f"{result.bootstrap_p:.2g}"
    assert "labels" not in result.to_dict()


def test_a_comparison_shows_no_auc_without_its_interval() -> None:
    result = compare(LABELS, scores(0), scores(1, 0.5), [str(k // 2) for k in range(len(LABELS))])
    for scored, one in zip(result.scores, result.evaluations(), strict=True):
        alone = fs.evaluate(LABELS, scored, result.groups)
        assert (one.auc, one.auc_ci95) == (alone.auc, alone.auc_ci95)
        assert one.threshold_source == "none"
        low, high = one.auc_ci95
        assert f"{low:.3f} to {high:.3f}" in result._repr_html_()
    few = compare([0, 1], [0.1, 0.2], [0.3, 0.1])
    assert few._repr_html_().count(TOO_FEW) >= 2


def test_a_comparison_draws_both_curves() -> None:
    figure = pytest.importorskip("matplotlib.figure", reason="needs the detect extra")
    a, b = scores(0), scores(1, 0.5)
    ax = compare(LABELS, a, b).plot(figure.Figure(layout="constrained").subplots(), names=("ours", "theirs"))
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts[0].startswith("ours: AUC ")
    assert texts[1].startswith("theirs: AUC ")
    curves = [line for line in ax.lines if len(np.atleast_1d(line.get_xdata())) > 2]
    for line, own in zip(curves, (a, b), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), fs.evaluate(LABELS, own).tpr)
    assert len({line.get_linestyle() for line in curves}) == 2


def test_without_matplotlib_it_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    result = fs.evaluate(LABELS, scores())
    monkeypatch.setattr("facespectra._extras.installed", lambda module: module != "matplotlib")
    for call in (result.plot, compare(LABELS, scores(), scores(1)).plot):
        with pytest.raises(MissingExtraError) as caught:
            call()
        assert str(caught.value) == 'matplotlib is not installed: pip install "facespectra[detect]"'
    # The table needs nothing.
    assert checked(result).rows()


def test_a_table_imports_nothing_that_draws() -> None:
    code = (
        "import sys, facespectra as fs;"
        "result = fs.evaluate([0, 0, 1, 1], [.1, .4, .35, .8]);"
        "before = set(sys.modules); result._repr_html_();"
        "print(sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("['facespectra']", "['facespectra', 'html']")
