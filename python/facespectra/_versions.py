"""Versions of installed packages."""

from __future__ import annotations

from functools import cache
from importlib import metadata


@cache
def version_of(package: str) -> str | None:
    """Give the version of a package, looked up once in a process.

    Parameters
    ----------
    package : str
        By the name that pip knows it by.

    Returns
    -------
    str or None
        None if it is not installed.
    """
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
