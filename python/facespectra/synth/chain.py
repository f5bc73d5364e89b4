"""What every image goes through after the swap: noise, tone curve, sharpening, codecs, resizing.

Both twins go through the same :class:`Chain`, so that nothing but the swap distinguishes them.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from facespectra._extras import require
from facespectra.synth.settings import Range, SwapSettings

if TYPE_CHECKING:
    from PIL import Image

Picture: TypeAlias = NDArray[np.floating[Any]]
"""(H, W, 3), 0 to 255."""

FRAMES = 3
BLOCK = 16
# BT.601: from red, green and blue between 0 and 255 to luma and chroma between 16 and 240.
YUV = np.array(
    [
        [65.481, 128.553, 24.966],
        [-37.797, -74.203, 112.0],
        [112.0, -93.786, -18.214],
    ],
    np.float32,
) / np.float32(255)
SMALLEST = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """One draw of everything that happens after the swap; see ``SwapSettings`` for the units."""

    noise: float  # standard deviation
    noise_seed: int  # twins get the same noise
    tone: float  # exponent of the tone curve
    contrast: float  # factor about the middle
    sharpness: float
    quality: int  # of the first JPEG; 100 leaves it out
    crf: int | None  # of H.264, which replaces the first JPEG
    resize: float  # factor
    resampling: str  # a name in PIL.Image.Resampling
    last_quality: int  # of the last JPEG


def draw_chain(settings: SwapSettings, rng: np.random.Generator) -> Chain:
    """Draw a chain. How many random numbers it takes does not depend on what is drawn or switched off."""
    low, high = np.log(settings.chain_tone)
    bend = np.exp(rng.uniform(low, high, 2))
    h264 = rng.random() < settings.chain_h264
    crf = _integer(settings.chain_crf, rng)
    return Chain(
        noise=float(rng.uniform(*settings.chain_noise)) * float(rng.random() < 0.7),
        noise_seed=int(rng.integers(2**32)),
        tone=float(bend[0]),
        contrast=float(bend[1] ** 0.5),
        sharpness=float(rng.uniform(*settings.chain_sharpness)) * float(rng.random() < 0.7),
        quality=_integer(settings.chain_jpeg, rng),
        crf=crf if h264 else None,
        resize=float(np.exp(rng.uniform(*np.log(settings.chain_resize)))),
        resampling=str(rng.choice(["BILINEAR", "BICUBIC", "LANCZOS", "BOX"])),
        last_quality=_integer(settings.chain_last_jpeg, rng),
    )


def apply_chain(picture: Picture, chain: Chain) -> tuple[NDArray[np.uint8], bytes]:
    """Pass an image through a chain; give its pixels as a viewer sees them, and their JPEG file."""
    require("faces", "PIL")
    from PIL import Image

    toned: Picture = 255 * np.clip(picture / 255, 0, 1) ** np.float32(chain.tone)
    toned = 127.5 + np.float32(chain.contrast) * (toned - 127.5)
    if chain.sharpness > 0:
        toned = toned + np.float32(chain.sharpness) * (toned - blurred(toned, 1.0))
    elif chain.sharpness < 0:
        toned = blurred(toned, -chain.sharpness)
    noise = np.random.default_rng(chain.noise_seed).standard_normal(picture.shape, dtype=np.float32)
    pixels = eight_bit(toned + np.float32(chain.noise) * noise)
    if chain.crf is not None:
        pixels = through_h264(pixels, chain.crf)
    elif chain.quality < 100:
        pixels = _decoded(_jpeg(Image.fromarray(pixels), chain.quality))
    image = Image.fromarray(pixels)
    if chain.resize != 1:
        size = (
            max(SMALLEST, round(image.width * chain.resize)),
            max(SMALLEST, round(image.height * chain.resize)),
        )
        image = image.resize(size, Image.Resampling[chain.resampling])
    content = _jpeg(image, chain.last_quality)
    return _decoded(content), content


def through_h264(pixels: NDArray[np.uint8], crf: int) -> NDArray[np.uint8]:
    """Encode an image with H.264, at a constant rate factor, as the last of a few frames that hardly move."""
    (last,) = through_h264_at(pixels, [crf])
    return last


def through_h264_at(pixels: NDArray[np.uint8], crfs: Sequence[int]) -> list[NDArray[np.uint8]]:
    """Do what :func:`through_h264` does at each of some rate factors; colours are converted once."""
    require("detect", "av")
    height, width = pixels.shape[:2]
    # Whole macroblocks, and colours converted here: FFmpeg's scaler and x264's padding are careless beyond
    # the edges, and now and then a bit comes out different.
    padding = [FRAMES + (-side - 2 * FRAMES) % BLOCK for side in (height, width)]
    padded = np.pad(pixels, ((FRAMES, padding[0]), (FRAMES, padding[1]), (0, 0)), mode="edge")
    frames = [_to_yuv(np.roll(padded, (shift, shift), (0, 1))) for shift in range(FRAMES - 1, -1, -1)]
    decoded = (_last_frame(frames, crf) for crf in crfs)
    inside = slice(FRAMES, FRAMES + height), slice(FRAMES, FRAMES + width)
    return [np.ascontiguousarray(_from_yuv(last)[inside]) for last in decoded]


def _last_frame(frames: Sequence[NDArray[np.uint8]], crf: int) -> NDArray[np.uint8]:
    """Encode frames, planes below each other, and decode the last one."""
    import av

    content = io.BytesIO()
    with av.open(content, "w", format="mp4") as file:
        # One thread and no lookahead: otherwise the bits would depend on the machine.
        options = {"crf": str(crf), "preset": "veryfast", "threads": "1", "bf": "0", "rc-lookahead": "0"}
        stream = file.add_stream("libx264", rate=Fraction(25), options=options)
        rows, width = frames[0].shape
        stream.width, stream.height, stream.pix_fmt = width, rows * 2 // 3, "yuv420p"
        for planes in frames:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        file.mux(stream.encode())
    content.seek(0)
    with av.open(content, "r") as decoded:
        decoded.streams.video[0].codec_context.thread_count = 1
        last: NDArray[Any] = deque(decoded.decode(video=0), maxlen=1).pop().to_ndarray()
    return last


def _to_yuv(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Convert to BT.601 in its limited range, chroma at half the size, one plane below the other."""
    planes = pixels.astype(np.float32) @ YUV.T + np.array([16, 128, 128], np.float32)
    width = planes.shape[1]
    fine = planes[:, :, 1:]
    # The mean over squares of four, its sum in the order of NumPy's own, which takes eight times as long.
    chroma = fine[::2, ::2] + fine[::2, 1::2]
    chroma += fine[1::2, ::2]
    chroma += fine[1::2, 1::2]
    chroma /= 4
    rows = [planes[:, :, 0].ravel(), chroma[:, :, 0].ravel(), chroma[:, :, 1].ravel()]
    return eight_bit(np.concatenate(rows)).reshape(-1, width)


