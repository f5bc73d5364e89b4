"""``facespectra compare``: two evaluations of the same samples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facespectra.cli.console import complain, show_table

if TYPE_CHECKING:
    from facespectra.evaluation import Evaluation
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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    draws: Annotated[int, typer.Option(min=100, help="Resampled data sets in the bootstrap.")] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the bootstrap.")] = 0,
) -> None:
    """Test whether one of two systems is better, from their scores for the same samples.

    Compares the AUCs, first minus second, by DeLong's paired test and by a paired bootstrap; the bootstrap
    draws whole groups where several samples belong to one. Samples are matched by path (and frame); samples
    of one run only, or without a score in one of them, are left out and counted. Where a run is a folder of
    evaluate with a threshold, its balanced accuracy and both rates are given, too.

    Examples
    --------
    facespectra compare report_a report_b
    """
    from facespectra.errors import DatasetError
    from facespectra.evaluation import compare as compare_scores
    from facespectra.report.runs import name_of, pair_runs, read_run

    a, b = pair_runs(read_run(first), read_run(second))
    shared = [key for key in a.entries if key in b.entries]
    if not shared:
        raise DatasetError(f"{first} and {second} have no sample in common: their paths differ")
    conflicting = [key for key in shared if a.entries[key].label != b.entries[key].label]
    if conflicting:
        raise DatasetError(f"{first} and {second} disagree on the label of {name_of(conflicting[0])}")
    labels, groups, scores = _columns(a, b, shared)
    result = compare_scores(labels, scores[0], scores[1], groups, draws=draws, seed=seed)
    of_each = [_evaluated(run, labels, scores, groups, which) for which, run in enumerate((a, b))]
    only = {"only_in_first": len(a.entries) - len(shared), "only_in_second": len(b.entries) - len(shared)}
    for run, others in ((a, b), (b, a)):
        missing = [key for key in run.entries if key not in others.entries]
        if missing:
            verb = "sample is" if len(missing) == 1 else "samples are"
            complain(f"warning: {len(missing)} {verb} in {run.place} only, such as {name_of(missing[0])}")
    for warning in result.warnings:
        complain(f"warning: {warning}")
    if as_json:
        runs = {"first": str(first), "second": str(second)}
        more = {"auc_ci95": [one.to_dict()["auc_ci95"] for one in of_each], "at_threshold": _at(of_each)}
        typer.echo(json.dumps(runs | result.to_dict() | more | only, indent=2, allow_nan=False))
        return
    bootstrap = (
        f"bootstrap over {result.n_groups if result.resampled == 'groups' else result.n} {result.resampled}"
    )
    show_table(
        [
            ("first", str(first)),
            ("second", str(second)),
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
    )


def _columns(a: Run, b: Run, shared: list[Key]) -> tuple[list[int], list[str] | None, list[list[float]]]:
    """Labels, groups and both systems' scores; groups are None where every sample is its own."""
    labels = [int(a.entries[key].label or 0) for key in shared]
    groups = [a.entries[key].group for key in shared]
    scores = [[run.entries[key].score for key in shared] for run in (a, b)]
    return labels, groups if len(set(groups)) < len(groups) else None, scores


def _evaluated(
    run: Run, labels: list[int], scores: list[list[float]], groups: list[str] | None, which: int
) -> Evaluation:
    """Figures of one system on the samples that both have scored."""
    import numpy as np

    from facespectra.evaluation import evaluate

    both = ~np.isnan(np.array(scores, np.float64)).any(axis=0)
    own = np.array(scores[which], np.float64)[both]
    of_group = None if groups is None else np.array(groups, object)[both]
    result = evaluate(np.array(labels)[both], own, of_group, threshold=run.threshold)
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
