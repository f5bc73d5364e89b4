"""Versions of Python and of installed packages, by the names that pip uses."""

from __future__ import annotations

import platform
from functools import cache

from facespectra._version import __version__

# What the score of a model can depend on, besides this package and Python.
SCORING = ("numpy", "scikit-learn", "skops", "pillow", "torch", "torchvision", "facenet-pytorch")


@cache
def _version_of(package: str) -> str | None:
    from importlib import metadata  # takes longer than the start of most modules

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def installed_versions(*packages: str) -> dict[str, str]:
    """Versions of those packages that are installed."""
    return {package: version for package in packages if (version := _version_of(package))}


def versions_of(*packages: str) -> dict[str, str]:
    """Versions of this package and of those others that are installed, for keys of caches."""
    return {"facespectra": __version__} | installed_versions(*packages)


def versions() -> dict[str, str]:
    """Versions of everything that a score depends on, or "not installed"."""
    ours = {"facespectra": __version__, "python": platform.python_version()}
    return ours | {package: _version_of(package) or "not installed" for package in SCORING}
