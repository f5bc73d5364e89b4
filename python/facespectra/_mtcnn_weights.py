"""MTCNN's weights, from the wheel of mtcnn or that of facenet-pytorch: the same numbers, in other orders.

mtcnn keeps them as Keras does, in a pickle of joblib's inside an LZ4 frame; facenet-pytorch as torch does.
Both are read by restricted unpicklers: neither TensorFlow nor torch is needed, and nothing in a file is run.
"""

from __future__ import annotations

import io
import pickle
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from facespectra._extras import require
from facespectra._files import one_line, printable
from facespectra._torch_files import read_state_dict
from facespectra.errors import ModelError

__all__ = ["SOURCES", "read_parameters", "read_weights"]

Arrays = dict[str, NDArray[np.float32]]

SOURCES = ("mtcnn", "facenet_pytorch")
"""Packages whose wheels carry the weights, the lighter one first."""

# The functions of the unpickler, by operation.
_PLAIN: dict[int, Any] = dict(pickle._Unpickler.dispatch)
# More than the largest network unpacks to.
_LARGEST = 8 * 2**20

# facenet-pytorch's names of layers, in the order of Keras' arrays: each layer's weight and bias, then its
# PReLU; boxes before probabilities.
_KERAS_ORDER = {
    "pnet": "conv1 prelu1 conv2 prelu2 conv3 prelu3 conv4_2 conv4_1",
    "rnet": "conv1 prelu1 conv2 prelu2 conv3 prelu3 dense4 prelu4 dense5_2 dense5_1",
    "onet": "conv1 prelu1 conv2 prelu2 conv3 prelu3 conv4 prelu4 dense5 prelu5 dense6_2 dense6_3 dense6_1",
}


def read_weights(source: str | None = None) -> Arrays:
    """Read the weights of all three networks, by facenet-pytorch's names such as ``pnet.conv1.weight``.

    By default from the first of :data:`SOURCES` that is installed; MissingExtraError where none is.
    """
    if source is None:
        source = next((package for package in SOURCES if find_spec(package)), SOURCES[0])
    require("faces", source)
    spec = find_spec(source)
    (folder,) = spec.submodule_search_locations or [""] if spec else [""]
    place, suffix = (("assets", "weights"), ".lz4") if source == "mtcnn" else (("data",), ".pt")
    return {
        f"{net}.{name}": values
        for net in _KERAS_ORDER
        for name, values in read_parameters(Path(folder, *place, net + suffix)).items()
    }


def read_parameters(file: Path) -> Arrays:
    """Read the weights of one network: mtcnn's ``pnet.lz4`` or facenet-pytorch's ``pnet.pt``, say."""
    try:
        content = file.read_bytes()
        return _read_keras(content, file.stem) if file.suffix == ".lz4" else read_state_dict(content)
    except Exception as error:
        # A damaged pickle can fail in any way.
        raise ModelError(
            f"cannot read MTCNN's parameters from {printable(file)}: {one_line(error)}"
        ) from error


def _read_keras(content: bytes, net: str) -> Arrays:
    """Read a network's arrays and turn them into torch's layout."""
    from lz4.frame import LZ4FrameDecompressor

    unpacked = LZ4FrameDecompressor().decompress(content, max_length=_LARGEST)
    arrays = _JoblibArrays(io.BytesIO(unpacked)).load()
    names = []
    for layer in _KERAS_ORDER[net].split():
        names += [f"{layer}.weight"] if layer.startswith("prelu") else [f"{layer}.weight", f"{layer}.bias"]
    weights = {}
    for name, values in zip(names, arrays, strict=True):
        if not isinstance(values, np.ndarray):
            raise pickle.UnpicklingError("not a list of arrays")
        if values.ndim == 4:
            values = values.transpose(3, 2, 0, 1)
        elif values.ndim == 2:
            values = values.T
        elif name.startswith("prelu"):
            values = values.ravel()
        weights[name] = np.ascontiguousarray(values)
    return weights


class _Dtype:
    """Stands in for NumPy's data types, of which there is one; the state is its byte order, checked below."""

    def __init__(self, name: str, *_: object) -> None:
        if name != "f4":
            raise pickle.UnpicklingError("not an array of float32")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] != "<":
            raise pickle.UnpicklingError("not an array of little-endian float32")


class _ArrayHeader:
    """Stands in for what joblib writes before the bytes of an array."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.shape = tuple(int(side) for side in state["shape"])
        self.padded = "numpy_array_alignment_bytes" in state
        if state["order"] != "C" or not isinstance(state["dtype"], _Dtype):
            raise pickle.UnpicklingError("not an array of float32 in C order")


class _NoArray:
    """Stands in for the class of arrays, which headers name."""


def _build(unpickler: Any) -> None:
    """Set the state of an object; where that makes a header whole, put its array in its place."""
    _PLAIN[pickle.BUILD[0]](unpickler)
    if isinstance(unpickler.stack[-1], _ArrayHeader):
        unpickler.stack[-1] = unpickler.read_array(unpickler.stack[-1])


class _JoblibArrays(pickle._Unpickler):
    """Reads a list of float32 arrays that joblib wrote, and refuses anything else."""

    dispatch: ClassVar[dict[int, Any]] = _PLAIN | {pickle.BUILD[0]: _build}

    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream)
        self.stream = stream

    def find_class(self, module: str, name: str) -> Any:
        stand_ins = {
            ("joblib.numpy_pickle", "NumpyArrayWrapper"): _ArrayHeader,
            ("numpy", "ndarray"): _NoArray,
            ("numpy", "dtype"): _Dtype,
        }
        if (module, name) not in stand_ins:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed among weights")
        return stand_ins[module, name]

    def read_array(self, header: _ArrayHeader) -> NDArray[np.float32]:
        """Read the bytes of an array, which follow its header."""
        if header.padded:
            self.stream.read(self.stream.read(1)[0])
        size = 4 * int(np.prod(header.shape, dtype=np.int64))
        content = self.stream.read(size) if 0 <= size <= _LARGEST else b""
        return np.frombuffer(content, "<f4").reshape(header.shape).astype(np.float32)
