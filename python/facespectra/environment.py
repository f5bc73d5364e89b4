"""Describe this machine and installation: backends, FFT libraries, instruction sets, versions."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

from facespectra._extras import missing_extras
from facespectra._version import __version__
from facespectra._versions import installed_versions
from facespectra.errors import BackendError

PACKAGES = (
    "numpy",
    "scipy",
    "pyfftw",
    "numba",
    "mkl",
    "torch",
    "torchvision",
    "facenet-pytorch",
    "mtcnn",
    "pillow",
    "scikit-learn",
    "pandas",
    "skops",
    "matplotlib",
    "av",
)
PREFIX = "FACESPECTRA_"


def describe() -> dict[str, Any]:
    """Describe the installation, as plain data for JSON.

    Every backend is loaded, torch included, which can take seconds.
    """
    from facespectra.spectrum.backends import backends, get_backend

    states = backends()
    try:
        backend, problem = get_backend()[0], None
    except (BackendError, ValueError) as error:
        backend, problem = None, str(error)
    return {
        "facespectra": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "backend": backend,
        "problem": problem,
        "backends": states,
        "native": _describe_core() if states["native"] == "ready" else None,
        "environment": {name: os.environ[name] for name in sorted(os.environ) if name.startswith(PREFIX)},
        "packages": installed_versions(*PACKAGES),
        "missing_extras": missing_extras(),
    }


def processor_name() -> str:
    """Model name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _describe_core() -> dict[str, Any]:
    import facespectra._core as core
    from facespectra.spectrum import providers
    from facespectra.spectrum.backends import native

    levels = core.simd_levels()
    state: dict[str, Any] = {
        "compiler": core.compiler(),
        "instruction_sets": levels,
        "instruction_set": os.environ.get(native.SIMD_VARIABLE) or levels[-1],
        "providers": {},
        "provider": None,
    }
    for name, provider in providers.available().items():
        try:
            version = native.library(provider).version
        except BackendError as error:
            version = str(error)
        state["providers"][name] = {"version": version, "file": provider.single_file}
    try:
        selected = providers.chosen()
        state["provider"] = {
            "name": selected.name,
            "version": native.library(selected).version,
            "file": selected.single_file,
            "instance": "private copy" if selected.separate else "shared",
            "plans": "measured" if native.library(selected).has_saved_plans else "estimated",
        }
    except BackendError as error:
        state["problem"] = str(error)
    return state
