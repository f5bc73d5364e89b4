"""ResNet-50 without its last layer: from colour crops to 2048 features each."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facespectra._extras import require
from facespectra.deep.crops import SIDE, check_crops, resized
from facespectra.deep.inference import PRECISIONS, cpu_has_bfloat16, prepare
from facespectra.deep.weights import Weights, find_weights, published_name, read_weights, sha256_of
from facespectra.errors import ModelError
from facespectra.images import UInt8Array

__all__ = ["WIDTH", "ResNet50"]

WIDTH = 2048
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
BATCH_ON_CPU = 4
BATCH_ON_DEVICE = 32

# 90 MB each: networks with the same weights, device and precision are shared while in use.
_SHARED: weakref.WeakValueDictionary[tuple[str, str, str], _LoadedNetwork] = weakref.WeakValueDictionary()
_LOADING = threading.Lock()


class ResNet50:
    """torchvision's ResNet-50 up to its global pooling, in evaluation and inference mode.

    Parameters
    ----------
    weights : path-like or str, optional
        See :class:`facespectra.DeepFeatures`.
    sha256 : str, optional
        Expected hash of the weights file. Other weights are refused. Without `weights`, it selects
        torchvision's weights of that hash.
    batch_size : int, optional
        Crops in a batch. Default: 4 on the CPU, which gains nothing from more, 32 elsewhere.
    device : str, optional
        Device on which torch runs the network, such as ``"cuda"``. Default: the CPU.
    precision : {"auto", "float32", "bfloat16"}
        See :class:`facespectra.DeepFeatures`.

    Raises
    ------
    ValueError
        If `batch_size` is not positive or `precision` is unknown.

    Notes
    -----
    Batches are padded to one size with black, since torch may round differently for another batch size. A
    crop's features are therefore bit-identical alone and among others, for one device, number of threads and
    batch size; between these they agree to about 1e-5 of the largest feature.

    Weights are loaded when first needed. An object can be shared between threads; copies and pickles hold
    the settings alone.
    """

    def __init__(
        self,
        weights: Weights = None,
        *,
        sha256: str | None = None,
        batch_size: int | None = None,
        device: str | None = None,
        precision: str = "auto",
    ) -> None:
        if precision not in PRECISIONS:
            raise ValueError(f"precision must be {', '.join(PRECISIONS)}, not {precision!r}")
        if batch_size is not None and batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, not {batch_size}")
        self.weights = weights
        self.expected = sha256
        self.batch_size = batch_size
        self.device = device
        self.precision = precision
        self._sha256: str | None = None
        self._loaded: _LoadedNetwork | None = None
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {
            "weights": self.weights,
            "sha256": self.expected,
            "batch_size": self.batch_size,
            "device": self.device,
            "precision": self.precision,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    @property
    def sha256(self) -> str:
        """SHA-256 of the weights file, which is downloaded if needed.

        ModelError if it is not available or not the expected one.
        """
        if self._sha256 is None:
            file = find_weights(self._source())
            self._sha256 = self._check_sha256(sha256_of(file), file)
        return self._sha256

    def features(self, crops: Sequence[UInt8Array]) -> NDArray[np.float32]:
        """Features, (n, 2048), of n crops of any sizes, each (h, w, 3) uint8.

        Crops are resized to 224x224 by Pillow's bilinear filter, which averages where it shrinks.
        """
        check_crops(crops)
        network, size = self._load().network, self.size
        features = np.empty((len(crops), WIDTH), np.float32)
        for start in range(0, len(crops), size):
            part = crops[start : start + size]
            features[start : start + len(part)] = self._run(network, part, size)
        return features

    @property
    def size(self) -> int:
        """Number of crops in a batch."""
        on_cpu = (self.device or "cpu").startswith("cpu")
        return self.batch_size or (BATCH_ON_CPU if on_cpu else BATCH_ON_DEVICE)

    @property
    def numerics(self) -> dict[str, Any]:
        """Settings that change the bits of the features, apart from the weights, which need not be loaded."""
        device = self.device or "cpu"
        return {
            "batch_size": self.size,
            "device": device,
            "precision": self.precision,
            "bfloat16": device.startswith("cpu") and cpu_has_bfloat16(),
        }

    @property
    def computes_in(self) -> str:
        """Precision in use, "float32" or "bfloat16"; loads the weights."""
        return self._load().precision

    def load(self) -> None:
        """Load the weights now; ModelError if they cannot be used or are not the expected ones."""
        self._load()

    def _run(self, network: Any, crops: Sequence[UInt8Array], size: int) -> NDArray[np.float32]:
        import torch

        batch = np.zeros((size, SIDE, SIDE, 3), np.uint8)
        for row, crop in zip(batch, crops, strict=False):
            row[:] = resized(crop)
        with torch.inference_mode(), _deterministic_float32():
            # A channels-last view, as the network's layout.
            pixels = torch.from_numpy(batch).to(self.device or "cpu").permute(0, 3, 1, 2).float() / 255
            mean, std = (pixels.new_tensor(values).view(3, 1, 1) for values in (MEAN, STD))
            features = network((pixels - mean) / std)
            rows: NDArray[np.float32] = features[: len(crops)].cpu().numpy()
        return rows

    def _source(self) -> Weights:
        if self.weights is not None or self.expected is None:
            return self.weights
        name = published_name(self.expected)
        if name is None:
            raise ModelError(
                f"this model needs the ResNet-50 weights that it was trained with, a file of SHA-256 "
                f"{self.expected[:16]}...; name that file (--resnet-weights FILE)"
            )
        return name

    def _check_sha256(self, sha256: str, file: os.PathLike[str]) -> str:
        expected = self.expected or self._sha256
        if expected not in (None, sha256):
            raise ModelError(
                f"{file}: other ResNet-50 weights (SHA-256 {sha256[:16]}...) than the model was trained with "
                f"({expected[:16]}...)"
            )
        return sha256

    def _load(self) -> _LoadedNetwork:
        with self._lock:
            if self._loaded is None:
                require("torch", "torch", "torchvision")
                file = find_weights(self._source())
                state, sha256 = read_weights(file)
                self._sha256 = self._check_sha256(sha256, file)
                self._loaded = _shared(state, sha256, self.device or "cpu", self.precision)
            return self._loaded


class _LoadedNetwork:
    """A network ready for inference, and its precision."""

    def __init__(self, network: Any, precision: str) -> None:
        self.network = network
        self.precision = precision


def _shared(state: dict[str, Any], sha256: str, device: str, precision: str) -> _LoadedNetwork:
    import torch
    from torchvision.models import resnet50

    with _LOADING:
        shared = _SHARED.get((sha256, device, precision))
        if shared is None:
            with torch.device("meta"):
                network = resnet50()
            network.fc = torch.nn.Identity()
            # torch supplies the counters of training steps that files of old versions lack.
            network.load_state_dict(state, assign=True)
            with torch.no_grad(), _deterministic_float32():
                shared = _LoadedNetwork(*prepare(network.eval(), precision, device, SIDE))
            _SHARED[sha256, device, precision] = shared
    return shared


@contextmanager
def _deterministic_float32() -> Iterator[None]:
    """Have CUDA compute deterministically and without TF32, as the CPU does anyway."""
    import torch

    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
        yield