def _from_yuv(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Convert back, repeating each chroma pixel four times."""
    width = planes.shape[1]
    height = planes.shape[0] * 2 // 3
    flat = planes.astype(np.float32).ravel()
    light, rest = flat[: height * width].reshape(height, width), flat[height * width :]
    chroma = [plane.reshape(height // 2, width // 2) for plane in np.split(rest, 2)]
    whole = [np.repeat(np.repeat(plane, 2, 0), 2, 1) - 128 for plane in chroma]
    return eight_bit(np.stack([light - 16, *whole], axis=2) @ np.linalg.inv(YUV).T.astype(np.float32))


def blurred(picture: Picture, sigma: float) -> Picture:
    """Blur the rows and columns of an image with a Gaussian."""
    soft: Picture = ndimage.gaussian_filter(picture, (sigma, sigma, 0))
    return soft


def eight_bit(picture: Picture) -> NDArray[np.uint8]:
    """Round an image to 8 bits, clipped to 0 to 255."""
    return np.rint(np.clip(picture, 0, 255)).astype(np.uint8)


def _integer(between: Range, rng: np.random.Generator) -> int:
    return int(rng.integers(int(between[0]), int(between[1]), endpoint=True))


def _jpeg(image: Image.Image, quality: int) -> bytes:
    content = io.BytesIO()
    image.save(content, "JPEG", quality=quality)
    return content.getvalue()


def _decoded(content: bytes) -> NDArray[np.uint8]:
    from PIL import Image

    return np.array(Image.open(io.BytesIO(content)).convert("RGB"))
