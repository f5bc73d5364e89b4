"""Every backend, in both conventions and both precisions, against the oracle."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import facespectra as fs
import oracle
from facespectra.errors import FacespectraError, InvalidImageError
from facespectra.spectrum import definition

# Relative to the largest value of the spectrum, before normalisation. float32: the DFT's rounding error, seen
# through the logarithm of the smallest amplitudes.
TOLERANCE = {"float32": 1e-4, "float64": 1e-10}

# float32's documented floor: an 8-bit image can have exact zeros in its spectrum.
FLOOR = {"float32": 2.0**-19, "float64": 0.0}

SHAPES = [(8, 8), (9, 9), (8, 9), (9, 8), (16, 16), (13, 31), (64, 8), (8, 97), (50, 51), (31, 64)]
PIXELS = {"uint8": 255, "uint16": 65535, "float32": 1.0, "float64": 1e4}


def image_of(shape: tuple[int, int], dtype: str = "uint8", seed: int = 0) -> np.ndarray:
    """Noise with a falling spectrum, as photographs have it."""
    rng = np.random.default_rng(seed)
    walks = np.cumsum(rng.normal(size=shape), axis=0) + np.cumsum(rng.normal(size=shape), axis=1)
    noise = walks + rng.normal(size=shape)
    noise = (noise - noise.min()) / np.ptp(noise)
    return (noise * PIXELS[dtype]).astype(dtype)


def assert_close(got: np.ndarray, expected: np.ndarray, dtype: str) -> None:
    assert got.dtype == dtype
    assert got.shape == expected.shape
    scale = np.abs(expected).max()
    np.testing.assert_allclose(got / scale, expected / scale, rtol=0, atol=TOLERANCE[dtype])


def reference(image: np.ndarray, dtype: str, **keywords: object) -> np.ndarray:
    """The definition in float64, with the floor of `dtype`; it is tested against the oracle itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(definition.RELATIVE_FLOOR, "float64", definition.RELATIVE_FLOOR[dtype])
        return fs.radial_spectrum(image, backend="numpy", dtype="float64", **keywords)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)))
@pytest.mark.parametrize("n_features", [300, 20, 1, None])
def test_oracle(
    backend: str, convention: str, dtype: str, shape: tuple[int, int], n_features: int | None
) -> None:
    image = image_of(shape)
    keywords = {"n_features": n_features, "convention": convention, "normalize": False}
    got = fs.radial_spectrum(image, backend=backend, dtype=dtype, **keywords)
    assert_close(got, oracle.radial_spectrum(image, **keywords, floor=FLOOR[dtype]), dtype)


@pytest.mark.parametrize("pixels", PIXELS)
def test_pixel_types(backend: str, convention: str, dtype: str, pixels: str) -> None:
    image = image_of((33, 40), pixels)
    got = fs.radial_spectrum(image, backend=backend, dtype=dtype, convention=convention)
    expected = oracle.radial_spectrum(image, convention=convention, floor=FLOOR[dtype])
    assert_close(got, expected, dtype)
    assert got[0] == 1


