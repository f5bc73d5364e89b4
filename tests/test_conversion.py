"""Every kind of pixel becomes the same 8 bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from facespectra._conversion import cut_grey, shared_rgb, size_of, to_rgb_image
from facespectra.faces import Face, FaceCropper
from facespectra.features.crops import crop_image
from facespectra.images import to_grey, to_rgb
from modes import MODES, in_mode, picture

Image = pytest.importorskip("PIL.Image", reason="needs Pillow (extra faces)")


def grey_by_pillow(rgb: np.ndarray) -> np.ndarray:
    return np.asarray(Image.fromarray(rgb).convert("L"))


@pytest.mark.parametrize("mode", MODES)
def test_a_pillow_image_of_any_mode_becomes_what_pillow_makes_of_it(mode: str) -> None:
    image = in_mode(mode)
    assert image.mode == mode
    rgb, grey = to_rgb(image), to_grey(image)
    # I and F hold 0..255 here, for which Pillow's own conversion is right too.
    plain = image.convert({"La": "LA", "RGBa": "RGBA", "I": "L", "F": "L"}.get(mode, mode))
    np.testing.assert_array_equal(rgb, np.asarray(plain.convert("RGB")))
    np.testing.assert_array_equal(grey, np.asarray(plain.convert("L")))
    assert (rgb.dtype, rgb.shape, grey.dtype, grey.shape) == (np.uint8, (24, 36, 3), np.uint8, (24, 36))


BOX = (5, 3, 30, 21)


@pytest.mark.parametrize("mode", [*MODES, "I;16"])
def test_short_ways_give_the_pixels_of_the_long_ones(mode: str) -> None:
    image = Image.fromarray(picture()[:, :, 0].astype(np.uint16) * 250) if mode == "I;16" else in_mode(mode)
    x0, y0, x1, y1 = BOX
    np.testing.assert_array_equal(shared_rgb(image), to_rgb(image))
    np.testing.assert_array_equal(cut_grey(image, BOX), to_grey(image)[y0:y1, x0:x1])
    np.testing.assert_array_equal(np.asarray(to_rgb_image(image)), to_rgb(image))


@pytest.mark.parametrize("channels", [0, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.bool_])
def test_short_ways_through_arrays_do_too(dtype: type, channels: int) -> None:
    deep = (picture()[:, :, :1] if channels == 0 else np.repeat(picture(), 2, axis=2)[:, :, :channels]) / 255
    array = (deep * 255 if dtype == np.uint8 else deep).round(0 if dtype == np.uint8 else 3).astype(dtype)
    array = array[:, ::-1, 0] if channels == 0 else array[:, ::-1]
    x0, y0, x1, y1 = BOX
    np.testing.assert_array_equal(shared_rgb(array), to_rgb(array))
    cut = cut_grey(array, BOX)
    np.testing.assert_array_equal(cut, to_grey(array)[y0:y1, x0:x1])
    assert not np.shares_memory(cut, array)


def test_short_ways_refuse_what_the_long_ones_do() -> None:
    wrong = np.full((24, 36, 3), 2.0)
    for refuse in (lambda: shared_rgb(wrong), lambda: cut_grey(wrong, BOX)):
        with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
            refuse()
    with pytest.raises(TypeError, match="not str"):
        cut_grey("photograph", BOX)  # type: ignore[arg-type]
    with Path(__file__).open("rb") as file, pytest.raises(TypeError, match="not BufferedReader"):
        size_of(file)  # type: ignore[arg-type]


def test_lab_becomes_colour_close_to_where_it_came_from() -> None:
    cms = pytest.importorskip("PIL.ImageCms")
    smooth = Image.new("RGB", (8, 8), (150, 110, 90))
    lab = cms.profileToProfile(smooth, cms.createProfile("sRGB"), cms.createProfile("LAB"), outputMode="LAB")
    assert np.abs(to_rgb(lab).astype(int) - np.asarray(smooth)).max() <= 3


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I;16L"])
def test_sixteen_bit_greys_are_scaled_not_clipped(mode: str) -> None:
    deep = np.arange(0, 65536, 97, dtype=np.uint16)[:600].reshape(20, 30)
    image = Image.frombytes(mode, (30, 20), deep.astype(">u2" if mode == "I;16B" else "<u2").tobytes())
    np.testing.assert_array_equal(to_grey(image), np.rint(deep / 257).astype(np.uint8))
    np.testing.assert_array_equal(to_rgb(image)[:, :, 2], to_grey(deep))


@pytest.mark.parametrize(
    ("mode", "values", "expected"),
    [
        ("I", [0, 128, 255], [0, 128, 255]),
        ("I", [0, 257, 65535], [0, 1, 255]),
        ("I", [-5, 0, 2**31 - 1], [0, 0, 255]),
        ("F", [0.0, 0.5, 1.0], [0, 128, 255]),
        ("F", [0.0, 100.0, 255.0], [0, 100, 255]),
        ("F", [float("nan"), 257.0, 65535.0], [0, 1, 255]),
        ("F", [float("nan"), -1.0, 1e9], [0, 0, 255]),
    ],
)
def test_modes_that_do_not_say_what_white_is(mode: str, values: list[float], expected: list[int]) -> None:
    array = np.array([values], dtype=np.int32 if mode == "I" else np.float32)
    assert to_grey(Image.fromarray(array)).tolist() == [expected]


@pytest.mark.parametrize("channels", [0, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16, np.float32, np.float64, np.bool_])
def test_arrays_of_every_depth_agree_with_eight_bits(dtype: type, channels: int) -> None:
    eight = picture()
    if channels == 0:
        eight = eight[:, :, 0]
    elif channels == 4:
        eight = np.dstack([eight, np.full(eight.shape[:2], 9, np.uint8)])
    if dtype is np.bool_:
        eight = (eight > 100).astype(np.uint8) * np.uint8(255)
        array = eight > 0
    elif dtype is np.uint16:
        array = eight.astype(np.uint16) * np.uint16(257)
    elif dtype is np.uint8:
        array = eight
    else:
        array = (eight / 255).astype(dtype)
    rgb = np.repeat(eight[:, :, None], 3, 2) if channels == 0 else eight[:, :, :3]
    np.testing.assert_array_equal(to_rgb(array), rgb)
    np.testing.assert_array_equal(to_grey(array), eight if channels == 0 else grey_by_pillow(rgb.copy()))


@settings(derandomize=True, max_examples=40, deadline=None)
@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([3, 4]))))
def test_grey_is_pillows_grey(array: np.ndarray) -> None:
    np.testing.assert_array_equal(to_grey(array), grey_by_pillow(np.ascontiguousarray(array[:, :, :3])))
    np.testing.assert_array_equal(to_grey(to_rgb(array)), to_grey(array))
    np.testing.assert_array_equal(to_grey(array[::-1, ::-1]), to_grey(array)[::-1, ::-1])


def test_results_never_share_memory_with_the_input() -> None:
    for array in (picture(), picture()[:, :, 0].copy()):
        assert not np.shares_memory(to_rgb(array), array)
        assert not np.shares_memory(to_grey(array), array)


def test_an_image_without_pixels_has_none() -> None:
    for empty in (np.zeros((0, 5), np.uint8), np.zeros((0, 5, 3), np.uint16), Image.new("RGB", (5, 0))):
        assert to_grey(empty).shape == (0, 5)
        assert to_rgb(empty).shape == (0, 5, 3)


@pytest.mark.parametrize(
    ("array", "error", "words"),
    [
        (np.zeros(5, np.uint8), ValueError, r"shape .*\(5,\)"),
        (np.zeros((5, 5, 2), np.uint8), ValueError, r"\(5, 5, 2\)"),
        (np.full((5, 5), 1.5), ValueError, r"\[0, 1\]"),
        (np.full((5, 5), np.nan), ValueError, r"\[0, 1\]"),
        (np.zeros((5, 5), np.int64), TypeError, "int64"),
        ("face.jpg", TypeError, "str"),
    ],
)
def test_what_is_not_an_image_is_refused_by_name(array: object, error: type, words: str) -> None:
    for convert in (to_rgb, to_grey):
        with pytest.raises(error, match=words):
            convert(array)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "size", [(1024, 1024), (1023, 1025), (4097, 257), (1 << 20, 1), (1, 1 << 20), (1023, 1024)]
)
def test_large_pictures_have_pillows_pixels(size: tuple[int, int]) -> None:
    # From a million pixels on, they come another way.
    pixels = np.random.default_rng(size[0]).integers(0, 256, (size[1], size[0], 3), np.uint8)
    image = Image.fromarray(pixels)
    for found in (to_rgb(image), shared_rgb(image)):
        np.testing.assert_array_equal(found, pixels)
        assert found.dtype == np.uint8
        assert found.flags.c_contiguous
    own = to_rgb(image)
    own[0, 0] = 255 - own[0, 0]
    np.testing.assert_array_equal(np.asarray(image), pixels)
    np.testing.assert_array_equal(shared_rgb(image.convert("L"))[..., 1], np.asarray(image.convert("L")))


@pytest.mark.parametrize("kind", ["array", "grey array", "with alpha", "Pillow", "16 bits", "float"])
def test_a_crops_grey_is_that_of_the_whole_picture(kind: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (90, 80, 3), np.uint8)
    images = {
        "array": pixels,
        "grey array": pixels[..., 0],
        "with alpha": np.dstack([pixels, pixels[..., :1]]),
        "Pillow": Image.fromarray(pixels),
        "16 bits": pixels.astype(np.uint16) * 200,
        "float": pixels / 300,
    }
    image = images[kind]

    class Found(FaceCropper):
        def search(self, rgb: np.ndarray) -> tuple[list[Face], int]:
            return [Face((10, 20, 50, 70), 0.9, ((20, 30), (40, 30), (30, 45), (22, 60), (38, 60)))], 1

    for colour in (True, False):
        crop = crop_image("", image, Found(), colour=colour).crop
        assert crop is not None
        assert crop.shape == (50, 40)
        np.testing.assert_array_equal(crop.grey, to_grey(image)[20:70, 10:50])
        assert crop.grey is crop.grey
