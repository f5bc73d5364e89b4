"""Bar chart of a benchmark."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from facespectra._extras import require
from facespectra._files import write_atomically
from facespectra.bench.run import Result


def plot_ratios(results: Sequence[Result], file: Path) -> None:
    """Draw the ratios of all results, one panel for each case, into a file whose suffix sets the format."""
    require("detect", "matplotlib")
    from matplotlib.figure import Figure

    cases = list(dict.fromkeys(result.case for result in results))
    figure = Figure(figsize=(8, 1 + 0.28 * len(results)), layout="constrained")
    panels = figure.subplots(
        len(cases),
        1,
        squeeze=False,
        gridspec_kw={"height_ratios": [sum(r.case == case for r in results) for case in cases]},
    )[:, 0]
    for axes, case in zip(panels, cases, strict=True):
        group = [result for result in results if result.case == case]
        colours = ["0.6" if r.error is None else "C0" if r.name.startswith("native") else "C1" for r in group]
        apart = [
            [r.ratio - r.timing.ratio_low for r in group],
            [r.timing.ratio_high - r.ratio for r in group],
        ]
        bars = axes.barh(
            [r.name for r in group],
            [r.ratio for r in group],
            color=colours,
            xerr=apart,
            error_kw={"elinewidth": 1, "ecolor": "0.2"},
        )
        axes.bar_label(bars, [f" {r.ratio:.2f}" for r in group], fontsize=8)
        axes.axvline(1, color="0.3", linewidth=0.8)
        axes.set(xscale="log", title=f"{case}: time, as a multiple of {group[0].yardstick}; quartiles")
        axes.title.set_fontsize(9)
        axes.invert_yaxis()
        axes.margins(x=0.15)
        axes.spines[["top", "right"]].set_visible(False)
    content = io.BytesIO()
    figure.savefig(content, format=file.suffix[1:].lower() or None)
    write_atomically(file, content.getvalue())
