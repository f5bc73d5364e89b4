"""Errors that name the optional extra to install."""

from __future__ import annotations

from importlib.util import find_spec

from facespectra.errors import MissingExtraError

PROJECT_OF = {"PIL": "pillow", "sklearn": "scikit-learn", "facenet_pytorch": "facenet-pytorch"}


def require(extra: str, *modules: str) -> None:
    """Raise ``MissingExtraError`` if a package of an extra, given by its import name, is not installed."""
    missing = [PROJECT_OF.get(module, module) for module in modules if find_spec(module) is None]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise MissingExtraError(
            f'{" and ".join(missing)} {verb} not installed: pip install "facespectra[{extra}]"'
        )
