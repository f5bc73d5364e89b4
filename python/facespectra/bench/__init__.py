"""Backends, FFT libraries and other ways to the same numbers, timed side by side.

Every contender is checked against the definition before it is timed, and timed in turn with the bare FFT, in
one process: what counts is the ratio, since machines are noisy.
"""

from __future__ import annotations

from facespectra.bench.cases import CASES, Case
from facespectra.bench.run import Result, compare

__all__ = ["CASES", "Case", "Result", "compare"]
