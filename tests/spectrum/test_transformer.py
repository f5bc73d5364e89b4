"""RadialSpectrum among scikit-learn's own tools."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import facespectra as fs

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (24, 40, 40)).astype(np.uint8)
    noise[::2] = (noise[::2] // 2 + np.roll(noise[::2], 1, axis=2) // 2).astype(np.uint8)
    return noise


@pytest.fixture(scope="module")
def labels() -> np.ndarray:
    return np.arange(24) % 2


def test_it_is_the_same_call(images: np.ndarray) -> None:
    settings = {
        "n_features": 50,
        "convention": "isotropic",
        "epsilon": 1e-6,
        "normalize": False,
        "dtype": "float64",
    }
    got = fs.RadialSpectrum(**settings, backend="numpy", threads=1).fit_transform(images)
    np.testing.assert_array_equal(got, fs.radial_spectrum(images, **settings, backend="numpy"))


def test_parameters_are_stored_as_given_and_cloned() -> None:
    backend = "numpy"
    transformer = fs.RadialSpectrum(n_features=12, backend=backend)
    assert transformer.get_params() == {
        "n_features": 12,
        "convention": "durall",
        "epsilon": 1e-8,
        "normalize": True,
        "dtype": "float32",
        "backend": backend,
        "threads": None,
    }
    twin = clone(transformer.set_params(n_features=13))
    assert twin is not transformer
    assert twin.get_params() == transformer.get_params()
    with pytest.raises(TypeError):
        fs.RadialSpectrum(12)
    assert "n_features=13" in repr(twin)


def test_wrong_parameters_are_refused_when_used(images: np.ndarray) -> None:
    transformer = fs.RadialSpectrum(convention="polar")
    with pytest.raises(ValueError, match="convention must be one of"):
        transformer.fit(images).transform(images)
    with pytest.raises(ValueError, match="expected a stack of images"):
        fs.RadialSpectrum().transform(images[0])


def test_tags_say_that_it_takes_images_and_needs_no_fit() -> None:
    tags = get_tags(fs.RadialSpectrum())
    assert not tags.requires_fit
    assert tags.input_tags.three_d_array
    assert not tags.input_tags.two_d_array
    check_is_fitted(fs.RadialSpectrum())


def test_set_output_names_the_columns(images: np.ndarray) -> None:
    pandas = pytest.importorskip("pandas")
    frame = fs.RadialSpectrum(n_features=4).set_output(transform="pandas").fit_transform(images)
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame.columns) == ["spectrum0", "spectrum1", "spectrum2", "spectrum3"]
    assert frame.shape == (24, 4)


def test_it_is_pickled(images: np.ndarray) -> None:
    transformer = fs.RadialSpectrum(n_features=9, threads=1)
    twin = pickle.loads(pickle.dumps(transformer))  # noqa: S301 - our own bytes
    np.testing.assert_array_equal(twin.transform(images), transformer.transform(images))


def test_pipeline_and_grid_search(images: np.ndarray, labels: np.ndarray) -> None:
    pipeline = Pipeline(
        [("spectrum", fs.RadialSpectrum(threads=1)), ("scale", StandardScaler()), ("svm", SVC())]
    )
    search = GridSearchCV(pipeline, {"spectrum__n_features": [20, 40], "svm__C": [1, 10]}, cv=3)
    search.fit(images, labels)
    assert search.best_score_ == 1
    assert pipeline[:2].set_params(spectrum__n_features=20).fit_transform(images).shape == (24, 20)


def test_lists_of_images_of_any_shape_go_through_a_pipeline(images: np.ndarray, labels: np.ndarray) -> None:
    crops = [image[: 40 - i % 3, : 40 - i % 5] for i, image in enumerate(images)]
    model = make_pipeline(fs.RadialSpectrum(), StandardScaler(), SVC())
    search = GridSearchCV(model, {"svc__C": [1, 2]}, cv=2)
    assert search.fit(crops, labels).predict(crops).shape == (24,)
