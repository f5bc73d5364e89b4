"""PyTorch, on the CPU or on CUDA, one batch for each shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from scipy.interpolate import CubicSpline

from facespectra.errors import InvalidImageError
from facespectra.spectrum import definition
from facespectra.spectrum.arrays import COLOUR_CHANNELS, Grey
from facespectra.spectrum.settings import SpectrumSettings

DTYPES = {torch.uint8: "uint8", torch.uint16: "uint16", torch.float32: "float32", torch.float64: "float64"}
RESULTS = {"float32": torch.float32, "float64": torch.float64}
# Bounds the memory of a batch: about 40 bytes a pixel in float32.
MAX_PIXELS = 1 << 23
MAX_SHAPES = 32


@lru_cache(MAX_SHAPES)
def _half_plane(
    shape: tuple[int, int], settings: SpectrumSettings, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Bins of the half plane's frequencies, of their mirrors, and the matrix from sums to the profile."""
    bins, n_bins = definition.radial_bins(shape, settings)
    bins[bins < 0] = n_bins
    counts = np.bincount(bins.ravel(), minlength=n_bins + 1)[:-1]
    height, width = shape
    # The zero frequency and, on an even width, the highest one have their mirrors inside the half plane.
    columns = np.arange(1, (width + 1) // 2)
    mirrored = bins[(-np.arange(height) % height)[:, None], (width - columns)[None, :]]
    # Everything after the sums is linear, so that its matrix is what it makes of the unit vectors.
    finish = np.stack([definition.fill_empty(unit, counts) for unit in np.eye(n_bins)])
    if settings.n_features is not None and settings.convention == "durall":
        n = settings.n_features
        finish = CubicSpline(np.linspace(0, n, n_bins), finish, axis=1)(np.linspace(0, n, n))
    return (
        torch.from_numpy(bins[:, : width // 2 + 1].ravel()).to(device),
        torch.from_numpy(mirrored.ravel()).to(device),
        torch.from_numpy(np.ascontiguousarray(finish)).to(device),
    )


def _batch(images: torch.Tensor, settings: SpectrumSettings, indices: Sequence[int]) -> torch.Tensor:
    """Spectra of ``(B, H, W)`` images; `indices` are their numbers in the call, for error messages."""
    count, height, width = images.shape
    real = RESULTS[settings.dtype]
    try:
        direct, mirrored, finish = _half_plane((height, width), settings, images.device)
    except InvalidImageError as error:
        raise InvalidImageError(error.reason, indices[0]) from None

    exponent = torch.zeros(count, dtype=torch.float64, device=images.device)
    values = images.to(torch.float64).contiguous()
    if images.is_floating_point():
        peak = values.abs().amax(dim=(1, 2))
        if not bool(torch.isfinite(peak).all()):
            bad = int(torch.nonzero(~torch.isfinite(peak))[0])
            raise InvalidImageError(definition.NOT_FINITE, indices[bad])
        largest = torch.clamp(peak, min=settings.epsilon)
        exponent = torch.where(peak > 0, torch.frexp(largest).exponent.double().clamp(-1000, 1000), exponent)
        values = torch.ldexp(values, -exponent[:, None, None])
    scale = torch.exp2(-exponent)
    norm = torch.linalg.vector_norm(values, dim=(1, 2))
    epsilon = settings.epsilon * scale
    floor = definition.RELATIVE_FLOOR[settings.dtype] * torch.clamp(
        torch.maximum(norm, epsilon), min=definition.TINY
    )

    half = torch.fft.rfft2(values.to(real)) + epsilon.to(real)[:, None, None]
    # On float32 a black image's floor is under the smallest number; its epsilon is not.
    logs = torch.log(torch.maximum(half.abs(), floor.to(real)[:, None, None])).double()
    sums = torch.zeros((count, finish.shape[0] + 1), dtype=torch.float64, device=images.device)
    sums = sums.index_add(1, direct, logs.reshape(count, -1))
    sums = sums.index_add(1, mirrored, logs[:, :, 1 : (width + 1) // 2].reshape(count, -1))
    profile = 20 * (sums[:, :-1] @ finish + exponent[:, None] * math.log(2))
    return (profile / profile[:, :1] if settings.normalize else profile).to(real)


def _batches(count: int, height: int, width: int) -> range:
    return range(0, count, max(1, MAX_PIXELS // (height * width)))


def extract_tensor(images: torch.Tensor, settings: SpectrumSettings) -> torch.Tensor:
    """Spectra of ``(H, W)`` or ``(B, H, W)`` grey images, on the tensor's own device."""
    if images.dtype not in DTYPES:
        raise TypeError(f"images has dtype {images.dtype}; expected one of {', '.join(DTYPES.values())}")
    if images.ndim not in (2, 3):
        raise InvalidImageError(f"images has {images.ndim} dimensions; expected (H, W) or (B, H, W)")
    if images.ndim == 3 and images.shape[2] in COLOUR_CHANNELS:
        raise InvalidImageError(
            f"images of shape {tuple(images.shape)} look like one colour image; convert it to grey first"
        )
    height, width = images.shape[-2:]
    if height == 0 or width == 0:
        raise InvalidImageError(f"images is empty: shape {'x'.join(map(str, images.shape))}")
    stack = images if images.ndim == 3 else images[None]
    if not len(stack):
        length = settings.n_features or definition.profile_length(height, width, settings.convention)
        return torch.empty((0, length), dtype=RESULTS[settings.dtype], device=images.device)
    starts = _batches(len(stack), height, width)
    numbers = range(len(stack))
    spectra = torch.cat(
        [_batch(stack[i : i + starts.step], settings, numbers[i : i + starts.step]) for i in starts]
    )
    return spectra if images.ndim == 3 else spectra[0]


def extract(images: Sequence[Grey], settings: SpectrumSettings, threads: int, out: definition.Floats) -> None:
    """Write the spectrum of each image into its row of `out`; torch keeps its own number of threads."""
    del threads
    by_shape: dict[tuple[tuple[int, ...], str], list[int]] = {}
    for i, image in enumerate(images):
        by_shape.setdefault((image.shape, image.dtype.name), []).append(i)
    for (shape, _), indices in by_shape.items():
        for start in (starts := _batches(len(indices), *shape)):
            batch = indices[start : start + starts.step]
            stacked = torch.from_numpy(np.ascontiguousarray(np.stack([images[i] for i in batch])))
            out[batch] = _batch(stacked, settings, batch).numpy()
