"""Arrays without a spectrum are refused in one line; those that are only unusual have theirs."""

from __future__ import annotations

import numpy as np
import pytest

import facespectra as fs
from noise import NOISE

RNG = np.random.default_rng(0)
FLOATS = NOISE.astype(np.float64)


def with_value(value: float) -> np.ndarray:
    image = FLOATS.copy()
    image[3, 4] = value
    return image


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (with_value(np.nan), "image 0: NaN or infinite"),
        (with_value(np.inf), "image 0: NaN or infinite"),
        (with_value(-np.inf).astype(np.float32), "image 0: NaN or infinite"),
        (np.zeros((0, 5), np.uint8), "empty"),
        (np.zeros((5, 0), np.uint8), "empty"),
        (np.zeros((1, 1), np.uint8), "too small"),
        (NOISE.astype(object), "dtype object"),
        (NOISE.astype(np.int64), "dtype int64"),
        (NOISE.astype(np.float16), "dtype float16"),
        (NOISE > 7, "dtype bool"),
        (NOISE.astype(complex), "dtype complex128"),
        (NOISE.astype("S3"), "dtype |S"),
        (np.zeros((2, 3, 4, 5), np.uint8), "4 dimensions"),
        (np.zeros(7, np.uint8), "1 dimensions"),
        ("photo.jpg", ""),
        (None, ""),
        (7, ""),
        ([NOISE, None], "image 1"),
        ([NOISE, NOISE[0]], "image 1 has 1 dimensions"),
    ],
    ids=str,
)
def test_arrays_without_a_spectrum(image: object, words: str, backend: str) -> None:
    with pytest.raises((ValueError, TypeError)) as caught:
        fs.radial_spectrum(image, backend=backend)
    assert words in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("change", ["reversed", "read-only", "fortran", "strided", "swapped", "thin", "tall"])
def test_arrays_that_are_only_unusual(change: str, backend: str) -> None:
    plain = {
        "reversed": NOISE[::-1, ::-1],
        "read-only": NOISE.copy(),
        "fortran": np.asfortranarray(NOISE),
        "strided": NOISE[::2, 1::3],
        "swapped": NOISE.astype(">u2"),
        "thin": RNG.integers(0, 256, (1, 5000), dtype=np.uint8),
        "tall": RNG.integers(0, 256, (5000, 1), dtype=np.uint8),
    }[change]
    if change == "read-only":
        plain.flags.writeable = False
    tame = np.ascontiguousarray(plain.astype(np.uint16 if change == "swapped" else np.uint8))
    expected = fs.radial_spectrum(tame, backend=backend)
    np.testing.assert_array_equal(fs.radial_spectrum(plain, backend=backend), expected)
