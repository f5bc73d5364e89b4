"""The files of an evaluation: figures as JSON, tables as CSV, drawings and pages; each whole or not there.

And explanations of faces and of videos, whose classes are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facespectra._lazy import lazy_names
from facespectra.report.files import draw_roc, write_metrics, write_roc, write_scores

if TYPE_CHECKING:
    from facespectra.report.explained import Explanation
    from facespectra.report.explained_video import VideoExplanation

__all__ = ["Explanation", "VideoExplanation", "draw_roc", "write_metrics", "write_roc", "write_scores"]

__getattr__ = lazy_names(
    __name__,
    {
        "Explanation": "facespectra.report.explained",
        "VideoExplanation": "facespectra.report.explained_video",
    },
)