@st.composite
def shapes(draw: st.DrawFn) -> tuple[int, int]:
    """From square to thin, 8 to 1500 pixels a side, a quarter of a megapixel at most."""
    one = draw(st.integers(8, 1500))
    other = draw(st.integers(8, min(1500, max(8, 250_000 // one))))
    return draw(st.permutations((one, other)))


# The same examples every time: one image in ten thousand has an amplitude so small, alone in its radius, that
# its float32 logarithm is off by more than the tolerance (126x744, pyfftw: 2.7e-4). No change is to blame.
@settings(
    derandomize=True,
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(shape=shapes(), data=st.data())
def test_any_shape(
    backend: str, convention: str, dtype: str, shape: tuple[int, int], data: st.DataObject
) -> None:
    image = image_of(tuple(shape), data.draw(st.sampled_from(sorted(PIXELS))), data.draw(st.integers(0, 9)))
    keywords = {"n_features": data.draw(st.sampled_from([None, 1, 2, 80, 300])), "convention": convention}
    got = fs.radial_spectrum(image, backend=backend, dtype=dtype, normalize=False, **keywords)
    assert_close(got, reference(image, dtype, normalize=False, **keywords), dtype)


@pytest.mark.parametrize(
    "shape",
    [(1500, 1500), (1499, 1024), (8, 1500), (1500, 9), (997, 613), (2, 900), (1, 300), (640, 1)],
    ids=lambda shape: "x".join(map(str, shape)),
)
def test_large_prime_and_thin_shapes(
    backend: str, convention: str, dtype: str, shape: tuple[int, int]
) -> None:
    image = image_of(shape)
    keywords = {"convention": convention, "normalize": False}
    got = fs.radial_spectrum(image, backend=backend, dtype=dtype, **keywords)
    assert_close(got, reference(image, dtype, **keywords), dtype)


@pytest.mark.shared
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 1e-4)])
def test_published_vectors(shared_data, backend: str, dtype: str, tolerance: float) -> None:
    with np.load(shared_data / "published_spectra" / "celeba_gan_80.npz") as published:
        images, features = published["images"], published["features"]
    got = fs.radial_spectrum(images, n_features=80, dtype=dtype, backend=backend)
    assert got.shape == (400, 80)
    assert np.abs(got - features).max() < tolerance


def test_stack_sequence_and_single_agree_bit_for_bit(backend: str, convention: str, dtype: str) -> None:
    images = np.stack([image_of((40, 37), seed=seed) for seed in range(5)])
    keywords = {"backend": backend, "convention": convention, "dtype": dtype}
    stack = fs.radial_spectrum(images, **keywords)
    assert stack.shape == (5, 300)
    np.testing.assert_array_equal(fs.radial_spectrum(list(images), **keywords), stack)
    np.testing.assert_array_equal(fs.radial_spectrum(iter(images), **keywords), stack)
    if backend != "torch":  # whose FFT may choose by the size of the batch
        np.testing.assert_array_equal([fs.radial_spectrum(image, **keywords) for image in images], stack)


def test_a_sequence_may_mix_shapes_and_types(backend: str) -> None:
    images = [
        image_of((20, 30)),
        image_of((31, 9), "float64"),
        image_of((20, 30), "uint16"),
        image_of((8, 8), "float32"),
    ]
    got = fs.radial_spectrum(images, backend=backend, dtype="float64")
    for image, row in zip(images, got, strict=True):
        assert_close(row, oracle.radial_spectrum(image), "float64")


def test_strides_do_not_matter(backend: str, dtype: str) -> None:
    image = image_of((48, 66), "float32")
    layouts = {
        "Fortran order": np.asfortranarray(image),
        "every second": np.repeat(np.repeat(image, 2, axis=0), 2, axis=1)[::2, ::2],
        "reversed": np.ascontiguousarray(image[::-1, ::-1])[::-1, ::-1],
        "big-endian": image.astype(">f4"),
        "read-only": image.copy(),
        "misaligned": np.frombuffer(b"\0" + image.tobytes(), np.uint8)[1:].view("<f4").reshape(image.shape),
    }
    layouts["read-only"].flags.writeable = False
    expected = fs.radial_spectrum(image, backend=backend, dtype=dtype)
    for name, same in layouts.items():
        before = same.copy()
        got = fs.radial_spectrum(same, backend=backend, dtype=dtype)
        np.testing.assert_array_equal(got, expected, err_msg=name)
        np.testing.assert_array_equal(same, before, err_msg=f"{name}: the input was changed")
    stack = np.stack([image, image + 1])
    transposed = np.ascontiguousarray(stack.transpose(2, 0, 1)).transpose(1, 2, 0)
    np.testing.assert_array_equal(
        fs.radial_spectrum(transposed, backend=backend), fs.radial_spectrum(stack, backend=backend)
    )


def test_threads_do_not_change_a_bit(backend: str, convention: str, dtype: str) -> None:
    images = [image_of((150 + 13 * i, 240 - 17 * i), seed=i) for i in range(8)]
    keywords = {"backend": backend, "convention": convention, "dtype": dtype}
    one = fs.radial_spectrum(images, threads=1, **keywords)
    for threads in (2, 5, None):
        np.testing.assert_array_equal(fs.radial_spectrum(images, threads=threads, **keywords), one)


def test_float32_gives_flat_spectra_for_flat_images(backend: str, convention: str, dtype: str) -> None:
    for value in (0, 1, 200):
        image = np.full((64, 48), value, np.uint8)
        got = fs.radial_spectrum(image, backend=backend, convention=convention, dtype=dtype)
        np.testing.assert_allclose(got, 1, atol=1e-3 if dtype == "float64" else 1e-6)


def test_a_linear_image_is_finite_and_equal_on_all_backends_in_float32(backend: str) -> None:
    image = np.add.outer(np.arange(64.0), 2 * np.arange(80.0))
    got = fs.radial_spectrum(image, backend=backend)
    np.testing.assert_allclose(got, fs.radial_spectrum(image, backend="numpy"), atol=2e-3)


def test_scale_moves_the_profile(backend: str, dtype: str) -> None:
    image = image_of((30, 44), "float64")
    base = fs.radial_spectrum(image, backend=backend, dtype=dtype, epsilon=0, normalize=False)
    for factor in (1e-200, 1e-30, 1e30, 1e200):
        moved = fs.radial_spectrum(image * factor, backend=backend, dtype=dtype, epsilon=0, normalize=False)
        np.testing.assert_allclose(
            moved, base + 20 * np.log(factor), rtol=3e-5 if dtype == "float32" else 1e-10
        )


def test_a_mirrored_image_has_the_same_isotropic_spectrum(backend: str) -> None:
    image = image_of((64, 50))
    keywords = {"backend": backend, "dtype": "float64"}
    straight = fs.radial_spectrum(image, convention="isotropic", **keywords)
    np.testing.assert_allclose(
        fs.radial_spectrum(image[:, ::-1], convention="isotropic", **keywords), straight
    )
    # The published centre is half a sample off on an even side: nearly the same, not the same.
    published = np.abs(fs.radial_spectrum(image[:, ::-1], **keywords) - fs.radial_spectrum(image, **keywords))
    assert 1e-9 < published.max() < 0.1


def test_no_images(backend: str) -> None:
    assert fs.radial_spectrum([], backend=backend).shape == (0, 300)
    assert fs.radial_spectrum(np.empty((0, 16, 16), np.uint8), backend=backend, n_features=7).shape == (0, 7)
    assert fs.radial_spectrum(np.empty((0, 16, 16), np.uint8), backend=backend, n_features=None).shape == (
        0,
        9,
    )


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([image_of((9, 9)), np.full((8, 8), np.nan)], "image 1: NaN or infinite"),
        (
            [np.full((8, 8), 1.0), np.where(np.eye(9) > 0, -np.inf, 0).astype("f4")],
            "image 1: NaN or infinite",
        ),
        (
            [image_of((9, 9)), image_of((9, 9)), image_of((3, 3))],
            "image 2: an image of shape 3x3 is too small",
        ),
        (np.zeros((4, 1, 1), np.uint8), "image 0: an image of shape 1x1 is too small"),
    ],
    ids=["nan", "infinity", "small", "one pixel"],
)
def test_images_without_a_spectrum_are_named(backend: str, images: object, message: str) -> None:
    for threads in (1, 3):
        with pytest.raises(ValueError, match=message):
            fs.radial_spectrum(images, backend=backend, threads=threads)


