"""State dicts in torch's file formats, without running anything that a file contains."""

from __future__ import annotations

import io
import pickle
import re
import zipfile
from collections import OrderedDict
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["check_names", "read_state_dict"]

_MAGIC = 0x1950A86A20F9469CFC6C
# Before torch 1.6 a file was five pickles in a row: two numbers, the machine, the tensors, and their keys.
_OLD_PICKLES = 5
# The functions that rebuild tensors, their storages and their dtypes.
_TENSOR_NAMES = re.compile(
    r"_rebuild_(tensor|tensor_v2|parameter)|[A-Z][A-Za-z0-9]{1,16}Storage|b?float(16|32|64)"
)


class _StateDict(OrderedDict[str, Any]):
    """An ordered dictionary that is made empty, so that all keys pass by :func:`_check_keys`."""

    def __init__(self) -> None:
        super().__init__()


def _check_keys(keys: list[Any]) -> None:
    """Refuse keys that are no text: to hash a few bytes of nested tuples can take forever."""
    if not all(isinstance(key, str) for key in keys):
        raise pickle.UnpicklingError("a key of a state dict is not a string")


# The functions of the unpickler, by operation.
_PLAIN: dict[int, Any] = dict(pickle._Unpickler.dispatch)


def _set_item(unpickler: Any) -> None:
    """Set one item of a dictionary: its key and its value are last on the stack."""
    _check_keys(unpickler.stack[-2:-1])
    _PLAIN[pickle.SETITEM[0]](unpickler)


def _set_items(unpickler: Any) -> None:
    """Set several items: the stack begins with the first key."""
    _check_keys(unpickler.stack[::2])
    _PLAIN[pickle.SETITEMS[0]](unpickler)


def _make_dict(unpickler: Any) -> None:
    """Make a dictionary of all that is on the stack."""
    _check_keys(unpickler.stack[::2])
    _PLAIN[pickle.DICT[0]](unpickler)


def _refuse_set(unpickler: Any) -> None:
    raise pickle.UnpicklingError("a state dict contains no sets")


class _StateDictUnpickler(pickle._Unpickler):
    """Refuses every name in a pickle but ordered dictionaries and those that :meth:`stand_in` replaces.

    In Python: the C implementation allocates as many objects as a file claims to contain.
    """

    dispatch: ClassVar[dict[int, Any]] = _PLAIN | {
        pickle.SETITEM[0]: _set_item,
        pickle.SETITEMS[0]: _set_items,
        pickle.DICT[0]: _make_dict,
        pickle.EMPTY_SET[0]: _refuse_set,
        pickle.ADDITEMS[0]: _refuse_set,
        pickle.FROZENSET[0]: _refuse_set,
    }

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return _StateDict
        return self.stand_in(module, name)

    def stand_in(self, module: str, name: str) -> Any:
        """Give something harmless to use in place of a name of torch's."""
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed in a state dict")


class _Tensor(NamedTuple):
    key: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Storage(NamedTuple):
    dtype: str


_STORAGES = {"FloatStorage": "<f4", "LongStorage": "<i8"}


class _Rebuild:
    """Stands in for torch's function that rebuilds tensors. A function would keep the state a file sets."""

    __slots__ = ()

    def __call__(self, key: str, offset: int, shape: Any, strides: Any, *_: object) -> _Tensor:
        return _Tensor(key, offset, tuple(shape), tuple(strides))

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError("a function has no state")


class _TensorReader(_StateDictUnpickler):
    """Describes tensors of float32, and counters of int64, by where their values are."""

    def __init__(self, stream: io.BytesIO) -> None:
        super().__init__(stream)
        self.dtypes: dict[str, str] = {}  # of the storages, by key

    def stand_in(self, module: str, name: str) -> Any:
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Rebuild()
        if module == "torch" and name in _STORAGES:
            return _Storage(_STORAGES[name])
        return super().stand_in(module, name)

    def persistent_load(self, pid: Any) -> str:
        kind, storage, key, *_ = pid
        # What is refused is not named: nested tuples in it could take forever to print.
        if kind != "storage" or not isinstance(storage, _Storage) or not isinstance(key, str):
            raise pickle.UnpicklingError("not the storage of a tensor")
        self.dtypes[key] = storage.dtype
        return key


class _Nothing:
    """Stands in for anything, and does nothing."""

    __slots__ = ()

    def __call__(self, *_: object) -> _Nothing:
        return self

    def __setstate__(self, state: object) -> None:
        """Ignore the state."""


class _NameChecker(_StateDictUnpickler):
    """Builds nothing; for tensors of any floating dtype."""

    def stand_in(self, module: str, name: str) -> Any:
        if module in ("torch", "torch._utils", "torch.storage") and _TENSOR_NAMES.fullmatch(name):
            return _Nothing()
        return super().stand_in(module, name)

    def persistent_load(self, pid: Any) -> Any:
        return _Nothing()


def read_state_dict(content: bytes) -> dict[str, NDArray[np.float32]]:
    """Read float32 tensors from a file of torch before 1.6, without torch, which takes seconds to import.

    Counters of training steps, which are integers, are left out. Damaged content can raise any exception.
    """
    stream = io.BytesIO(content)
    readers = [_TensorReader(stream) for _ in range(_OLD_PICKLES)]
    magic, _, _, state, keys = (reader.load() for reader in readers)
    if magic != _MAGIC:
        raise pickle.UnpicklingError("not written by torch.save")
    dtypes = readers[3].dtypes
    storages = {}
    for key in keys:
        size, dtype = int.from_bytes(stream.read(8), "little"), np.dtype(dtypes[key])
        storages[key] = np.frombuffer(stream.read(dtype.itemsize * size), dtype)
    tensors = {}
    for name, tensor in state.items():
        if dtypes[tensor.key] != "<f4":
            continue
        values = np.ascontiguousarray(storages[tensor.key][tensor.offset :])
        steps = [4 * stride for stride in tensor.strides]
        tensors[name] = np.array(
            np.ndarray(tensor.shape, "<f4", values, strides=steps), np.float32, order="C"
        )
    return tensors


def check_names(content: bytes) -> None:
    """Refuse foreign names in a file before torch does, whose messages can take longer than any file.

    A name of 100 kB takes torch minutes, by a regular expression; a few bytes of nested tuples, forever.
    Raises ``UnpicklingError``; for a file that is cut off, ``EOFError`` or what :mod:`zipfile` raises.
    """
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            # By position: of two members with one name, torch might read the other.
            members = [item for item in archive.infolist() if item.filename.endswith(".pkl")]
            streams = [io.BytesIO(archive.read(item)) for item in members]
    else:
        streams = [io.BytesIO(content)] * _OLD_PICKLES
    for stream in streams:
        try:
            _NameChecker(stream).load()
        except EOFError:
            raise
        except Exception as error:
            # A damaged pickle can fail in any way.
            raise pickle.UnpicklingError(str(error)) from error
