"""The swap itself: a face painted at low resolution and blended over the original."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy import ndimage

from facespectra.synth.chain import Picture, blurred, eight_bit
from facespectra.synth.masks import KINDS, Plane, Points, draw_mask, frame_of, smooth_noise
from facespectra.synth.restoration import restored
from facespectra.synth.settings import SwapSettings

if TYPE_CHECKING:
    from PIL import Image

Affine: TypeAlias = tuple[float, float, float, float, float, float]

UPSAMPLERS = ("NEAREST", "BILINEAR", "BICUBIC", "LANCZOS", "HAMMING")
# Nearest is rare in practice, and followed by a convolution that smooths its blocks.
UPSAMPLER_PROBABILITIES = (0.06, 0.4, 0.34, 0.15, 0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """What was drawn for one swap; see ``SwapSettings``."""

    way: str
    resolution: int
    upsampler: str
    blur: float
    checkerboard: bool
    donor: bool
    restored: bool
    mask: str
    softness: float
    matching: float
    seamless: bool


@dataclass(frozen=True, slots=True)
class Donor:
    """Another person's photograph."""

    picture: Picture
    landmarks: Points  # (5, 2)


def swap_face(
    frame: Picture,
    landmarks: Points,
    width: float,
    donor: Donor | None,
    settings: SwapSettings,
    rng: np.random.Generator,
) -> tuple[Picture, Swap]:
    """Swap the face in a frame, with a box of `width` pixels; give the fake and what was drawn for it."""
    low, high = np.log(settings.resolution)
    resolution = round(float(np.exp(rng.uniform(low, high))))
    upsampler = str(rng.choice(UPSAMPLERS, p=UPSAMPLER_PROBABILITIES))
    swap = Swap(
        way="smooth" if not settings.generator else "damp" if rng.random() < settings.damping else "paint",
        resolution=resolution,
        upsampler=upsampler if settings.upsamplers else "BICUBIC",
        blur=float(rng.uniform(*settings.blur)),
        checkerboard=bool(rng.random() < settings.checkerboard),
        donor=bool(rng.random() < settings.donor) and donor is not None,
        # No draw where it is off: settings without it give the same swaps as ever.
        restored=settings.restored > 0 and bool(rng.random() < settings.restored),
        mask=str(rng.choice(KINDS, p=(0.35, 0.4, 0.25))) if settings.masks else "ellipse",
        softness=float(np.exp(rng.uniform(*np.log(np.maximum(settings.softness, 1e-3))))),
        matching=float(rng.uniform(*settings.matching)),
        seamless=bool(rng.random() < settings.seamless),
    )
    side = width * rng.uniform(*settings.extent)
    painted = _painted(frame, landmarks, side, donor if swap.donor else None, swap, settings, rng)
    shape = (frame.shape[0], frame.shape[1])
    mask = draw_mask(
        shape, landmarks, width, swap.mask, rng.uniform(*settings.mask_size), swap.softness * width, rng
    )
    # Nothing is painted outside the square that the generator saw.
    mask = mask * _inside(shape, landmarks, side, max(1.0, 0.02 * width))
    painted = _coloured(painted, frame, mask, swap, settings, rng)
    if swap.seamless:
        painted = painted + _seam(frame - painted, mask, 0.2 * width)
    cover = mask[:, :, None] * np.float32(rng.uniform(*settings.opacity))
    fake: Picture = frame + cover * (painted - frame)
    return fake, swap


def _painted(
    frame: Picture,
    landmarks: Points,
    side: float,
    donor: Donor | None,
    swap: Swap,
    settings: SwapSettings,
    rng: np.random.Generator,
) -> Picture:
    """Give what the generator paints, in its place in the frame."""
    from PIL import Image

    source, points = (frame, landmarks) if donor is None else (donor.picture, donor.landmarks)
    height, width = frame.shape[:2]
    resolution = swap.resolution
    if swap.way != "paint":
        resolution = max(resolution, round(side))
    # The face is cut out at twice the size and halved, for a clean picture of the generator's size.
    double = 2 * resolution
    scale = side / double
    if donor is not None:
        scale *= _spread(points) / max(_spread(landmarks), 1e-6)
    # A larger source is averaged, not just sampled.
    clean = blurred(source, 0.45 * scale) if scale > 1 else source
    seen = Image.fromarray(eight_bit(clean)).transform(
        (double, double),
        Image.Transform.AFFINE,
        _from_square(points, scale, double),
        Image.Resampling.BICUBIC,
    )
    small: Picture = np.asarray(seen.resize((resolution, resolution), Image.Resampling.BOX), np.float32)
    small = _deformed(small, rng.uniform(*settings.identity) * resolution, rng)
    if swap.way == "smooth":
        small = blurred(small, max(0.6, 0.5 * side / swap.resolution))
    elif swap.way == "damp":
        small = small - np.float32(rng.uniform(0.4, 0.9)) * (blurred(small, 0.8) - blurred(small, 3.2))
    else:
        small = blurred(small, swap.blur)
        if swap.checkerboard:
            small = _transposed(small, rng)
    image = Image.fromarray(eight_bit(small))
    whole = round(side)
    if swap.way == "paint" and resolution < whole:
        image = image.resize((whole, whole), Image.Resampling[swap.upsampler])
        if swap.upsampler == "NEAREST":
            pixels = np.asarray(image, np.float32)
            image = image_of(blurred(pixels, 0.5 * whole / resolution))
    if swap.restored:
        image = restored(image, rng)
    back = image.transform(
        (width, height),
        Image.Transform.AFFINE,
        _to_square(landmarks, side, image.width),
        Image.Resampling.BICUBIC if rng.random() < 0.5 else Image.Resampling.BILINEAR,
    )
    return np.asarray(back, np.float32)


