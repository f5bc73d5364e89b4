"""Tells real face images from fake ones by their frequency content.

Names are loaded when they are first used: ``import facespectra`` brings in NumPy and nothing heavier.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from facespectra._lazy import lazy_names
from facespectra._version import __version__

if TYPE_CHECKING:
    from facespectra.datasets import read_dataset
    from facespectra.deep import DeepFeatures
    from facespectra.detector import Detector, load
    from facespectra.evaluation import Evaluation, evaluate
    from facespectra.faces import FaceCropper
    from facespectra.regions import RegionFeatures
    from facespectra.report.explanation import explain
    from facespectra.spectrum import radial_spectrum
    from facespectra.spectrum.backends import backends
    from facespectra.spectrum.transformer import RadialSpectrum
    from facespectra.texture import TextureFeatures

_HOME = {
    "DeepFeatures": "facespectra.deep",
    "Detector": "facespectra.detector",
    "Evaluation": "facespectra.evaluation",
    "FaceCropper": "facespectra.faces",
    "RadialSpectrum": "facespectra.spectrum.transformer",
    "RegionFeatures": "facespectra.regions",
    "TextureFeatures": "facespectra.texture",
    "backends": "facespectra.spectrum.backends",
    "evaluate": "facespectra.evaluation",
    "explain": "facespectra.report.explanation",
    "load": "facespectra.detector",
    "radial_spectrum": "facespectra.spectrum",
    "read_dataset": "facespectra.datasets",
}

__all__ = [
    "DeepFeatures",
    "Detector",
    "Evaluation",
    "FaceCropper",
    "RadialSpectrum",
    "RegionFeatures",
    "TextureFeatures",
    "__version__",
    "backends",
    "evaluate",
    "explain",
    "load",
    "radial_spectrum",
    "read_dataset",
]


def _refuse_sub_interpreters() -> None:
    # The core, Numba and torch keep state for one interpreter; in a second one, importing the core hangs.
    for name in ("_interpreters", "_xxsubinterpreters"):
        try:
            interpreters = import_module(name)
        except ImportError:
            continue
        if interpreters.get_current() != interpreters.get_main():
            raise ImportError("facespectra runs in the main interpreter only; use threads or processes")
        return


_refuse_sub_interpreters()


__getattr__ = lazy_names(__name__, _HOME)


def __dir__() -> list[str]:
    return sorted(__all__)
