"""What is timed is checked, and what is shown is what was timed."""

from __future__ import annotations

import json

import numpy as np
import pytest

import facespectra as fs
from facespectra.bench import cases, peers, run
from facespectra.cli import main


@pytest.mark.parametrize("name", peers.PEERS)
@pytest.mark.parametrize("shape", [(64, 64), (63, 50), (41, 41), (40, 57)])
def test_peers_are_right(name: str, shape: tuple[int, int]) -> None:
    image = np.random.default_rng(3).integers(0, 256, shape, dtype=np.uint8)
    expected = fs.radial_spectrum(image, backend="numpy", dtype="float64")
    np.testing.assert_allclose(peers.PEERS[name](image), expected, atol=1e-5)


def test_crops_have_200_shapes_and_are_the_same_every_time() -> None:
    once, again = cases.crops(), cases.crops()
    assert len({crop.shape for crop in once}) == 200
    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))


def test_a_wrong_answer_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(peers.PEERS, "wrong", lambda image: np.ones(300))
    with pytest.raises(ArithmeticError, match="wrong is off by"):
        list(run.compare(cases.square(32), seconds=0, only="wrong"))


def test_ratios_are_of_runs_in_turn() -> None:
    ran = []
    _, ratio = run.time_in_turn(lambda: ran.append("y"), lambda: ran.append("c"), 0)
    assert ran == ["y", "c"] * run.MIN_ROUNDS
    assert ratio > 0


def test_the_provider_variable_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for before in ("fftw", None):
        if before is None:
            monkeypatch.delenv("FACESPECTRA_FFT", raising=False)
        else:
            monkeypatch.setenv("FACESPECTRA_FFT", before)
        with run._provider("mkl"):
            assert os.environ["FACESPECTRA_FFT"] == "mkl"
        assert os.environ.get("FACESPECTRA_FFT") == before


@pytest.mark.slow
def test_the_command_prints_json_and_draws(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    plot = tmp_path / "bench.svg"
    assert main(["bench", "32", "40", "--seconds", "0", "--json", "--plot", str(plot)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["machine"]["packages"]["numpy"]
    assert {result["case"] for result in told["results"]} == {"32x32", "40x40"}
    ready = [name for name, state in fs.backends().items() if state == "ready"]
    for name in ready:
        assert any(result["name"].startswith(name) for result in told["results"]), name
    bare = [result for result in told["results"] if result["error"] is None]
    assert all("bare" in result["name"] for result in bare)
    assert all(result["error"] <= 1e-4 for result in told["results"] if result not in bare)
    assert plot.read_text().count("published recipe") >= 1


def test_the_command_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "24", "--seconds", "0", "--only", "numpy"]) == 0
    out = capsys.readouterr().out
    assert "24x24" in out
    assert "published recipe" not in out


@pytest.mark.parametrize("case", ["7", "99999", "large", "-3"])
def test_unknown_cases_are_named(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--", case]) == 2
    assert f"unknown case '{case}'" in capsys.readouterr().err
