"""What must be there: the rule that a required backend may not be skipped."""

from __future__ import annotations

import os
import sysconfig

import pytest

from facespectra.spectrum.backends import backends

# Backends whose absence is a failure, not a skip: "native,numba,pyfftw,numpy,torch", say. CI sets it.
REQUIRED = tuple(filter(None, os.environ.get("FACESPECTRA_TEST_REQUIRE", "").split(",")))
_STATES = backends()

FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


def require(backend: str) -> str:
    """The backend's name, or a skip with the reason why it is not there; a failure if it must be."""
    state = _STATES[backend]
    if state != "ready":
        if backend in REQUIRED:
            pytest.fail(f"backend {backend!r} is required here and {state}")
        pytest.skip(f"backend {backend!r} is {state}")
    return backend
