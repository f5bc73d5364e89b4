"""All that was measured, as plain data for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from facespectra.bench.growth.fitting import exponents, serial_share
from facespectra.bench.growth.points import LeftOut, Point
from facespectra.bench.growth.series import Series


def as_data(
    machine: dict[str, Any], series: Sequence[Series], points: Sequence[Point], left_out: Sequence[LeftOut]
) -> dict[str, Any]:
    """Machine, series, points, exponents, and what was left out."""
    of = {one.name: [point for point in points if point.series == one.name] for one in series}
    return {
        "machine": machine,
        "series": {
            one.name: {
                "title": one.title,
                "unit": one.unit,
                "time": one.time.words,
                "memory": one.memory.words,
            }
            for one in series
        },
        "points": [point.to_dict() for point in points],
        "exponents": [found.to_dict() for one in series for found in exponents(one, of[one.name])],
        "serial_share": serial_share(of.get("threads", [])),
        "left_out": [left.to_dict() for left in left_out],
    }
