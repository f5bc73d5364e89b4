"""Pictures of noise: one as an array and in files of any format, and a data set of them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

NOISE = np.random.default_rng(0).integers(0, 256, (64, 60), dtype=np.uint8)


def encoded(kind: str) -> bytes:
    """Return NOISE in colour as the bytes of a file; `kind` is Pillow's name of the format."""
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(np.stack([NOISE] * 3, axis=-1)).save(content, kind)
    return content.getvalue()


def save_noise(path: Path, seed: int, size: tuple[int, int] = (40, 32), **options: object) -> Path:
    """Write noise in colour, with Pillow's options for the format."""
    from PIL import Image

    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **options)
    return path


def save_clean_data(root: Path) -> Path:
    """Write two splits of two classes in which nothing is to be warned of."""
    for i in range(12):
        for j, (split, kind) in enumerate((s, k) for s in ("train", "test") for k in ("real", "fake")):
            save_noise(root / split / kind / f"{i}.jpg", 100 * j + i, quality=(80, 90)[i % 2])
    return root
