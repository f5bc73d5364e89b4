"""Models of linear experts as JSON and arrays, read by NumPy alone.

Such a file is an archive of ``facespectra.json``, which holds everything but the arrays, and of one ``.npy``
for each of these. Nothing in it names code: the kind of experts is looked up in :data:`KINDS`.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facespectra._version import __version__
from facespectra.detector.linear import LinearScores, RegionScores, TextureScores

FORMAT = 2
HEADER = "facespectra.json"
CLASSES = ("real", "fake")


class Kind(NamedTuple):
    """A kind of experts: what scores by them, and their settings."""

    scores: type[LinearScores]
    settings: Mapping[str, type]


KINDS = {
    "TwoExperts": Kind(
        RegionScores, {"experts": str, "C": float, "least_width": float, "least_detail": float}
    ),
    "TextureExperts": Kind(TextureScores, {"least_width": float, "least_detail": float}),
}
"""By the names of their estimators in :mod:`facespectra.detector.experts`."""

NUMBERS = ("slope_", "offset_", "hiding_intercept_", "hiding_limit_")
ARRAYS = ("coef_", "intercept_", "mean_")
HIDING = "hiding_coef_"


class ExpertsPipeline:
    """Fitted experts out of a file, with as much of a scikit-learn pipeline as scoring needs."""

    def __init__(self, kind: str, experts: LinearScores) -> None:
        self.kind = kind
        self.steps = [("classify", experts)]

    @property
    def n_features_in_(self) -> int:
        """Features in a row."""
        return self[-1].n_features_in_

    def __getitem__(self, index: int) -> LinearScores:
        return self.steps[index][1]

    def __len__(self) -> int:
        return len(self.steps)

    def decision_function(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Score rows of features, (n,) float64."""
        return self[-1].decision_function(X)


def kind_of_pipeline(pipeline: Any) -> str | None:
    """Name the kind of experts that a fitted pipeline consists of; None where it has other parts."""
    if isinstance(pipeline, ExpertsPipeline):
        return pipeline.kind
    kind = type(pipeline[-1]).__name__
    known = len(pipeline.steps) == 1 and isinstance(pipeline[-1], LinearScores) and kind in KINDS
    return kind if known else None


def dumps(model: dict[str, Any], kind: str) -> bytes:
    """Turn a model, as :func:`facespectra.detector.model_file.dumps` takes it, into the bytes of its file."""
    experts = model["pipeline"][-1]
    arrays = {name: getattr(experts, name) for name in ARRAYS}
    if experts.hiding_coef_ is not None:
        arrays[HIDING] = experts.hiding_coef_
    settings = {name: as_type(getattr(experts, name)) for name, as_type in KINDS[kind].settings.items()}
    header = {
        "format": FORMAT,
        "facespectra": __version__,
        "classifier": {
            "kind": kind,
            "settings": settings,
            "numbers": {name: float(getattr(experts, name)) for name in NUMBERS},
        },
        "settings": model["settings"],
        "threshold": float(model["threshold"]),
        "training": model["training"],
        "versions": model["versions"],
    }
    if "class_features" in model:
        classes = model["class_features"]
        header["class_features"] = {name: int(classes[name]["n"]) for name in CLASSES}
        arrays |= {f"{name}_{key}": classes[name][key] for name in CLASSES for key in ("mean", "sd")}
    members = {HEADER: json.dumps(header, indent=1).encode()}
    for name, array in arrays.items():
        content = io.BytesIO()
        np.save(content, np.ascontiguousarray(array, np.float64), allow_pickle=False)
        members[f"{name}.npy"] = content.getvalue()
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w") as archive:
        for name in sorted(members):
            # Without the time of day.
            archive.writestr(zipfile.ZipInfo(name), members[name])
    return result.getvalue()


def loads(archive: zipfile.ZipFile, header: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a whole archive and its header into the model; ValueError where something in it is wrong."""
    arrays = {
        name.removesuffix(".npy"): _read_array(archive, name)
        for name in archive.namelist()
        if name.endswith(".npy")
    }
    classifier = _mapping(header, "classifier")
    name = classifier.get("kind")
    if not isinstance(name, str) or name not in KINDS:
        raise ValueError("it has a classifier of an unknown kind")
    model: dict[str, Any] = {key: _mapping(header, key) for key in ("settings", "training", "versions")}
    model["pipeline"] = ExpertsPipeline(name, _experts(KINDS[name], classifier, arrays))
    model["threshold"] = _number(header, "threshold")
    if "class_features" in header:
        counts = _mapping(header, "class_features")
        model["class_features"] = {
            one: {"n": counts[one], "mean": arrays[f"{one}_mean"], "sd": arrays[f"{one}_sd"]}
            for one in CLASSES
        }
    return model


def _experts(
    kind: Kind, classifier: Mapping[str, Any], arrays: Mapping[str, NDArray[np.float64]]
) -> LinearScores:
    experts = kind.scores()
    settings, numbers = _mapping(classifier, "settings"), _mapping(classifier, "numbers")
    for name, as_type in kind.settings.items():
        value = settings.get(name)
        if not isinstance(value, as_type):
            raise ValueError(f"{name} is not a {as_type.__name__}")
        setattr(experts, name, value)
    for name in NUMBERS:
        setattr(experts, name, _number(numbers, name))
    n_experts = len(experts.expert_names)
    width = arrays["mean_"].size
    shapes = {"coef_": (n_experts, width), "intercept_": (n_experts,), "mean_": (width,)}
    if HIDING in arrays:
        shapes[HIDING] = (width,)
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{name} has the shape {arrays[name].shape}, not {shape}")
        setattr(experts, name, arrays[name])
    experts.n_features_in_ = width
    return experts


def _read_array(archive: zipfile.ZipFile, name: str) -> NDArray[np.float64]:
    content = archive.read(name)
    # What the file says is compared with what is there before any memory is taken.
    with io.BytesIO(content) as file:
        if np.lib.format.read_magic(file) != (1, 0):
            raise ValueError(f"{name} is not an array of version 1.0")
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
        if dtype != np.dtype("<f8") or fortran:
            raise ValueError(f"{name} is not an array of float64")
        rest = content[file.tell() :]
    if math.prod(shape) * dtype.itemsize != len(rest):
        raise ValueError(f"{name} does not have the size that it says")
    array = np.frombuffer(rest, dtype).reshape(shape)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} is not finite")
    return array


def _mapping(content: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key)
    if not isinstance(value, dict):
        raise ValueError(f"{key} is missing")
    return value


def _number(content: Mapping[str, Any], key: str) -> float:
    value = content.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{key} is not a number")
    return float(value)
