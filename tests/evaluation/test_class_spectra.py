"""Spectra of the classes: moments and AUCs against plain NumPy and scikit-learn, and too small classes."""

from __future__ import annotations

import numpy as np
import pytest

from facespectra.evaluation import delong_interval
from facespectra.evaluation.class_spectra import ClassSpectra, measure_class_spectra


@pytest.fixture
def labels() -> np.ndarray:
    return np.repeat([0, 1], [40, 30])


@pytest.fixture
def matrix(labels: np.ndarray) -> np.ndarray:
    """Spectra in float32 whose first feature is always 1, and others with ties."""
    rng = np.random.default_rng(3)
    values = np.round(rng.normal(size=(len(labels), 23)), 1) + labels[:, None] * np.linspace(-1, 1, 23)
    values[:, 0] = 1
    return values.astype(np.float32)


def test_moments_of_each_class(matrix: np.ndarray, labels: np.ndarray) -> None:
    measured = measure_class_spectra(matrix, labels, name="a database")
    assert measured is not None
    assert measured.name == "a database"
    assert measured.bands == ()
    for label, mean, sd in (
        (0, measured.real_mean, measured.real_sd),
        (1, measured.fake_mean, measured.fake_sd),
    ):
        own = matrix[labels == label].astype(float)
        assert mean == pytest.approx(own.mean(axis=0))
        assert sd == pytest.approx(own.std(axis=0, ddof=1))
        assert mean.dtype == sd.dtype == np.float64
    assert measured.pooled_sd == pytest.approx(np.sqrt((measured.real_sd**2 + measured.fake_sd**2) / 2))


def test_auc_of_each_feature_counts_ties_half(matrix: np.ndarray, labels: np.ndarray) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="needs the detect extra")
    measured = measure_class_spectra(matrix, labels)
    assert measured is not None
    assert measured.auc[0] == 0.5
    assert measured.auc == pytest.approx([metrics.roc_auc_score(labels, column) for column in matrix.T])


@pytest.mark.parametrize("n_bands", [1, 4, 23])
def test_bands_are_equal_parts_with_intervals(matrix: np.ndarray, labels: np.ndarray, n_bands: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="needs the detect extra")
    measured = measure_class_spectra(matrix, labels, n_bands=n_bands)
    assert measured is not None
    assert len(measured.bands) == n_bands
    for columns, band in zip(np.array_split(np.arange(23), n_bands), measured.bands, strict=True):
        means = matrix.astype(float)[:, columns].mean(axis=1)
        assert band.auc == pytest.approx(metrics.roc_auc_score(labels, means))
        assert (band.low, band.high) == delong_interval(labels, means)


def test_order_of_samples_does_not_matter(matrix: np.ndarray, labels: np.ndarray) -> None:
    order = np.random.default_rng(4).permutation(len(labels))
    one = measure_class_spectra(matrix, labels, n_bands=4)
    other = measure_class_spectra(matrix[order], labels[order], n_bands=4)
    assert isinstance(one, ClassSpectra)
    assert isinstance(other, ClassSpectra)
    assert np.array_equal(one.auc, other.auc)
    assert [band.auc for band in one.bands] == [band.auc for band in other.bands]


@pytest.mark.parametrize("n_fake", [0, 1])
def test_a_class_of_fewer_than_two_gives_none(matrix: np.ndarray, n_fake: int) -> None:
    labels = np.repeat([0, 1], [70 - n_fake, n_fake])
    assert measure_class_spectra(matrix, labels) is None
    assert measure_class_spectra(matrix, 1 - labels) is None
