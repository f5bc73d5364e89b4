"""Versions of installed packages."""

from __future__ import annotations

from functools import cache
from importlib import metadata


@cache
def version_of(package: str) -> str | None:
    """Give the version of an installed package, by its name for pip, or None."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
