"""What a face restorer does to a swapped face: smooth skin, and edges sharper than the lens gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from facespectra.synth.chain import eight_bit

if TYPE_CHECKING:
    from PIL import Image

# Pixels across the face that is restored: what a present-day swap paints.
SIDES = (96, 160)


def restored(face: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Enlarge a square of few pixels to the size of `face` again, with steep edges and no small detail."""
    from PIL import Image

    size = face.width
    side = min(size, int(rng.integers(SIDES[0], SIDES[1] + 1)))
    small = face.resize((side, side), Image.Resampling.LANCZOS)
    pixels = np.asarray(small.resize((size, size), Image.Resampling.BICUBIC), np.float32)
    sigma = max(0.6, 0.5 * size / side)
    for _ in range(int(rng.integers(1, 4))):
        soft = ndimage.gaussian_filter(pixels, (sigma, sigma, 0))
        slope = ndimage.gaussian_gradient_magnitude(pixels.mean(axis=2), sigma)
        edge = (slope / (slope + np.float32(rng.uniform(1.5, 6.0))))[:, :, None]
        gain = np.float32(rng.uniform(0.0, 0.6)) + edge * np.float32(rng.uniform(1.0, 2.2))
        pixels = np.asarray(soft + (pixels - soft) * gain, np.float32)
    return Image.fromarray(eight_bit(pixels))
