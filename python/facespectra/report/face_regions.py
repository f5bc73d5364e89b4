"""Which part of a face says what: contributions by region, with outlines, and where they can be split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facespectra.detector.reasons import PARTS, WHOLE, part_of
from facespectra.regions.outlines import outlines

if TYPE_CHECKING:
    from facespectra.detector.attribution import Attribution
    from facespectra.faces import Box
    from facespectra.features.crops import Crop

Floats = NDArray[np.float64]
TEXTURE = "texture"


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a face, and what it adds to the score.

    Attributes
    ----------
    name : str
        ``"inner"``, ``"ring"``, ``"eyes"``, ``"mouth"``, ``"skin"``, or ``"face"`` for what belongs to none.
    title : str
        In words: ``"the mouth"``.
    amount : float
        The sum of the contributions of its feature groups; above 0 is evidence for fake.
    outlines : tuple of (n, 2) float64
        Closed lines, ``x, y`` in pixels of the upright image; inside is what an odd number of them surround.
    """

    name: str
    title: str
    amount: float
    outlines: tuple[Floats, ...] = field(repr=False)

    @property
    def outline(self) -> Floats:
        """All lines as one polygon, (n, 2), joined by seams of no width: for filling, by either rule."""
        start = self.outlines[0][0]
        closed = [np.concatenate([line, line[:1], start[None]]) for line in self.outlines]
        return np.concatenate(closed)

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain data for JSON.

        Returns
        -------
        dict
            The attributes, ``outline`` among them; positions to a tenth of a pixel.
        """
        return {
            "name": self.name,
            "title": self.title,
            "amount": self.amount,
            "outline": self.outline.round(1).tolist(),
            "outlines": [line.round(1).tolist() for line in self.outlines],
        }


@dataclass(frozen=True, slots=True)
class Tint:
    """What each place of a face adds to the score, as far as contributions can be split over places.

    Attributes
    ----------
    box : (x0, y0, x1, y1)
        What the cells cover, in pixels of the upright image, half-open.
    values : (height, width) float64
        The contribution of each cell; above 0 is evidence for fake.
    """

    box: Box
    values: Floats = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain data for JSON.

        Returns
        -------
        dict
            ``box``, ``width`` and ``height`` in cells, and ``values``, rows of cells.
        """
        height, width = self.values.shape
        values = [[float(f"{value:.3g}") for value in row] for row in self.values.tolist()]
        return {"box": list(self.box), "width": width, "height": height, "values": values}


def regions_of(crop: Crop, amounts: Mapping[str, float]) -> tuple[Region, ...]:
    """Sum contributions by region, the largest first; nothing where features are not of regions."""
    parts = {group: part_of(group) for group in amounts}
    if not amounts or not all(parts.values()):
        return ()
    sums = dict.fromkeys(PARTS, 0.0)
    for group, part in parts.items():
        sums[part] += amounts[group]
    box, landmarks = _placed(crop)
    x0, y0, x1, y1 = box
    lines = outlines((y1 - y0, x1 - x0), landmarks)
    corners = np.array([(0.0, 0.0), (x1 - x0, 0.0), (x1 - x0, y1 - y0), (0.0, y1 - y0)])
    lines[WHOLE] = [corners]
    # A region that nothing was measured of, or that has no weight, says nothing.
    found = [
        Region(name, PARTS[name], amount, tuple(line + np.array([x0, y0]) for line in lines[name]))
        for name, amount in sums.items()
        if amount and lines[name]
    ]
    return tuple(sorted(found, key=lambda region: -abs(region.amount)))


def tint_of(crop: Crop, features: str, attribution: Attribution | None) -> Tint | None:
    """Split contributions over places; None where they are not sums over places.

    Of texture features the means are. Region features are quantiles and roots of means, which do not split.
    """
    if features != TEXTURE or attribution is None:
        return None
    if attribution.weights is None or attribution.reference is None:
        return None
    from facespectra.texture.positions import split_means

    box, landmarks = _placed(crop)
    left, top = crop.box[:2]
    x0, y0, x1, y1 = box
    face = crop.rgb[y0 - top : y1 - top, x0 - left : x1 - left]
    return Tint(box, split_means(face, landmarks, attribution.weights, attribution.reference))


def _placed(crop: Crop) -> tuple[Box, Floats | None]:
    """Give the box that features are computed in, and the landmarks in it; None where none were found."""
    if crop.face is None:
        return crop.box, None
    return crop.face.box, np.array(crop.face.landmarks, np.float64) - crop.face.box[:2]
