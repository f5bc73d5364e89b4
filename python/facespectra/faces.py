"""Finding the face in an image and cutting it out at native resolution.

The detector is facenet-pytorch's MTCNN with its own thresholds and weights, computed by the core or by
facenet-pytorch itself. Of the latter only ``detect`` is used: calling the object would squash the face to
160x160 pixels and change its spectrum. Importing this module loads neither torch nor Pillow.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sized
from typing import TYPE_CHECKING, Any

import numpy as np

from facespectra._conversion import AnyImage, UInt8Array, cut_grey, shared_rgb, size_of
from facespectra._mtcnn import ENOUGH
from facespectra._threads import ordered_map, thread_count
from facespectra.boxes import Box, Face, crop_box, pixel_box, scale_box, shift_box
from facespectra.errors import BackendError

if TYPE_CHECKING:
    from facespectra._mtcnn import Finder

__all__ = ["Box", "Face", "FaceCropper", "scale_box", "shift_box"]

# MTCNN's smallest face: for an image with a shorter side, its pyramid is empty, and it raises.
_SMALLEST_SIDE = 20
# The search for the largest face meets faces of this share of its width, too, and may miss smaller ones.
_BESIDE = 1 / 3


class FaceCropper:
    """Cuts the largest face out of images, at native resolution.

    With the default settings: the largest box by area, its corners truncated to integers and clipped to the
    image; grey by Pillow's ``convert("L")`` on the whole image, then cropped.

    Parameters
    ----------
    margin : float
        Move each edge of the box outwards by this fraction of the box's width (left, right) or height (top,
        bottom), up to the edge of the image.
    square : bool
        Extend the shorter side to the longer one, up to the edge of the image.
    snap : bool
        Change each side to the nearest 7-smooth length (no prime factor above 7), for which FFTs are fast.
        Pixels are added or left out at the edges of the box; nothing is ever resampled.
    device : str, optional
        Where torch runs the detector, such as ``"cuda"``. Default: the CPU.
    detector : {"native", "reference"}, optional
        The implementation of MTCNN: the core, or ``facenet_pytorch.MTCNN.detect``, which takes many times as
        long. Default: the core if it was built and `device` is the CPU.

    Raises
    ------
    ValueError
        If `margin` is negative or not finite, or there is no such detector.

    Notes
    -----
    Images go through the detector one at a time: in a batch, the rounding of one image's boxes depends on the
    others.

    The core finds the same faces as the reference up to the rounding of float32 (about 1e-4 pixels), except
    where the scores of two candidates are equal up to rounding. It searches for large faces first, and stops
    when a face is so large that finer scales could only add smaller ones.

    Threads can share an object and use it at the same time: the networks are loaded under a lock and have
    constant weights. Copies and pickles contain only the settings.

    References
    ----------
    Zhang et al., "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional Networks", IEEE
    Signal Processing Letters 23 (2016).

    Examples
    --------
    >>> import numpy as np
    >>> from facespectra import FaceCropper
    >>> FaceCropper().crop(np.zeros((64, 64), np.uint8)) is None
    True
    """

    every = False
    """Whether it is told to crop all faces of an image, see :class:`EveryFaceCropper`."""

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
            raise ValueError(f"margin must be 0 or more, not {margin}")
        self.margin = margin
        self.square = square
        self.snap = snap
        self.device = device
        self.detector = detector
        self._finder: Finder | None = None
        self._loading = threading.Lock()

    @property
    def in_core(self) -> bool:
        """Whether the core finds the faces, on the calling thread, and not torch."""
        if self.detector is not None:
            return self.detector == "native"
        from facespectra._mtcnn import has_core

        return (self.device or "cpu").startswith("cpu") and has_core()

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Give the settings: ``FaceCropper(**cropper.get_params())`` crops in the same way.

        Parameters
        ----------
        deep : bool
            For scikit-learn; nothing is nested here.

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
            Pillow images in any mode; arrays of shape ``(H, W)``, ``(H, W, 3)`` or ``(H, W, 4)``, uint8,
            uint16, bool, or float in [0, 1]. Sizes may differ.
        threads : int, optional
            Images that are processed at the same time. Default: ``FACESPECTRA_THREADS``, else the number of
            processors; 1 if torch finds the faces, which has threads of its own. The results are the same.

        Returns
        -------
        list of Face or None
            One for each image, in order; None if there is no face. Images with a side under 20 pixels, the
            smallest face that the detector finds, have none.

        Raises
        ------
        MissingExtraError
            If a package of the ``faces`` extra is not installed, or torch if it is needed.
        BackendError
            If the core was requested and was not built.
        ValueError, TypeError
            If something is not an image.
        SettingError
            If `threads` is not positive.
        """
        if isinstance(images, np.ndarray) and images.ndim == 2:
            raise TypeError("detect() takes a sequence of images; put a single image into a list")
        single = (isinstance(images, Sized) and len(images) < 2) or not self.in_core
        workers = thread_count(threads)
        faces = ordered_map(
            lambda image: self._detect(shared_rgb(image)),
            images,
            workers=1 if single else workers,
            max_pending=2 * workers,
        )
        return list(faces)

    def detect_all(self, image: AnyImage) -> list[Face]:
        """Find every face of an image.

        Parameters
        ----------
        image : PIL.Image.Image or numpy.ndarray
            As for :meth:`detect`.

        Returns
        -------
        list of Face
            The largest first, down to 20 pixels; empty if there is none. All scales are searched, which takes
            up to ten times as long as the largest face alone.

        Raises
        ------
        MissingExtraError, BackendError, ValueError, TypeError
            As for :meth:`detect`.
        """
        return self._faces(shared_rgb(image), enough=0.0)

    def search(self, rgb: UInt8Array) -> tuple[list[Face], int]:
        """Find the faces to crop, the largest first, and count those at least a third as wide as it."""
        faces = self._faces(rgb, enough=0.0 if self.every else ENOUGH)
        n_faces = sum(face.width >= faces[0].width * _BESIDE for face in faces)
        return (faces, len(faces)) if self.every else (faces[:1], n_faces)

    def crop(self, image: AnyImage) -> UInt8Array | None:
        """Cut out the largest face in grey.

        Parameters
        ----------
        image : PIL.Image.Image or numpy.ndarray
            As for :meth:`detect`.

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
        """Cut out the largest face in colour: the same pixels as :meth:`crop`.

        Parameters
        ----------
        image : PIL.Image.Image or numpy.ndarray
            As for :meth:`detect`.

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
        """Cut a detected face out of its image, in grey.

        Parameters
        ----------
        image : PIL.Image.Image or numpy.ndarray
            The image that was passed to :meth:`detect`.
        face : Face
            A face in it.

        Returns
        -------
        numpy.ndarray
            uint8, shape ``(h, w)``: the rows and columns of :meth:`region`.

        Raises
        ------
        ValueError
            If the face is not inside the image.
        """
        return cut_grey(image, self.region(face, *size_of(image)))

    def crop_face_rgb(self, image: AnyImage, face: Face) -> UInt8Array:
        """Cut a detected face out of its image, in colour.

        Parameters
        ----------
        image, face
            As for :meth:`crop_face`.

        Returns
        -------
        numpy.ndarray
            uint8, shape ``(h, w, 3)``: the rows and columns of :meth:`region`.

        Raises
        ------
        ValueError
            If the face is not inside the image.
        """
        x0, y0, x1, y1 = self.region(face, *size_of(image))
        return shared_rgb(image)[y0:y1, x0:x1].copy()

    def region(self, face: Face, width: int, height: int) -> Box:
        """Give the box that is cut out for a face: its own after margin, square and snap.

        Parameters
        ----------
        face : Face
            From :meth:`detect`.
        width, height : int
            Size of its image in pixels.

        Returns
        -------
        tuple of int
            ``(x0, y0, x1, y1)``, half-open and inside the image. The centre is that of the face's box unless
            an edge of the image is in the way.

        Raises
        ------
        ValueError
            If the face is not inside an image of that size.
        """
        x0, y0, x1, y1 = face.box
        if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
            raise ValueError(f"the face at {face.box} is not inside an image of {width}x{height} pixels")
        return crop_box(face.box, width, height, self.margin, self.square, self.snap)

    def _detect(self, rgb: UInt8Array) -> Face | None:
        return next(iter(self._faces(rgb, enough=ENOUGH)), None)

    def _faces(self, rgb: UInt8Array, *, enough: float) -> list[Face]:
        height, width = rgb.shape[:2]
        if min(height, width) < _SMALLEST_SIDE:
            return []
        # Largest first: sorted by area before truncating and clipping.
        found = self._load().find(rgb, enough=enough)
        boxes = (pixel_box(detection.corners, width, height) for detection in found)
        return [
            Face(box, detection.confidence, detection.landmarks)
            for box, detection in zip(boxes, found, strict=True)
            if box is not None
        ]

    def _load(self) -> Finder:
        with self._loading:
            if self._finder is None:
                self._finder = _finder(self.in_core, self.device)
            return self._finder


class EveryFaceCropper(FaceCropper):
    """Has all faces of an image cropped, where a :class:`FaceCropper` has the largest."""

    every = True


def _finder(in_core: bool, device: str | None) -> Finder:
    from facespectra._mtcnn import NativeFinder, ReferenceFinder, has_core

    if not in_core:
        return ReferenceFinder(device)
    if not has_core():
        raise BackendError("the native face detector is part of the compiled core, which was not built")
    return NativeFinder()
