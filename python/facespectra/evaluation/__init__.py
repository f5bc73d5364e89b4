"""Evaluate scores against labels: metrics with intervals, and tests between two systems."""

from __future__ import annotations

from facespectra.evaluation.aggregation import AGGREGATES
from facespectra.evaluation.comparison import Comparison, compare
from facespectra.evaluation.intervals import delong_interval, group_interval, roc_auc, wilson_interval
from facespectra.evaluation.metrics import (
    CONSTANT,
    POLARITY,
    Evaluation,
    evaluate,
    youden_threshold,
)

__all__ = [
    "AGGREGATES",
    "CONSTANT",
    "POLARITY",
    "Comparison",
    "Evaluation",
    "compare",
    "delong_interval",
    "evaluate",
    "group_interval",
    "roc_auc",
    "wilson_interval",
    "youden_threshold",
]
