"""The FFT libraries under the native backend, by name.

A provider is a shared library with FFTW's C interface, opened at run time. Only absolute paths are ever
opened: never a bare name that a linker would look up, let alone in the working directory.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from facespectra.errors import BackendError

VARIABLE = "FACESPECTRA_FFT"
_CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Provider:
    """An FFT library by its absolute paths."""

    name: str  # as given by the user
    single_file: str  # with the fftwf_ functions
    double_file: str  # with the fftw_ functions
    # Whether to load a private instance: FFTW's planner is not thread-safe, and other users have other locks.
    separate: bool


def _mkl() -> Provider | None:
    # The mkl wheel puts its libraries beside the environment's own, outside site-packages.
    for folder in (Path(sys.prefix) / "lib", Path(sys.base_prefix) / "lib"):
        for file in sorted(folder.glob("libmkl_rt.so*"), reverse=True):
            return Provider("mkl", str(file), str(file), separate=False)
    return None


def _pyfftw_wheel() -> Provider | None:
    spec = find_spec("pyfftw")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    for folder in (package.with_name("pyfftw.libs"), package / ".dylibs"):
        single, double = _shared(folder, "libfftw3f"), _shared(folder, "libfftw3")
        if single and double:
            return Provider("fftw", single, double, separate=True)
    return None


def _shared(folder: Path, stem: str) -> str | None:
    """The shared library of that name, with a wheel's hash in it or without; static ones lie beside it."""
    found = (file for file in folder.glob(f"{stem}[-.]*") if {".so", ".dylib"} & set(file.suffixes))
    return min(map(str, found), default=None)


def _system_fftw() -> Provider | None:
    single, double = _system_library("fftw3f"), _system_library("fftw3")
    return Provider("fftw", single, double, separate=True) if single and double else None


def _system_library(name: str) -> str | None:
    import ctypes.util  # slow to import, and rarely needed: pyfftw is always installed with us

    found = ctypes.util.find_library(name)
    if found is None:
        return None
    if Path(found).is_absolute():
        return found
    multiarch = getattr(sys.implementation, "_multiarch", "")
    for folder in ("/usr/local/lib", f"/usr/lib/{multiarch}", "/usr/lib64", "/usr/lib", f"/lib/{multiarch}"):
        if (path := Path(folder) / found).is_file():
            return str(path)
    return None


def _fftw() -> Provider | None:
    return _pyfftw_wheel() or _system_fftw()


FINDERS: dict[str, Callable[[], Provider | None]] = {"fftw": _fftw, "mkl": _mkl}
HINTS = {
    "mkl": 'install it with pip install "facespectra[mkl]"',
    "fftw": "install pyfftw, or your system's FFTW in both precisions",
}


@cache
def _on_intel() -> bool:
    """Whether the processor is one of Intel's, as Linux says, where alone MKL has its place."""
    try:
        with _CPUINFO.open(encoding="ascii", errors="replace") as file:
            return "GenuineIntel" in file.read(1024)
    except OSError:
        return False


def available() -> dict[str, Provider]:
    """The providers that are installed, by name, the default first: the faster one on this processor.

    MKL is slower than FFTW on AMD's processors, whatever the shape (docs/fast_path.md has the figures).
    """
    order = ("mkl", "fftw") if _on_intel() else ("fftw", "mkl")
    return {name: found for name in order if (found := FINDERS[name]())}


def by_path(path: Path) -> Provider:
    """The library at a path, and the other precision's beside it; BackendError if there is none."""
    if not path.is_absolute() or not path.is_file():
        raise BackendError(f"{VARIABLE}={path}: no file at that absolute path")
    name = path.name
    if "mkl" in name:
        return Provider(str(path), str(path), str(path), separate=False)
    # libfftw3f.so.3 and libfftw3.so.3, or with a wheel's hash, libfftw3f-1a2b.so.3 and libfftw3-3c4d.so.3.
    single, double = _shared(path.parent, "libfftw3f"), _shared(path.parent, "libfftw3")
    if name.startswith("libfftw3f") and double:
        return Provider(str(path), str(path), double, separate=True)
    if name.startswith("libfftw3") and single:
        return Provider(str(path), single, str(path), separate=True)
    return Provider(str(path), str(path), str(path), separate=True)


@cache
def find(name: str | None) -> Provider:
    """The provider of that name or path, or the first that is installed; BackendError if there is none."""
    if name is None:
        for provider in available().values():
            return provider
        raise BackendError("no FFT library found; " + HINTS["fftw"])
    if name in FINDERS:
        found = FINDERS[name]()
        if found is None:
            raise BackendError(f"FFT library {name!r} not found; {HINTS[name]}")
        return found
    if os.sep in name:
        return by_path(Path(name))
    raise BackendError(f"{VARIABLE} must be one of {', '.join(FINDERS)} or an absolute path; got {name!r}")


def chosen() -> Provider:
    """The provider named by ``FACESPECTRA_FFT``, else the first that is installed."""
    return find(os.environ.get(VARIABLE) or None)
