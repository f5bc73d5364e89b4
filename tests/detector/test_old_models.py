"""A model that an earlier build wrote loads, and scores to the last digit.

``model_0.1.0.skops`` was trained by this package, before its modules moved, on faces that it rendered itself;
``model_0.1.0.json`` holds rows of features and what that build gave for them.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from facespectra._versions import versions
from facespectra.features import FeatureTable
from facespectra.features.status import OK

pytest.importorskip("skops", reason="needs the detect extra")

DATA = Path(__file__).parents[1] / "data"


def test_a_model_of_an_earlier_build_scores_as_it_did() -> None:
    known = json.loads((DATA / "model_0.1.0.json").read_text())
    detector = fs.load(DATA / "model_0.1.0.skops")
    rows = np.array(known["rows"], np.float32)
    n = len(rows)
    scores = detector.score_features(FeatureTable([""] * n, [OK] * n, [None] * n, rows))
    # The exponential function of another C library may round its last bit otherwise.
    np.testing.assert_allclose(scores, known["scores"], rtol=1e-13)
    assert detector.threshold_ == known["threshold"]
    assert detector.settings == known["settings"]
    assert detector.training_["n_real"] == known["n_real"]


def test_it_is_written_again_byte_for_byte(tmp_path: Path) -> None:
    file = DATA / "model_0.1.0.skops"
    detector = fs.load(file)
    assert fs.load(detector.save(tmp_path / "again.skops")).to_bytes() == detector.to_bytes()
    if detector.versions_ == versions():
        assert detector.to_bytes() == file.read_bytes()
