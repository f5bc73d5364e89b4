"""Benchmark of backends, FFT libraries and other implementations of the radial spectrum.

Every contender is verified against the definition before it is timed, and timed in alternation with the bare
FFT in one process: only the ratio counts, since machines are noisy.
"""

from __future__ import annotations

from facespectra.bench.cases import CASES, Case, select_case
from facespectra.bench.run import Result, compare

__all__ = ["CASES", "Case", "Result", "compare", "select_case"]
