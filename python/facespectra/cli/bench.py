"""``facespectra bench``: how fast everything is here, beside the bare FFT."""

from __future__ import annotations

import io
import json
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facespectra.cli.console import complain

if TYPE_CHECKING:
    from facespectra.bench import Case, Result


def bench(
    cases: Annotated[
        list[str] | None,
        typer.Argument(help="Sides of square images in pixels, or 'crops'."),
    ] = None,
    seconds: Annotated[float, typer.Option(help="Time for each contender on each case.", min=0.0)] = 1.0,
    only: Annotated[str | None, typer.Option(help="Only contenders with this in their name.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the ratios into this file (.svg, .png, .pdf).")
    ] = None,
) -> None:
    """Time backends, FFT libraries and other ways to the same numbers, in one thread.

    Default cases: 128 256 512 crops. Each answer is checked before it is timed; ratios are to the bare
    FFT, in the same run.
    """
    from facespectra.bench import compare
    from facespectra.cli.info import collect

    chosen = [_case(name) for name in cases or ("128", "256", "512", "crops")]
    state = collect()
    machine = {"processor": processor(), **{k: state[k] for k in ("system", "python", "native", "packages")}}
    if not as_json:
        native = state["native"]
        typer.echo(f"{machine['processor']}, {state['system']}, Python {state['python']}")
        typer.echo(f"native core: {native['instruction_set'] if native else 'not built'}, one thread")
    results = []
    for case in chosen:
        if not as_json:
            typer.echo(f"\n{case.name:<28}{'us an image':>12}  ratio  largest error")
        for result in compare(case, seconds, only):
            results.append(result)
            if not as_json:
                error = "" if result.error is None else f"{result.error:13.1e}"
                typer.echo(f"{result.name:<28}{result.microseconds:12.1f}{result.ratio:7.2f}  {error}")
    if as_json:
        typer.echo(json.dumps({"machine": machine, "results": [r.to_dict() for r in results]}, indent=2))
    if plot is not None:
        draw(results, plot)
        complain(f"ratios drawn into {plot}")


def _case(name: str) -> Case:
    from facespectra.bench.cases import CASES, square

    if name in CASES:
        return CASES[name]
    if name.isdecimal() and 8 <= int(name) <= 16384:
        return square(int(name))
    raise ValueError(f"{name!r} is no case: give a side of 8 to 16384 pixels, or 'crops'")


def processor() -> str:
    """What the processor calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def draw(results: list[Result], file: Path) -> None:
    """Draw the ratios of all results, one group of bars for each case.

    Parameters
    ----------
    results : list of Result
        As :func:`facespectra.bench.compare` gives them.
    file : Path
        Its suffix chooses the format.
    """
    from facespectra._extras import require
    from facespectra._files import write_atomically

    require("report", "matplotlib")
    from matplotlib.figure import Figure

    cases = list(dict.fromkeys(result.case for result in results))
    figure = Figure(figsize=(8, 1 + 0.28 * len(results)), layout="constrained")
    rows = figure.subplots(
        len(cases),
        1,
        squeeze=False,
        gridspec_kw={"height_ratios": [sum(r.case == case for r in results) for case in cases]},
    )[:, 0]
    for axes, case in zip(rows, cases, strict=True):
        group = [result for result in results if result.case == case]
        colours = ["0.6" if r.error is None else "C0" if r.name.startswith("native") else "C1" for r in group]
        bars = axes.barh([r.name for r in group], [r.ratio for r in group], color=colours)
        axes.bar_label(bars, [f" {r.ratio:.2f}" for r in group], fontsize=8)
        axes.axvline(1, color="0.3", linewidth=0.8)
        axes.set(xscale="log", title=f"{case}: time, as a multiple of {group[0].yardstick}")
        axes.title.set_fontsize(9)
        axes.invert_yaxis()
        axes.margins(x=0.15)
        axes.spines[["top", "right"]].set_visible(False)
    content = io.BytesIO()
    figure.savefig(content, format=file.suffix[1:].lower() or None)
    write_atomically(file, content.getvalue())
