"""From features to scores: classifiers, model files, and what is said of a score.

:meth:`Detector.fit_features` and :meth:`Detector.score_features` take the tables that
:mod:`facespectra.features` makes, so that many classifiers can share one extraction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facespectra._lazy import lazy_names

if TYPE_CHECKING:
    from facespectra.detector.classifiers import CLASSIFIERS
    from facespectra.detector.detector import Detector
    from facespectra.detector.loading import load
    from facespectra.detector.scores import Score
    from facespectra.detector.verdicts import Verdict

__all__ = ["CLASSIFIERS", "Detector", "Score", "Verdict", "load"]

__getattr__ = lazy_names(
    __name__,
    {
        "CLASSIFIERS": "facespectra.detector.classifiers",
        "Detector": "facespectra.detector.detector",
        "Score": "facespectra.detector.scores",
        "Verdict": "facespectra.detector.verdicts",
        "load": "facespectra.detector.loading",
    },
)
