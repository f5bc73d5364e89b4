"""Finds the face in an image and cuts it out at native resolution.

The detector is MTCNN of facenet-pytorch, with its own thresholds and the weights in its wheel, computed by
the core or by facenet-pytorch itself. Of the latter only ``detect`` is used: calling the object would squash
the face to 160x160 pixels and change its spectrum. Importing this module loads neither torch nor Pillow; what
is needed of them, the first detection loads.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from facespectra._conversion import AnyImage, UInt8Array, cut_grey, shared_rgb, size_of
from facespectra._threads import ordered_map, thread_count
from facespectra.errors import BackendError

if TYPE_CHECKING:
    from facespectra._mtcnn import Finder

__all__ = ["Box", "Face", "FaceCropper", "scale_box", "shift_box"]

Box: TypeAlias = tuple[int, int, int, int]

# MTCNN's smallest face: its image pyramid is empty, and raises, for images with a shorter side.
_SMALLEST_SIDE = 20


@dataclass(frozen=True, slots=True)
class Face:
    """One face, in pixels of the image that it was found in.

    Attributes
    ----------
    box : tuple of int
        ``(x0, y0, x1, y1)``, half-open, inside the image and never empty: ``image[y0:y1, x0:x1]``.
    confidence : float
        The detector's, between 0 and 1.
    landmarks : tuple of five (x, y)
        Left eye, right eye, nose, left and right corner of the mouth, as seen by the viewer. They may lie
        outside the box or the image.
    """

    box: Box
    confidence: float
    landmarks: tuple[tuple[float, float], ...]

    @property
    def width(self) -> int:
        """Width of the box in pixels."""
        return self.box[2] - self.box[0]

    @property
    def height(self) -> int:
        """Height of the box in pixels."""
        return self.box[3] - self.box[1]

    def shifted(self, dx: int, dy: int) -> Face:
        """Give the face after its image was moved to the right by `dx` and down by `dy` pixels."""
        landmarks = tuple((x + dx, y + dy) for x, y in self.landmarks)
        return replace(self, box=shift_box(self.box, dx, dy), landmarks=landmarks)

    def scaled(
        self,
        fx: float,
        fy: float,
        *,
        rounding: Callable[[float], int] = round,
        limits: tuple[int, int] | None = None,
    ) -> Face:
        """Give the face after its image was resized by these factors; `limits` are its new (width, height).

        `rounding` and `limits` concern the box, as in :func:`scale_box`. Landmarks stay fractions of pixels.
        """
        landmarks = tuple((x * fx, y * fy) for x, y in self.landmarks)
        return replace(self, box=scale_box(self.box, fx, fy, rounding, limits), landmarks=landmarks)


def shift_box(box: Box, dx: int, dy: int) -> Box:
    """Move a box to the right and downwards."""
    x0, y0, x1, y1 = box
    return x0 + dx, y0 + dy, x1 + dx, y1 + dy


def scale_box(
    box: Box,
    fx: float,
    fy: float,
    rounding: Callable[[float], int] = round,
    limits: tuple[int, int] | None = None,
) -> Box:
    """Scale a box, clip it to a width and height, and keep it at least one pixel wide and high."""
    x0, y0, x1, y1 = (rounding(corner * factor) for corner, factor in zip(box, (fx, fy, fx, fy), strict=True))
    if limits is not None:
        width, height = limits
        x0, y0, x1, y1 = min(x0, width - 1), min(y0, height - 1), min(x1, width), min(y1, height)
    return x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)


class FaceCropper:
    """Cuts the largest face out of images, at native resolution.

    With the default settings: the largest box by area, its corners truncated to integers and clipped to the
    image; grey by Pillow's ``convert("L")`` on the whole image, then cropped.

    Parameters
    ----------
    margin : float
        Move each edge of the box outwards by this fraction of the box's width (left, right) or height (top,
        bottom), as far as the image goes.
    square : bool
        Widen the shorter side to the longer one, as far as the image goes.
    snap : bool
        Move each side to the nearest length with no prime factor above 7, which every FFT library is fast at.
        Pixels are added or left out at the edges of the box; nothing is ever resampled.
    device : str, optional
        Where torch runs the detector, such as ``"cuda"``. The CPU if not given.
    detector : {"native", "reference"}, optional
        Who computes MTCNN: the core, or ``facenet_pytorch.MTCNN.detect`` as it comes, which takes many times
        as long. Default: the core where it was built, except on another device than the CPU.

    Raises
    ------
    ValueError
        If `margin` is negative or not finite, or the detector has another name.

    Notes
    -----
    Images go through the detector one at a time: in a batch, the rounding of one image's boxes depends on its
    neighbours, and a face must not.

    The core finds the same faces as the reference up to the rounding of float32 (about 1e-4 pixels), except
    where two candidates score the same to the last bit or nearly so, and the rounding decides between them.
    It looks for large faces first, and stops where a face is so large that finer scales could only add
    smaller ones.

    An object can be shared between threads, which then run at once. Loading the networks is guarded by a
    lock; running them needs none, because they hold nothing but constant weights. Copies and pickles carry
    the settings alone.

    Examples
    --------
    >>> import numpy as np
    >>> from facespectra import FaceCropper
    >>> FaceCropper().crop(np.zeros((64, 64), np.uint8)) is None
    True
    """

    def __init__(
        self,
        *,
        margin: float = 0.0,
        square: bool = False,
        snap: bool = False,
        device: str | None = None,
        detector: str | None = None,
    ) -> None:
        if detector not in (None, "native", "reference"):
            raise ValueError(f"detector must be 'native' or 'reference', not {detector!r}")
        if not (math.isfinite(margin) and margin >= 0):
            raise ValueError(f"margin must be a fraction of 0 or more, not {margin}")
        self.margin = margin
        self.square = square
        self.snap = snap
        self.device = device
        self.detector = detector
        self._finder: Finder | None = None
        self._loading = threading.Lock()

    @property
    def in_core(self) -> bool:
        """Whether the core finds the faces, on the thread that asks for them, and not torch."""
        if self.detector is not None:
            return self.detector == "native"
        from facespectra._mtcnn import has_core

        return (self.device or "cpu").startswith("cpu") and has_core()

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Give the settings: ``FaceCropper(**cropper.get_params())`` crops in the same way.

        Parameters
        ----------
        deep : bool
            There for scikit-learn's sake; nothing is nested here.

        Returns
        -------
        dict
            ``margin``, ``square``, ``snap``, ``device`` and ``detector``.
        """
        return {
            "margin": self.margin,
            "square": self.square,
            "snap": self.snap,
            "device": self.device,
            "detector": self.detector,
        }

    def __repr__(self) -> str:
        return f"FaceCropper({', '.join(f'{name}={value!r}' for name, value in self.get_params().items())})"

    def __getstate__(self) -> dict[str, Any]:
        return self.get_params()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def detect(self, images: Iterable[AnyImage], *, threads: int | None = None) -> list[Face | None]:
        """Find the largest face of each image.

        Parameters
        ----------
        images : iterable of PIL.Image.Image or numpy.ndarray
            Of any kind that :func:`facespectra.images.to_rgb` takes, and of any and unequal sizes.
        threads : int, optional
            Images in which a face is looked for at once. Default: as many as processors, or
            ``FACESPECTRA_THREADS``. One where torch finds the faces, which has threads of its own. The faces
            are the same.

        Returns
        -------
        list of Face or None
            One for each image, in order; None where there is no face. Images with a side under 20 pixels, the
            smallest face that the detector knows, have none.

        Raises
        ------
        MissingExtraError
            If facenet-pytorch is not installed, or torch where it is needed.
        BackendError
            If the core was asked for and was not built.
        ValueError, TypeError
            If something is not an image; see :func:`facespectra.images.to_rgb`.
        SettingError
            If `threads` is not positive.
        """
        if isinstance(images, np.ndarray) and images.ndim == 2:
            raise TypeError("detect() takes a sequence of images; put a single one into a list")
        single = (isinstance(images, Sized) and len(images) < 2) or not self.in_core
        workers = thread_count(threads)
        found = ordered_map(
            lambda image: self._detect(shared_rgb(image)),
            images,
            workers=1 if single else workers,
            max_pending=2 * workers,
        )
        return list(found)

    def crop(self, image: AnyImage) -> UInt8Array | None:
        """Cut out the largest face in grey.

        Parameters
        ----------
        image : PIL.Image.Image or numpy.ndarray
            Of any kind that :func:`facespectra.images.to_rgb` takes.

        Returns
        -------
        numpy.ndarray or None
            uint8, shape ``(h, w)``, in the image's own resolution; None if there is no face.

        Raises
        ------
        MissingExtraError, ValueError, TypeError
            As for :meth:`detect`.
        """
        (face,) = self.detect([image])
        return None if face is None else self.crop_face(image, face)

    def crop_rgb(self, image: AnyImage) -> UInt8Array | None:
        """Cut out the largest face in colour: the same pixels as :meth:`crop`, shape ``(h, w, 3)``.

        Parameters
        ----------
        image : PIL.Image.Image or numpy.ndarray
            As for :meth:`crop`.

        Returns
        -------
        numpy.ndarray or None
            uint8, shape ``(h, w, 3)``; None if there is no face.

        Raises
        ------
        MissingExtraError, ValueError, TypeError
            As for :meth:`detect`.
        """
        (face,) = self.detect([image])
        return None if face is None else self.crop_face_rgb(image, face)

    def crop_face(self, image: AnyImage, face: Face) -> UInt8Array:
        """Cut a face that was found before out of its image, in grey.

        Parameters
        ----------
        image : PIL.Image.Image or numpy.ndarray
            The image that `face` was found in.
        face : Face
            From :meth:`detect`.

        Returns
        -------
        numpy.ndarray
            uint8, shape ``(h, w)``: the rows and columns of :meth:`region`.

        Raises
        ------
        ValueError
            If the face does not lie in the image.
        """
        return cut_grey(image, self.region(face, *size_of(image)))

    def crop_face_rgb(self, image: AnyImage, face: Face) -> UInt8Array:
        """Cut a face that was found before out of its image, in colour.

        Parameters
        ----------
        image : PIL.Image.Image or numpy.ndarray
            The image that `face` was found in.
        face : Face
            From :meth:`detect`.

        Returns
        -------
        numpy.ndarray
            uint8, shape ``(h, w, 3)``: the rows and columns of :meth:`region`.

        Raises
        ------
        ValueError
            If the face does not lie in the image.
        """
        x0, y0, x1, y1 = self.region(face, *size_of(image))
        return shared_rgb(image)[y0:y1, x0:x1].copy()

    def region(self, face: Face, width: int, height: int) -> Box:
        """Give the pixels that are cut out for a face: its box after margin, square and snap.

        Parameters
        ----------
        face : Face
            From :meth:`detect`.
        width, height : int
            Size of the image that it was found in.

        Returns
        -------
        tuple of int
            ``(x0, y0, x1, y1)``, half-open and inside the image. The centre stays where it was unless an edge
            of the image is in the way.

        Raises
        ------
        ValueError
            If the face does not lie in an image of that size.
        """
        left, top, right, bottom = x0, y0, x1, y1 = face.box
        if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
            raise ValueError(f"the face at {face.box} does not lie in an image of {width}x{height} pixels")
        margins = round(self.margin * (x1 - x0)), round(self.margin * (y1 - y0))
        x0, x1 = max(x0 - margins[0], 0), min(x1 + margins[0], width)
        y0, y1 = max(y0 - margins[1], 0), min(y1 + margins[1], height)
        if self.square:
            side = min(max(x1 - x0, y1 - y0), width, height)
            # A side that has to shrink gives up margin, not face.
            x0, x1 = _about(x0, x1, side, width) if side >= x1 - x0 else _about(left, right, side, width)
            y0, y1 = _about(y0, y1, side, height) if side >= y1 - y0 else _about(top, bottom, side, height)
        if self.snap:
            # A square stays one: what is nearest within the smaller limit suits both sides.
            limits = (min(width, height),) * 2 if self.square else (width, height)
            x0, x1 = _about(x0, x1, _nearest_smooth(x1 - x0, limits[0]), width)
            y0, y1 = _about(y0, y1, _nearest_smooth(y1 - y0, limits[1]), height)
        return x0, y0, x1, y1

    def _detect(self, rgb: UInt8Array) -> Face | None:
        height, width = rgb.shape[:2]
        if min(height, width) < _SMALLEST_SIDE:
            return None
        # Largest first: sorted by area before anything is truncated or clipped.
        for found in self._load().find(rgb):
            box = _pixels(found.corners, width, height)
            if box is not None:
                return Face(box, found.confidence, found.landmarks)
        return None

    def _load(self) -> Finder:
        with self._loading:
            if self._finder is None:
                self._finder = _finder(self.in_core, self.device)
            return self._finder


