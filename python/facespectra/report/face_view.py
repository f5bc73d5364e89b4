"""A face as pages show it: its pixels, its regions tinted, the score on its scale, and who it is like."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facespectra.detector.labels import CANNOT_TELL, FAKE, FAKES, NO_SWAP, REAL, SWAP, SWAPS
from facespectra.detector.reasons import WHOLE
from facespectra.figures import style
from facespectra.report.sentences import on_scale

if TYPE_CHECKING:
    from facespectra.detector.verdicts import Verdict
    from facespectra.faces import Box
    from facespectra.images import UInt8Array
    from facespectra.report.face_regions import Region, Tint

LARGEST = 900  # pixels of the longer side
OPACITY = 0.72
# Contributions of a region, in its unit, from which on a tint has its full colour: weak ones look weak.
FULL = 0.25
MOST_DIGITS = 4
# By label: what a badge says, its sign for those who see no colours, and its class.
BADGES = {
    SWAP: ("Swap", "\u25b2", "fake"),
    NO_SWAP: ("No swap found", "\u25cf", "real"),
    CANNOT_TELL: ("Can't tell", "?", "unsure"),
    FAKE: ("More like the fakes", "\u25b2", "fake"),
    REAL: ("More like the real faces", "\u25cf", "real"),
    "": ("No face", "\u2013", "unsure"),
}


def face_view(
    verdict: Verdict,
    rgb: UInt8Array,
    box: Box,
    regions: Sequence[Region],
    tint: Tint | None,
    sentences: Sequence[str],
    *,
    positive: str,
    probability: bool,
    largest: int = LARGEST,
) -> dict[str, Any]:
    """What a template needs to show a face and what is said of it."""
    height, width = rgb.shape[:2]
    kinds = SWAPS.kinds if positive == SWAP else FAKES.kinds
    return {
        "uri": picture_uri(rgb, largest),
        "width": width,
        "height": height,
        "alt": f"The face that was scored, {width} by {height} pixels",
        "tint": tint_uri(tint, regions),
        "tint_place": _place(tint, box) if tint is not None else None,
        "regions": [_drawn(region, box, fill=tint is None, within=regions) for region in regions],
        "sentences": list(sentences),
        "sides": _sides(regions),
        "ends": [f"like {kinds[0]}", f"like {kinds[1]}"],
        **score_view(verdict, positive=positive, probability=probability),
    }


def score_view(verdict: Verdict, *, positive: str, probability: bool) -> dict[str, Any]:
    """Badge and scale of a verdict; no scale where scores have none or there is no score."""
    words, sign, kind = BADGES[verdict.label]
    view: dict[str, Any] = {"badge": words, "sign": sign, "kind": kind, "scale": None}
    if probability and verdict.score == verdict.score:
        score, threshold = on_scale(verdict.score, verdict.threshold, probability=True)
        swaps = positive == SWAP
        view["scale"] = {
            "score": score,
            "at": 100 * verdict.score,
            "threshold": threshold,
            "from": 100 * verdict.threshold,
            "middle": min(50.0, 100 * verdict.threshold),
            "names": ("no swap found", "too weak to call", "swap") if swaps else ("real", "weak", "fake"),
        }
    return view


def picture_uri(rgb: UInt8Array, largest: int) -> str:
    """A picture as a JPEG in a ``data:`` address, made smaller where it is larger than this."""
    from PIL import Image

    image = Image.fromarray(rgb)
    image.thumbnail((largest, largest), Image.Resampling.LANCZOS)
    content = io.BytesIO()
    image.save(content, "JPEG", quality=90, subsampling=0)
    return "data:image/jpeg;base64," + base64.b64encode(content.getvalue()).decode()


def tint_uri(tint: Tint | None, regions: Sequence[Region]) -> str:
    """Cells as a small picture that is transparent where they add nothing; empty where there are none."""
    if tint is None:
        return ""
    from PIL import Image

    largest = float(np.abs(tint.values).max()) or 1.0
    pixels = np.zeros((*tint.values.shape, 4), np.uint8)
    pixels[:] = (*_rgb(style.REAL), 0)
    pixels[tint.values > 0, :3] = _rgb(style.FAKE)
    share: NDArray[np.float64] = np.sqrt(np.abs(tint.values) / largest)
    pixels[..., 3] = np.rint(255 * OPACITY * _strength(regions) * share)
    content = io.BytesIO()
    Image.fromarray(pixels, "RGBA").save(content, "PNG")
    return "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()


def path_of(region: Region, box: Box) -> str:
    """The outlines of a region as the path of an SVG, in pixels of the crop."""
    x0, y0, *_ = box
    return "".join(
        "M" + "L".join(f"{x - x0:.1f} {y - y0:.1f}" for x, y in line.tolist()) + "Z"
        for line in region.outlines
    )


def _drawn(region: Region, box: Box, *, fill: bool, within: Sequence[Region]) -> dict[str, Any]:
    largest = max(abs(one.amount) for one in within) or 1.0
    opacity = OPACITY * _strength(within) * abs(region.amount) / largest
    return {
        "path": path_of(region, box),
        "title": region.title,
        "colour": style.FAKE if region.amount > 0 else style.REAL,
        "opacity": round(opacity, 3) if fill and region.name != WHOLE else 0,
        "line": region.name != WHOLE,
    }


def _strength(regions: Sequence[Region]) -> float:
    return min(1.0, max((abs(region.amount) for region in regions), default=0.0) / FULL)


def _place(tint: Tint, box: Box) -> dict[str, int]:
    x0, y0, x1, y1 = tint.box
    return {"x": x0 - box[0], "y": y0 - box[1], "width": x1 - x0, "height": y1 - y0}


def _sides(regions: Sequence[Region]) -> list[dict[str, Any]]:
    largest = max((abs(region.amount) for region in regions), default=0.0) or 1.0
    # What is not the same is written apart: a sentence says which is larger.
    digits = 2
    while len({f"{one.amount:.{digits}f}" for one in regions}) < len({one.amount for one in regions}):
        if digits == MOST_DIGITS:
            break
        digits += 1
    return [
        {
            "title": f"{region.title[0].upper()}{region.title[1:]}",
            "kind": "fake" if region.amount > 0 else "real",
            "width": round(50 * abs(region.amount) / largest, 1),
            "amount": f"{region.amount:+.{digits}f}",
        }
        for region in regions
    ]


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
