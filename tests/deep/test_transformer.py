"""ResNet-50: its features, and detectors that use them; test_weights.py has what is refused as weights."""

from __future__ import annotations

import hashlib
import json
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import facespectra as fs
from facespectra.deep import WIDTH
from facespectra.errors import ModelError
from facespectra.features import Crop, FeatureTable, make_features

for _package in ("sklearn", "skops", "torchvision", "facenet_pytorch"):
    pytest.importorskip(_package, reason="needs the detect extra")
pd = pytest.importorskip("pandas", reason="needs the detect extra")
torch = pytest.importorskip("torch", reason="needs the torch extra")
Image = pytest.importorskip("PIL.Image", reason="needs the faces extra")

from resnet import make_state  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_torch_thread")


@pytest.fixture(scope="module")
def other_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "other.pth"
    torch.save(make_state(seed=1), path)
    return path


@pytest.fixture(scope="module")
def crops() -> list[np.ndarray]:
    """Rendered faces of unequal sizes, cut out by MTCNN: fewer than a batch."""
    from facespectra.rendered.database import render_face

    rng, cropper = np.random.default_rng(0), fs.FaceCropper()
    found = [cropper.crop_rgb(render_face(rng, 256)) for _ in range(3)]
    assert all(crop is not None for crop in found)
    return found


@pytest.fixture(scope="module")
def features(weights_file: Path, crops: list[np.ndarray]) -> np.ndarray:
    return fs.DeepFeatures(weights_file, precision="float32").transform(crops)


# --- features ----------------------------------------------------------------------------------------------


def test_features_are_torchvisions_own(
    state: dict[str, Any], crops: list[np.ndarray], features: np.ndarray
) -> None:
    from torchvision.models import resnet50
    from torchvision.transforms import v2

    network = resnet50(weights=None)
    network.load_state_dict(state)
    network.fc = torch.nn.Identity()
    network.eval()
    normalise = v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    for crop, found in zip(crops, features, strict=True):
        # PILToTensor and Resize as a torchvision user would write them.
        resized = v2.functional.resize(Image.fromarray(crop), [224, 224])
        pixels = normalise(
            v2.functional.to_dtype(v2.functional.pil_to_tensor(resized), torch.float32, scale=True)
        )
        with torch.inference_mode():
            expected = network(pixels[None])[0].numpy()
        np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())
    assert features.shape == (len(crops), WIDTH)
    assert features.dtype == np.float32


@pytest.mark.slow
def test_crops_have_the_same_features_alone_and_among_others(
    weights_file: Path, crops: list[np.ndarray], features: np.ndarray
) -> None:
    deep = fs.DeepFeatures(weights_file, precision="float32")
    alone = np.concatenate([deep.transform([crop]) for crop in crops])
    np.testing.assert_array_equal(alone, features)
    np.testing.assert_array_equal(deep.transform(crops[::-1]), features[::-1])
    larger = fs.DeepFeatures(weights_file, batch_size=3, precision="float32").transform(crops)
    np.testing.assert_allclose(larger, features, atol=1e-5 * features.max())


def test_every_batch_is_filled_up(weights_file: Path, crops: list[np.ndarray]) -> None:
    # Where kernels depend on the size of a batch, so does the rounding: there is only one size.
    deep = fs.DeepFeatures(weights_file, batch_size=2, precision="float32")
    sizes: list[int] = []
    deep.transform(crops[:1])
    network = deep._network()._load().network
    hook = network.register_forward_pre_hook(lambda _, inputs: sizes.append(len(inputs[0])))
    try:
        assert deep.transform(crops[:3]).shape == (3, WIDTH)
        deep.transform(crops[:1])
    finally:
        hook.remove()
    assert sizes == [2, 2, 2]


def test_only_colour_and_no_gradient_and_no_training_mode(
    weights_file: Path, crops: list[np.ndarray]
) -> None:
    deep = fs.DeepFeatures(weights_file, precision="float32")
    first = deep.transform(crops[:1])
    network = deep._network()._load().network
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
    np.testing.assert_array_equal(deep.transform([Image.fromarray(crops[0])]), first)
    assert not np.array_equal(deep.transform([crops[0][:, :, ::-1]]), first)
    assert deep.transform([]).shape == (0, WIDTH)


