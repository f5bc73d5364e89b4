"""Time and memory over the size, beside the growth that theory expects."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from facespectra._extras import require
from facespectra._files import write_atomically
from facespectra.bench.growth.fitting import LEAST_BYTES, Exponent, exponents
from facespectra.bench.growth.points import Point
from facespectra.bench.growth.series import Law, Series


def plot_growth(series: Sequence[Series], points: Sequence[Point], file: Path) -> None:
    """Draw a row of two panels for each series that has points into a file whose suffix sets the format."""
    require("detect", "matplotlib")
    from matplotlib.figure import Figure

    drawn = [(one, [p for p in points if p.series == one.name]) for one in series]
    drawn = [(one, its_points) for one, its_points in drawn if its_points]
    figure = Figure(figsize=(9, 0.6 + 2.6 * max(1, len(drawn))), layout="constrained")
    rows = figure.subplots(max(1, len(drawn)), 2, squeeze=False)
    for axes, (one, its_points) in zip(rows, drawn, strict=False):
        found = {exponent.cost: exponent for exponent in exponents(one, its_points)}
        times = [(p.size, p.seconds) for p in its_points]
        peaks = [(p.size, p.peak_bytes / 2**20) for p in its_points if p.peak_bytes]
        _panel(axes[0], one, times, "time, s", one.time, found.get("time"))
        _panel(axes[1], one, peaks, "peak memory, MiB", one.memory, found.get("memory"))
        for panel in axes:
            _name_sizes(panel, [point.size for point in its_points])
        axes[1].axhspan(0, LEAST_BYTES / 2**20, color="0.93", zorder=0)
    content = io.BytesIO()
    figure.savefig(content, format=file.suffix[1:].lower() or None)
    write_atomically(file, content.getvalue())


def _name_sizes(axes: Any, sizes: Sequence[int]) -> None:
    """Put ticks at some of the sizes that were measured, the last one among them."""
    from matplotlib.ticker import LogLocator

    shown = sizes[:: -max(1, math.ceil(len(sizes) / 6))]
    axes.set_xlim(sizes[0] / 1.3, sizes[-1] * 1.3)
    axes.minorticks_off()
    few = max(axes.get_ylim()) / min(axes.get_ylim()) < 1000
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if few else (1,)))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xticks(shown, [f"{size:,}" for size in shown])


def _panel(
    axes: Any, series: Series, points: list[tuple[int, float]], name: str, law: Law, found: Exponent | None
) -> None:
    axes.set(title=f"{series.name}: {series.title}", xlabel=series.unit, ylabel=name)
    axes.set(xscale="log", yscale="log")
    axes.title.set_fontsize(9)
    axes.spines[["top", "right"]].set_visible(False)
    if not points:
        axes.text(0.5, 0.5, "not known, or next to none", transform=axes.transAxes, ha="center")
        return
    sizes, values = (np.array(column, float) for column in zip(*points, strict=True))
    axes.plot(sizes, values, "o", color="C0", markersize=4, label="measured")
    if found is not None:
        used = np.array([size for size in sizes if size in found.sizes])
        logs = np.log(values[np.isin(sizes, used)])
        centred = np.log(used) - np.log(used).mean()
        line = np.exp(logs.mean() + found.value * centred)
        axes.plot(used, line, color="C0", linewidth=1, label=f"exponent {found.value:.2f}")
        for growth in {law.least, law.most}:
            expected = np.log([growth(size) for size in used])
            curve = np.exp(expected - expected.mean() + logs.mean())
            axes.plot(used, curve, "--", color="C1", linewidth=1, label=f"expected: {law.words}")
        handles, labels = axes.get_legend_handles_labels()
        unique = dict(zip(labels, handles, strict=True))
        axes.legend(unique.values(), unique.keys(), fontsize=7, frameon=False)
