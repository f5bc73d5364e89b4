"""What workers must have in common with the program that started them, so that they compute the same bits."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from facespectra._version import __version__
from facespectra._versions import installed_versions
from facespectra.errors import ClusterError

PREFIX = "FACESPECTRA_"
# Of this process alone: a path or a number of another machine's means nothing here.
_OWN = ("FACESPECTRA_THREADS", "FACESPECTRA_SHARED_DATA")
PACKAGES = (
    *("numpy", "scipy", "scikit-learn", "skops", "pillow", "pillow-heif", "av", "mtcnn", "onnxruntime"),
    *("pyfftw", "numba", "mkl", "torch", "torchvision", "facenet-pytorch"),
)
"""All that bits of features and scores can depend on, besides this package."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Versions, backend and environment variables of a program, and the folder that its paths start in."""

    versions: dict[str, str]
    environment: dict[str, str]
    folder: str

    @classmethod
    def here(cls, backend: str | None = None) -> Agreement:
        """Of this process."""
        environment = {
            name: value for name, value in os.environ.items() if name.startswith(PREFIX) and name not in _OWN
        }
        return cls(versions_here(backend), environment, str(Path.cwd()))

    def adopt(self, backend: str | None = None) -> None:
        """Take the variables over in a worker, and refuse to work where versions differ."""
        for name in [name for name in os.environ if name.startswith(PREFIX) and name not in _OWN]:
            if name not in self.environment:
                del os.environ[name]
        os.environ.update(self.environment)
        here = versions_here(backend)
        # What one of them lacks is missed where it is needed.
        different = [
            f"{name} {here[name]}, not {version}"
            for name, version in self.versions.items()
            if name in here and here[name] != version
        ]
        if different:
            raise ClusterError(
                f"the worker on {platform.node()} has {'; '.join(different)}: install the same versions on "
                "all nodes, or what they compute may differ"
            )


def versions_here(backend: str | None = None) -> dict[str, str]:
    """Versions of packages, the backend and its FFT library, by name."""
    from facespectra.spectrum.backends import get_backend

    found = {"facespectra": __version__, **installed_versions(*PACKAGES)}
    found["backend"] = get_backend(backend)[0]
    if found["backend"] == "native":
        from facespectra.spectrum import providers
        from facespectra.spectrum.backends import native

        provider = providers.chosen()
        found["FFT library"] = f"{provider.name} {native.library(provider).version}"
    return found
