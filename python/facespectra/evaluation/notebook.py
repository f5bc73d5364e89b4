"""Evaluations and comparisons as HTML for notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facespectra._notebook import block, bullets, folded, paragraph, table
from facespectra._wording import counted
from facespectra.evaluation.figures_table import (
    TOO_FEW,
    Figure,
    figures_table,
    method_in_words,
    units_in_words,
)

if TYPE_CHECKING:
    from facespectra.evaluation import Comparison, Evaluation

HEAD = ("figure", "value", "95 % interval", "note")
FIRST = ("AUC", "AUC per video", "AUC per group", "EER", "fakes found", "reals called fake")
HIGHER = "A higher score means more likely fake."


def evaluation_html(result: Evaluation) -> str:
    """The figures that matter most as a table, the others folded, and what the scores are."""
    rows = figures_table(result)
    first = [row for row in rows if row.name in FIRST]
    others = [row for row in rows if row.name not in FIRST]
    caption = f"Evaluation of {counted(result.n, 'score')}: {result.n_real} real, {result.n_fake} fake"
    left_out = f"{counted(result.n_no_score, 'more sample')} without a score left out."
    probabilities = "The scores are probabilities." if result.brier is not None else ""
    return block(
        table(caption, HEAD, map(_cells, first)),
        paragraph(HIGHER, probabilities, _threshold_in_words(result), left_out if result.n_no_score else ""),
        bullets(f"Warning: {warning}" for warning in result.warnings),
        folded(
            "Other figures",
            table("Other figures", HEAD, map(_cells, others)),
            paragraph(
                f"Interval of the AUC: {method_in_words(result)}. "
                f"Independent of each other: {units_in_words(result)}."
            ),
        ),
    )


def comparison_html(result: Comparison) -> str:
    """Both AUCs, their difference, and the two tests of it, as a table."""
    drawn = f"{result.n_groups if result.resampled == 'groups' else result.n} {result.resampled}"
    head = ("figure", "value", "95 % interval", "p")
    rows = [
        (f"AUC, {name}", f"{auc:.3f}", _interval(one.auc_ci95), "")
        for name, auc, one in zip(("first", "second"), result.auc, result.evaluations(), strict=True)
    ]
    rows += [
        (
            f"difference, DeLong over {result.n} samples",
            f"{result.difference:+.3f}",
            *_test(result.delong_ci95, result.delong_p),
        ),
        (
            f"difference, bootstrap over {drawn}",
            f"{result.difference:+.3f}",
            *_test(result.bootstrap_ci95, result.bootstrap_p),
        ),
    ]
    caption = (
        f"Two systems on {counted(result.n, 'sample')} that both have scored: "
        f"{result.n_real} real, {result.n_fake} fake"
    )
    left_out = f"{counted(result.n_left_out, 'more sample')} without a score from one of the two left out."
    return block(
        table(caption, head, rows),
        paragraph(f"{HIGHER} The difference is the first less the second."),
        paragraph(left_out if result.n_left_out else ""),
        bullets(f"Warning: {warning}" for warning in result.warnings),
    )


def _cells(row: Figure) -> tuple[str, str, str, str]:
    return row.name, row.value, row.interval, row.detail


def _threshold_in_words(result: Evaluation) -> str:
    if result.threshold_source == "none":
        return "No threshold is known, so figures that need one are left out."
    counts = f"Scores from {result.threshold:.6g} on count as fake"
    if result.threshold_source == "given":
        return f"{counts}: the threshold was given."
    return f"{counts}: the best threshold on these very scores, which makes the figures at it optimistic."


def _interval(interval: tuple[float, float]) -> str:
    low, high = interval
    return TOO_FEW if low != low else f"{low:.3f} to {high:.3f}"


def _test(interval: tuple[float, float], p: float) -> tuple[str, str]:
    low, high = interval
    return (TOO_FEW, "") if low != low else (f"{low:+.3f} to {high:+.3f}", f"{p:.2g}")
