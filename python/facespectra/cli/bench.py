"""``facespectra bench``: speed of all backends on this machine, relative to the bare FFT."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from facespectra.cli.console import complain


def bench(
    cases: Annotated[
        list[str] | None,
        typer.Argument(metavar="CASE...", help="Sides of square images in pixels, or 'crops'."),
    ] = None,
    seconds: Annotated[
        float, typer.Option(help="Seconds for each contender on each case.", min=0.0, metavar="X")
    ] = 1.0,
    only: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Only contenders whose name contains this.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Plot the ratios into this file (.svg, .png, .pdf).")
    ] = None,
) -> None:
    """Time backends, FFT libraries and other implementations of the spectrum, in one thread.

    Default cases: 128 256 512 crops. Results are verified before they are timed; ratios are to the bare
    FFT, timed in the same run.

    Examples
    --------
    facespectra bench                  # every backend and FFT library
    facespectra bench 256 crops --only native
    """
    from facespectra._files import check_output
    from facespectra.bench import CASES, compare, select_case
    from facespectra.environment import describe, processor_name

    if plot is not None:
        check_output(plot, suffixes=(".svg", ".png", ".pdf"))
    selected = [select_case(name) for name in cases or CASES]
    state = describe()
    machine = {
        "processor": processor_name(),
        **{k: state[k] for k in ("system", "python", "native", "packages")},
    }
    if not as_json:
        native = state["native"]
        typer.echo(f"{machine['processor']}, {state['system']}, Python {state['python']}")
        typer.echo(f"native core: {native['instruction_set'] if native else 'not built'}, one thread")
    results = []
    for case in selected:
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
        from facespectra.bench.plot import plot_ratios

        plot_ratios(results, plot)
        complain(f"wrote {plot}")
