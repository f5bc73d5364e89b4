"""Outlines of the regions: they surround the pixels whose numbers the features are."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("contourpy", reason="needs the detect extra")
from matplotlib.path import Path as Line

from facespectra.regions.layout import REGIONS
from facespectra.regions.masks import regions, relative_points
from facespectra.regions.outlines import outlines

LANDMARKS = [[60, 90], [150, 95], [100, 140], [65, 190], [140, 195]]


@pytest.mark.parametrize("landmarks", [None, LANDMARKS])
def test_outlines_surround_the_regions(landmarks: list[list[float]] | None) -> None:
    shape = (240, 200)
    found = outlines(shape, landmarks)
    assert set(found) == set(REGIONS)
    expected = regions(np.full(shape, 255.0), relative_points(shape, landmarks) * (200, 240))
    x, y = np.meshgrid(np.arange(200) + 0.5, np.arange(240) + 0.5)
    pixels = np.column_stack([x.ravel(), y.ravel()])
    for name, lines in found.items():
        inside = np.zeros(len(pixels), int)
        for line in lines:
            inside += Line(np.concatenate([line, line[:1]])).contains_points(pixels)
        agree = (inside % 2 == 1).reshape(shape) == expected[name]
        assert agree.mean() > 0.97, name
        assert all((line >= 0).all() and (line <= (200, 240)).all() for line in lines)


def test_both_eyes_are_there_and_the_ring_has_a_hole() -> None:
    # Landmarks near the middle keep the inner face off the edges.
    found = outlines((240, 200), [[70, 100], [130, 100], [100, 120], [75, 150], [125, 150]])
    assert len(found["eyes"]) == 2
    assert len(found["ring"]) == 2
    assert len(found["inner"]) == 1
