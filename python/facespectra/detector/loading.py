"""Detectors out of model files."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from facespectra._files import PathLike, one_line, printable
from facespectra.detector.detector import Detector
from facespectra.detector.model_file import check_pipeline, loads, read_file
from facespectra.errors import ModelError

_MODELS = Path(__file__).parents[1] / "models"
DEFAULT_MODEL = _MODELS / "default.model"
"""What is used where no model is named; made by :mod:`facespectra.models.build`."""

SHIPPED = {"default": DEFAULT_MODEL, "regions": _MODELS / "regions.model"}
"""Models that this package ships, by the names that stand for them."""


def load(
    path: PathLike | None = None,
    *,
    backend: str | None = None,
    threads: int | None = None,
    device: str | None = None,
    weights: PathLike | None = None,
    precision: str = "auto",
    cache: PathLike | None = None,
) -> Detector:
    """Load a detector from a file that :meth:`facespectra.Detector.save` wrote.

    Parameters
    ----------
    path : path-like, optional
        The model file, or the name of one that this package ships: ``"default"``, see
        ``docs/model_card.md``, or ``"regions"``, which needs no network. It is safe to load one from a
        stranger: nothing in it is run.
    backend, threads, device, weights, precision, cache : optional
        As for :class:`Detector`. A model whose features come from a network takes the weights that it was
        trained with and no others; torchvision's own are found without being named.

    Returns
    -------
    Detector

    Raises
    ------
    ModelError
        If it is not a model, is damaged, contains disallowed types, or was written by a newer version.
    """
    data, name = model_bytes(path)
    return load_bytes(
        data,
        name,
        backend=backend,
        threads=threads,
        device=device,
        weights=weights,
        precision=precision,
        cache=cache,
    )


def model_bytes(path: PathLike | None) -> tuple[bytes, str]:
    """Read a model file, or a shipped one by its name; also give what messages call it."""
    path = "default" if path is None else path
    if str(path) in SHIPPED and not Path(path).is_file():
        path = SHIPPED[str(path)]
    return read_file(path), printable(path)


def load_bytes(data: bytes, name: str, **runtime: Any) -> Detector:
    """Make a detector of the bytes of a model file, which messages call by `name`; see :func:`load`."""
    model = loads(data, name)
    try:
        detector = Detector(**model["settings"], **runtime)
        detector.pipeline_ = model["pipeline"]
        detector.threshold_ = float(model["threshold"])
        detector.training_ = {**model["training"], "left_out": []}
        detector.versions_ = dict(model["versions"])
        detector.class_features_ = dict(model.get("class_features", {}))
        counts = [detector.training_[count] for count in ("n_real", "n_fake")]
        if not all(isinstance(count, int) for count in counts):
            raise ValueError(f"trained on {counts}")
        width = detector.feature_set.width
    except Exception as error:
        # Settings that were tampered with can be of any type.
        raise ModelError(
            f"{name}: the settings in the model are not understood ({one_line(error)})"
        ) from error
    try:
        for one in detector.class_features_.values():
            if any(one[key].shape != (width,) for key in ("mean", "sd")):
                raise ValueError(f"the classes have other features than {width}")
        check_pipeline(detector.pipeline_, width)
        detector.sha256 = hashlib.sha256(data).hexdigest()
    except Exception as error:
        # And so can the parts of a classifier, which then fail anywhere in scikit-learn.
        raise ModelError(
            f"{name}: the classifier does not fit the features that its settings describe ({one_line(error)})"
        ) from error
    return detector
