"""The same numbers: today, on every machine, by every backend, FFT library, instruction set and thread.

``golden.json`` holds spectra in double precision of pictures that are made here by whole-number arithmetic.
``python tests/test_golden.py`` writes it with the readable definition (backend numpy), and not with the code
that it checks.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs

GOLDEN = Path(__file__).with_name("golden.json")
SHAPES = [(64, 64), (97, 61), (150, 113), (8, 9), (1, 200), (256, 180)]
DTYPES = ["uint8", "uint16", "float32", "float64"]
CONVENTIONS = ["durall", "isotropic"]
POINTS = 40
# Of the largest element: what each precision is promised to hold, whoever computes.
ROUNDING = {"float64": 1e-12, "float32": 1e-4}
TOLERANCE = {"float64": 1e-10, "float32": 1e-4}


def picture(shape: tuple[int, int], dtype: str) -> np.ndarray:
    """Blobs, edges and noise by a linear congruence: no library draws, and none can change it."""
    height, width = shape
    y, x = np.mgrid[:height, :width].astype(np.uint64)
    noise = ((y * 1_103_515_245 + x * 22_695_477 + 12_345) >> np.uint64(7)) % 61
    waves = (y * y + 3 * x * y + 7 * x) % 97
    edges = ((y // 9 + x // 14) % 2) * 90
    pixels = (noise + waves + edges).astype(np.uint8)
    return (pixels.astype(np.uint16) * 257 if dtype == "uint16" else pixels).astype(dtype)


def cases() -> list[tuple[tuple[int, int], str, str]]:
    return list(itertools.product(SHAPES, DTYPES, CONVENTIONS))


def key(shape: tuple[int, int], dtype: str, convention: str) -> str:
    return f"{shape[0]}x{shape[1]} {dtype} {convention}"


def spectrum(case: tuple[tuple[int, int], str, str], **settings: object) -> np.ndarray:
    shape, dtype, convention = case
    given = {"n_features": POINTS, "normalize": False, "dtype": "float64"} | settings
    return fs.radial_spectrum(picture(shape, dtype), convention=convention, **given)


@pytest.fixture(scope="module")
def golden() -> dict[str, list[float]]:
    return json.loads(GOLDEN.read_text())


def worst(found: np.ndarray, expected: np.ndarray) -> float:
    return float(np.max(np.abs(found - expected)) / np.max(np.abs(expected)))


def test_the_pictures_are_what_they_were() -> None:
    pixels = picture((97, 61), "uint8")
    assert (int(pixels.sum(dtype=np.int64)), int(pixels[50, 30])) == (720_741, 143)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_backend(backend: str, dtype: str, golden: dict[str, list[float]]) -> None:
    for case in cases():
        found = spectrum(case, backend=backend, dtype=dtype)
        assert worst(found, np.array(golden[key(*case)])) < TOLERANCE[dtype], case
    assert len(golden) == len(cases())


def test_every_instruction_set_and_library(
    golden: dict[str, list[float]], plain_environment: pytest.MonkeyPatch
) -> None:
    if fs.backends()["native"] != "ready":
        pytest.skip("no compiled core")
    from facespectra import _core
    from facespectra.spectrum.providers import available

    for level, provider in itertools.product(_core.simd_levels(), available()):
        plain_environment.setenv("FACESPECTRA_SIMD", level)
        plain_environment.setenv("FACESPECTRA_FFT", provider)
        for case in cases():
            for dtype, tolerance in TOLERANCE.items():
                found = spectrum(case, backend="native", dtype=dtype)
                assert worst(found, np.array(golden[key(*case)])) < tolerance, (level, provider, case, dtype)


def test_not_a_bit_by_threads_batches_or_runs(backend: str, convention: str, dtype: str) -> None:
    images = [picture(shape, "uint8") for shape in SHAPES if min(shape) > 1] * 5
    settings = {"backend": backend, "convention": convention, "dtype": dtype, "n_features": POINTS}
    expected = fs.radial_spectrum(images, threads=1, **settings)
    for threads in (1, 2, 7):
        np.testing.assert_array_equal(fs.radial_spectrum(images, threads=threads, **settings), expected)
    for size in (1, 3):
        parts = [
            fs.radial_spectrum(images[start : start + size], threads=2, **settings)
            for start in range(0, len(images), size)
        ]
        if backend == "torch":
            # torch transforms images of one shape together: its rounding depends on how many there are.
            np.testing.assert_allclose(np.concatenate(parts), expected, rtol=ROUNDING[dtype])
        else:
            np.testing.assert_array_equal(np.concatenate(parts), expected)


def write() -> None:
    """Write the file again; to be done when the definition changes, and not when a backend does."""
    found = {key(*case): spectrum(case, backend="numpy").tolist() for case in cases()}
    GOLDEN.write_text(json.dumps(found, indent=0).replace(",\n", ",") + "\n")


if __name__ == "__main__":
    write()
