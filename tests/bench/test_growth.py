"""Exponents are those of the points, memory is what the system counts, and what is left out is said."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from facespectra.bench import growth
from facespectra.bench.growth import fitting, memory, points, series, table, worker, works
from facespectra.cli import main
from facespectra.errors import MissingExtraError

MIB = 1 << 20
SIDE = series.SERIES["side"]


def points_of(sizes, seconds, peaks, name: str = "side", spread: float | None = 0.01) -> list[growth.Point]:
    return [growth.Point(name, n, s, spread, 3, p) for n, s, p in zip(sizes, seconds, peaks, strict=True)]


def told(points: list[growth.Point]) -> str:
    """What is written of the exponents, without the ends of lines."""
    return " ".join(line.strip() for line in table.fitted(SIDE, points))


def test_the_slope_is_that_of_a_power() -> None:
    value, low, high = fitting.slope([1, 2, 4, 8], [3 * n**1.5 for n in (1, 2, 4, 8)])
    assert value == pytest.approx(1.5)
    assert low == pytest.approx(1.5)
    assert high == pytest.approx(1.5)
    assert fitting.slope([1, 2], [1, 4]) == (pytest.approx(2), None, None)


def test_the_interval_is_students() -> None:
    """Against the textbook's formula on points with known residuals."""
    x = np.log([1.0, 2.0, 4.0, 8.0, 16.0])
    y = 2 * x + np.array([0.1, -0.1, 0.0, -0.1, 0.1])
    value, low, high = fitting.slope(np.exp(x), np.exp(y))
    fit, covariance = np.polyfit(x, y, 1, cov=True)
    assert value == pytest.approx(fit[0])
    # 3.182 is the 0.975 quantile of t with 3 degrees of freedom; polyfit divides by n - 2 as well.
    half = 3.18245 * np.sqrt(covariance[0, 0])
    assert (low, high) == (pytest.approx(value - half, abs=1e-4), pytest.approx(value + half, abs=1e-4))


def test_only_what_grows_faster_is_said_to() -> None:
    sizes = SIDE.sizes
    as_expected = points_of(sizes, [1e-9 * series.FFT.most(n) for n in sizes], [4 * n * n for n in sizes])
    time, peak = growth.exponents(SIDE, as_expected)
    assert (time.cost, peak.cost) == ("time", "memory")
    assert time.value == pytest.approx(time.expected_low)
    assert 2.1 < time.value < 2.2
    assert peak.value == pytest.approx(2)
    assert time.sizes == (512, 1024, 2048, 4096, 8192)
    assert peak.sizes == time.sizes
    assert not time.grows_faster
    assert not peak.grows_faster
    cubic = points_of(sizes, [1e-9 * n**3 for n in sizes], [4 * n**3 for n in sizes])
    assert [one.grows_faster for one in growth.exponents(SIDE, cubic)] == [True, True]
    time_told, peak_told = told(cubic).split("memory: ")
    assert time_told.strip().endswith("GROWS FASTER")
    assert peak_told.endswith("GROWS FASTER")
    assert not list(table.notes(cubic))
    # Two points have no interval.
    assert not any(one.grows_faster for one in growth.exponents(SIDE, cubic[-2:]))


def test_a_busy_machine_is_no_growth() -> None:
    sizes = SIDE.sizes
    cubic = points_of(sizes, [1e-9 * n**3 for n in sizes], [4 * n**2 for n in sizes], spread=0.2)
    time, peak = growth.exponents(SIDE, cubic)
    assert time.noisy
    assert not time.grows_faster
    assert not peak.noisy
    time_told, peak_told = told(cubic).split("memory: ")
    assert time_told.strip().endswith("noisy, see ?")
    assert "noisy" not in peak_told
    assert table.row(cubic[1], cubic[0]).endswith(" 3 ?")
    assert "3.00" in table.row(cubic[1], cubic[0])
    assert "differ by over 10%" in " ".join(table.notes(cubic))


def test_constants_below_and_little_memory_do_not_count() -> None:
    sizes = SIDE.sizes
    told = points_of(sizes, [1e-3 + 1e-9 * n * n for n in sizes], [2000] * len(sizes))
    (time,) = growth.exponents(SIDE, told)
    assert min(time.sizes) == 512
    assert list(table.fitted(SIDE, told))[1] == "  memory: too little to tell, under 1 MiB"


def test_amdahls_law() -> None:
    threads = (1, 2, 4, 8)
    told = points_of(threads, [0.2 + 0.8 / n for n in threads], [0] * 4, "threads")
    assert growth.serial_share(told) == pytest.approx(0.2)
    assert growth.serial_share(told[:1]) is None
    assert "20.0% of the work" in list(table.fitted(series.SERIES["threads"], told))[-1]


