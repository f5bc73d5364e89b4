"""Model files: an archive of JSON and arrays with a header of our own, and nothing in it that could run code.

Linear experts are written as plain data, see :mod:`facespectra.detector.plain_model`, and read without
scikit-learn. Any other estimator is written by skops, as JSON and arrays and never as a pickle: every type in
such a file is looked up in :data:`ALLOWED_TYPES` before anything is built from it.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
import threading
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from facespectra._extras import require
from facespectra._files import PathLike, one_line, printable
from facespectra._version import __version__
from facespectra.detector import plain_model
from facespectra.detector.plain_model import HEADER
from facespectra.errors import ModelError

SKOPS_FORMAT = 1
FORMATS = (SKOPS_FORMAT, plain_model.FORMAT)
# In bytes, of the file and of what it unpacks to: an SVM over fused features of 50,000 faces takes less.
LARGEST = 2**30
KEYS = {"settings", "pipeline", "threshold", "training", "versions"}
# Absent in models of earlier versions, and in those that explain themselves.
OPTIONAL = {"class_features"}

ALLOWED_TYPES = frozenset(
    {
        "builtins.bool",
        "builtins.dict",
        "builtins.float",
        "builtins.int",
        "builtins.list",
        "builtins.NoneType",
        "builtins.str",
        "builtins.tuple",
        "facespectra.detector.blocks.BlockScaler",
        "facespectra.detector.experts.TextureExperts",
        "facespectra.detector.experts.TwoExperts",
        "facespectra.detector.kmeans.TwoMeans",
        "numpy.bool",
        "numpy.float32",
        "numpy.float64",
        "numpy.int32",
        "numpy.int64",
        "numpy.ndarray",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.pipeline.Pipeline",
        "sklearn.preprocessing._data.StandardScaler",
        "sklearn.svm._classes.SVC",
    }
)
# Of those, what skops does not know as harmless by itself.
OUR_TYPES = sorted(kind for kind in ALLOWED_TYPES if kind.startswith("facespectra."))

_KERNELS = {"poly", "linear", "rbf", "sigmoid"}
_IMPORTING = threading.Lock()


def dumps(model: dict[str, Any]) -> bytes:
    """Turn a model into the bytes of a model file, the same for the same content.

    Its keys are ``settings``, ``pipeline``, ``threshold``, ``training`` and ``versions``; ``class_features``
    where there are any.
    """
    kind = plain_model.kind_of_pipeline(model["pipeline"])
    if kind is not None:
        return plain_model.dumps(model, kind)
    require("detect", "skops", "sklearn")
    return _reproducible(_skops_io().dumps(model))


def _reproducible(data: bytes) -> bytes:
    """Add the header, and take out what differs from run to run: addresses in memory and times of day."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(members.pop("schema.json"))
    numbers: dict[int, int] = {}
    names: dict[str, str] = {}
    pending = [schema]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            if isinstance(item.get("__id__"), int):
                item["__id__"] = numbers.setdefault(item["__id__"], len(numbers))
            if item.get("file") in members:
                suffix = Path(item["file"]).suffix
                item["file"] = names.setdefault(item["file"], f"{len(names)}{suffix}")
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
    header = json.dumps({"format": SKOPS_FORMAT, "facespectra": __version__})
    renamed = {names.get(name, name): content for name, content in members.items()}
    whole = {"schema.json": json.dumps(schema, indent=1).encode(), HEADER: header.encode(), **renamed}
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w") as archive:
        for name in sorted(whole):
            archive.writestr(zipfile.ZipInfo(name), whole[name])
    return result.getvalue()


def read_file(path: PathLike) -> bytes:
    """Read a model file; a ModelError names one that cannot be read, or is larger than any model."""
    name = printable(path)
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise ModelError(f"{name}: cannot read the model ({error.strerror})") from error
    except ValueError as error:
        raise ModelError(f"{name}: cannot read the model (no file can have such a name)") from error
    if len(data) > LARGEST:
        raise ModelError(f"{name}: too large to be a model")
    return data


def loads(data: bytes, name: str) -> dict[str, Any]:
    """Turn the bytes of a model file, of this name in messages, into what :func:`dumps` was given.

    Raises ModelError if it is not a model, is damaged, is or unpacks to more than :data:`LARGEST` bytes, was
    written by a newer facespectra, or contains any types but those that models consist of.
    """
    header = _checked_header(name, data)
    if header["format"] == plain_model.FORMAT:
        return _build_plain(name, data, header)
    require("detect", "skops", "sklearn")
    return _build(name, data)