def test_wrong_images_are_refused(weights_file: Path) -> None:
    deep = fs.DeepFeatures(weights_file)
    with pytest.raises(ValueError, match="stack of images"):
        deep.transform(np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(ValueError, match=r"must be \(h, w, 3\) uint8"):
        deep.transform([np.zeros((0, 8, 3), np.uint8)])
    with pytest.raises(ValueError, match="batch_size must be at least 1"):
        fs.DeepFeatures(weights_file, batch_size=0).transform([])


@pytest.mark.slow
def test_is_a_scikit_learn_transformer(
    weights_file: Path, crops: list[np.ndarray], features: np.ndarray
) -> None:
    from sklearn.base import clone
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    deep = fs.DeepFeatures(weights_file, precision="float32")
    deep.transform(crops[:1])
    copy = clone(deep)
    assert (
        copy.get_params()
        == deep.get_params()
        == {
            "weights": weights_file,
            "network": "resnet50",
            "batch_size": None,
            "device": None,
            "precision": "float32",
        }
    )
    scaled = make_pipeline(copy, StandardScaler()).fit_transform(crops)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-3)
    assert deep.get_feature_names_out().shape == (WIDTH,)
    again = pickle.loads(pickle.dumps(deep))  # noqa: S301
    np.testing.assert_array_equal(again.transform(crops[:1]), features[:1])


@pytest.mark.slow
def test_set_params_takes_effect(weights_file: Path, other_weights: Path, crops: list[np.ndarray]) -> None:
    deep = fs.DeepFeatures(weights_file)
    first = deep.transform(crops[:1])
    assert not np.array_equal(deep.set_params(weights=other_weights).transform(crops[:1]), first)


# --- detectors ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def table(weights_file: Path) -> tuple[FeatureTable, np.ndarray]:
    """Joined features of textures: real ones rough, fakes smooth, so that both blocks can tell them apart."""
    rng = np.random.default_rng(0)
    images, labels = [], np.arange(16) % 2
    for fake in labels:
        small = rng.integers(0, 256, (32, 24, 3), dtype=np.uint8)
        image = Image.fromarray(small).resize(
            (48, 64), Image.Resampling.BICUBIC if fake else Image.Resampling.NEAREST
        )
        images.append(np.asarray(image))
    return detector("concatenation", weights_file).extract(images), labels


def detector(features: str, file: Path | None, **more: Any) -> fs.Detector:
    settings = {} if features == "resnet50" else {"feature_settings": {"n_features": 30}}
    return fs.Detector(features, "svm-linear", crop=False, weights=file, **settings, **more)


@pytest.mark.slow
def test_joined_features_are_both_side_by_side(
    weights_file: Path, crops: list[np.ndarray], features: np.ndarray
) -> None:
    made = [Crop(np.asarray(Image.fromarray(crop).convert("L")), crop, (0, 0, 1, 1), None) for crop in crops]
    for name in ("fusion", "concatenation"):
        joined = make_features(name, {"n_features": 30}, weights=weights_file, precision="float32")
        assert joined.width == WIDTH + 30
        matrix = joined.extract(made)
        np.testing.assert_array_equal(matrix[:, :WIDTH], features)
        np.testing.assert_array_equal(
            matrix[:, WIDTH:], fs.radial_spectrum([crop.grey for crop in made], n_features=30)
        )
    assert make_features("fusion", {}, weights=weights_file).blocks == (WIDTH, 300)
    assert make_features("concatenation", {}, weights=weights_file).blocks == ()


@pytest.mark.slow
def test_fusion_gives_each_block_an_equal_say(
    table: tuple[FeatureTable, np.ndarray], weights_file: Path
) -> None:
    from scipy.spatial.distance import pdist

    features, labels = table

    def shares(name: str) -> tuple[float, float]:
        """Mean squared distance between two samples, by each block, as the classifier sees it."""
        pipeline = detector(name, weights_file).fit_features(features, labels).pipeline_
        seen = pipeline[:-1].transform(features.matrix) if len(pipeline) > 1 else features.matrix
        deep, spectrum = (
            float(np.mean(pdist(part, "sqeuclidean"))) for part in np.split(seen, [WIDTH], axis=1)
        )
        return deep, spectrum

    deep, spectrum = shares("fusion")
    assert deep == pytest.approx(spectrum, rel=1e-6)
    deep, spectrum = shares("concatenation")
    assert not 0.1 < deep / spectrum < 10  # as they come, one drowns the other


def test_constant_features_and_wrong_widths() -> None:
    from facespectra.detector.blocks import BlockScaler

    rng = np.random.default_rng(0)
    matrix = np.column_stack([rng.normal(5, 3, 200), np.full(200, 7.0), rng.normal(0, 100, 200)])
    scaled = BlockScaler([2, 1]).fit_transform(matrix)
    np.testing.assert_allclose(scaled.std(axis=0), [1, 0, 1])
    with pytest.raises(ValueError, match="do not make up 3"):
        BlockScaler([2, 2]).fit(matrix)


