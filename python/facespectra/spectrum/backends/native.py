"""The compiled core."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np

# Not "from facespectra import _core": that raises a plain ImportError where the extension is absent, as it
# does where it is broken, and only the first may be passed over in silence.
import facespectra._core as _core
from facespectra.errors import BackendError, SettingError
from facespectra.spectrum import providers
from facespectra.spectrum.arrays import Grey
from facespectra.spectrum.definition import Floats
from facespectra.spectrum.settings import SpectrumSettings

SIMD_VARIABLE = "FACESPECTRA_SIMD"
# Measured once for the FFTW of pyfftw's wheels, which estimates badly; any other library refuses them.
_PLANS = Path(__file__).parents[1] / "fftw_plans.txt"


@cache
def library(provider: providers.Provider) -> _core.FftLibrary:
    """The provider's library, opened once in a process; BackendError if that fails."""
    try:
        return _core.FftLibrary.open(
            provider.single_file, provider.double_file, provider.separate, _PLANS.read_text("ascii")
        )
    except RuntimeError as error:
        raise BackendError(str(error)) from None


@cache
def _extractor(fft: str | None, simd: str, dtype: str) -> _core.Extractor32 | _core.Extractor64:
    # By what the environment says: hashing the provider that it names takes the time of a small FFT.
    provider = providers.find(fft)
    try:
        if dtype == "float32":
            return _core.Extractor32(library(provider), simd)
        return _core.Extractor64(library(provider), simd)
    except ValueError as error:
        raise SettingError(f"{SIMD_VARIABLE}: {error}") from None


def extractor(dtype: str) -> _core.Extractor32 | _core.Extractor64:
    """The extractor of a precision, with the FFT library and instruction set that the environment names."""
    value = _core.environment
    return _extractor(value(providers.VARIABLE) or None, value(SIMD_VARIABLE), dtype)


def extract(images: Sequence[Grey], settings: SpectrumSettings, threads: int, out: Floats) -> None:
    """Write the spectrum of each image into its row of `out`."""
    given: Any = images
    if isinstance(given, np.ndarray):
        ready: Any = given if given.flags.aligned else np.require(given, requirements="A")
    else:
        ready = [image if image.flags.aligned else np.require(image, requirements="A") for image in images]
    core = cast("Any", extractor(settings.dtype))
    core.extract(
        ready,
        settings.convention,
        settings.n_features or 0,
        settings.epsilon,
        settings.normalize,
        threads,
        out,
    )


# Without any FFT library the backend cannot work: fail when it is loaded, not at the first image.
providers.chosen()
