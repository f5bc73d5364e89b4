"""The robustness sweep without a page: what it changes in a picture, and that it stays with the face."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from facespectra.rendered.database import render_database
from facespectra.report.robustness import DEGRADATIONS, sweep

for _package in ("sklearn", "pandas", "av"):
    pytest.importorskip(_package, reason="needs the detect extra")
Image = pytest.importorskip("PIL.Image", reason="needs the detect extra")


def test_degrading_at_one_strength_or_several_is_the_same() -> None:
    pytest.importorskip("av", reason="needs the detect extra")
    image = np.random.default_rng(2).integers(0, 256, (50, 44, 3), np.uint8)
    image = np.asarray(Image.fromarray(image).resize((90, 100)))
    for change, strengths in DEGRADATIONS.values():
        together = list(change(image, strengths))
        assert len(together) == len(strengths)
        for strength, expected in zip(strengths, together, strict=True):
            (alone,) = change(image, (strength,))
            np.testing.assert_array_equal(alone, expected)


def test_the_sweep_follows_the_face(tmp_path: Path) -> None:
    render_database(tmp_path, "Task_1", n_people=4, pictures=1, seed=0)
    manifest = fs.read_dataset(tmp_path)
    detector = fs.load()
    paths, labels = manifest["path"].tolist(), manifest["label"].to_numpy()
    table = detector.extract(paths)
    found = sweep(detector, paths, labels, table, 4)
    assert found is not None
    expected = detector.score_features(table)[found.samples]
    np.testing.assert_array_equal(found.unchanged.scores, expected)
    assert all(point.n == len(found.samples) for points in found.curves.values() for point in points)