NAN = np.full((9, 9), np.nan)


@pytest.mark.parametrize(
    ("images", "index", "reason"),
    [
        ([image_of((9, 9)), image_of((8, 8)), NAN], 2, "NaN or infinite values"),
        (np.stack([np.zeros((9, 9)), NAN, NAN]), 1, "NaN or infinite values"),
        ([image_of((9, 9)), image_of((3, 3))], 1, "an image of shape 3x3 is too small"),
        (NAN, 0, "NaN or infinite values"),
        ([image_of((9, 9)), np.zeros(16)], 1, "has 1 dimensions"),
        ([np.zeros((16, 0))], 0, "is empty"),
        (np.zeros(16), None, "images has 1 dimensions"),
        (np.zeros((16, 16, 3)), None, "images of shape (16, 16, 3) look like"),
        (np.zeros((0, 16)), None, "images is empty"),
    ],
)
def test_an_invalid_image_is_known_by_its_index(
    backend: str, images: object, index: int | None, reason: str
) -> None:
    for threads in (1, 3):
        with pytest.raises(InvalidImageError) as caught:
            fs.radial_spectrum(images, backend=backend, threads=threads)
        error = caught.value
        assert (error.index, error.reason[: len(reason)]) == (index, reason)
        named = "" if index is None else f"image {index}"
        assert str(error).startswith(named)
        assert str(error).endswith(error.reason)
        # Copied as it is pickled, on its way between processes.
        again = copy.copy(error)
        assert (str(again), again.index, again.reason) == (str(error), error.index, error.reason)


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        (np.zeros((16, 16), np.int64), TypeError, "images has dtype int64"),
        (np.zeros((16, 16), bool), TypeError, "images has dtype bool"),
        (np.zeros((16, 16), np.complex64), TypeError, "images has dtype complex64"),
        (np.array([["a", "b"]]), TypeError, "images has dtype <U1"),
        (np.array([[object()]]), TypeError, "images has dtype object"),
        (5, TypeError, "images has dtype int64"),
        (None, TypeError, "images has dtype object"),
        (np.zeros(16), ValueError, "images has 1 dimensions"),
        (np.zeros((2, 2, 16, 16)), ValueError, "images has 4 dimensions"),
        (np.zeros((16, 16, 3), np.uint8), ValueError, "look like one colour image"),
        (np.zeros((0, 16)), ValueError, "images is empty: shape 0x16"),
        ([np.zeros((16, 16)), np.zeros((16, 16), "f2")], TypeError, "image 1 has dtype float16"),
        ([np.zeros((16, 16)), np.zeros(16)], ValueError, "image 1 has 1 dimensions"),
        ([np.zeros((16, 0))], ValueError, "image 0 is empty: shape 16x0"),
    ],
)
def test_wrong_images_are_refused(images: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        fs.radial_spectrum(images, backend="numpy")


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"n_features": 0}, ValueError, "n_features must lie between 1"),
        ({"n_features": 2.5}, TypeError, "n_features must be an integer or None"),
        ({"n_features": True}, TypeError, "n_features must be an integer or None"),
        ({"n_features": 10**9}, ValueError, "n_features must lie between"),
        ({"convention": "polar"}, ValueError, "convention must be one of durall, isotropic; got 'polar'"),
        ({"epsilon": -1.0}, ValueError, "epsilon must lie between 0"),
        ({"epsilon": float("nan")}, ValueError, "epsilon must lie between 0"),
        ({"epsilon": "small"}, TypeError, "epsilon must be a number"),
        ({"dtype": "float16"}, ValueError, "dtype must be float32 or float64"),
        ({"dtype": "no such"}, ValueError, "dtype must be float32 or float64"),
        ({"threads": 0}, ValueError, "threads must be a whole number of at least 1"),
        ({"threads": 1.5}, ValueError, "threads must be a whole number of at least 1"),
        ({"backend": "cuda"}, ValueError, "backend must be one of native, numba, pyfftw, numpy, torch"),
    ],
)
def test_wrong_settings_are_refused(
    keywords: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        fs.radial_spectrum(image_of((16, 16)), **{"backend": "numpy", **keywords})


def test_raw_profiles_need_one_shape() -> None:
    with pytest.raises(ValueError, match="n_features=None needs images of one shape"):
        fs.radial_spectrum([image_of((16, 16)), image_of((16, 18))], n_features=None)


def test_numpy_integers_and_dtypes_are_taken() -> None:
    image = image_of((16, 16))
    got = fs.radial_spectrum(image, n_features=np.int64(12), dtype=np.float64, threads=np.int32(1))
    assert got.shape == (12,)
    assert got.dtype == np.float64


def test_errors_share_a_base() -> None:
    assert issubclass(fs.errors.BackendError, FacespectraError)
