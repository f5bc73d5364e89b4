"""The lab on faces that were cut out already."""

from __future__ import annotations

from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
from PIL import Image

import facespectra as fs
from facespectra.cli import main
from lab_runs import rows_in

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def _textures(folder: Path, rng: np.random.Generator) -> None:
    """Pictures in which nothing finds a face."""
    for kind, sharp in (("real", 1.0), ("fake", 0.5)):
        (folder / kind).mkdir(parents=True)
        for k in range(8):
            grey = 128 + sharp * rng.normal(0, 30, (64, 64))
            Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).convert("RGB").save(
                folder / kind / f"{k}.png"
            )


def _no_network(*_: object, **__: object) -> None:
    raise URLError("Name or service not known")


def test_images_are_taken_whole_and_swaps_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr("facespectra.deep.weights.urlopen", _no_network)
    rng = np.random.default_rng(0)
    for part in ("Task_1/development", "Task_1/evaluation", "Task_2_3/evaluation"):
        _textures(tmp_path / part, rng)
    out = tmp_path / "out"
    databases = ["--task1", str(tmp_path / "Task_1"), "--task23", str(tmp_path / "Task_2_3")]
    assert main(["lab", *databases, "--out", str(out), "--faces", "all"]) == 2
    assert "--faces must be largest or whole here, not 'all'" in capsys.readouterr().err
    assert main(["lab", *databases, "--out", str(out), "--faces", "whole"]) == 0
    rows = rows_in(out)
    tested = [row for row in rows if row["status"] == "ok"]
    assert tested
    assert all(row["n_no_face"] == 0 for row in tested if "n_no_face" in row)
    reasons = {row["reason"] for row in rows if row["train"] == "synthetic swaps of Task_1/development"}
    assert reasons == {
        "synthetic swaps need the picture around the face, and images are taken whole (--faces whole)"
    }
    model = fs.load(out / "task1.model")
    assert model.cropper is None
    with Image.open(tmp_path / "Task_1/evaluation/real/0.png") as image:
        assert np.isfinite(model.score([np.asarray(image)])).all()
