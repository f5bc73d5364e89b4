"""The contact sheet: the most certain hits and the worst mistakes, with box and spectrum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facespectra.report.figures.roc import Spectra

Floats = NDArray[np.float64]
EACH = 6
SHEETS = (
    ("Most certain hits: fake, and called fake", "hit", 1),
    ("Most certain hits: real, and called real", "hit", 0),
    ("Worst mistakes: real, and called fake", "mistake", 0),
    ("Worst mistakes: fake, and called real", "mistake", 1),
)
# Of a small spectrum: how many points, and how many standard deviations up and down.
POINTS, REACH = 40, 2.5


@dataclass(frozen=True, slots=True)
class Sheet:
    """One row of the contact sheet.

    Attributes
    ----------
    heading : str
        What these are.
    samples : list of int
        Which ones, the most extreme first.
    total : int
        How many there are of this kind.
    """

    heading: str
    samples: list[int]
    total: int


def sheets(labels: NDArray[np.int64], scores: Floats, threshold: float, paths: Sequence[str]) -> list[Sheet]:
    """Choose what to show.

    Parameters
    ----------
    labels : (n,) int64
        0 or 1.
    scores : (n,) float64
        NaN where there is none.
    threshold : float
        Scores from here on count as fake.
    paths : sequence of str
        Of a video, one frame is enough.

    Returns
    -------
    list of Sheet
        One for each of :data:`SHEETS`, maybe empty.
    """
    found = []
    for heading, kind, label in SHEETS:
        called = scores >= threshold if (kind == "hit") == (label == 1) else scores < threshold
        own = np.flatnonzero((labels == label) & called)
        # Fakes that are found have high scores, and so have real ones that are taken for fakes.
        descending = (kind == "hit") == (label == 1)
        order = own[np.argsort(-scores[own] if descending else scores[own], kind="stable")]
        first: dict[str, int] = {}
        for index in order.tolist():
            first.setdefault(paths[index], index)
            if len(first) == EACH:
                break
        found.append(Sheet(heading, list(first.values()), len(own)))
    return found


def spark(spectrum: Floats, found: Spectra) -> str:
    """Draw a spectrum very small, against the real faces.

    Parameters
    ----------
    spectrum : (n,) float64
        Of one face.
    found : Spectra
        Of the classes.

    Returns
    -------
    str
        Points of a polyline in a box of 100 by 40: the middle is the mean of the real faces, and up and down
        from there it is 2.5 of their standard deviations.
    """
    sd = np.where(found.real_sd > 1e-9, found.real_sd, 1.0)
    parts = np.array_split((spectrum - found.real_mean) / sd, min(POINTS, len(spectrum)))
    away = np.array([part.mean() for part in parts])
    height = 20 - 20 * np.clip(away / REACH, -1, 1)
    return " ".join(f"{100 * k / max(1, len(away) - 1):.1f},{y:.1f}" for k, y in enumerate(height))


def short(path: str) -> str:
    """Give the end of a path, for a caption.

    Parameters
    ----------
    path : str
        Of a file.

    Returns
    -------
    str
    """
    return "/".join(PurePath(path).parts[-2:])


def caption(path: str, frame: int | None, score: float) -> Mapping[str, Any]:
    """Give what stands below a picture.

    Parameters
    ----------
    path : str
        Of the file.
    frame : int or None
        Of a video.
    score : float
        Of the face.

    Returns
    -------
    mapping
        ``name``, ``path`` and ``score``.
    """
    name = short(path) if frame is None else f"{short(path)}, frame {frame}"
    return {"name": name, "path": path, "score": f"{score:.3f}"}