@pytest.mark.slow
@pytest.mark.parametrize("features", ["resnet50", "fusion", "concatenation"])
def test_a_reloaded_detector_scores_the_same(
    features: str,
    table: tuple[FeatureTable, np.ndarray],
    weights_file: Path,
    crops: list[np.ndarray],
    tmp_path: Path,
) -> None:
    joined, labels = table
    matrix = joined.matrix[:, :WIDTH] if features == "resnet50" else joined.matrix
    trained = detector(features, weights_file)
    trained.fit_features(FeatureTable(joined.paths, joined.statuses, joined.boxes, matrix), labels)
    model = trained.save(tmp_path / "m.model")
    scores = trained.score_images(crops[:2])
    assert np.isfinite(scores).all()
    moved = weights_file.rename(tmp_path / "moved.pth")
    try:
        again = fs.load(model, weights=moved)
        np.testing.assert_array_equal(again.score_images(crops[:2]), scores)
        np.testing.assert_array_equal(again.score_images(crops[:1]), scores[:1])
        assert again.settings == trained.settings
        assert (
            again.settings["feature_settings"]["weights_sha256"]
            == hashlib.sha256(moved.read_bytes()).hexdigest()
        )
    finally:
        moved.rename(weights_file)
    with zipfile.ZipFile(model) as archive:
        assert str(weights_file.parent) not in archive.read("schema.json").decode()
        assert all(name.endswith((".npy", ".json")) for name in archive.namelist())


@pytest.mark.slow
def test_other_weights_are_refused(
    table: tuple[FeatureTable, np.ndarray],
    weights_file: Path,
    other_weights: Path,
    crops: list[np.ndarray],
    tmp_path: Path,
    hub: Path,
) -> None:
    features, labels = table
    model = detector("fusion", weights_file).fit_features(features, labels).save(tmp_path / "m.model")
    with pytest.raises(ModelError, match="other ResNet-50 weights") as caught:
        fs.load(model, weights=other_weights).score_images(crops[:1])
    assert str(other_weights) in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelError, match=r"needs the ResNet-50 weights.*--resnet-weights FILE"):
        fs.load(model).score_images(crops[:1])
    with pytest.raises(ValueError, match="take no weights"):
        fs.Detector(weights=weights_file)


def test_a_model_on_torchvisions_weights_finds_them_by_itself(hub: Path) -> None:
    features = make_features("resnet50", {"weights_sha256": "0676ba61" + "0" * 56})
    with pytest.raises(ModelError, match=r"cannot download.*resnet50-0676ba61"):
        features.extract(
            [Crop(np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3), np.uint8), (0, 0, 8, 8), None)]
        )


def test_settings_of_other_features_are_refused(weights_file: Path) -> None:
    with pytest.raises(TypeError, match="features 'resnet50' have no setting 'n_features'"):
        fs.Detector("resnet50", feature_settings={"n_features": 20}, weights=weights_file)


@pytest.mark.slow
def test_train_and_evaluate_with_weights_from_a_file(
    weights_file: Path, other_weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from facespectra.cli import main
    from facespectra.rendered.database import SWAPS, render_database

    # A swap so coarse that a network with made weights sees it.
    coarse = replace(SWAPS["C"], resolution=(14, 18), sharpening=(0.0, 0.0), colour=0.3)
    render_database(tmp_path / "faces", "other", n_people=6, pictures=1, seed=0, swap=coarse)
    data, model = str(tmp_path / "faces"), str(tmp_path / "m.model")
    given = ["--resnet-weights", str(weights_file)]
    options = ["--features", "fusion", "--classifier", "svm-linear"]
    assert main(["train", data, "-o", model, *options, *given]) == 0
    assert main(["evaluate", data, "-m", model, "--out", str(tmp_path / "run"), *given]) == 0
    metrics = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert metrics["features"] == "fusion"
    assert metrics["auc"] > 0.9  # on its own training faces
    capsys.readouterr()
    refused = [
        "evaluate",
        data,
        "-m",
        model,
        "--out",
        str(tmp_path / "no"),
        "--resnet-weights",
        str(other_weights),
    ]
    assert main(refused) == 2
    assert "other ResNet-50 weights" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()
    assert main(["train", data, "-o", model, "--features", "resnet50", "--n-features", "9", *given]) == 2
    assert "no setting 'n_features'" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.shared
def test_features_of_photographs(shared_data: Path, weights_file: Path) -> None:
    photographs = sorted((shared_data / "lab/Task_2_3/evaluation/real").glob("*.jpg"))[:3]
    crops = [fs.FaceCropper().crop_rgb(Image.open(path)) for path in photographs]
    deep = fs.DeepFeatures(weights_file)
    together = deep.transform(crops)
    np.testing.assert_array_equal(np.concatenate([deep.transform([crop]) for crop in crops]), together)
    assert np.isfinite(together).all()
    assert np.ptp(together, axis=0).max() > 0
    through = fs.Detector("resnet50", weights=weights_file).extract([str(path) for path in photographs])
    np.testing.assert_array_equal(through.matrix, together)
