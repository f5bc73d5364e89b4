"""Drawings are the same bytes for the same figures, whatever the addresses in memory were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="needs the detect extra")
pytest.importorskip("sklearn", reason="needs the detect extra")

from matplotlib.layout_engine import ConstrainedLayoutEngine

from facespectra.evaluation import Evaluation, evaluate
from facespectra.figures.roc import Curve, roc_figures
from facespectra.report import draw_roc


@pytest.fixture
def found() -> Evaluation:
    labels = np.repeat([0, 1], 40)
    return evaluate(labels, np.random.default_rng(0).normal(size=80) + labels)


@pytest.fixture
def shaken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every layout comes out a little different, as it does from a solver that adds up in another order."""
    calls: list[int] = []
    execute = ConstrainedLayoutEngine.execute

    def shaking(engine: ConstrainedLayoutEngine, figure: Any) -> None:
        execute(engine, figure)
        calls.append(len(figure.axes))
        for ax in figure.axes:
            places = np.array(ax.get_position(original=True).bounds) + len(calls) * 2.0**-50
            ax.set_position(places.tolist())

    monkeypatch.setattr(ConstrainedLayoutEngine, "execute", shaking)
    return calls


def test_pages_do_not_show_the_last_bit_of_the_layout(found: Evaluation, shaken: list[int]) -> None:
    panels = {"inside": [Curve("svm-poly", found, main=True)], "elsewhere": [Curve("svm-poly", found)]}
    assert roc_figures(panels) == roc_figures(panels)
    assert shaken == [1, 1, 1, 1]  # laid out once for each drawing, not once more by savefig


def test_nor_do_files(found: Evaluation, shaken: list[int], tmp_path: Path) -> None:
    one, two = (
        draw_roc(tmp_path / name, {"svm-poly": found}).read_bytes() for name in ("one.svg", "two.svg")
    )
    assert one == two
    assert shaken == [1, 1]


@pytest.mark.parametrize("n", [1, 6, 17])
def test_the_legend_of_many_systems_lies_within_the_figure(n: int) -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1], 20)
    curves = [
        Curve(
            f"fusion with a network of some kind, svm-linear, Task {k} + extra" if k % 2 else f"system {k}",
            evaluate(truth, rng.normal(size=40) + truth),
            main=k == 0,
        )
        for k in range(n)
    ]
    drawing = roc_figures({"one": curves})["one"]
    (ax,) = drawing.figure.axes
    legend = ax.get_legend()
    assert legend is not None
    box = legend.get_window_extent()
    assert len(legend.get_texts()) == n + 1
    assert box.y0 >= 0
    # Nor is there much empty space below it.
    assert box.y0 <= 0.6 * drawing.figure.dpi
