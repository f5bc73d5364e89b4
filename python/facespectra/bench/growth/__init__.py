"""How time and peak memory grow with the size of the work, beside what theory expects.

Each point is measured in a process of its own, so that no point finds memory or plans of another one.
"""

from __future__ import annotations

from facespectra.bench.growth.data import as_data
from facespectra.bench.growth.fitting import Exponent, exponents, serial_share
from facespectra.bench.growth.points import LeftOut, Point, measure
from facespectra.bench.growth.series import SERIES, Series, select_series

__all__ = [
    "SERIES",
    "Exponent",
    "LeftOut",
    "Point",
    "Series",
    "as_data",
    "exponents",
    "measure",
    "select_series",
    "serial_share",
]