def test_the_peak_is_what_was_held_at_a_time() -> None:
    """Four times 40 MiB one after the other, of which nothing is left in the end."""

    def work() -> None:
        for _ in range(4):
            np.ones(40 * MIB, np.uint8)

    peak = memory.peak_of(work)
    if peak is None:
        pytest.skip("this system does not tell")
    if memory._CLEAR.exists():
        assert 39 * MIB < peak < 60 * MIB
        assert memory.peak_of(lambda: None) < 4 * MIB
    assert (memory.available() or MIB) > 0


@pytest.mark.parametrize("name", series.SERIES)
def test_every_work_can_be_done(name: str, tmp_path: Path) -> None:
    one = series.SERIES[name]
    missing = [module for module in one.modules if find_spec(module) is None]
    if missing:
        pytest.skip(f"needs {missing}")
    file = tmp_path / "a.mp4"
    if "av" in one.modules:
        works.write_video(file, 1)
    told = worker.measure(*works.make_work(name, one.sizes[0], file), 0.0)
    assert told["seconds"] > 0
    assert told["runs"] >= 1


def test_a_work_that_reads_too_little_is_not_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("av")
    pytest.importorskip("PIL")
    import facespectra.videos as videos

    file = tmp_path / "a.mp4"
    works.write_video(file, 1)
    monkeypatch.setattr(videos, "read_frames", lambda *_: iter([None] * 3))
    with pytest.raises(ArithmeticError, match="3 of 30 frames were read"):
        works.make_work("video", 1, file)[1]()


def test_what_would_take_too_long_or_too_much_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points, "available", lambda: 1000 * MIB)
    slow = points_of([1024], [2.0], [0])
    assert points.too_much(SIDE, 2048, slow, 1.0) is None
    assert "up to 38 s; give more --seconds" in (points.too_much(SIDE, 4096, slow, 1.0) or "")
    assert points.too_much(SIDE, 4096, slow, 5.0) is None
    large = points_of([1024], [0.001], [100 * MIB])
    assert points.too_much(SIDE, 2048, large, 1.0) is None
    assert "1.6 GiB of the 1.0 GiB that are free" in (points.too_much(SIDE, 4096, large, 1.0) or "")


def test_points_are_measured_and_failures_are_told() -> None:
    first, second = growth.measure(replace(SIDE, sizes=(32, 64)), 0.05)
    assert isinstance(first, growth.Point)
    assert (first.size, second.size) == (32, 64)
    (left,) = growth.measure(replace(SIDE, name="nothing", title="nothing", sizes=(-1, 2)), 0.0)
    assert isinstance(left, growth.LeftOut)
    assert left.sizes == (-1, 2)
    assert "negative dimensions" in left.reason


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def require(extra: str, *modules: str) -> None:
        raise MissingExtraError(f'{modules[0]} is not installed: pip install "facespectra[{extra}]"')

    monkeypatch.setattr(points, "require", require)
    (left,) = growth.measure(series.SERIES["video"], 1.0)
    assert left.reason == 'av is not installed: pip install "facespectra[detect]"'
    assert all(len(line) <= 80 for line in table.left_out(left))


@pytest.mark.slow
def test_the_command_prints_and_draws_growth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    plot = tmp_path / "growth.svg"
    given = ["bench", "--scaling", "side", "threads", "--seconds", "0.005"]
    assert main([*given, "--json", "--plot", str(plot)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["series"]["side"]["time"] == "n^2 log n"
    measured = [point["size"] for point in told["points"] if point["series"] == "side"]
    assert measured[:4] == [32, 64, 128, 256]
    assert len(measured) + sum(len(left["sizes"]) for left in told["left_out"]) >= len(SIDE.sizes)
    assert {found["cost"] for found in told["exponents"]} >= {"time"}
    assert plot.read_text().count("expected: n^2 log n") >= 1
    assert main(given[:3] + given[-2:]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines[1:])) <= 80
    assert any(line.startswith("  time: exponent ") and "expected 2." in line for line in lines)


def test_the_longest_line_of_an_exponent_is_wrapped() -> None:
    # Noisy, and with an interval as wide as three points far from a line make it.
    found = points_of((2048, 4096, 8192), (1e-2, 1e2, 1e1), (None, None, None), spread=0.5)
    assert max(map(len, table.fitted(SIDE, found))) <= 80
    assert told(found).startswith(
        "time: exponent 4.98 +-60.92, expected 2.12 (n^2 log n), 2048 to 8192; noisy"
    )


def test_wrong_uses_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--scaling", "256"]) == 2
    assert "unknown case '256': with --scaling, give some of side batch" in capsys.readouterr().err
    assert main(["bench", "--scaling", "--only", "native"]) == 2
    assert "--only chooses among contenders" in capsys.readouterr().err
