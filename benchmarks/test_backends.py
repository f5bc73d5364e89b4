"""Every backend against the published recipe, one thread, 256x256 uint8 in, 300 float32 numbers out.

``python -m pytest benchmarks`` prints a table with the ratio to the fastest; the recipe is one of the rows.
"""

from __future__ import annotations

import numpy as np
import pytest

import facespectra as fs
from facespectra.spectrum.backends import NAMES, backends
from recipe import published_recipe


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (256, 256), dtype=np.uint8)


@pytest.mark.benchmark(group="256x256 uint8, one image")
@pytest.mark.parametrize("backend", NAMES)
def test_backend(benchmark, image: np.ndarray, backend: str) -> None:
    state = backends()[backend]
    if state != "ready":
        pytest.skip(f"{backend} is {state}")
    if backend == "torch":
        import torch

        torch.set_num_threads(1)
    got = benchmark(fs.radial_spectrum, image, backend=backend)
    np.testing.assert_allclose(got, published_recipe(image), atol=1e-4)


@pytest.mark.benchmark(group="256x256 uint8, one image")
def test_published_recipe(benchmark, image: np.ndarray) -> None:
    got = benchmark(published_recipe, image)
    np.testing.assert_allclose(got, fs.radial_spectrum(image, dtype="float64"), atol=1e-10)
