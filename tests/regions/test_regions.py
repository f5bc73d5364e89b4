"""Region features: the fast way against the definition, and what they say about swaps."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

import facespectra as fs
from facespectra.faces import Face
from facespectra.features import FEATURES, make_features
from facespectra.features.crops import Crop
from facespectra.regions import definition, fast, feature_names, masks
from facespectra.regions.layout import BANDS, FLOOR, WIDTH
from facespectra.rendered.database import render_face

NAMES = feature_names()
# h, w: as found, small, large, flat, tall, odd.
SHAPES = [(150, 112), (61, 50), (330, 260), (60, 99), (200, 70), (113, 89)]


def texture(shape: tuple[int, int], seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(rng.normal(size=shape), 3) * 250
    return np.clip(120 + smooth + rng.normal(size=shape) * 5, 0, 255).astype(np.uint8)


def named(values: np.ndarray) -> dict[str, float]:
    return dict(zip(NAMES, values.tolist(), strict=True))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("landmarks", [None, "moved"])
def test_fast_is_the_definition(shape: tuple[int, int], landmarks: str | None) -> None:
    h, w = shape
    points = None if landmarks is None else masks.TYPICAL * (w, h) + (0.06 * w, -0.04 * h)
    grey = texture(shape)
    np.testing.assert_allclose(
        fast.region_features(grey, points), definition.region_features(grey, points), atol=2e-4
    )


def test_black_corners_are_left_out_of_both_ways() -> None:
    grey = texture((150, 112))
    grey[:60, :30] = 0
    got = fast.region_features(grey)
    np.testing.assert_allclose(got, definition.region_features(grey), atol=2e-4)
    np.testing.assert_array_equal(
        masks.regions(definition.resized(grey.astype(float), 112, 150), masks.TYPICAL * (112, 150))["ring"][
            :60, :30
        ],
        False,
    )


def test_names_say_what_the_numbers_are() -> None:
    assert len(NAMES) == len(set(NAMES)) == 192
    values = named(fast.region_features(texture((150, 112))))
    for band in ("dog0.8", "dog1.6", "dog3.2"):
        for region in ("inner", "eyes", "mouth", "skin"):
            for kind in ("rms", "p90"):
                difference = values[f"{region} {band} {kind}"] - values[f"ring {band} {kind}"]
                assert values[f"{region}-ring {band} {kind}"] == pytest.approx(difference)


def test_resizing_averages_areas_and_is_exact_on_ramps() -> None:
    picture = np.arange(64.0).reshape(8, 8)
    halved = picture.reshape(4, 2, 4, 2).mean((1, 3))
    np.testing.assert_allclose(definition.resized(picture, 4, 4), halved)
    for before, after in ((5, 3), (7, 7), (10, 31), (200, 112)):
        np.testing.assert_allclose(definition.weights(before, after).sum(1), 1)
    ramp = definition.weights(20, 60) @ np.arange(20.0)
    np.testing.assert_allclose(np.diff(ramp[6:-6]), 1 / 3)


def test_white_noise_has_equal_power_in_every_sector_at_its_variance() -> None:
    face = np.random.default_rng(0).normal(0, 10, (150, WIDTH))
    powers = np.exp(definition.sector_powers(face)) - FLOOR**2
    # The lowest bins hold a handful of frequencies.
    np.testing.assert_allclose(powers.reshape(3, 16)[:, 4:], 100, rtol=0.35)
    assert powers.reshape(3, 16)[:, 4:].mean() == pytest.approx(100, rel=0.05)


def test_stripes_are_in_the_sector_of_their_direction() -> None:
    stripes = 128 + 50 * np.sin(2 * np.pi * 0.2 * np.arange(WIDTH))
    values = named(fast.region_features(np.tile(stripes, (140, 1))))
    assert values["power horizontal 0.219"] > values["power vertical 0.219"] + 5
    assert values["inner diff2-h rms"] > values["inner diff2-v rms"] + 3


def test_a_blurred_inner_face_lowers_inner_and_not_ring() -> None:
    grey = texture((150, 112)).astype(float)
    x, y = np.meshgrid(np.arange(112) + 0.5, np.arange(150) + 0.5)
    cx, cy = (masks.TYPICAL * (112, 150)).mean(0)
    mask = ((x - cx) / 42) ** 2 + ((y - cy) / 47) ** 2 < 1
    swapped = np.where(mask, ndimage.gaussian_filter(grey, 1.5), grey)
    before, after = named(fast.region_features(grey)), named(fast.region_features(swapped))
    for band in BANDS[:6]:
        assert after[f"inner {band} rms"] < before[f"inner {band} rms"] - 0.1
        assert after[f"ring {band} rms"] == pytest.approx(before[f"ring {band} rms"], abs=0.1)
    assert after["inner-ring dog0.8 rms"] < before["inner-ring dog0.8 rms"] - 0.5


def test_brightness_does_not_matter_and_flat_faces_are_finite() -> None:
    grey = texture((150, 112)).astype(float) / 2 + 40
    np.testing.assert_allclose(fast.region_features(grey), fast.region_features(grey + 50), atol=1e-4)
    flat = fast.region_features(np.full((150, 112), 99))
    np.testing.assert_allclose(flat[:80], np.log(FLOOR), atol=1e-3)
    assert np.isfinite(flat).all()


@pytest.mark.parametrize(
    ("grey", "landmarks", "message"),
    [
        (np.zeros((20, 112)), None, "112x20 pixels is not the shape of a face"),
        (np.zeros((500, 20)), None, "not the shape of a face"),
        (np.zeros((0, 5)), None, "grey picture"),
        (np.zeros((9, 9, 3)), None, "grey picture"),
        (np.zeros((150, 112)), np.zeros((4, 2)), "five points"),
        (np.zeros((150, 112)), np.full((5, 2), np.nan), "five points"),
    ],
)
def test_what_is_no_face_is_refused(grey: np.ndarray, landmarks: np.ndarray | None, message: str) -> None:
    for way in (fast, definition):
        with pytest.raises(ValueError, match=message):
            way.region_features(grey, landmarks)


@pytest.fixture(scope="module")
def rendered() -> tuple[Image.Image, Face]:
    image = render_face(np.random.default_rng(5), 256)
    (face,) = fs.FaceCropper().detect([image])
    assert face is not None
    return image, face


def test_the_transformer_the_feature_set_and_the_function_agree(rendered: tuple[Image.Image, Face]) -> None:
    image, face = rendered
    x0, y0, x1, y1 = face.box
    grey = np.array(image.convert("L"))
    expected = fast.region_features(grey[y0:y1, x0:x1], np.array(face.landmarks) - (x0, y0))
    transformer = fs.RegionFeatures()
    blank = np.zeros((64, 64), np.uint8)
    rows = transformer.fit_transform([image, blank])
    np.testing.assert_array_equal(rows[0], expected)
    assert np.isnan(rows[1]).all()
    np.testing.assert_array_equal(transformer.transform([image], [face])[0], expected)
    assert transformer.get_feature_names_out().tolist() == NAMES
    box = fs.RegionFeatures(whole=True)
    points = np.array(face.landmarks) - (x0, y0)
    np.testing.assert_array_equal(box.transform([grey[y0:y1, x0:x1]], landmarks=[points])[0], expected)
    cropper = fs.FaceCropper(margin=0.2)
    left, top, right, bottom = wide = cropper.region(face, *image.size)
    crop = Crop(grey[top:bottom, left:right], np.array(image)[top:bottom, left:right], wide, face)
    features = make_features("regions", {})
    assert features.width == len(NAMES)
    np.testing.assert_array_equal(features.extract([crop])[0], expected)


def test_a_face_features_do_not_depend_on_its_neighbours(rendered: tuple[Image.Image, Face]) -> None:
    image, _ = rendered
    small = image.resize((150, 150))
    alone = fs.RegionFeatures().transform([small])
    together = fs.RegionFeatures().transform([image, small, image])
    np.testing.assert_array_equal(together[1], alone[0])


def test_settings_that_regions_have_not_are_refused() -> None:
    assert "regions" in FEATURES
    with pytest.raises(TypeError, match="no setting 'n_features'"):
        make_features("regions", {"n_features": 3})
