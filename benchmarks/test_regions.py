"""Region features of one face on one core: at most 3 ms, checked against the definition."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from facespectra.regions import definition, fast


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    rng = np.random.default_rng(0)
    smooth = ndimage.gaussian_filter(rng.normal(size=(260, 200)), 3) * 250
    return np.clip(120 + smooth + rng.normal(size=(260, 200)) * 5, 0, 255).astype(np.uint8)


@pytest.mark.benchmark(group="regions, a face of 200x260")
@pytest.mark.parametrize("way", [fast, definition], ids=["fast", "definition"])
def test_region_features(benchmark, face: np.ndarray, way) -> None:
    threadpoolctl = pytest.importorskip("threadpoolctl")
    with threadpoolctl.threadpool_limits(1):
        got = benchmark(way.region_features, face)
    np.testing.assert_allclose(got, definition.region_features(face), atol=2e-4)
    if way is fast and benchmark.stats:
        assert benchmark.stats["median"] < 3e-3
