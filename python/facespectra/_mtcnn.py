"""MTCNN in two implementations: the core's, which needs no torch, and facenet-pytorch's own.

Both use facenet-pytorch's weights, thresholds and pyramid of scales.
"""

from __future__ import annotations

import os
import warnings
from functools import cache
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from facespectra._extras import require
from facespectra._mtcnn_weights import read_weights
from facespectra.errors import ModelError

__all__ = ["Detection", "Finder", "NativeFinder", "ReferenceFinder", "has_core"]

# Finer scales are skipped once the face is this many times as large as their window. In 839 photographs, the
# largest face is up to 3.06 times as large as the window that first detected it.
ENOUGH = 4.0


class Detection(NamedTuple):
    """One face as MTCNN returns it; its corners may lie outside the image."""

    corners: tuple[float, ...]
    confidence: float
    landmarks: tuple[tuple[float, float], ...]


class Finder(Protocol):
    """A face detector."""

    def find(self, rgb: NDArray[np.uint8], *, enough: float = ENOUGH) -> list[Detection]:
        """Find the faces in an (H, W, 3) image, the largest first; ENOUGH says which may be missing."""
        ...


class NativeFinder:
    """The core's MTCNN. Threads can share one and run it at the same time."""

    def __init__(self) -> None:
        self._finder = _native(os.environ.get("FACESPECTRA_SIMD", ""))

    def find(self, rgb: NDArray[np.uint8], *, enough: float = ENOUGH) -> list[Detection]:
        """Find the faces in an image, the largest first.

        A face `enough` times as large as the window of the next finer scale ends the search, since finer
        scales can only add smaller faces. With 0, all scales are searched.
        """
        rows = self._finder.find(np.ascontiguousarray(rgb), enough=enough).tolist()
        return [
            Detection(tuple(row[:4]), row[4], tuple(zip(row[5:15:2], row[6:15:2], strict=True)))
            for row in rows
        ]


class ReferenceFinder:
    """``facenet_pytorch.MTCNN.detect``, one image at a time."""

    def __init__(self, device: str | None = None) -> None:
        require("torch", "torch", "torchvision", "facenet_pytorch")
        with warnings.catch_warnings():
            # torch before 2.6 warns that facenet-pytorch reads its own weights without weights_only.
            warnings.simplefilter("ignore", FutureWarning)
            import torch
            from facenet_pytorch import MTCNN

            mtcnn = MTCNN(device=torch.device(device or "cpu"))
        self._mtcnn = mtcnn.eval().requires_grad_(False)

    def find(self, rgb: NDArray[np.uint8], *, enough: float = ENOUGH) -> list[Detection]:
        """Find the faces in an (H, W, 3) image, the largest first; all scales are always searched."""
        import torch

        with torch.inference_mode():
            boxes, confidences, landmarks = self._mtcnn.detect(rgb, landmarks=True)
        if boxes is None:
            return []
        return [
            Detection(
                tuple(map(float, box)), float(confidence), tuple((float(x), float(y)) for x, y in points)
            )
            for box, confidence, points in zip(boxes, confidences, landmarks, strict=True)
        ]


def has_core() -> bool:
    """Whether the native core can be loaded; warns if it is there and broken."""
    try:
        import facespectra._core  # noqa: F401
    except ModuleNotFoundError:
        return False
    except ImportError as error:
        warnings.warn(f"the native core is broken: {error}", RuntimeWarning, stacklevel=2)
        return False
    return True


@cache
def _native(simd: str) -> Any:
    import facespectra._core as _core

    try:
        return _core.FaceFinder(read_weights(), simd)
    except ValueError as error:
        raise ModelError(f"MTCNN cannot be set up: {error}") from None
