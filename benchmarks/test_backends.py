"""Every contender on the cases of ``facespectra bench``, one thread, uint8 in and 300 float32 numbers out.

``python -m pytest benchmarks`` prints the medians with their ratios to the fastest of the group, the bare
transforms among them; every answer is checked first.
"""

from __future__ import annotations

import numpy as np
import pytest

import facespectra as fs
from facespectra.bench.cases import CASES, Images, bare_ffts
from facespectra.bench.run import TOLERANCE, contenders

_images: dict[str, Images] = {}


def images_of(case: str) -> Images:
    if case not in _images:
        _images[case] = CASES[case].make()
    return _images[case]


def _bare() -> list[tuple[str, str]]:
    return [(case, name) for case in CASES for name in bare_ffts(images_of(case)[:1], case != "crops")]


def _whole() -> list[tuple[str, str]]:
    return [(case, name) for case in CASES for name in contenders([])]


@pytest.mark.parametrize(("case", "name"), _bare())
def test_bare(benchmark, case: str, name: str) -> None:
    benchmark.group = CASES[case].name
    images = images_of(case)
    benchmark.pedantic(bare_ffts(images, case != "crops")[name], rounds=5, warmup_rounds=1)


@pytest.mark.parametrize(("case", "name"), _whole())
def test_feature(benchmark, case: str, name: str) -> None:
    benchmark.group = CASES[case].name
    images = images_of(case)
    got = benchmark.pedantic(contenders(images)[name], rounds=5, warmup_rounds=1)
    expected = fs.radial_spectrum(images[:2], backend="numpy", dtype="float64")
    assert np.abs(got[:2] - expected).max() <= TOLERANCE
