"""What the page says of the model: its words, its threshold, and how often it was right on what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from facespectra.detector.loading import SHIPPED
from facespectra.images import pixel_limit
from facespectra.models.usual import usual_spectrum

if TYPE_CHECKING:
    from facespectra.detector import Detector

CHECKS = {
    "early": "synthetic swaps like those of early autoencoders",
    "default": "synthetic swaps of many kinds",
    "crushed": "synthetic swaps, heavily compressed",
    "small": "synthetic swaps of small faces",
    "modern": "synthetic swaps like modern ones, well blended",
    "restored": "synthetic swaps that were sharpened afterwards",
}
"""What the figures of a model card were measured on."""
WEB: dict[str, Any] = {
    "key": "web",
    "title": "43 clips of early autoencoder swaps from the web, which played a part in its choices",
    "n": 516,
    "auc": 0.903,
    "auc_ci95": [0.826, 0.948],
    "found": 0.31,
    "false_alarms": 0.022,
    "cannot_tell": 0.42,
}
"""Of the default model: the figures of docs/model_card.md, which a test holds together."""


def model_info(detector: Detector, name: str | None) -> dict[str, Any]:
    """Give name, hash, threshold, words and figures of a model, and the pixels that a picture may have."""
    words = detector.words
    shipped = name is None or (name in SHIPPED and not Path(name).is_file())
    return {
        "model": {
            "name": (name or "default") if shipped else Path(str(name)).name,
            "shipped": shipped,
            "sha256": detector.sha256,
            "threshold": detector.threshold_,
            "probability": detector.gives_probabilities,
            "positive": words.positive,
            "negative": words.negative,
            "features": detector.features,
            "classifier": detector.classifier,
        },
        "checked_for": list(words.checked_for),
        "not_checked_for": list(words.not_checked_for),
        "pixels": pixel_limit(),
        "reliability": _reliability(detector.training_, on_web=shipped and name in (None, "default")),
        "usual_spectrum": usual_spectrum(),
    }


def _reliability(training: dict[str, Any], *, on_web: bool) -> dict[str, Any] | None:
    """The figures of the model card; None where the model has none."""
    card = training.get("card")
    if not card:
        return None
    held_out = card["held_out"]
    rows = [
        {"key": key, "title": title} | _figures(held_out[key])
        for key, title in CHECKS.items()
        if key in held_out
    ]
    return {
        "faces": card["photographs_held_out"],
        "card": "docs/model_card.md",
        "rows": [*([WEB] if on_web else []), *rows],
    }


def _figures(measured: dict[str, Any]) -> dict[str, Any]:
    names = (
        "n",
        "auc",
        "auc_ci95",
        "found",
        "false_alarms",
        "cannot_tell",
        "real_retouched",
        "fake_retouched",
    )
    return {name: measured.get(name) for name in names}
