"""Images of any kind as 8-bit arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from facespectra._extras import require

if TYPE_CHECKING:
    from PIL import Image

# Pixels from which on an image is large.
_LARGE = 1 << 20

UInt8Array: TypeAlias = npt.NDArray[np.uint8]
AnyImage: TypeAlias = "Image.Image | npt.NDArray[Any]"


def to_rgb(image: AnyImage) -> UInt8Array:
    """Convert an image of any kind to 8-bit colour, (H, W, 3) uint8, without resizing it.

    Takes Pillow images in any mode, and arrays of shape (H, W), (H, W, 3) or (H, W, 4) and dtype uint8,
    uint16, bool, or float in [0, 1]. Anything else raises ``ValueError`` (shape, range, mode) or
    ``TypeError`` (type, dtype).

    * Alpha is dropped, as Pillow's ``convert("RGB")`` does: below it is what the camera recorded, and an
      invented background would add edges to the spectrum.
    * 16 bits become 8 by dividing by 257 and rounding (65535 -> 255); nothing is clipped.
    * Pillow's modes ``"I"`` and ``"F"`` do not define white. It is taken to be the first of 255, 65535 and
      2**31 - 1 (``"F"``: of 1, 255 and 65535) that no pixel exceeds; pixels below 0 and NaN are black.
    """
    return _convert(image, "RGB")


def to_grey(image: AnyImage) -> UInt8Array:
    """Convert an image of any kind to 8-bit grey, (H, W) uint8, exactly as Pillow's ``convert("L")`` does."""
    return _convert(image, "L")


def to_rgb_image(image: Image.Image) -> Image.Image:
    """Convert a Pillow image to the pixels of :func:`to_rgb` in mode ``"RGB"``, without metadata."""
    from PIL import Image

    pixels = _pillow_to_eight_bit(image)
    if isinstance(pixels, np.ndarray):
        return Image.fromarray(_array_to_mode(pixels, "RGB"))
    rgb = pixels.convert("RGB")
    rgb.info.clear()
    return rgb


def shared_rgb(image: AnyImage) -> UInt8Array:
    """Give the pixels of :func:`to_rgb` for reading only: they may share memory with the image."""
    if isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3:
        return np.ascontiguousarray(image)
    return _convert(image, "RGB", copy=False)


def size_of(image: AnyImage) -> tuple[int, int]:
    """Give the width and height of an image without converting its pixels."""
    # Open files have a mode, too; only images have a width.
    if not isinstance(image, np.ndarray) and hasattr(image, "width"):
        return image.width, image.height
    pixels = image if isinstance(image, np.ndarray) and image.ndim in (2, 3) else shared_rgb(image)
    return pixels.shape[1], pixels.shape[0]


def cut_grey(image: AnyImage, box: tuple[int, int, int, int]) -> UInt8Array:
    """Crop an image to a box inside it, in grey: a copy of ``to_grey(image)[y0:y1, x0:x1]``."""
    x0, y0, x1, y1 = box
    if not grey_by_pixel(image):
        return _convert(image, "L")[y0:y1, x0:x1].copy()
    return _convert(image[y0:y1, x0:x1] if isinstance(image, np.ndarray) else image.crop(box), "L")


def grey_by_pixel(image: AnyImage) -> bool:
    """Whether each pixel is turned grey by itself, also out of its RGB; or white depends on all pixels."""
    if isinstance(image, np.ndarray):
        return image.dtype == np.uint8 and image.ndim in (2, 3)
    return getattr(image, "mode", "") in ("RGB", "L")


def _convert(image: AnyImage, mode: str, *, copy: bool = True) -> UInt8Array:
    require("faces", "PIL")
    from PIL import Image

    if isinstance(image, np.ndarray):
        pixels: AnyImage = _array_to_eight_bit(image)
    elif isinstance(image, Image.Image):
        pixels = _pillow_to_eight_bit(image)
    else:
        raise TypeError(f"an image must be a PIL image or a NumPy array, not {type(image).__name__}")
    if isinstance(pixels, np.ndarray):
        return _array_to_mode(pixels, mode)
    if pixels.mode != mode:
        pixels = pixels.convert(mode)
    if mode == "RGB" and pixels.width * pixels.height >= _LARGE:
        return _written(pixels)
    return np.array(pixels, dtype=np.uint8) if copy else np.asarray(pixels, dtype=np.uint8)


