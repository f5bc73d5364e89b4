"""PyTorch, on the CPU or on CUDA, one batch for each shape.

Tensors are computed where they are. NumPy arrays go to the device that ``FACESPECTRA_TORCH_DEVICE`` names; by
default to the CPU.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

import numpy as np
import torch

from facespectra.errors import InvalidImageError, SettingError
from facespectra.spectrum import definition
from facespectra.spectrum.arrays import COLOUR_CHANNELS, Grey
from facespectra.spectrum.backends._torch_bins import RadialBins, radial_bins
from facespectra.spectrum.settings import SpectrumSettings

DEVICE_VARIABLE = "FACESPECTRA_TORCH_DEVICE"
DTYPES = {torch.uint8: "uint8", torch.uint16: "uint16", torch.float32: "float32", torch.float64: "float64"}
RESULTS = {"float32": torch.float32, "float64": torch.float64}
# Pixels of a batch. On the CPU they stay in the cache, and below what malloc maps anew each time; elsewhere
# they bound the memory, about 20 bytes a pixel in float32.
PIXELS_ON_CPU, PIXELS_ELSEWHERE = 1 << 20, 1 << 25


def _batch(images: torch.Tensor, bins: RadialBins, settings: SpectrumSettings) -> _Batch:
    """Spectra of ``(B, H, W)`` images, and which of them are finite, nothing of which is waited for."""
    real = RESULTS[settings.dtype]
    finite = None
    epsilon = torch.full((len(images),), settings.epsilon, dtype=torch.float64, device=images.device)
    exponent = torch.zeros_like(epsilon)
    if images.is_floating_point():
        values = images.to(torch.float64).contiguous()
        peak = values.abs().amax(dim=(1, 2))
        finite = torch.isfinite(peak)
        largest = torch.where(finite, torch.maximum(peak, epsilon), 1)
        exponent = torch.where(peak > 0, _exponent(largest).clamp(-1000, 1000), exponent)
        values = values * torch.exp2(-exponent)[:, None, None]
        epsilon = epsilon * torch.exp2(-exponent)
    else:
        values = images.to(real).contiguous()
    norm = torch.linalg.vector_norm(values, dim=(1, 2)).double()
    unit = torch.clamp(torch.maximum(norm, epsilon), min=definition.TINY)
    # In units of about its own norm, an image's powers neither vanish in float32 nor overflow.
    more = _exponent(unit)
    scale = torch.exp2(-more)
    floor = (definition.RELATIVE_FLOOR[settings.dtype] * unit * scale).to(real).square()
    epsilon = epsilon * scale
    # Below a norm of 1 whole numbers are all 0, and the scale may be beyond float32.
    scale = scale if images.is_floating_point() else scale.clamp(max=1)
    scaled = (values * scale.to(values.dtype)[:, None, None]).to(real)

    logs = _log_powers(torch.fft.rfft2(scaled), epsilon.to(real), floor)
    sums = bins.sums(logs.reshape(len(images), -1))
    profile = 10 * bins.profile(sums) + (20 * math.log(2)) * (exponent + more)[:, None]
    return _Batch((profile / profile[:, :1] if settings.normalize else profile).to(real), finite)


def _exponent(values: torch.Tensor) -> torch.Tensor:
    """Those powers of two, in float64, that are just above the values; torch.ldexp would be in float32."""
    return torch.frexp(values).exponent.double()


class _Batch:
    """Spectra of some images, and which of these are finite; None where all must be."""

    __slots__ = ("finite", "spectra")

    def __init__(self, spectra: torch.Tensor, finite: torch.Tensor | None) -> None:
        self.spectra = spectra
        self.finite = finite


def _log_powers(half: torch.Tensor, epsilon: torch.Tensor, floor: torch.Tensor) -> torch.Tensor:
    """``ln max(|F + epsilon|^2, floor)`` of half planes; epsilon and floor are ``(B,)``."""
    epsilon, floor = epsilon[:, None, None], floor[:, None, None]
    if half.requires_grad:
        power = (half.real + epsilon).square() + half.imag.square()
        return torch.log(torch.maximum(power, floor))
    power = half.real + epsilon
    power.mul_(power).addcmul_(half.imag, half.imag)
    return torch.maximum(power, floor, out=power).log_()


def _batches(count: int, height: int, width: int, device: torch.device) -> range:
    pixels = PIXELS_ON_CPU if device.type == "cpu" else PIXELS_ELSEWHERE
    return range(0, count, max(1, pixels // (height * width)))


def _check_finite(batches: Sequence[_Batch], indices: Sequence[Sequence[int]]) -> None:
    """Raise InvalidImageError for the first image with values that are not finite: once for all batches."""
    given = [(batch.finite, its) for batch, its in zip(batches, indices, strict=True) if len(its)]
    masks = [mask for mask, _ in given if mask is not None]
    if not masks or bool(torch.cat(masks).all()):
        return
    bad = [
        its[int(number)]
        for mask, its in given
        if mask is not None
        for number in torch.nonzero(~mask)[:, 0].tolist()
    ]
    raise InvalidImageError(definition.NOT_FINITE, min(bad))


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
    bins = _bins_of((height, width), settings, images.device, 0)
    starts = _batches(len(stack), height, width, images.device)
    done = [_batch(stack[i : i + starts.step], bins, settings) for i in starts]
    _check_finite(done, [range(len(stack))[i : i + starts.step] for i in starts])
    spectra = torch.cat([batch.spectra for batch in done]) if len(done) > 1 else done[0].spectra
    return spectra if images.ndim == 3 else spectra[0]


def _bins_of(
    shape: tuple[int, int], settings: SpectrumSettings, device: torch.device, index: int
) -> RadialBins:
    try:
        return radial_bins(shape, settings, device)
    except InvalidImageError as error:
        raise InvalidImageError(error.reason, index) from None


def extract(images: Sequence[Grey], settings: SpectrumSettings, threads: int, out: definition.Floats) -> None:
    """Write the spectrum of each image into its row of `out`; torch keeps its own number of threads.

    Batches of a shape follow each other without waiting for the device; results come back together.
    """
    del threads
    device = chosen_device()
    by_shape: dict[tuple[tuple[int, ...], str], list[int]] = {}
    for i, image in enumerate(images):
        by_shape.setdefault((image.shape, image.dtype.name), []).append(i)
    done: list[_Batch] = []
    rows: list[list[int]] = []
    for (shape, _), indices in by_shape.items():
        height, width = shape
        bins = _bins_of((height, width), settings, device, indices[0])
        for start in (starts := _batches(len(indices), height, width, device)):
            batch = indices[start : start + starts.step]
            done.append(_batch(_on_device([images[i] for i in batch], device), bins, settings))
            rows.append(batch)
    _check_finite(done, rows)
    out[np.concatenate(rows)] = torch.cat([batch.spectra for batch in done]).cpu().numpy()


def _on_device(images: Sequence[Grey], device: torch.device) -> torch.Tensor:
    """Images of one shape as a ``(B, H, W)`` tensor; copied from pinned memory where there is a bus."""
    height, width = images[0].shape
    dtype = next(key for key, name in DTYPES.items() if name == images[0].dtype.name)
    pinned = device.type == "cuda"
    staging = torch.empty((len(images), height, width), dtype=dtype, pin_memory=pinned)
    np.stack(images, out=staging.numpy())
    # Torch keeps pinned memory until the copy is done, and hands it out again afterwards.
    return staging.to(device, non_blocking=True) if device.type != "cpu" else staging


def chosen_device() -> torch.device:
    """The device that ``FACESPECTRA_TORCH_DEVICE`` names for NumPy arrays; SettingError if not there."""
    name = os.environ.get(DEVICE_VARIABLE) or "cpu"
    if name == "cpu":
        return torch.device("cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device).cpu()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0]
        raise SettingError(f"{DEVICE_VARIABLE}: torch cannot compute on {name!r}: {reason}") from None
    return device
