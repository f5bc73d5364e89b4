r"""The radial spectrum, defined once, in NumPy that can be read.

Every backend is tested against this module; the ``numpy`` backend is this module. Nothing here is written for
speed.

For a grey image :math:`f` of shape ``(H, W)``:

1. :math:`F`, its 2-D DFT.
2. :math:`A = 20 \ln \max(|F + \epsilon|,\ \text{floor})`, natural logarithm, epsilon added to the complex
   value. The floor lies under everything that the precision can resolve, see :data:`RELATIVE_FLOOR`.
3. A bin for every frequency, by the convention; the profile is the mean of :math:`A` over each bin.
4. The profile resampled to ``n_features`` points, then divided by its first element.

The conventions:

``"durall"``
    As published in R. Durall, M. Keuper, F.-J. Pfreundt, J. Keuper, "Unmasking DeepFakes with simple
    Features", arXiv:1911.00686. The spectrum is shifted so that the zero frequency stands at row ``H//2``,
    column ``W//2``; the bin is ``floor(hypot(x - (W-1)/2, y - (H-1)/2))`` in pixels. On an even side that
    centre lies half a sample from the zero frequency: a frequency and its mirror can fall into different
    bins. The first and the last bin are dropped. A not-a-knot cubic spline resamples the profile; through
    three values it is a parabola, through two a line.
``"isotropic"``
    The radius is ``hypot(ky/H, kx/W)`` in cycles per pixel, around the true zero frequency. ``n_features``
    bins of equal width divide (0, 0.5], each closed above; the zero frequency and the corners beyond 0.5 are
    left out. A bin without any frequency gets the value linearly interpolated between its nearest occupied
    neighbours, by index; before the first and after the last occupied bin, that bin's value. With
    ``n_features=None`` there are ``min(H, W)//2`` bins (at least one), of which none is empty.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facespectra.errors import InvalidImageError
from facespectra.spectrum.settings import SpectrumSettings

Floats = NDArray[np.float32] | NDArray[np.float64]

# Amplitudes are clamped from below at this fraction of max(||f||_2, epsilon). ||f||_2 is the root mean square
# of |F|. In float32 the DFT's own rounding error is a few parts in 10^7 of it, so that zeros of the spectrum
# (flat and linear images have them by the thousand) would otherwise log rounding noise, different on every
# machine; clamped, a flat image gives a flat profile. Camera noise and even 8-bit rounding stay far above. In
# float64 the floor is only there to keep the logarithm finite: epsilon decides, as in the definition.
RELATIVE_FLOOR = {"float32": 2.0**-19, "float64": 2.0**-120}
TINY = 1e-37
NOT_FINITE = "NaN or infinite values; replace them before computing a spectrum"


def profile_length(height: int, width: int, convention: str) -> int:
    """Number of bins where ``n_features`` is None; less than 1 for an image that is too small."""
    if convention == "durall":
        # floor(sqrt(s) / 2) of the corner's 4r^2 = s; then without the first and the last.
        return math.isqrt((height - 1) ** 2 + (width - 1) ** 2) // 2 - 1
    return max(1, min(height, width) // 2) if height * width > 1 else 0


def number_of_bins(shape: tuple[int, int], settings: SpectrumSettings) -> int:
    """Number of bins for an image of that shape; InvalidImageError if it is too small."""
    height, width = shape
    n_bins = profile_length(height, width, settings.convention)
    durall = settings.convention == "durall"
    resampled = durall and settings.n_features is not None
    if n_bins < (2 if resampled else 1):
        raise InvalidImageError(
            f"an image of shape {height}x{width} is too small for a radial spectrum in the "
            f"{settings.convention} convention; use images of at least 8x8 pixels"
        )
    return n_bins if durall else settings.n_features or n_bins


def radial_bins(shape: tuple[int, int], settings: SpectrumSettings) -> tuple[NDArray[np.int64], int]:
    """Bin of every DFT coefficient, (H, W) in the DFT's own order, -1 for none; and the number of bins.

    InvalidImageError if the image is too small.
    """
    height, width = shape
    n_bins = number_of_bins(shape, settings)
    # Signed frequencies in the DFT's own order. On an even side the last one is -N/2, as the shift has it.
    ky = np.fft.ifftshift(np.arange(height) - height // 2)[:, None]
    kx = np.fft.ifftshift(np.arange(width) - width // 2)[None, :]
    if settings.convention == "durall":
        y = ky + height // 2 - (height - 1) / 2
        x = kx + width // 2 - (width - 1) / 2
        # Exact where it matters: 4 r^2 is a whole number.
        bins = np.floor(np.sqrt(x * x + y * y)).astype(np.int64) - 1
    else:
        # In this order of operations every step but the last is exact wherever a frequency lies on an edge.
        scaled = 2 * n_bins * np.sqrt((ky * width) ** 2.0 + (kx * height) ** 2.0) / (height * width)
        bins = np.ceil(scaled).astype(np.int64) - 1
    bins[bins >= n_bins] = -1
    return bins, n_bins


def scaled_image(image: NDArray[np.generic], settings: SpectrumSettings) -> tuple[Floats, float, float]:
    """The image times a power of two that prevents overflow, in the dtype of the arithmetic.

    Gives the scaled image, the scale (1 for integers), and the Euclidean norm of the scaled image.
    InvalidImageError if a value is NaN or infinite.
    """
    if image.dtype.kind == "u":
        converted = image.astype(settings.dtype, order="C")
        return converted, 1.0, math.sqrt(float(np.sum(np.square(image, dtype=np.float64))))
    peak = float(np.max(np.abs(image)))
    if not math.isfinite(peak):
        raise InvalidImageError(NOT_FINITE)
    # Clipped so that neither the scale nor its inverse leaves the range of a float64.
    exponent = min(max(math.frexp(max(peak, settings.epsilon))[1], -1000), 1000) if peak > 0 else 0
    scaled = np.ldexp(image.astype(np.float64, order="C"), -exponent)
    return scaled.astype(settings.dtype, order="C"), 2.0**-exponent, float(np.linalg.norm(scaled))


def amplitude_floor(settings: SpectrumSettings, norm: float, epsilon: float) -> float:
    """Amplitude below which all is rounding noise, see `RELATIVE_FLOOR`; norm and epsilon are scaled."""
    return RELATIVE_FLOOR[settings.dtype] * max(norm, epsilon, TINY)


def log_amplitude(image: NDArray[np.generic], settings: SpectrumSettings) -> Floats:
    """Steps 1 and 2: 20 ln|F + epsilon| with its floor, (H, W), zero frequency first."""
    scaled, scale, norm = scaled_image(image, settings)
    epsilon = settings.epsilon * scale
    # The product of a NumPy float32 array and a Python float stays float32.
    amplitude = np.maximum(np.abs(np.fft.fft2(scaled) + epsilon), amplitude_floor(settings, norm, epsilon))
    result: Floats = 20 * (np.log(amplitude) - math.log(scale))
    return result


def mean_by_bin(values: Floats, bins: NDArray[np.int64], n_bins: int) -> NDArray[np.float64]:
    """Step 3: mean of the values in each bin, (n_bins,); empty bins are interpolated from occupied ones."""
    used = bins >= 0
    counts = np.bincount(bins[used], minlength=n_bins)
    sums = np.bincount(bins[used], weights=values[used], minlength=n_bins)
    return fill_empty(sums, counts)


def fill_empty(sums: NDArray[Any], counts: NDArray[Any]) -> NDArray[np.float64]:
    """Means of the bins from sums and counts, interpolated where empty, as the module's docstring defines."""
    occupied = np.flatnonzero(counts)
    means: NDArray[np.float64] = sums[occupied] / counts[occupied]
    return means if len(occupied) == len(sums) else np.interp(np.arange(len(sums)), occupied, means)


def finish(profile: NDArray[np.float64], settings: SpectrumSettings) -> Floats:
    """Step 4: resample a ``"durall"`` profile, normalise, and round to the result's dtype."""
    n = settings.n_features
    if n is not None and settings.convention == "durall":
        # Here and not above: the native core has a spline of its own and saves the import.
        from scipy.interpolate import CubicSpline

        knots = np.linspace(0, n, len(profile))
        profile = CubicSpline(knots, profile, bc_type="not-a-knot")(np.linspace(0, n, n))
    if settings.normalize:
        profile = profile / profile[0]
    result: Floats = profile.astype(settings.dtype)
    return result


def radial_spectrum_of(image: NDArray[np.generic], settings: SpectrumSettings) -> Floats:
    """Radial spectrum of one image, steps 1 to 4."""
    height, width = image.shape
    bins, n_bins = radial_bins((height, width), settings)
    return finish(mean_by_bin(log_amplitude(image, settings), bins, n_bins), settings)
