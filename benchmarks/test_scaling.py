"""The native core's time against the size of an image, the length of a stack, and the number of threads."""

from __future__ import annotations

import os

import numpy as np
import pytest

import facespectra as fs

pytestmark = pytest.mark.skipif(fs.backends()["native"] != "ready", reason="the native core is not built")


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.benchmark(group="one image, by side")
@pytest.mark.parametrize("side", [64, 128, 256, 512, 1024, 2048, 4096])
def test_size(benchmark, side: int) -> None:
    image = noise(side, side)
    got = benchmark.pedantic(fs.radial_spectrum, (image,), {"threads": 1}, rounds=5, warmup_rounds=1)
    assert np.isfinite(got).all()


@pytest.mark.benchmark(group="256x256, by length of the stack")
@pytest.mark.parametrize("count", [1, 4, 16, 64, 256])
def test_batch(benchmark, count: int) -> None:
    stack = noise(count, 256, 256)
    got = benchmark.pedantic(fs.radial_spectrum, (stack,), {"threads": 1}, rounds=5, warmup_rounds=1)
    np.testing.assert_array_equal(got[0], fs.radial_spectrum(stack[0]))


@pytest.mark.benchmark(group="64 of 512x512, by threads")
@pytest.mark.parametrize("threads", [n for n in (1, 2, 4, 8, 16) if n <= len(os.sched_getaffinity(0))])
def test_threads(benchmark, threads: int) -> None:
    stack = noise(64, 512, 512)
    got = benchmark.pedantic(fs.radial_spectrum, (stack,), {"threads": threads}, rounds=5, warmup_rounds=1)
    np.testing.assert_array_equal(got, fs.radial_spectrum(stack, threads=1))


@pytest.mark.benchmark(group="Python call overhead")
@pytest.mark.parametrize("count", [1, 10_000])
def test_tiny_images(benchmark, count: int) -> None:
    stack = noise(count, 64, 64)
    images = stack[0] if count == 1 else stack
    benchmark.pedantic(fs.radial_spectrum, (images,), {"threads": 1}, rounds=5, iterations=1, warmup_rounds=1)