class _Pixels:
    """A file that keeps the pixels which Pillow writes into it as PPM."""

    def __init__(self, width: int, height: int) -> None:
        self.header = b"P6\n%d %d\n255\n" % (width, height)
        self.read = b""  # of the header
        self.flat = np.empty(width * height * 3, np.uint8)
        self.position = 0

    def write(self, data: bytes) -> int:
        missing = len(self.header) - len(self.read)
        self.read += data[:missing]
        rest = np.frombuffer(data, np.uint8)[missing:]
        self.flat[self.position : self.position + len(rest)] = rest
        self.position += len(rest)
        return len(data)

    def flush(self) -> None:
        """Do nothing: there is no buffer."""


def _written(image: Image.Image) -> UInt8Array:
    """Give the pixels of a large RGB image in a third of the time of ``numpy.asarray``.

    That puts all bytes together twice in fresh memory, page by page; this gets them in small pieces, and
    NumPy's large arrays are in large pages, where the system has them.
    """
    pixels = _Pixels(image.width, image.height)
    image.save(pixels, "PPM")  # type: ignore[arg-type]  # it needs no more of a file than this
    if pixels.read != pixels.header or pixels.position != len(pixels.flat):
        raise RuntimeError("Pillow writes PPM files in another way")
    return pixels.flat.reshape(image.height, image.width, 3)


def _array_to_mode(pixels: UInt8Array, mode: str) -> UInt8Array:
    from PIL import Image

    if pixels.size == 0:
        return np.zeros((*pixels.shape[:2], *((3,) if mode == "RGB" else ())), dtype=np.uint8)
    if mode == "RGB":
        return pixels if pixels.ndim == 3 else np.repeat(pixels[:, :, None], 3, axis=2)
    if pixels.ndim == 2:
        return pixels
    return np.array(Image.fromarray(pixels).convert(mode), dtype=np.uint8)


def _pillow_to_eight_bit(image: Image.Image) -> AnyImage:
    """Give an image that Pillow converts to RGB or L correctly, or a grey uint8 array."""
    if 0 in image.size:
        return np.zeros((image.height, image.width), dtype=np.uint8)
    if image.mode.startswith("I;16"):
        return _divide_by_257(np.asarray(image).astype(np.uint16))
    if image.mode == "I":
        return _stretch(np.asarray(image), (255, 65535, 2**31 - 1))
    if image.mode == "F":
        return _stretch(np.asarray(image), (1, 255, 65535))
    if image.mode in ("P", "PA"):
        # Converted directly to RGB or L, palettes with transparency make Pillow warn.
        return image.convert("RGBA")
    if image.mode in ("La", "RGBa"):
        return image.convert({"La": "LA", "RGBa": "RGBA"}[image.mode])
    if image.mode == "LAB":
        from PIL import ImageCms

        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        # None is returned for conversions in place.
        return ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB") or image
    return image


def _array_to_eight_bit(image: npt.NDArray[Any]) -> UInt8Array:
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in (3, 4)):
        raise ValueError(f"an image must have the shape (H, W), (H, W, 3) or (H, W, 4), not {image.shape}")
    if image.ndim == 3:
        image = image[:, :, :3]
    if image.dtype == np.uint8:
        # A copy: writing into a crop must not change the image.
        return np.array(image, order="C")
    if image.dtype == np.uint16:
        return _divide_by_257(image)
    if image.dtype == np.bool_:
        return image.astype(np.uint8) * np.uint8(255)
    if np.issubdtype(image.dtype, np.floating):
        # NaN fails this, too.
        if not bool(np.all((image >= 0) & (image <= 1))):
            raise ValueError("an image of floats must lie in [0, 1]")
        return np.rint(image.astype(np.float64) * 255).astype(np.uint8)
    raise TypeError(f"an image must be uint8, uint16, bool or float in [0, 1], not {image.dtype}")


def _divide_by_257(pixels: npt.NDArray[np.uint16]) -> UInt8Array:
    return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _stretch(pixels: npt.NDArray[Any], whites: tuple[int, ...]) -> UInt8Array:
    values = np.nan_to_num(pixels.astype(np.float64), nan=0.0, posinf=float(whites[-1]), neginf=0.0)
    largest = float(values.max())
    white = next((white for white in whites if largest <= white), largest)
    return np.rint(np.clip(values, 0, None) * (255 / white)).astype(np.uint8)
