"""Images of any kind as 8-bit arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from facespectra._extras import require

if TYPE_CHECKING:
    from PIL import Image

UInt8Array: TypeAlias = npt.NDArray[np.uint8]
AnyImage: TypeAlias = "Image.Image | npt.NDArray[Any]"


def to_rgb(image: AnyImage) -> UInt8Array:
    """Turn an image of any kind into 8-bit colour, without resizing it.

    Parameters
    ----------
    image : PIL.Image.Image or numpy.ndarray
        A Pillow image in any mode, or an array of shape ``(H, W)``, ``(H, W, 3)`` or ``(H, W, 4)`` and dtype
        uint8, uint16, bool, or float in [0, 1].

    Returns
    -------
    numpy.ndarray
        uint8, shape ``(H, W, 3)``.

    Raises
    ------
    ValueError
        If an array has another shape, or floats outside [0, 1], or a Pillow mode cannot be converted.
    TypeError
        If it is neither a Pillow image nor an array of one of these dtypes.

    Notes
    -----
    * Alpha is dropped, as Pillow's ``convert("RGB")`` does: what lies beneath is what the camera recorded,
      and an invented background would add edges to the spectrum.
    * 16 bits become 8 by dividing by 257 and rounding (65535 -> 255); nothing is clipped.
    * Pillow's modes ``"I"`` and ``"F"`` do not say what white is. It is taken to be the first of 255, 65535
      and 2**31 - 1 (``"F"``: of 1, 255 and 65535) that no pixel exceeds; pixels below 0 and NaN are black.
    """
    return _convert(image, "RGB")


def to_grey(image: AnyImage) -> UInt8Array:
    """Turn an image of any kind into 8-bit grey, exactly as Pillow's ``convert("L")`` does.

    Parameters
    ----------
    image : PIL.Image.Image or numpy.ndarray
        As for :func:`to_rgb`, with the same treatment of depth and transparency.

    Returns
    -------
    numpy.ndarray
        uint8, shape ``(H, W)``.

    Raises
    ------
    ValueError, TypeError
        As for :func:`to_rgb`.
    """
    return _convert(image, "L")


def to_rgb_image(image: Image.Image) -> Image.Image:
    """Turn a Pillow image into a new one of mode ``"RGB"`` with the pixels of :func:`to_rgb`.

    Parameters
    ----------
    image : PIL.Image.Image
        In any mode.

    Returns
    -------
    PIL.Image.Image
        Without the file's metadata: what these say of turns and colours has been done, or no longer holds.

    Raises
    ------
    ValueError
        If its mode cannot be converted.
    """
    from PIL import Image

    pixels = _pillow_to_eight_bit(image)
    if isinstance(pixels, np.ndarray):
        return Image.fromarray(_array_to_mode(pixels, "RGB"))
    rgb = pixels.convert("RGB")
    rgb.info.clear()
    return rgb


def shared_rgb(image: AnyImage) -> UInt8Array:
    """Give the pixels of :func:`to_rgb` to look at, without a copy where that can be.

    Parameters
    ----------
    image : PIL.Image.Image or numpy.ndarray
        As for :func:`to_rgb`.

    Returns
    -------
    numpy.ndarray
        uint8, shape ``(H, W, 3)``, in C order. It may not be writable, or share its memory with `image`.

    Raises
    ------
    ValueError, TypeError
        As for :func:`to_rgb`.
    """
    if isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3:
        return np.ascontiguousarray(image)
    return _convert(image, "RGB", copy=False)


def size_of(image: AnyImage) -> tuple[int, int]:
    """Give the size of an image without looking at its pixels.

    Parameters
    ----------
    image : PIL.Image.Image or numpy.ndarray
        As for :func:`to_rgb`.

    Returns
    -------
    width, height : int

    Raises
    ------
    ValueError, TypeError
        As for :func:`to_rgb`.
    """
    # Files have modes, too; only images have sides.
    if not isinstance(image, np.ndarray) and hasattr(image, "width"):
        return image.width, image.height
    pixels = image if isinstance(image, np.ndarray) and image.ndim in (2, 3) else shared_rgb(image)
    return pixels.shape[1], pixels.shape[0]


def cut_grey(image: AnyImage, box: tuple[int, int, int, int]) -> UInt8Array:
    """Cut a box out of an image in grey: ``to_grey(image)[y0:y1, x0:x1]``.

    Parameters
    ----------
    image : PIL.Image.Image or numpy.ndarray
        As for :func:`to_rgb`.
    box : tuple of int
        ``(x0, y0, x1, y1)``, half-open and inside the image.

    Returns
    -------
    numpy.ndarray
        uint8, shape ``(y1 - y0, x1 - x0)``, with memory of its own.

    Raises
    ------
    ValueError, TypeError
        As for :func:`to_rgb`.
    """
    x0, y0, x1, y1 = box
    # From these modes the way to grey is the same for each pixel by itself; others look for white first.
    if isinstance(image, np.ndarray):
        if image.dtype == np.uint8 and image.ndim in (2, 3):
            return _convert(image[y0:y1, x0:x1], "L")
    elif getattr(image, "mode", "") in ("RGB", "L"):
        return _convert(image.crop(box), "L")
    return _convert(image, "L")[y0:y1, x0:x1].copy()


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
    return np.array(pixels, dtype=np.uint8) if copy else np.asarray(pixels, dtype=np.uint8)


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
    """Give an image that Pillow converts to RGB or L as it should, or a grey uint8 array."""
    if 0 in image.size:
        return np.zeros((image.height, image.width), dtype=np.uint8)
    if image.mode.startswith("I;16"):
        return _divide_by_257(np.asarray(image).astype(np.uint16))
    if image.mode == "I":
        return _stretch(np.asarray(image), (255, 65535, 2**31 - 1))
    if image.mode == "F":
        return _stretch(np.asarray(image), (1, 255, 65535))
    if image.mode in ("P", "PA"):
        # On the straight way to RGB or L, Pillow warns about palettes with transparency.
        return image.convert("RGBA")
    if image.mode in ("La", "RGBa"):
        return image.convert({"La": "LA", "RGBa": "RGBA"}[image.mode])
    if image.mode == "LAB":
        from PIL import ImageCms

        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        # None is for conversions in place.
        return ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB") or image
    return image


def _array_to_eight_bit(image: npt.NDArray[Any]) -> UInt8Array:
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in (3, 4)):
        raise ValueError(f"an image must have the shape (H, W), (H, W, 3) or (H, W, 4), not {image.shape}")
    if image.ndim == 3:
        image = image[:, :, :3]
    if image.dtype == np.uint8:
        # A copy: nobody who writes into a crop may change the image.
        return np.array(image, order="C")
    if image.dtype == np.uint16:
        return _divide_by_257(image)
    if image.dtype == np.bool_:
        return image.astype(np.uint8) * np.uint8(255)
    if np.issubdtype(image.dtype, np.floating):
        # Written so that NaN fails it too.
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
