"""Twins out of a photograph: one real, one with a swapped face, after the same chain."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facespectra._conversion import AnyImage, size_of, to_rgb
from facespectra._extras import require
from facespectra.faces import Face
from facespectra.synth.chain import Chain, apply_chain, blurred, draw_chain
from facespectra.synth.settings import SwapSettings
from facespectra.synth.swap import Donor, Swap, swap_face

SMALLEST_FRAME = 32
# Photographs with no side longer than this are used as they are.
LARGE = 640


@dataclass(frozen=True, slots=True)
class Twins:
    """A real image and its fake as a viewer sees them, their JPEG files, and how they were made."""

    real: NDArray[np.uint8]
    fake: NDArray[np.uint8]
    real_file: bytes
    fake_file: bytes
    face: Face  # in both images
    swap: Swap
    chain: Chain

    @property
    def record(self) -> dict[str, Any]:
        """What was drawn, as plain data."""
        return {**asdict(self.swap), **{f"chain_{key}": value for key, value in asdict(self.chain).items()}}


def generator(seed: int, name: str, number: int) -> np.random.Generator:
    """Make the random generator of one pair, which depends only on the seed, the file name and the number."""
    digest = hashlib.sha256(name.encode()).digest()
    return np.random.default_rng([seed, number, *np.frombuffer(digest, np.uint32).tolist()])


def make_twins(
    photograph: AnyImage,
    face: Face,
    rng: np.random.Generator,
    settings: SwapSettings | None = None,
    donor: tuple[AnyImage, Face] | None = None,
) -> Twins:
    """Make a real and a fake image out of a photograph with a face.

    The face may be replaced by that of `donor`. The same state of `rng` gives the same twins.
    """
    require("faces", "PIL")
    settings = SwapSettings() if settings is None else settings
    low, high = np.log(settings.face_width)
    wanted = float(np.exp(rng.uniform(low, high)))
    frame, moved = _scaled(to_rgb(photograph), face, min(wanted / face.width, settings.enlarge))
    level = np.float32(rng.uniform(*settings.grain) * (rng.random() < 0.6))
    grain = rng.standard_normal(frame.shape, dtype=np.float32)
    # Cameras smooth their noise: it is not white in a file.
    softness = float(rng.uniform(0.0, 0.9))
    frame = frame + level * (
        grain if softness < 0.3 else blurred(grain, softness) * np.float32(2 * softness + 0.6)
    )
    other = None
    if donor is not None:
        other = Donor(to_rgb(donor[0]).astype(np.float32), np.array(donor[1].landmarks))
    fake, swap = swap_face(frame, np.array(moved.landmarks), moved.width, other, settings, rng)
    chain = draw_chain(settings, rng)
    real_pixels, real_file = apply_chain(frame, chain)
    fake_pixels, fake_file = apply_chain(fake, chain)
    height, width = real_pixels.shape[:2]
    where = _resized(face, size_of(photograph), (width, height))
    return Twins(real_pixels, fake_pixels, real_file, fake_file, where, swap, chain)


def around_face(
    pixels: NDArray[np.uint8], face: Face, settings: SwapSettings | None = None
) -> tuple[NDArray[np.uint8], Face]:
    """Cut a large photograph down to the face and as much again on each side; shrink it to the largest swap.

    A photograph of up to 640 pixels a side is returned as it is.
    """
    height, width = pixels.shape[:2]
    if max(height, width) <= LARGE:
        return pixels, face
    settings = SwapSettings() if settings is None else settings
    x0, y0, x1, y1 = face.box
    left, top = max(0, 2 * x0 - x1), max(0, 2 * y0 - y1)
    cut = pixels[top : min(height, 2 * y1 - y0), left : min(width, 2 * x1 - x0)]
    scale = min(1.0, settings.face_width[1] / face.width)
    frame, moved = _scaled(np.ascontiguousarray(cut), face.shifted(-left, -top), scale)
    return np.rint(frame).astype(np.uint8), moved


def _scaled(pixels: NDArray[np.uint8], face: Face, scale: float) -> tuple[NDArray[np.float32], Face]:
    from PIL import Image

    height, width = pixels.shape[:2]
    size = max(SMALLEST_FRAME, round(width * scale)), max(SMALLEST_FRAME, round(height * scale))
    image = Image.fromarray(pixels)
    if size != image.size:
        image = image.resize(size, Image.Resampling.LANCZOS)
    frame = np.asarray(image, np.float32)
    return frame, _resized(face, (width, height), size)


def _resized(face: Face, old: tuple[int, int], new: tuple[int, int]) -> Face:
    """Scale a face along with its image, given the image's (width, height) before and after."""
    return face.scaled(new[0] / old[0], new[1] / old[1], rounding=int, limits=new)
