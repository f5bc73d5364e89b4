"""Evaluate scores against labels: metrics with intervals, and tests between two systems.

Names are loaded when they are first used: to score needs one of them alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facespectra._lazy import lazy_names

if TYPE_CHECKING:
    from facespectra.evaluation.aggregation import AGGREGATES
    from facespectra.evaluation.comparison import Comparison, compare
    from facespectra.evaluation.intervals import delong_interval, group_interval, roc_auc, wilson_interval
    from facespectra.evaluation.metrics import CONSTANT, POLARITY, Evaluation, evaluate, youden_threshold

_HOME = {
    "AGGREGATES": "facespectra.evaluation.aggregation",
    "CONSTANT": "facespectra.evaluation.metrics",
    "POLARITY": "facespectra.evaluation.metrics",
    "Comparison": "facespectra.evaluation.comparison",
    "Evaluation": "facespectra.evaluation.metrics",
    "compare": "facespectra.evaluation.comparison",
    "delong_interval": "facespectra.evaluation.intervals",
    "evaluate": "facespectra.evaluation.metrics",
    "group_interval": "facespectra.evaluation.intervals",
    "roc_auc": "facespectra.evaluation.intervals",
    "wilson_interval": "facespectra.evaluation.intervals",
    "youden_threshold": "facespectra.evaluation.metrics",
}

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

__getattr__ = lazy_names(__name__, _HOME)
