"""Detectors in notebooks: what they are, were trained on, and can't tell; and what drives them."""

from __future__ import annotations

import numpy as np
import pytest

import facespectra as fs
from facespectra.detector.attribution import attribute
from facespectra.errors import MissingExtraError, ModelError
from facespectra.features import FeatureTable
from notebook_html import checked

for _package in ("sklearn", "pandas", "PIL", "matplotlib"):
    pytest.importorskip(_package, reason="needs the detect extra")

N = 40
LABELS = np.repeat([0, 1], N // 2)


def texture(rng: np.random.Generator, *, fake: bool) -> np.ndarray:
    small = rng.integers(0, 256, (32, 28), dtype=np.uint8)
    return np.kron(small, np.ones((2, 2), np.uint8)) if fake else rng.integers(0, 256, (64, 56), np.uint8)


@pytest.fixture(scope="module")
def table() -> FeatureTable:
    rng = np.random.default_rng(0)
    images = [texture(rng, fake=bool(label)) for label in LABELS]
    return fs.Detector(crop=False, feature_settings={"n_features": 30}).extract(images)


@pytest.fixture(scope="module", params=["logistic", "svm-poly"])
def detector(request: pytest.FixtureRequest, table: FeatureTable) -> fs.Detector:
    settings = {"n_features": 30}
    made = fs.Detector(classifier=request.param, crop=False, feature_settings=settings)
    return made.fit_features(table, LABELS)


def test_one_that_was_not_trained_says_so() -> None:
    made = fs.Detector("regions", "experts", scale=True)
    found = checked(made)
    assert "Detector of fake faces: regions, experts, not trained" in found.text
    assert "call fit" in found.text
    assert repr(made) == "<Detector regions, experts, scaled>"
    with pytest.raises(ModelError, match="has not been trained; call fit first"):
        made.plot()


def test_a_trained_one_says_on_what(detector: fs.Detector) -> None:
    found = checked(detector)
    rows = found.rows()
    assert rows["trained on"][0].startswith("20 real and 20 fake faces; 0 images without a face")
    assert rows["threshold"] == [f"{detector.threshold_:.6g}; scores from it on are called fake"]
    assert rows["classifier"] == [detector.classifier]
    assert rows["face"] == ["not detected: whole images"]
    assert f"facespectra {fs.__version__}" in rows["trained with"][0]
    assert "no probabilities" in found.text
    assert "Not checked for any other kind of fake." in found.text


def test_the_shipped_model_says_what_it_cannot_tell() -> None:
    default = fs.load()
    found = checked(default)
    assert found.rows()["its fakes"] == ["386 portraits, 12 synthetic swaps of each; no real fake"]
    assert "Not checked for modern well-blended swaps" in found.text
    assert "Scores are probabilities." in found.text
    assert found.rows()["SHA-256 of the file"] == [default.sha256]


def test_text_out_of_a_model_file_is_escaped(detector: fs.Detector) -> None:
    training, versions = detector.training_, detector.versions_
    try:
        detector.training_ = training | {"warnings": ["<script>alert(1)</script>"]}
        detector.versions_ = {"<img src=x onerror=alert(1)>": "\ud800\x1b[31m\u202e"}
        found = checked(detector)
    finally:
        detector.training_, detector.versions_ = training, versions
    assert "Warning: <script>alert(1)</script>" in found.text
    assert found.named("img") == []


def test_bars_are_the_contributions_of_the_mean_faces(detector: fs.Detector) -> None:
    from matplotlib.figure import Figure

    ax = detector.plot(Figure().subplots())
    means = np.stack([detector.class_features_[name]["mean"] for name in ("real", "fake")])
    attribution = attribute(detector, means)
    assert attribution is not None
    expected = attribution.amounts[1] - attribution.amounts[0]
    np.testing.assert_allclose([bar.get_height() for bar in ax.patches], expected)
    if attribution.method == "exact":
        gap = detector.pipeline_.decision_function(means)
        assert expected.sum() == pytest.approx(gap[1] - gap[0])
    names = [group.name for group in detector.feature_set.groups]
    assert [label.get_text() for label in ax.get_xticklabels()] == names
    assert (ax.get_xlabel(), ax.get_ylabel()) == (
        "band of the radius, in parts of the largest",
        "adds to fakes",
    )


def test_bars_on_other_faces_are_those_of_the_report(detector: fs.Detector, table: FeatureTable) -> None:
    from matplotlib.figure import Figure

    from facespectra.detector.importance import Importance, measure_importance

    importance = measure_importance(detector, table, LABELS)
    assert isinstance(importance, Importance)
    ax = detector.plot(Figure().subplots(), table=table, labels=LABELS.tolist())
    np.testing.assert_allclose([bar.get_height() for bar in ax.patches], list(importance.gaps.values()))
    with pytest.raises(ValueError, match="give table and labels together"):
        detector.plot(table=table)
    with pytest.raises(ValueError, match="one for each of the 40 rows"):
        detector.plot(table=table, labels=[0, 1])


@pytest.mark.parametrize("name", ["default", "regions"])
def test_heat_maps_of_the_shipped_models(name: str) -> None:
    from matplotlib import pyplot as plt
    from matplotlib.colors import to_rgba

    from facespectra.detector.importance import Importance, class_importance, heat_maps

    loaded = fs.load(name)
    importance = class_importance(loaded)
    assert isinstance(importance, Importance)
    maps = heat_maps(importance.gaps)
    assert maps is not None
    before = plt.get_fignums()
    with plt.style.context("dark_background"):
        axes = loaded.plot()
        for ax, one in zip(axes, maps, strict=True):
            np.testing.assert_array_equal(ax.collections[0].get_array().reshape(one.cells.shape), one.cells)
            assert {to_rgba(text.get_color()) for text in ax.texts} <= {to_rgba("white")}
    assert len(plt.get_fignums()) == len(before) + 1
    plt.close(axes[0].figure)
    with pytest.raises(ValueError, match="this drawing takes 2 axes, not 1"):
        loaded.plot(plt.Figure().subplots())


def test_what_cannot_be_drawn_says_what_to_do(detector: fs.Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detector, "class_features_", {})
    with pytest.raises(ModelError, match="Training the model again adds them"):
        detector.plot()
    monkeypatch.setattr("facespectra._extras.installed", lambda module: module != "matplotlib")
    with pytest.raises(
        MissingExtraError, match=r'matplotlib is not installed: pip install "facespectra\[det'
    ):
        detector.plot()
    experts = fs.load("regions")
    experts.class_features_ = {}
    monkeypatch.undo()
    with pytest.raises(ModelError, match="give faces to measure on, as table"):
        experts.plot()