def _checked_header(name: str, data: bytes) -> dict[str, Any]:
    """Refuse whatever is not a whole model of ours, before anything is built from it; give its header."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            # What the members say that they unpack to is looked at first; zipfile gives no more than that.
            if sum(member.file_size for member in archive.infolist()) > LARGEST:
                raise ModelError(f"{name}: refused, because it unpacks to more than a model can be")
            members = set(archive.namelist())
            if len(members) != len(archive.infolist()):
                raise ModelError(f"{name}: refused, because of duplicate archive members")
            damaged = archive.testzip()
            header = json.loads(archive.read(HEADER)) if HEADER in members else None
            schema = json.loads(archive.read("schema.json")) if "schema.json" in members else None
    except ModelError:
        raise
    except Exception as error:
        # zipfile and zlib raise half a dozen types over a damaged archive.
        raise ModelError(f"{name}: not a model of facespectra, or damaged") from error
    if damaged is not None:
        raise ModelError(f"{name}: damaged at {one_line(damaged)}; copy or train the model again")
    if not isinstance(header, dict) or not isinstance(header.get("format"), int):
        raise ModelError(f"{name}: not a model of facespectra")
    if header["format"] > max(FORMATS):
        raise ModelError(
            f"{name}: written by facespectra {one_line(header.get('facespectra'), 30)} in format "
            f"{one_line(header['format'], 30)}, and this version {__version__} reads up to {max(FORMATS)}; "
            "upgrade facespectra"
        )
    # What skops wrote has a schema, and a plain model has none.
    by_skops = header["format"] == SKOPS_FORMAT
    if (
        header["format"] not in FORMATS
        or by_skops != ("schema.json" in members)
        or by_skops == (schema is None)
    ):
        raise ModelError(f"{name}: not a model of facespectra")
    foreign = sorted({kind for kind in _types(schema) if kind not in ALLOWED_TYPES})
    if foreign:
        raise ModelError(
            f"{name}: refused, because it contains disallowed types: {one_line(', '.join(foreign[:3]))}"
        )
    return header


def _build_plain(name: str, data: bytes, header: dict[str, Any]) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return plain_model.loads(archive, header)
    except Exception as error:
        # A header that was tampered with can be of any type.
        raise ModelError(f"{name}: damaged, or not a model of facespectra ({one_line(error)})") from error


def _types(node: Any) -> Iterator[str]:
    """List the types that a skops schema names, at any depth."""
    pending = [node]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            if "__class__" in item or "__module__" in item:
                yield f"{item.get('__module__')}.{item.get('__class__')}"
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


def _skops_io() -> Any:
    """Import ``skops.io``, but not torch.

    skops lists scikit-learn's estimators by importing all of its modules; one of these is an adapter for
    torch, and takes seconds and half a gigabyte. An empty module takes its place meanwhile, unless torch is
    imported already.
    """
    adapter = "sklearn.externals.array_api_compat.torch"
    with _IMPORTING:
        if not {"torch", "skops.io", adapter} & set(sys.modules):
            sys.modules[adapter] = ModuleType(adapter)
            try:
                return importlib.import_module("skops.io")
            finally:
                sys.modules.pop(adapter, None)
    return importlib.import_module("skops.io")


def _build(name: str, data: bytes) -> dict[str, Any]:
    from sklearn.exceptions import InconsistentVersionWarning
    from sklearn.pipeline import Pipeline

    skops_io = _skops_io()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            model = skops_io.loads(data, trusted=OUR_TYPES)
        except Exception as error:
            # A schema that was tampered with can fail anywhere inside skops.
            raise ModelError(f"{name}: damaged, or not a model of facespectra") from error
    other = {
        str(w.message.original_sklearn_version)
        for w in caught
        if isinstance(w.message, InconsistentVersionWarning)
    }
    if other:
        import sklearn

        warnings.warn(
            f"{name}: trained with scikit-learn {', '.join(sorted(other))}, and this is "
            f"{sklearn.__version__}; scores may differ",
            stacklevel=5,  # who called facespectra.load
        )
    if not isinstance(model, dict) or set(model) - OPTIONAL != KEYS:
        raise ModelError(f"{name}: not a model of facespectra")
    if not isinstance(model["pipeline"], Pipeline):
        raise ModelError(f"{name}: not a model of facespectra")
    return model


def check_pipeline(pipeline: Any, width: int) -> None:
    """Check that a pipeline out of a file scores rows of so many features: libsvm checks no length itself.

    Raises ValueError where it does not, and whatever scikit-learn raises where parts are missing.
    """
    for _, step in pipeline.steps:
        # By its name, which no other allowed type has: most models need no import of it.
        if type(step).__name__ == "SVC":
            _check_svc(step, width)
        hiding = getattr(step, "hiding_coef_", None)
        if hiding is not None and (np.shape(hiding) != (width,) or not np.isfinite(hiding).all()):
            raise ValueError("hiding_coef_ has the wrong shape or is not finite")
    if pipeline.n_features_in_ != width:
        raise ValueError(f"it was fitted on {pipeline.n_features_in_} features, not on {width}")
    scores = pipeline.decision_function(np.zeros((2, width)))
    if np.shape(scores) != (2,) or not np.issubdtype(np.asarray(scores).dtype, np.floating):
        raise ValueError("it does not give one score for each row")


def _check_svc(svc: Any, width: int) -> None:
    own = vars(svc)
    n = len(svc.support_vectors_)
    for name, kind, shape in (
        ("support_vectors_", np.float64, (n, width)),
        ("support_", np.int32, (n,)),
        ("_n_support", np.int32, (2,)),
        ("_dual_coef_", np.float64, (1, n)),
        ("_intercept_", np.float64, (1,)),
        ("_probA", np.float64, (0,)),
        ("_probB", np.float64, (0,)),
        ("classes_", np.int64, (2,)),
    ):
        array = own[name]
        if not isinstance(array, np.ndarray) or array.dtype != kind or array.shape != shape:
            raise ValueError(f"SVC: {name} has the wrong type or shape")
    counts = own["_n_support"]
    if (counts < 0).any() or int(counts.sum()) != n:
        raise ValueError("SVC: n_support_ does not match the support vectors")
    # Names of kernels that take no others than these arrays; and nothing in the place of the class's own.
    if svc.kernel not in _KERNELS or svc._sparse is not False or {"_impl", "_compute_kernel"} & set(own):
        raise ValueError("SVC: the kernel is not one of ours")
