"""MTCNN in two ways: the core's own, which needs no torch, and facenet-pytorch's as it comes.

Both have the weights in facenet-pytorch's wheel, its thresholds and its pyramid of scales.
"""

from __future__ import annotations

import io
import os
import pickle
import warnings
from collections import OrderedDict
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from facespectra._extras import require
from facespectra._files import one_line, printable
from facespectra.errors import ModelError

__all__ = ["Finder", "Found", "NativeFinder", "ReferenceFinder", "has_core"]

# Finer scales are left out once the face is larger than this many of their windows. The largest face of 839
# photographs is up to 3.06 times as large as the window that it was first seen through.
ENOUGH = 4.0

_STORAGE_MAGIC = 0x1950A86A20F9469CFC6C


class Found(NamedTuple):
    """One face as MTCNN gives it: corners that may lie outside the image."""

    corners: tuple[float, ...]
    confidence: float
    landmarks: tuple[tuple[float, float], ...]


class Finder(Protocol):
    """Something that finds faces."""

    def find(self, rgb: NDArray[np.uint8]) -> list[Found]:
        """Give the faces of an (H, W, 3) image, the largest first."""
        ...


class NativeFinder:
    """The core's MTCNN. Threads can share it, and run it at once."""

    def __init__(self) -> None:
        require("faces", "facenet_pytorch")
        self._finder = _native(os.environ.get("FACESPECTRA_SIMD", ""))

    def find(self, rgb: NDArray[np.uint8], *, enough: float = ENOUGH) -> list[Found]:
        """Give the faces of an image, the largest first.

        Parameters
        ----------
        rgb : (H, W, 3) uint8
            The image.
        enough : float
            Where a face is this many times as large as the window of the next finer scale, that scale and
            those after it are left out: they could only add smaller faces. 0 looks at all of them.

        Returns
        -------
        list of Found
        """
        rows = self._finder.find(np.ascontiguousarray(rgb), enough=enough).tolist()
        return [
            Found(tuple(row[:4]), row[4], tuple(zip(row[5:15:2], row[6:15:2], strict=True))) for row in rows
        ]


class ReferenceFinder:
    """``facenet_pytorch.MTCNN.detect``, one image at a time.

    Parameters
    ----------
    device : str, optional
        Where torch runs it. The CPU if not given.
    """

    def __init__(self, device: str | None = None) -> None:
        require("faces", "torch", "torchvision", "facenet_pytorch")
        with warnings.catch_warnings():
            # torch before 2.6 warns that facenet-pytorch reads its own weights without weights_only.
            warnings.simplefilter("ignore", FutureWarning)
            import torch
            from facenet_pytorch import MTCNN

            mtcnn = MTCNN(device=torch.device(device or "cpu"))
        self._mtcnn = mtcnn.eval().requires_grad_(False)

    def find(self, rgb: NDArray[np.uint8]) -> list[Found]:
        """Give the faces of an image, the largest first.

        Parameters
        ----------
        rgb : (H, W, 3) uint8
            The image.

        Returns
        -------
        list of Found
        """
        import torch

        with torch.inference_mode():
            boxes, confidences, landmarks = self._mtcnn.detect(rgb, landmarks=True)
        if boxes is None:
            return []
        return [
            Found(tuple(map(float, box)), float(confidence), tuple((float(x), float(y)) for x, y in points))
            for box, confidence, points in zip(boxes, confidences, landmarks, strict=True)
        ]


def has_core() -> bool:
    """Whether the native core can be loaded.

    Returns
    -------
    bool
        False where it is absent. Where it is broken, too, with a warning.
    """
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

    spec = find_spec("facenet_pytorch")
    (folder,) = spec.submodule_search_locations or [""] if spec else [""]
    parameters = {
        f"{net}.{name}": values
        for net in ("pnet", "rnet", "onet")
        for name, values in read_parameters(Path(folder, "data", f"{net}.pt")).items()
    }
    try:
        return _core.FaceFinder(parameters, simd)
    except ValueError as error:
        raise ModelError(f"MTCNN cannot be set up: {error}") from None


class _Storage(NamedTuple):
    key: str


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Rebuild:
    """What stands for torch's function for tensors. A function would keep what a file sets on it."""

    __slots__ = ()

    def __call__(self, storage: _Storage, offset: int, shape: Any, strides: Any, *_: object) -> _Tensor:
        return _Tensor(storage, offset, tuple(shape), tuple(strides))

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError("a function has no state")


class _Parameters(pickle._Unpickler):
    """Reads a state dict of float32 tensors, and refuses anything else: nothing in the file is run.

    In Python: the quick one makes room for as many objects as a file says that there are.
    """

    def find_class(self, module: str, name: str) -> Any:
        known = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _Rebuild(),
            ("torch", "FloatStorage"): np.float32,
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"{module}.{name} has no place among parameters")
        return known[module, name]

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, *_ = pid
        if kind != "storage" or dtype is not np.float32:
            raise pickle.UnpicklingError(f"{kind} is not a tensor's content")
        return _Storage(key)


def read_parameters(file: Path) -> dict[str, NDArray[np.float32]]:
    """Read a state dict in the format of torch before 1.6, without torch, which takes seconds to load.

    Parameters
    ----------
    file : Path
        Such as ``pnet.pt`` in facenet-pytorch's wheel.

    Returns
    -------
    dict of str to float32 array

    Raises
    ------
    ModelError
        If it is not there or not of that kind.
    """
    try:
        stream = io.BytesIO(file.read_bytes())
        magic, _, _, state, keys = (_Parameters(stream).load() for _ in range(5))
        if magic != _STORAGE_MAGIC:
            raise pickle.UnpicklingError("not written by torch.save")
        storages = {}
        for key in keys:
            size = int.from_bytes(stream.read(8), "little")
            storages[key] = np.frombuffer(stream.read(4 * size), "<f4")
        parameters = {}
        for name, tensor in state.items():
            content = storages[tensor.storage.key][tensor.offset :]
            steps = [4 * stride for stride in tensor.strides]
            values = np.ndarray(tensor.shape, "<f4", np.ascontiguousarray(content), strides=steps)
            parameters[name] = np.array(values, np.float32, order="C")
    except Exception as error:
        # A damaged pickle can fail in any way.
        raise ModelError(
            f"cannot read MTCNN's parameters from {printable(file)}: {one_line(error)}"
        ) from error
    return parameters
