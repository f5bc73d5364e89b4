"""``facespectra compare``: evaluations of the same samples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facespectra.cli.console import complain, show_table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from facespectra.evaluation import Comparison, Evaluation
    from facespectra.report.runs import Key, Run


def compare(
    first: Annotated[
        Path,
        typer.Argument(
            metavar="RUN",
            help="A folder that evaluate wrote, or a file of any system's scores: path, score and label.",
            show_default=False,
        ),
    ],
    second: Annotated[
        Path,
        typer.Argument(
            metavar="RUN", help="Another one; one of the two may be without labels.", show_default=False
        ),
    ],
    more: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="RUN...", help="More of them: each is compared with the first.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    draws: Annotated[int, typer.Option(min=100, help="Resampled data sets in the bootstrap.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw all ROC curves into this file (.svg, .png, .pdf)."),
    ] = None,
) -> None:
    """Test whether one of two systems is better, from their scores for the same samples.

    Compares the AUCs, first minus second, by DeLong's paired test and by a paired bootstrap; the bootstrap
    draws whole groups where several samples belong to one. Samples are matched by path (and frame); samples
    of one run only, or without a score in one of them, are left out and counted. Where a run is a folder of
    evaluate with a threshold, its balanced accuracy and both rates are given, too.

    Examples
    --------
    facespectra compare report_a report_b
    facespectra compare ours theirs.csv --plot roc.pdf    # for a paper
    """
    from facespectra._extras import require
    from facespectra._files import check_output
    from facespectra.evaluation import compare as compare_scores
    from facespectra.report.runs import name_alike, read_run, shared_samples

    if plot is not None:
        check_output(plot, suffixes=(".svg", ".png", ".pdf"))
        require("detect", "matplotlib")
    runs = name_alike([read_run(place) for place in (first, second, *(more or ()))])
    shared = shared_samples(runs)
    labels, groups, scores = _columns(runs, shared)
    results = [
        compare_scores(labels, scores[0], other, groups, draws=draws, seed=seed) for other in scores[1:]
    ]
    of_each = [_evaluated(run, labels, own, groups) for run, own in zip(runs, scores, strict=True)]
    _complain(runs, shared, results)
    pairs = [([runs[0], runs[k]], [of_each[0], of_each[k]], result) for k, result in enumerate(results, 1)]
    if as_json:
        found = [_plain(*pair, len(shared)) for pair in pairs]
        content = found[0] if len(found) == 1 else {"comparisons": found}
        typer.echo(json.dumps(content, indent=2, allow_nan=False))
    else:
        for k, pair in enumerate(pairs):
            if k:
                typer.echo()
            show_table(_rows(*pair))
    if plot is not None:
        _draw(plot, runs, of_each)


def _draw(plot: Path, runs: list[Run], results: list[Evaluation]) -> None:
    from facespectra._files import write_atomically
    from facespectra.figures.paper import paper_roc
    from facespectra.report.runs import short_names

    curves = list(zip(short_names(runs), results, strict=True))
    write_atomically(plot, paper_roc(curves, plot.suffix[1:].lower()))
    complain(f"wrote {plot}")


def _complain(runs: list[Run], shared: list[Key], results: list[Comparison]) -> None:
    """Tell what is not in all runs, and what speaks against the tests."""
    from facespectra.report.runs import name_of

    alone = "only" if len(runs) == 2 else "and not in all others"
    known = set(shared)
    for run in runs:
        missing = [key for key in run.entries if key not in known]
        if missing:
            verb = "sample is" if len(missing) == 1 else "samples are"
            complain(f"warning: {len(missing)} {verb} in {run.place} {alone}, such as {name_of(missing[0])}")
    for warning in dict.fromkeys(warning for result in results for warning in result.warnings):
        complain(f"warning: {warning}")
    if len(results) > 1:
        complain(f"warning: {len(results)} tests; their p-values are not corrected for this number")


def _plain(runs: list[Run], of_each: list[Evaluation], result: Comparison, n_shared: int) -> dict[str, Any]:
    """One comparison as plain data for JSON."""
    more = {"auc_ci95": [one.to_dict()["auc_ci95"] for one in of_each], "at_threshold": _at(of_each)}
    names = ("first", "second")
    only = {f"only_in_{name}": len(run.entries) - n_shared for name, run in zip(names, runs, strict=True)}
    places = {name: str(run.place) for name, run in zip(names, runs, strict=True)}
    return places | result.to_dict() | more | only


def _rows(runs: list[Run], of_each: list[Evaluation], result: Comparison) -> list[tuple[str, str]]:
    """One comparison as a table for the terminal."""
    bootstrap = (
        f"bootstrap over {result.n_groups if result.resampled == 'groups' else result.n} {result.resampled}"
    )
    return [
        ("first", str(runs[0].place)),
        ("second", str(runs[1].place)),
        (
            "samples",
            f"{result.n} in both ({result.n_real} real, {result.n_fake} fake; "
            f"{result.n_left_out} left out, without a score in one)",
        ),
        ("AUC", f"{result.auc[0]:.4f} and {result.auc[1]:.4f}"),
        *_each(of_each),
        ("difference", f"{result.difference:+.4f}"),
        (f"DeLong over {result.n} samples", _format_test(result.delong_ci95, result.delong_p)),
        (bootstrap, _format_test(result.bootstrap_ci95, result.bootstrap_p)),
    ]


def _columns(
    runs: list[Run], shared: list[Key]
) -> tuple[NDArray[np.int64], NDArray[Any] | None, NDArray[np.float64]]:
    """Labels, groups and the scores of each run; groups are None where every sample is its own.

    A sample that one of the runs has not scored has no score in any: figures are of the same samples.
    """
    import numpy as np

    labels = np.array([int(runs[0].entries[key].label or 0) for key in shared])
    groups = np.array([runs[0].entries[key].group for key in shared], object)
    scores = np.array([[run.entries[key].score for key in shared] for run in runs], np.float64)
    scores[:, np.isnan(scores).any(axis=0)] = np.nan
    return labels, groups if len(set(groups)) < len(groups) else None, scores


def _evaluated(
    run: Run, labels: NDArray[np.int64], scores: NDArray[np.float64], groups: NDArray[Any] | None
) -> Evaluation:
    """Figures of one system on the samples that all have scored."""
    import numpy as np

    from facespectra.evaluation import evaluate

    known = ~np.isnan(scores)
    of_group = None if groups is None else groups[known]
    result = evaluate(labels[known], scores[known], of_group, threshold=run.threshold)
    return result if run.threshold is not None else result.without_threshold()


def _each(results: list[Evaluation]) -> list[tuple[str, str]]:
    from facespectra.evaluation.figures_table import figures_table

    wanted = ("AUC", "balanced accuracy", "accuracy", "fakes found", "reals called fake")
    return [
        (f"{figure.name}, {which}", figure.in_one_line)
        for which, result in zip(("first", "second"), results, strict=True)
        for figure in figures_table(result)
        if figure.name in wanted
    ]


def _at(results: list[Evaluation]) -> list[dict[str, Any] | None]:
    """Figures at each run's own threshold, None where there is none."""
    names = ("threshold", "confusion", "majority_accuracy")
    rates = ("accuracy", "balanced_accuracy", "true_positive_rate", "false_positive_rate")
    found: list[dict[str, Any] | None] = []
    for result in results:
        figures = result.to_dict()
        keys = (*names, *rates, *(f"{name}_ci95" for name in rates))
        found.append(None if figures["threshold"] is None else {key: figures[key] for key in keys})
    return found


def _format_test(interval: tuple[float, float], p: float) -> str:
    low, high = interval
    if low != low:
        return "not measurable with so few"
    return f"95 % interval {low:+.4f} to {high:+.4f}, p = {p:.2g}"
