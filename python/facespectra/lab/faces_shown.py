"""Faces of each database, real ones and fakes, for the top of the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from facespectra.datasets.sources import sources_of
from facespectra.features.sampling import read_again
from facespectra.lab.subsets import Subset
from facespectra.report.thumbnails import tile

EACH = 4


def faces_shown(subsets: Sequence[Subset]) -> list[dict[str, Any]]:
    """Of each subset some real faces and some fakes, of the same people where groups tell.

    ``name`` of the subset, and ``classes``: name and pictures of each, as ``data:`` addresses. Subsets whose
    files are gone by now, or that are changed copies of another, are left out.
    """
    shown = []
    for subset in subsets:
        if (subset.samples["change"] != "").any():
            continue
        classes = [
            {"name": name, "pictures": _pictures(subset, rows)}
            for name, rows in zip(("real", "fake"), _chosen(subset), strict=True)
        ]
        if all(one["pictures"] for one in classes):
            shown.append({"name": subset.name, "classes": classes})
    return shown


def _chosen(subset: Subset) -> tuple[list[int], list[int]]:
    """Rows of real faces, evenly spread, and of fakes: those of their groups first."""
    found = subset.table("spectrum").ok
    real, fake = (np.flatnonzero(found & (subset.labels == label)) for label in (0, 1))
    if not (len(real) and len(fake)):
        return [], []
    groups = subset.groups
    rows = real[np.linspace(0, len(real) - 1, min(EACH, len(real))).round().astype(int)].tolist()
    fakes: list[int] = []
    for row in rows:
        own = [k for k in fake.tolist() if groups[k] == groups[row] and k not in fakes]
        fakes += own[:1]
    spread = fake[np.linspace(0, len(fake) - 1, min(2 * EACH, len(fake))).round().astype(int)].tolist()
    fakes += [k for k in spread if k not in fakes]
    return rows, fakes[:EACH]


def _pictures(subset: Subset, rows: Sequence[int]) -> list[str]:
    boxes = subset.table("spectrum").boxes
    # Frames of a video are decoded in one go where they rise.
    return [
        tile(whole.rgb, box)[0]
        for row, whole in read_again(sources_of(subset.samples), sorted(rows))
        if (box := boxes[row]) is not None
    ]