def _spread(landmarks: Points) -> float:
    return float(np.sqrt(np.mean(np.sum((landmarks - landmarks.mean(axis=0)) ** 2, axis=1))))


def _from_square(landmarks: Points, scale: float, pixels: int) -> Affine:
    """Map a pixel of the upright square to its place in the photograph, as Pillow's affine coefficients."""
    centre, across, down = frame_of(landmarks)
    half = pixels / 2 * scale
    corner = centre - half * across - half * down
    (a, d), (b, e) = scale * across, scale * down
    return float(a), float(b), float(corner[0]), float(d), float(e), float(corner[1])


def _to_square(landmarks: Points, side: float, pixels: int) -> Affine:
    """Map a pixel of the frame to its place in the square."""
    centre, across, down = frame_of(landmarks)
    k = pixels / side
    u0, v0 = pixels / 2 - k * float(across @ centre), pixels / 2 - k * float(down @ centre)
    return k * float(across[0]), k * float(across[1]), u0, k * float(down[0]), k * float(down[1]), v0


def _inside(shape: tuple[int, int], landmarks: Points, side: float, soft: float) -> Plane:
    centre, across, down = frame_of(landmarks)
    x, y = np.meshgrid(np.arange(shape[1]) + 0.5 - centre[0], np.arange(shape[0]) + 0.5 - centre[1])
    from_edge = side / 2 - np.maximum(
        np.abs(x * across[0] + y * across[1]), np.abs(x * down[0] + y * down[1])
    )
    inside: Plane = np.clip(from_edge / soft - 0.5, 0, 1).astype(np.float32)
    return inside


def _deformed(picture: Picture, reach: float, rng: np.random.Generator) -> Picture:
    """Displace the content of an image smoothly: another person's proportions."""
    shape = (picture.shape[0], picture.shape[1])
    dy, dx = (reach * smooth_noise(shape, shape[0] / 3, rng) for _ in range(2))
    if reach == 0:
        return picture
    y, x = np.indices(shape)
    places = [y + dy, x + dx]
    channels = [ndimage.map_coordinates(picture[:, :, c], places, order=3, mode="nearest") for c in range(3)]
    return np.stack(channels, axis=2).astype(np.float32)


def _transposed(picture: Picture, rng: np.random.Generator) -> Picture:
    """Halve an image and double it as a transposed convolution does, with an uneven kernel."""
    even = picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
    half = 0.25 * (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2])
    spread = np.zeros_like(even)
    spread[::2, ::2] = half
    tap = np.array([1.0, 3.0, 3.0, 1.0]) / 4 * (1 + rng.uniform(-0.08, 0.08, 4))
    for axis in (0, 1):
        spread = ndimage.correlate1d(spread, tap, axis=axis, origin=-1, mode="reflect")
    # Some of the detail comes through a skip connection.
    keep = np.float32(rng.uniform(0.0, 0.7))
    result = picture.copy()
    result[: even.shape[0], : even.shape[1]] = keep * even + (1 - keep) * spread
    return result


def _coloured(
    painted: Picture,
    frame: Picture,
    mask: Plane,
    swap: Swap,
    settings: SwapSettings,
    rng: np.random.Generator,
) -> Picture:
    """Apply errors in colour and lighting, and the attempt to match them."""
    spread = rng.uniform(*settings.colour)
    gains = np.exp(rng.normal(0, spread) + rng.normal(0, spread / 2, 3))
    offset = rng.normal(0, 60 * spread)
    painted = painted * gains.astype(np.float32) + np.float32(offset)
    strength, angle = rng.uniform(*settings.lighting), rng.uniform(0, 2 * np.pi)
    y, x = np.indices(mask.shape, dtype=np.float32)
    total = max(float(mask.sum()), 1e-6)
    x, y = x - float((x * mask).sum()) / total, y - float((y * mask).sum()) / total
    reach = max(float(np.sqrt(total)), 1.0)
    light = 1 + np.float32(strength) * (np.cos(angle) * x + np.sin(angle) * y) / np.float32(reach)
    painted = painted * np.clip(light, 0.5, 1.5)[:, :, None].astype(np.float32)
    share = (mask / np.float32(total))[:, :, None]
    moments = []
    for picture in (painted, frame):
        mean = (picture * share).sum((0, 1))
        moments.append((mean, np.sqrt(((picture - mean) ** 2 * share).sum((0, 1))) + 1.0))
    (mean, deviation), (wanted, wanted_deviation) = moments
    matched = (painted - mean) * np.clip(wanted_deviation / deviation, 0.5, 2) + wanted
    result: Picture = (painted + np.float32(swap.matching) * (matched - painted)).astype(np.float32)
    return result


def _seam(difference: Picture, mask: Plane, sigma: float) -> Picture:
    """Spread the difference at the mask's edge smoothly over the face."""
    edge = 4 * mask * (1 - mask) + np.float32(1e-3)
    weight = ndimage.gaussian_filter(edge, sigma)
    smooth: Picture = blurred(difference * edge[:, :, None], sigma) / weight[:, :, None]
    return smooth


def image_of(picture: Picture) -> Image.Image:
    """Convert an image of floats to Pillow's."""
    from PIL import Image

    return Image.fromarray(eight_bit(picture))
