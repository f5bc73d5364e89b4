"""What an evaluation leaves behind: figures, tables and drawings, each file whole or not there."""

from __future__ import annotations

from facespectra.report.figures.drawings import draw_roc
from facespectra.report.files import write_metrics, write_roc, write_scores

__all__ = ["draw_roc", "write_metrics", "write_roc", "write_scores"]
