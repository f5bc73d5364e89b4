"""Classifiers, their folds, and what threads have to say in them."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import facespectra as fs
from facespectra.detector import CLASSIFIERS
from facespectra.detector.classifiers import (
    FOLDS,
    fit_classifier,
    held_out_scores,
    make_pipeline,
)

pytest.importorskip("sklearn", reason="needs the detect extra")


def test_kmeans_scores_by_distances_to_its_centres() -> None:
    rng = np.random.default_rng(1)
    real, fake = rng.normal(0, 0.1, (20, 3)), rng.normal(1, 0.1, (20, 3))
    pipeline = make_pipeline("kmeans", scale=False, seed=0)
    pipeline.fit(np.concatenate([real, fake]), np.repeat([0, 1], 20))
    np.testing.assert_allclose(pipeline[-1].centres_, [real.mean(0), fake.mean(0)])
    point = np.array([[0.2, 0.3, 0.1]])
    expected = np.linalg.norm(point - real.mean(0)) - np.linalg.norm(point - fake.mean(0))
    assert pipeline.decision_function(point) == pytest.approx(expected)
    assert list(pipeline.predict([[0, 0, 0], [1, 1, 1]])) == [0, 1]


def test_held_out_scores_never_see_their_group() -> None:
    # Each group is a point of its own with a label by chance: only who has seen the group can know it.
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(60), 4)
    labels = rng.permutation(np.repeat([0, 1], 30))[groups]
    matrix = rng.normal(size=(60, 5))[groups] + rng.normal(scale=1e-3, size=(240, 5))
    pipeline = make_pipeline("svm-rbf", scale=False, seed=0)
    held_out = held_out_scores(pipeline, matrix, labels, groups, 0)
    assert held_out is not None
    assert fs.evaluate(labels, held_out).auc < 0.7
    alone = held_out_scores(pipeline, matrix, labels, np.arange(240), 0)
    assert alone is not None
    assert fs.evaluate(labels, alone).auc > 0.95


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_threads_have_no_say_in_the_fit(name: str) -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 300)
    matrix = rng.normal(size=(600, 40)) + 0.1 * labels[:, None]
    groups = rng.integers(0, 120, 600)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        alone, together = (
            fit_classifier(make_pipeline(name, scale=False, seed=0), matrix, labels, groups, 0, threads)
            for threads in (1, 4)
        )
    np.testing.assert_array_equal(alone.held_out, together.held_out)
    assert alone.threshold == together.threshold
    np.testing.assert_array_equal(*(fit.pipeline.decision_function(matrix) for fit in (alone, together)))


def test_folds_are_fitted_under_the_settings_of_who_asks() -> None:
    import sklearn

    seen = []

    class Judge:
        def __sklearn_clone__(self) -> Judge:
            return self

        def fit(self, matrix: np.ndarray, labels: np.ndarray) -> Judge:
            seen.append(sklearn.get_config()["working_memory"])
            return self

        def decision_function(self, matrix: np.ndarray) -> np.ndarray:
            return np.zeros(len(matrix))

    labels = np.repeat([0, 1], 10)
    with sklearn.config_context(working_memory=77):
        held_out_scores(Judge(), labels[:, None], labels, np.arange(20), 0, 3)
    assert seen == [77] * FOLDS
