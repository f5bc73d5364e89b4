"""Twins out of a photograph: one that is real, one whose face was swapped, and the same chain for both."""

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
# Photographs of up to so many pixels a side are taken as they are.
LARGE = 640


@dataclass(frozen=True, slots=True)
class Twins:
    """A real picture, its fake, and how they came about.

    Attributes
    ----------
    real, fake : (h, w, 3) uint8
        As a viewer sees them.
    real_file, fake_file : bytes
        The same as JPEG files.
    face : Face
        Where the face is, in both: that of the photograph, moved with it.
    swap : Swap
        What was drawn for the fake.
    chain : Chain
        What both went through.
    """

    real: NDArray[np.uint8]
    fake: NDArray[np.uint8]
    real_file: bytes
    fake_file: bytes
    face: Face
    swap: Swap
    chain: Chain

    @property
    def record(self) -> dict[str, Any]:
        """What was drawn, as plain data."""
        return {**asdict(self.swap), **{f"chain_{key}": value for key, value in asdict(self.chain).items()}}


def generator(seed: int, name: str, number: int) -> np.random.Generator:
    """Give the random numbers of one pair.

    Parameters
    ----------
    seed : int
        Of the whole set, 0 or more.
    name : str
        Of the photograph. A pair depends on nothing but these three, not on its neighbours.
    number : int
        Of the pair among those of the photograph.

    Returns
    -------
    numpy.random.Generator
    """
    digest = hashlib.sha256(name.encode()).digest()
    return np.random.default_rng([seed, number, *np.frombuffer(digest, np.uint32).tolist()])


def make_twins(
    photograph: AnyImage,
    face: Face,
    rng: np.random.Generator,
    settings: SwapSettings | None = None,
    donor: tuple[AnyImage, Face] | None = None,
) -> Twins:
    """Make a real and a fake picture out of a photograph.

    Parameters
    ----------
    photograph : PIL.Image.Image or numpy.ndarray
        Of any kind that :func:`facespectra.images.to_rgb` takes.
    face : Face
        The face in it, from :meth:`facespectra.FaceCropper.detect`.
    rng : numpy.random.Generator
        The same state gives the same twins.
    settings : SwapSettings, optional
        What to draw from.
    donor : (image, Face), optional
        Somebody else, whose face may be used.

    Returns
    -------
    Twins

    Raises
    ------
    MissingExtraError
        If Pillow, or for H.264 PyAV, is not installed.
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
    """Cut a large photograph down to what a swap needs of it.

    Parameters
    ----------
    pixels : (H, W, 3) uint8
        The photograph.
    face : Face
        The face in it.
    settings : SwapSettings, optional
        How large the largest swap may be.

    Returns
    -------
    pixels : (h, w, 3) uint8
        The face and its surroundings, as wide again to each side; no larger than the largest swap. A
        photograph of up to 640 pixels a side comes back as it is.
    face : Face
        Where it lies there.
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
