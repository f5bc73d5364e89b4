"""benchmarks/gpu.py is right, as far as a CPU can tell: all of its parts run, and its checks can fail."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import facespectra as fs
from required import require

pytest.importorskip("torch", reason="needs the torch extra")
pytest.importorskip("torchvision", reason="needs the torch extra")
pytest.importorskip("onnxruntime", reason="needs the detect extra")

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "gpu.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_all_of_it_runs_on_the_cpu(tmp_path: Path) -> None:
    require("torch")
    require("native")
    file = tmp_path / "figures.json"
    done = run("--device", "cpu", "--quick", "--json", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    figures = {figure["name"]: figure for figure in json.loads(file.read_text())["figures"]}
    assert figures["conformance tests on cpu"]["value"] > 100
    held = [figure for figure in figures.values() if figure["passed"] is not None]
    assert len(held) >= 9
    assert all(figure["passed"] for figure in held)
    ratios = [figure for figure in figures.values() if figure["unit"] == "x"]
    # Bars are for a GPU; here, ratios are only shown.
    assert len(ratios) >= 8
    assert all(figure["value"] > 0 and figure["passed"] is None for figure in ratios)


def test_without_a_gpu_it_says_so() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    done = run()
    assert done.returncode == 2
    assert "torch finds no GPU for --device cuda; --device cpu --quick tests the script" in done.stderr


def test_a_wrong_answer_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    require("native")
    import gpu
    from gpu_figures import Run

    whole = fs.radial_spectrum

    def wrong(images, **keywords):
        return whole(images, **keywords) * (1 if isinstance(images, np.ndarray | list) else 1.001)

    monkeypatch.setattr(fs, "radial_spectrum", wrong)
    figures = []
    for figure in gpu.spectra(Run("cpu", quick=True)):
        figures.append(figure)
        if len(figures) == 3:
            break
    assert [figure.passed for figure in figures] == [False, False, False]


def test_a_network_that_was_never_trained_has_features() -> None:
    """What the script does where the weights are not installed."""
    import torch

    from facespectra.texture.layout import WIDTH
    from gpu_networks import faces
    from gpu_texture import TextureNetwork, inputs, random_weights

    network = TextureNetwork(random_weights(0), "cpu")
    with torch.inference_mode():
        features = network.features(*inputs(faces(2)))
    assert features.shape == (2, WIDTH)
    assert torch.isfinite(features).all()
    assert features.std() > 0.01
