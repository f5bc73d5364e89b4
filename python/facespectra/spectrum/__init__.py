"""From grey images to radial spectra."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, cast, overload

import numpy as np

from facespectra._threads import thread_count
from facespectra.spectrum.arrays import as_images
from facespectra.spectrum.backends import get_backend
from facespectra.spectrum.settings import Convention, SpectrumSettings

if TYPE_CHECKING:
    import torch
    from numpy.typing import ArrayLike, DTypeLike, NDArray

    from facespectra.spectrum.definition import Floats

__all__ = ["radial_spectrum"]


@overload
def radial_spectrum(
    images: torch.Tensor,
    *,
    n_features: int | None = ...,
    convention: Convention = ...,
    epsilon: float = ...,
    normalize: bool = ...,
    dtype: DTypeLike = ...,
    backend: Literal["torch"] | None = ...,
    threads: int | None = ...,
) -> torch.Tensor: ...
@overload
def radial_spectrum(
    images: ArrayLike | Sequence[NDArray[Any]],
    *,
    n_features: int | None = ...,
    convention: Convention = ...,
    epsilon: float = ...,
    normalize: bool = ...,
    dtype: DTypeLike = ...,
    backend: str | None = ...,
    threads: int | None = ...,
) -> Floats: ...
def radial_spectrum(
    images: Any,
    *,
    n_features: int | None = 300,
    convention: Convention = "durall",
    epsilon: float = 1e-8,
    normalize: bool = True,
    dtype: DTypeLike = "float32",
    backend: str | None = None,
    threads: int | None = None,
) -> Any:
    """Azimuthal average of the log-amplitude spectrum of grey images.

    The exact definition, with its source, is the docstring of :mod:`facespectra.spectrum.definition`. No
    image is resized on the way.

    Parameters
    ----------
    images : (H, W) or (B, H, W) array, sequence of 2-D arrays, or torch.Tensor
        Grey images of dtype uint8, uint16, float32 or float64, contiguous or not. A sequence may mix shapes.
        A tensor gives a tensor on the same device.
    n_features : int or None, default 300
        Length of each spectrum. None leaves the profile as long as it is, for images of one shape.
    convention : {"durall", "isotropic"}, default "durall"
        How frequencies are assigned to radii: as published, or in cycles per pixel around the true zero
        frequency.
    epsilon : float, default 1e-8
        Added to every complex coefficient before its modulus is taken.
    normalize : bool, default True
        Divide each spectrum by its first element.
    dtype : {"float32", "float64"}, default "float32"
        Precision of the arithmetic and of the result. float32 cannot resolve amplitudes below 2**-19 of the
        image's Euclidean norm and clamps them there, so that flat images give flat spectra.
    backend : {"native", "numba", "pyfftw", "numpy", "torch"}, optional
        Default: the environment variable ``FACESPECTRA_BACKEND``, else the first of native, numba, pyfftw and
        numpy that loads.
    threads : int, optional
        Most threads to use over the images of a call; default: ``FACESPECTRA_THREADS``, else as many as the
        process has processors. The result does not depend on it.

    Returns
    -------
    (n_features,) or (B, n_features) array of `dtype`

    Raises
    ------
    InvalidImageError
        If an image has the wrong shape, is too small, or has NaN or infinite values. A ValueError whose
        ``index`` says which image.
    TypeError, ValueError
        If an argument is wrong; the message names it, or the image by its index.
    BackendError
        If the backend asked for cannot be used.

    Notes
    -----
    In float32, amplitudes are clamped at 2^-19 of the image's norm, under which there is rounding noise.
    Where a side has a prime factor above 13, the noise of flat images stands above that: their spectra are
    not quite flat, and differ between backends. Images with any content are not concerned.

    Examples
    --------
    >>> import numpy as np
    >>> import facespectra as fs
    >>> image = np.random.default_rng(0).integers(0, 256, (240, 200), dtype=np.uint8)
    >>> spectrum = fs.radial_spectrum(image)
    >>> spectrum.shape, spectrum.dtype, float(spectrum[0])
    ((300,), dtype('float32'), 1.0)
    >>> fs.radial_spectrum([image, image[:180, :151]]).shape
    (2, 300)
    """
    try:
        settings = _checked_settings(n_features, convention, epsilon, normalize, cast("str", dtype))
    except TypeError:
        # Something that cannot be hashed, and so is wrong: without the cache it gets its own message.
        settings = SpectrumSettings(n_features, convention, epsilon, normalize, dtype)  # type: ignore[arg-type]
    n_threads = thread_count(threads)
    if "torch" in sys.modules and isinstance(images, sys.modules["torch"].Tensor):
        if backend not in (None, "torch"):
            raise ValueError(
                f"backend {backend!r} takes NumPy arrays, not a torch.Tensor; use .numpy() on it"
            )
        get_backend("torch")
        from facespectra.spectrum.backends.torch import extract_tensor

        return extract_tensor(images, settings)

    greys, single = as_images(images)
    _, implementation = get_backend(backend)
    out = np.empty((len(greys), _length(greys, settings)), dtype=settings.dtype)
    if len(greys):
        implementation.extract(greys, settings, n_threads, out)
    return out[0] if single else out


@lru_cache(64, typed=True)
def _checked_settings(*settings: Any) -> SpectrumSettings:
    """Settings, validated once: repeating it would slow small images down."""
    return SpectrumSettings(*settings)


def _length(greys: Any, settings: SpectrumSettings) -> int:
    if settings.n_features is not None:
        return settings.n_features
    from facespectra.spectrum.definition import profile_length

    shapes = {greys.shape[1:]} if isinstance(greys, np.ndarray) else {grey.shape for grey in greys}
    if len(shapes) > 1:
        raise ValueError(
            "n_features=None needs images of one shape: profiles of different shapes differ in length"
        )
    if not shapes:
        return 0
    height, width = shapes.pop()
    return max(0, profile_length(height, width, settings.convention))