def _finder(in_core: bool, device: str | None) -> Finder:
    from facespectra._mtcnn import NativeFinder, ReferenceFinder, has_core

    if not in_core:
        return ReferenceFinder(device)
    if not has_core():
        raise BackendError("the native face detector is part of the compiled core, which was not built")
    return NativeFinder()


def _pixels(corners: Iterable[float], width: int, height: int) -> Box | None:
    """Truncate the corners to integers and clip them to the image; None if nothing is left."""
    corners = list(corners)
    if not all(map(math.isfinite, corners)):
        return None
    x0, y0, x1, y1 = map(int, corners)
    x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _about(start: int, stop: int, length: int, limit: int) -> tuple[int, int]:
    """Give the range of `length` in [0, limit) whose centre is nearest to that of [start, stop)."""
    first = min(max((start + stop - length) // 2, 0), limit - length)
    return first, first + length


def _nearest_smooth(length: int, limit: int) -> int:
    """Give the one nearest to `length`, up to `limit`, without a prime factor above 7; of two, the larger."""
    for step in range(length):
        for candidate in (length + step, length - step):
            if candidate <= limit and _is_smooth(candidate):
                return candidate
    return 1


def _is_smooth(number: int) -> bool:
    for factor in (2, 3, 5, 7):
        while number % factor == 0:
            number //= factor
    return number == 1
