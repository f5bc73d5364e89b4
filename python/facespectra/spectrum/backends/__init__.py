"""Backends by name, and the choice among them.

A backend is a module with one function::

    extract(images, settings, threads, out) -> None

which writes the spectrum of ``images[i]`` into ``out[i]``. `images` have passed
:func:`facespectra.spectrum.arrays.as_images`, `out` is ``(B, n)`` of the settings' dtype.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Protocol, cast

from facespectra.errors import BackendError, SettingError
from facespectra.spectrum.arrays import Grey
from facespectra.spectrum.definition import Floats
from facespectra.spectrum.settings import SpectrumSettings

# In the order of the automatic choice. torch is only taken when asked for by name or by a tensor.
AUTOMATIC = ("native", "numba", "pyfftw", "numpy")
NAMES = (*AUTOMATIC, "torch")
VARIABLE = "FACESPECTRA_BACKEND"


class Backend(Protocol):
    """What each module here offers."""

    def extract(self, images: Sequence[Grey], settings: SpectrumSettings, threads: int, out: Floats) -> None:
        """Write the spectrum of each image into its row of `out`."""


class _AbsentError(BackendError):
    """The backend's package is not installed, which is no fault."""


@cache
def _load(name: str) -> Backend:
    try:
        return cast(Backend, import_module(f"{__name__}.{name}"))
    except ModuleNotFoundError as error:
        raise _AbsentError(f"not installed ({error.name})") from error
    except BackendError:
        raise
    except Exception as error:
        # Whatever a foreign package raises while it loads, it is broken.
        raise BackendError(f"broken: {type(error).__name__}: {error}".splitlines()[0]) from error


def backends() -> dict[str, str]:
    """Which backends there are, and whether each of them works here.

    Every backend is loaded to find out, torch included, which can take seconds.

    Returns
    -------
    dict of str to str
        ``"ready"``, ``"not installed (...)"`` or what is wrong, for each name.

    Examples
    --------
    >>> import facespectra as fs
    >>> fs.backends()["numpy"]
    'ready'
    """
    states = {}
    for name in NAMES:
        try:
            _load(name)
            states[name] = "ready"
        except BackendError as error:
            states[name] = str(error)
    return states


def get_backend(name: str | None = None) -> tuple[str, Backend]:
    """Name and module of the backend given by name, by ``FACESPECTRA_BACKEND``, or the first that loads.

    BackendError if a given one cannot be loaded. The automatic choice warns of backends that are installed
    but broken.
    """
    source = "backend"
    if name is None and (name := os.environ.get(VARIABLE) or None):
        source = VARIABLE
    if name is None:
        return _first_that_loads()
    if name not in NAMES:
        raise SettingError(f"{source} must be one of {', '.join(NAMES)}; got {name!r}")
    try:
        return name, _load(name)
    except BackendError as error:
        raise BackendError(f"backend {name!r} cannot be used: {error}") from error


@cache
def _first_that_loads() -> tuple[str, Backend]:
    for name in AUTOMATIC:
        try:
            return name, _load(name)
        except _AbsentError:
            continue
        except BackendError as error:
            warnings.warn(f"backend {name!r} passed over: {error}", RuntimeWarning, stacklevel=4)
    raise BackendError("no backend could be loaded; reinstall facespectra")
