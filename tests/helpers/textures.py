"""Small textures that a detector can learn to tell apart in a second."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import facespectra as fs

if TYPE_CHECKING:
    import pandas as pd


def picture(rng: np.random.Generator, *, fake: bool) -> np.ndarray:
    """A texture in which fakes miss the highest frequencies, as after upsampling."""
    height, width = rng.integers(48, 72, 2)
    if not fake:
        return rng.integers(0, 256, (height, width), dtype=np.uint8)
    small = rng.integers(0, 256, (height // 2, width // 2), dtype=np.uint8)
    return np.repeat(np.repeat(small, 2, axis=0), 2, axis=1)


def save_textures(folder: Path) -> pd.DataFrame:
    """Write 16 real and 16 fake whole images, in groups of two, and list them."""
    import pandas as pd
    from PIL import Image

    rng = np.random.default_rng(0)
    rows = []
    for i in range(32):
        path = folder / f"{i:02}.png"
        Image.fromarray(picture(rng, fake=i % 2 == 1)).save(path)
        rows.append((str(path), i % 2, f"g{i // 4 * 2 + i % 2}", ""))
    return pd.DataFrame(rows, columns=["path", "label", "group", "split"])


def whole_image_detector(classifier: str = "svm-poly", **settings: object) -> fs.Detector:
    """A detector of 20 spectral features that takes each image as a face that was cut out already."""
    settings = {"feature_settings": {"n_features": 20}} | settings
    return fs.Detector(classifier=classifier, crop=False, **settings)
