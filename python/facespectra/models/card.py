"""The model card of the default model."""

from __future__ import annotations

from typing import Any

from facespectra.errors import FacespectraError


def default_model_card() -> dict[str, Any]:
    """Features, classifier and card of the default model, or the ``problem`` that keeps it from loading."""
    try:
        from facespectra.detector import load

        detector = load()
    except FacespectraError as error:
        return {"problem": str(error)}
    return {"features": detector.features, "classifier": detector.classifier, **detector.training_["card"]}
