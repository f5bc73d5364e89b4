"""What feature groups add to scores: exact for linear classifiers, by occlusion for kernels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from facespectra.detector.attribution import attribute
from facespectra.detector.importance import permutation_importance
from facespectra.features.status import OK
from facespectra.features.table import FeatureTable

for _package in ("sklearn", "skops", "lz4", "pandas"):
    pytest.importorskip(_package, reason="needs the detect extra")

WIDTH = 40


def table(rows: np.ndarray) -> FeatureTable:
    n = len(rows)
    return FeatureTable([str(k) for k in range(n)], [OK] * n, [(0, 0, 9, 9)] * n, rows)


def data(n: int = 120, telling: slice = slice(8, 12)) -> tuple[np.ndarray, np.ndarray]:
    """Only one band tells the classes apart."""
    rng = np.random.default_rng(0)
    labels = np.arange(n) % 2
    rows = rng.normal(size=(n, WIDTH))
    rows[:, telling] += 1.5 * labels[:, None]
    return rows.astype(np.float32), labels


def detector(classifier: str, **more: object) -> fs.Detector:
    rows, labels = data()
    made = fs.Detector("spectrum", classifier, crop=False, feature_settings={"n_features": WIDTH}, **more)
    return made.fit_features(table(rows), labels)


@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("classifier", ["logistic", "svm-linear"])
def test_linear_contributions_add_up_to_the_score(classifier: str, scale: bool) -> None:
    rows, _ = data()
    made = detector(classifier, scale=scale)
    found = attribute(made, rows)
    assert found.method == "exact"
    assert found.amounts.shape == (len(rows), 10)
    scores = made.score_features(table(rows))
    np.testing.assert_allclose(found.base + found.amounts.sum(axis=1), scores, atol=1e-5)


@pytest.mark.parametrize("classifier", ["svm-rbf", "svm-poly", "kmeans"])
def test_occlusion_against_a_replaced_band(classifier: str) -> None:
    rows, labels = data()
    made = detector(classifier)
    found = attribute(made, rows[:5])
    assert found.method == "occlusion"
    middle = (rows[labels == 0].mean(axis=0) + rows[labels == 1].mean(axis=0)) / 2
    changed = rows[:5].copy()
    changed[:, 8:12] = middle[8:12]
    expected = made.score_features(table(rows[:5])) - made.score_features(table(changed))
    np.testing.assert_allclose(found.amounts[:, 2], expected, atol=1e-5)


@pytest.mark.parametrize("classifier", ["logistic", "svm-rbf"])
def test_the_band_that_tells_is_found_by_both_measures(classifier: str) -> None:
    rows, labels = data()
    made = detector(classifier)
    amounts = attribute(made, rows).amounts
    gap = amounts[labels == 1].mean(axis=0) - amounts[labels == 0].mean(axis=0)
    lost = permutation_importance(made, rows, labels)
    assert int(np.argmax(gap)) == int(np.argmax(lost)) == 2
    assert lost[2] > 0.2
    assert np.delete(np.abs(lost), 2).max() < 0.1


def test_bands_have_names_and_cover_every_feature() -> None:
    groups = fs.Detector(feature_settings={"n_features": 300}).feature_set.groups
    assert [group.name for group in groups][:2] == ["0-0.1", "0.1-0.2"]
    assert [column for group in groups for column in range(300)[group.columns]] == list(range(300))
    assert len(fs.Detector(feature_settings={"n_features": 4}).feature_set.groups) == 4


def test_experts_explain_themselves() -> None:
    made = fs.load()
    assert made.gives_probabilities
    rows = np.random.default_rng(0).normal(size=(3, made.feature_set.width))
    found = attribute(made, rows)
    judge = made.pipeline_[-1]
    np.testing.assert_allclose(
        judge.calibrated(found.amounts.sum(axis=1)), judge.decision_function(rows), atol=1e-9
    )


def test_class_features_travel_with_the_model(tmp_path: Path) -> None:
    rows, labels = data()
    made = detector("svm-rbf")
    assert not made.gives_probabilities
    loaded = fs.load(made.save(tmp_path / "m.model"))
    for name, label in (("real", 0), ("fake", 1)):
        known = loaded.class_features_[name]
        assert known["n"] == 60
        np.testing.assert_allclose(known["mean"], rows[labels == label].mean(axis=0), atol=1e-6)
    np.testing.assert_array_equal(attribute(loaded, rows).amounts, attribute(made, rows).amounts)
    made.class_features_ = {}
    old = fs.load(made.save(tmp_path / "old.model"))
    assert old.class_features_ == {}
    assert attribute(old, rows) is None


def test_class_features_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    made = detector("svm-rbf")
    made.class_features_["real"]["mean"] = np.zeros(3)
    with pytest.raises(fs.errors.ModelError, match="does not fit"):
        fs.load(made.save(tmp_path / "m.model"))
    del made.class_features_["real"]["mean"]
    with pytest.raises(fs.errors.ModelError, match="does not fit"):
        fs.load(made.save(tmp_path / "m.model"))
