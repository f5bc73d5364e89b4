"""The files of an evaluation: figures as JSON, tables as CSV, drawings and pages; each whole or not there."""

from __future__ import annotations

from facespectra.report.files import draw_roc, write_metrics, write_roc, write_scores

__all__ = ["draw_roc", "write_metrics", "write_roc", "write_scores"]
