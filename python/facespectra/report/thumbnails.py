"""The contact sheet: the most certain hits and the worst mistakes, each with its box and its spectrum."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facespectra.evaluation.class_spectra import ClassSpectra

if TYPE_CHECKING:
    from facespectra.faces import Box
    from facespectra.images import UInt8Array

Floats = NDArray[np.float64]
PER_SHEET = 6
SHEETS = (
    ("Most certain hits: fake, and called fake", "hit", 1),
    ("Most certain hits: real, and not called fake", "hit", 0),
    ("Worst mistakes: real, and called fake", "mistake", 0),
    ("Worst mistakes: fake, and not called fake", "mistake", 1),
)
TILE = 240  # pixels
MARGIN = 0.35  # of the box, on each side
# Of a sparkline: its points, and the standard deviations that fit above and below the middle.
POINTS, REACH = 40, 2.5


@dataclass(frozen=True, slots=True)
class Sheet:
    """One row of the contact sheet."""

    heading: str
    samples: list[int]  # the most extreme first
    total: int  # of this kind


def sheets(labels: NDArray[np.int64], scores: Floats, threshold: float, paths: Sequence[str]) -> list[Sheet]:
    """Choose the samples of each of :data:`SHEETS`, one frame of each video; a score may be NaN."""
    rows = []
    for heading, kind, label in SHEETS:
        called = scores >= threshold if (kind == "hit") == (label == 1) else scores < threshold
        own = np.flatnonzero((labels == label) & called)
        # Fakes called fake have high scores, and so have real ones called fake.
        descending = (kind == "hit") == (label == 1)
        order = own[np.argsort(-scores[own] if descending else scores[own], kind="stable")]
        first: dict[str, int] = {}
        for index in order.tolist():
            first.setdefault(paths[index], index)
            if len(first) == PER_SHEET:
                break
        rows.append(Sheet(heading, list(first.values()), len(own)))
    return rows


def tile(rgb: UInt8Array, box: Box) -> tuple[str, tuple[float, float, float, float]]:
    """Cut a thumbnail around a face: a JPEG as a ``data:`` address, and the box in it.

    The box is (left, top, width, height), in percent of the thumbnail.
    """
    from PIL import Image

    x0, y0, x1, y1 = box
    side = round((1 + 2 * MARGIN) * max(x1 - x0, y1 - y0))
    left, right = _window(x0, x1, side, rgb.shape[1])
    top, bottom = _window(y0, y1, side, rgb.shape[0])
    small = Image.fromarray(rgb[top:bottom, left:right])
    small.thumbnail((TILE, TILE), Image.Resampling.BICUBIC)
    content = io.BytesIO()
    small.save(content, "JPEG", quality=85)
    across, down = 100 / (right - left), 100 / (bottom - top)
    place = ((x0 - left) * across, (y0 - top) * down, (x1 - x0) * across, (y1 - y0) * down)
    return "data:image/jpeg;base64," + base64.b64encode(content.getvalue()).decode(), place


def _window(start: int, stop: int, length: int, limit: int) -> tuple[int, int]:
    """Centre a range of this length on another one, moved or shortened to fit between 0 and `limit`."""
    length = min(length, limit)
    first = min(max(0, (start + stop - length) // 2), limit - length)
    return first, first + length


def sparkline(spectrum: Floats, classes: ClassSpectra) -> str:
    """Draw a spectrum as the points of a polyline in a box of 100 by 40.

    The middle is the mean of the real faces; the box reaches 2.5 of their standard deviations up and down.
    """
    sd = np.where(classes.real_sd > 1e-9, classes.real_sd, 1.0)
    chunks = np.array_split((spectrum - classes.real_mean) / sd, min(POINTS, len(spectrum)))
    distances = np.array([chunk.mean() for chunk in chunks])
    height = 20 - 20 * np.clip(distances / REACH, -1, 1)
    return " ".join(f"{100 * k / max(1, len(height) - 1):.1f},{y:.1f}" for k, y in enumerate(height))


def short(path: str) -> str:
    """Shorten a path to its last two parts."""
    return "/".join(PurePath(path).parts[-2:])


def caption(path: str, frame: int | None, score: float) -> dict[str, str]:
    """Name a thumbnail: ``name``, ``path`` and ``score``."""
    name = short(path) if frame is None else f"{short(path)}, frame {frame}"
    return {"name": name, "path": path, "score": f"{score:.3f}"}
