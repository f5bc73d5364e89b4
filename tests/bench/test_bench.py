"""What is timed is checked, and what is shown is what was timed."""

from __future__ import annotations

import json

import numpy as np
import pytest

import facespectra as fs
from facespectra.bench import cases, peers, run, table, timing
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
    told = timing.time_in_turn(lambda: ran.append("y"), lambda: ran.append("c"), 0)
    assert ran == ["y", "c"] * timing.MIN_ROUNDS
    assert told.rounds == timing.MIN_ROUNDS
    assert 0 < told.ratio_low <= told.ratio <= told.ratio_high


def test_the_spread_is_that_of_half_the_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a clock of our own: a yardstick of 1 s, and a contender of 2, 2, 3, 2 and 2.5 s."""
    works = iter([2.0, 2.0, 3.0, 2.0, 2.5])
    now = [0.0]
    monkeypatch.setattr(timing.time, "perf_counter", lambda: now[0])

    def yardstick() -> None:
        now[0] += 1

    def contender() -> None:
        now[0] += next(works)

    told = timing.time_in_turn(yardstick, contender, 16.0)
    assert (told.seconds, told.ratio, told.rounds) == (2.0, 2.0, 5)
    assert (told.ratio_low, told.ratio_high, told.spread) == (2.0, 2.5, 0.25)
    assert told.noisy


def result_of(name: str, ratio: float, spread: float, yardstick: str = "bare scipy.fft.rfft2") -> run.Result:
    told = timing.Timing(1e-3, ratio, ratio - spread, ratio + spread, 9)
    return run.Result("64x64", name, 10, told, yardstick, None if name == yardstick else 1e-7)


def test_a_quiet_machine_is_told_from_a_noisy_one() -> None:
    itself = result_of("bare scipy.fft.rfft2", 1.01, 0.02)
    quiet = result_of("native, fftw", 0.5, 0.02)
    assert table.noise_notice([itself, quiet]) is None
    assert "?" not in table.row(quiet)
    wide = result_of("native, fftw", 0.5, 0.03)
    assert "over 10%" in (table.noise_notice([itself, wide]) or "")
    assert "0.50 +-0.03 ?" in table.row(wide)
    off = result_of("bare scipy.fft.rfft2", 1.05, 0.01)
    assert "1.05 times as long as itself on 64x64" in (table.noise_notice([off, quiet]) or "")
    # A contender may have any ratio.
    assert not result_of("native, fftw", 1.05, 0.01).noisy
    assert wide.to_dict()["noisy"] is True
    assert wide.to_dict()["ratio_high"] == pytest.approx(0.53)


def test_one_image_a_call_is_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def spy(images, **keywords):
        calls.append(np.shape(images))
        return fs.radial_spectrum(images, **keywords)

    monkeypatch.setattr(run, "radial_spectrum", spy)
    case = cases.select_case("call")
    told = list(run.compare(case, seconds=0, only="numpy"))
    assert {result.case for result in told} == {"64x64, one a call"}
    # Once for the answer that is checked, and three rounds; the sample of the definition is one call.
    assert calls.count((64, 64)) == 64 * 4
    assert len(calls) == 64 * 4 + 1


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
    for result in told["results"]:
        assert result["ratio_low"] <= result["ratio"] <= result["ratio_high"]
        assert result["rounds"] >= timing.MIN_ROUNDS
    assert (told["noise"] is None) == (not any(result["noisy"] for result in told["results"]))
    bare = [result for result in told["results"] if result["error"] is None]
    assert all("bare" in result["name"] for result in bare)
    assert all(result["error"] <= 1e-4 for result in told["results"] if result not in bare)
    assert plot.read_text().count("published recipe") >= 1


def test_the_command_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "24", "--seconds", "0", "--only", "numpy"]) == 0
    out = capsys.readouterr().out
    assert "24x24" in out
    assert "published recipe" not in out
    assert "us/image" in out
    lines = out.splitlines()
    # But for the first, which is the processor's name.
    assert max(map(len, lines[1:])) <= 80
    assert [line for line in lines if line.startswith("numpy ") and "+-" in line]
    assert any("half of them lie within" in line for line in lines)


@pytest.mark.parametrize("case", ["7", "99999", "large", "-3"])
def test_unknown_cases_are_named(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--", case]) == 2
    assert f"unknown case '{case}'" in capsys.readouterr().err
