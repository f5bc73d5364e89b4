"""What must be there: the rule that what is required may not be skipped."""

from __future__ import annotations

import os
import sysconfig

import pytest

from facespectra.spectrum.backends import backends

# What else than backends can be required.
OTHERS = ("browser", "terminal")
# What the absence of is a failure, not a skip: "native,numba,torch,browser,terminal", say. CI sets it.
REQUIRED = tuple(filter(None, os.environ.get("FACESPECTRA_TEST_REQUIRE", "").split(",")))
_STATES = backends()

FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


def is_required(name: str) -> bool:
    """Whether something must be there."""
    return name in REQUIRED


def require(backend: str) -> str:
    """The backend's name, or a skip with the reason why it is not there; a failure if it must be."""
    state = _STATES[backend]
    if state != "ready":
        if is_required(backend):
            pytest.fail(f"backend {backend!r} is required here and {state}")
        pytest.skip(f"backend {backend!r} is {state}")
    return backend
