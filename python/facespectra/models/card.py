"""The model card of the default model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from facespectra.errors import FacespectraError


def card_file() -> str:
    """Where the card is to be read: beside the installed model, or in the source tree."""
    installed = Path(__file__).with_name("model_card.md")
    return str(installed) if installed.is_file() else "docs/model_card.md"


def default_model_card() -> dict[str, Any]:
    """Features, classifier and card of the default model, or the ``problem`` that keeps it from loading."""
    try:
        from facespectra.detector import load

        detector = load()
    except FacespectraError as error:
        return {"problem": str(error)}
    return {"features": detector.features, "classifier": detector.classifier, **detector.training_["card"]}
