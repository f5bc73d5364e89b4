"""What is timed: images of one shape, or crops whose shapes hardly repeat."""

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
    """Images to be timed on.

    Attributes
    ----------
    name : str
        As it is shown.
    make : callable
        Gives the images, the same ones every time.
    """

    name: str
    make: Callable[[], Images]

    @property
    def one_shape(self) -> bool:
        """Whether all the images have one shape."""
        return isinstance(self.make(), np.ndarray)


def noise_stack(size: int) -> Images:
    """Noise of one square shape, as many images as make 64 of 256x256, at most 64.

    Parameters
    ----------
    size : int
        Side in pixels.
    """
    count = min(64, max(1, 64 * 256 * 256 // (size * size)))
    stack: Any = np.random.default_rng(size).integers(0, 256, (count, size, size), dtype=np.uint8)
    return stack  # type: ignore[no-any-return]


def crops() -> Images:
    """Noise in 200 different shapes, 180 to 309 by 140 to 229 pixels, as face crops come."""
    rng = np.random.default_rng(0)
    shapes: dict[tuple[int, int], None] = {}
    while len(shapes) < 200:
        shapes[int(rng.integers(180, 310)), int(rng.integers(140, 230))] = None
    return [rng.integers(0, 256, shape, dtype=np.uint8) for shape in shapes]


def square(size: int) -> Case:
    """The case of square images of one size.

    Parameters
    ----------
    size : int
        Side in pixels.
    """
    return Case(f"{size}x{size}", lambda: noise_stack(size))


CROPS = Case("200 crops of 200 shapes", crops)
CASES = {"128": square(128), "256": square(256), "512": square(512), "crops": CROPS}


def bare_ffts(images: Images, one_shape: bool) -> dict[str, Work]:
    """The bare float32 transforms of all the images: the yardsticks, the first one first.

    Parameters
    ----------
    images : sequence of (H, W) uint8
        What will be transformed; the conversion to float32 is not counted.
    one_shape : bool
        Whether all have one shape: FFTW is measured for one shape, and left out for many, since measuring
        takes a tenth of a second each.

    Returns
    -------
    dict of str to callable
        Work by name.
    """
    floats = [image.astype(np.float32) for image in images]
    found: dict[str, Work] = {}
    if one_shape and find_spec("pyfftw"):
        found["bare FFTW r2c (measured)"] = _planned(floats)
    found["bare scipy.fft.rfft2"] = lambda: [scipy.fft.rfft2(image) for image in floats]
    if find_spec("mkl_fft"):
        import mkl_fft

        found["bare mkl_fft.rfft2"] = lambda: [mkl_fft.rfft2(image) for image in floats]
    return found


def _planned(floats: Sequence[NDArray[np.float32]]) -> Work:
    import pyfftw

    height, width = floats[0].shape
    image = pyfftw.empty_aligned((height, width), dtype="float32")
    half = pyfftw.empty_aligned((height, width // 2 + 1), dtype="complex64")
    # Measuring one of more than a few megapixels takes minutes, and gains little.
    effort = "FFTW_MEASURE" if math.prod(image.shape) <= 1 << 22 else "FFTW_ESTIMATE"
    plan = pyfftw.FFTW(image, half, axes=(0, 1), flags=(effort,), threads=1)
    image[:] = floats[0]

    def run() -> None:
        for _ in floats:
            plan.execute()

    return run
