"""A picture in every mode that Pillow has, for tests."""

from __future__ import annotations

import numpy as np
import pytest

Image = pytest.importorskip("PIL.Image", reason="needs Pillow (extra faces)")


MODES = ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV", "I", "F"]


def picture(height: int = 24, width: int = 36) -> np.ndarray:
    """Noise with a gradient: no two rows, columns or channels are alike."""
    rng = np.random.default_rng(7)
    ramp = np.linspace(0, 200, height * width * 3).reshape(height, width, 3)
    return (ramp + rng.integers(0, 56, ramp.shape)).astype(np.uint8)


def in_mode(mode: str) -> Image.Image:
    image = Image.fromarray(picture())
    if mode in ("La", "RGBa"):
        return image.convert({"La": "LA", "RGBa": "RGBA"}[mode]).convert(mode)
    if mode in ("I", "F"):
        return image.convert("L").convert(mode)
    if mode == "PA":
        return image.convert("RGBA").convert("PA")
    return image.convert(mode)
