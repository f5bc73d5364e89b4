"""``facespectra bench``: speed of all backends on this machine, relative to the bare FFT."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facespectra.cli.console import complain

if TYPE_CHECKING:
    from facespectra.bench import Case, Result


def bench(
    cases: Annotated[
        list[str] | None,
        typer.Argument(metavar="CASE...", help="Sides of square images in pixels, crops, or call."),
    ] = None,
    seconds: Annotated[
        float, typer.Option(help="Seconds for each contender on each case.", min=0.0, metavar="X")
    ] = 1.0,
    only: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Only contenders whose name contains this.")
    ] = None,
    scaling: Annotated[
        bool,
        typer.Option(
            "--scaling",
            help="Measure how time and memory grow instead. A CASE is then side, batch, crops, threads, "
            "video, frames, svm or logistic.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Plot the figures into this file (.svg, .png, .pdf).")
    ] = None,
) -> None:
    """Time backends, FFT libraries and other implementations of the spectrum, in one thread.

    Default cases: 128 256 512 crops. The case call is one image of 64x64 a call; all others take their
    images at once. Results are verified before they are timed; ratios are to the bare FFT, timed in turn
    in the same run, with the spread of half the rounds. Where a machine is too noisy to tell, it says so.

    With --scaling: time and peak memory against the side of an image, the length of a stack or a list, the
    number of threads, the length of a video and the rows of a fit, each point in a process of its own; the
    exponents fitted to the upper half of the sizes, with their 95 % intervals, beside those of theory. It
    takes a few minutes; sizes whose run would take over ten times --seconds, or over half of the free
    memory, are left out and named.

    Examples
    --------
    facespectra bench                  # every backend and FFT library
    facespectra bench 64 call crops --only native
    facespectra bench --scaling side batch --plot growth.svg
    """
    from facespectra._files import check_output

    if plot is not None:
        check_output(plot, suffixes=(".svg", ".png", ".pdf"))
    if scaling:
        if only is not None:
            problem = "--only chooses among contenders, and --scaling has none: leave it out"
            raise typer.BadParameter(problem)
        _grow(cases or [], seconds, as_json, plot)
    else:
        _compare(cases or [], seconds, only, as_json, plot)


def _compare(
    names: Sequence[str], seconds: float, only: str | None, as_json: bool, plot: Path | None
) -> None:
    from facespectra.bench import CASES, select_case
    from facespectra.bench.table import noise_notice

    selected = [select_case(name) for name in names or CASES]
    machine = _machine()
    if not as_json:
        _say_machine(machine, "one thread")
    results = _compared(selected, seconds, only, as_json)
    if as_json:
        notice = noise_notice(results)
        told = [result.to_dict() for result in results]
        typer.echo(json.dumps({"machine": machine, "noise": notice, "results": told}, indent=2))
    if plot is not None:
        from facespectra.bench.plot import plot_ratios

        plot_ratios(results, plot)
        complain(f"wrote {plot}")


def _grow(names: Sequence[str], seconds: float, as_json: bool, plot: Path | None) -> None:
    from facespectra.bench import growth
    from facespectra.bench.growth import table

    selected = growth.select_series(names)
    machine = _machine()
    if not as_json:
        _say_machine(machine, f"{machine['processors']} processors, backend {machine['backend']}")
    points: list[growth.Point] = []
    left_out: list[growth.LeftOut] = []
    for series in selected:
        lines: Iterable[str] = ["", *table.header(series)]
        for one in growth.measure(series, seconds):
            if isinstance(one, growth.Point):
                before = points[-1] if points and points[-1].series == series.name else None
                points.append(one)
                lines = [*lines, table.row(one, before)]
            else:
                left_out.append(one)
                lines = [*lines, *table.left_out(one)]
            if not as_json:
                typer.echo("\n".join(lines))
            lines = []
        if not as_json:
            for line in table.fitted(series, [point for point in points if point.series == series.name]):
                typer.echo(line)
    if not as_json and (notes := list(table.notes(points))):
        typer.echo("\n".join(["", *notes]))
    if as_json:
        typer.echo(json.dumps(growth.as_data(machine, selected, points, left_out), indent=2))
    if plot is not None:
        from facespectra.bench.growth.plot import plot_growth

        plot_growth(selected, points, plot)
        complain(f"wrote {plot}")


def _machine() -> dict[str, Any]:
    from facespectra.environment import describe, processor_name

    state = describe()
    told = ("system", "python", "processors", "backend", "native", "packages")
    return {"processor": processor_name(), **{key: state[key] for key in told}}


def _say_machine(machine: dict[str, Any], how: str) -> None:
    native = machine["native"]
    typer.echo(f"{machine['processor']}, {machine['system']}, Python {machine['python']}")
    typer.echo(f"native core: {native['instruction_set'] if native else 'not built'}, {how}")


def _compared(cases: Sequence[Case], seconds: float, only: str | None, as_json: bool) -> list[Result]:
    from facespectra.bench import compare, table

    results: list[Result] = []
    for case in cases:
        first = True
        for result in compare(case, seconds, only):
            results.append(result)
            if as_json:
                continue
            if first:
                typer.echo()
                for line in table.header(result):
                    typer.echo(line)
            first = False
            typer.echo(table.row(result))
    if not as_json:
        typer.echo()
        for line in table.notes(results):
            typer.echo(line)
    return results
