"""Which samples a page shows as pictures, and the pictures."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest

from facespectra.features.sampling import stratified_sample
from facespectra.report.thumbnails import sheets, tile

Image = pytest.importorskip("PIL.Image", reason="needs the detect extra")


def test_sheets_show_the_extremes_and_one_frame_of_a_video() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1, 1])
    scores = np.array([0.1, 0.9, 0.2, 0.8, 0.3, 0.95, np.nan])
    paths = ["a", "b", "c", "v", "d", "v", "e"]
    found = sheets(labels, scores, 0.5, paths)
    assert [(sheet.samples, sheet.total) for sheet in found] == [([5], 2), ([0, 2], 2), ([1], 1), ([4], 1)]


def test_samples_are_seeded_and_stratified() -> None:
    labels = np.array([0] * 50 + [1] * 4)
    usable = np.ones(54, bool)
    usable[53] = False
    drawn = stratified_sample(labels, usable, 20)
    assert drawn == sorted(drawn) == stratified_sample(labels, usable, 20)
    assert np.bincount(labels[drawn]).tolist() == [10, 3]
    assert drawn != stratified_sample(labels, usable, 20, seed=1)


def test_tiles_hold_the_box() -> None:
    picture = np.zeros((300, 500, 3), np.uint8)
    picture[100:180, 40:100] = 255
    uri, (left, top, width, height) = tile(picture, (40, 100, 100, 180))
    with Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))) as image:
        small = np.asarray(image.convert("L"))
    assert small.shape[0] == small.shape[1] <= 240
    rows, columns = np.nonzero(small > 128)
    side = small.shape[0] / 100
    assert columns.min() == pytest.approx(left * side, abs=1.5)
    assert rows.min() == pytest.approx(top * side, abs=1.5)
    assert columns.max() + 1 == pytest.approx((left + width) * side, abs=1.5)
    assert rows.max() + 1 == pytest.approx((top + height) * side, abs=1.5)
