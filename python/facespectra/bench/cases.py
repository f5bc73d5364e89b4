"""Images to time on: of one shape, or crops whose shapes hardly repeat."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray

Images = Sequence[NDArray[np.uint8]]
Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Case:
    """A named set of images."""

    name: str
    make: Callable[[], Images]  # gives the same images every time
    one_a_call: bool = False  # each image by itself, where the others are handed over together

    @property
    def one_shape(self) -> bool:
        """Whether all images have the same shape."""
        return isinstance(self.make(), np.ndarray)


def noise_stack(size: int) -> Images:
    """Square noise images with sides of `size` pixels: as many pixels as 64 of 256x256, at most 64 images."""
    count = min(64, max(1, 64 * 256 * 256 // (size * size)))
    stack: Any = np.random.default_rng(size).integers(0, 256, (count, size, size), dtype=np.uint8)
    return stack  # type: ignore[no-any-return]


def crops() -> Images:
    """Noise in 200 shapes of 180 to 309 by 140 to 229 pixels, typical of face crops."""
    rng = np.random.default_rng(0)
    shapes: dict[tuple[int, int], None] = {}
    while len(shapes) < 200:
        shapes[int(rng.integers(180, 310)), int(rng.integers(140, 230))] = None
    return [rng.integers(0, 256, shape, dtype=np.uint8) for shape in shapes]


def square(size: int) -> Case:
    """The case of square images with sides of `size` pixels."""
    return Case(f"{size}x{size}", lambda: noise_stack(size))


CROPS = Case("200 crops of 200 shapes", crops)
# What a call from Python costs on top of the work: a small image at a time.
CALL = Case("64x64, one a call", lambda: noise_stack(64), one_a_call=True)
CASES = {"128": square(128), "256": square(256), "512": square(512), "crops": CROPS}


def select_case(name: str) -> Case:
    """The case of a name in `CASES`, of a side in pixels, or "call"."""
    if name == "call":
        return CALL
    if name in CASES:
        return CASES[name]
    if name.isdecimal() and 8 <= int(name) <= 16384:
        return square(int(name))
    raise ValueError(f"unknown case {name!r}: give a side of 8 to 16384 pixels, crops or call")


def bare_ffts(images: Images, one_shape: bool) -> dict[str, Work]:
    """Functions that do the bare float32 transforms of all images, the yardstick first.

    FFTW is planned by measuring where all images have one shape, and left out otherwise: measuring takes a
    tenth of a second for each shape. Conversion to float32 is not timed.
    """
    floats = [image.astype(np.float32) for image in images]
    transforms: dict[str, Work] = {}
    if one_shape and find_spec("pyfftw"):
        transforms["bare FFTW r2c (measured)"] = _planned(floats)
    transforms["bare scipy.fft.rfft2"] = lambda: [scipy.fft.rfft2(image) for image in floats]
    if find_spec("mkl_fft"):
        import mkl_fft

        transforms["bare mkl_fft.rfft2"] = lambda: [mkl_fft.rfft2(image) for image in floats]
    return transforms


def _planned(floats: Sequence[NDArray[np.float32]]) -> Work:
    import pyfftw

    height, width = floats[0].shape
    image = pyfftw.empty_aligned((height, width), dtype="float32")
    half = pyfftw.empty_aligned((height, width // 2 + 1), dtype="complex64")
    # Measuring beyond a few megapixels takes minutes and gains little.
    effort = "FFTW_MEASURE" if math.prod(image.shape) <= 1 << 22 else "FFTW_ESTIMATE"
    plan = pyfftw.FFTW(image, half, axes=(0, 1), flags=(effort,), threads=1)
    image[:] = floats[0]

    def run() -> None:
        for _ in floats:
            plan.execute()

    return run
