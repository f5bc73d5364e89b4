"""Step 1: from paths or images to crops, each with a status, in the order they came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from os import PathLike, fspath
from typing import TYPE_CHECKING, TypeAlias

from facespectra.errors import UnreadableImageError

if TYPE_CHECKING:
    from facespectra.faces import Box, Face, FaceCropper
    from facespectra.images import AnyImage, UInt8Array

OK = "ok"
NO_FACE = "no-face"
UNREADABLE = "unreadable"

Source: TypeAlias = "str | PathLike[str] | AnyImage"


@dataclass(frozen=True, slots=True)
class Crop:
    """What features are computed from: the face at native resolution, or the whole image.

    Attributes
    ----------
    grey : (h, w) uint8
        Grey by Pillow's ``convert("L")``.
    rgb : (h, w, 3) uint8
        The same pixels in colour.
    box : tuple of int
        ``(x0, y0, x1, y1)``, half-open: where they are in the image.
    face : Face or None
        What the detector found, in pixels of the image; None if the whole image was taken.
    """

    grey: UInt8Array
    rgb: UInt8Array
    box: Box
    face: Face | None


@dataclass(frozen=True, slots=True)
class Sample:
    """One image and what became of it.

    Attributes
    ----------
    path : str
        As it was given; empty for an image that came as an array.
    status : str
        ``"ok"``, ``"no-face"`` or ``"unreadable: <reason>"``.
    crop : Crop or None
        There if the status is ``"ok"``.
    """

    path: str
    status: str
    crop: Crop | None


@dataclass(frozen=True, slots=True)
class Score:
    """What the detector says about one image.

    Attributes
    ----------
    path : str
        As it was given; empty for an image that came as an array.
    score : float
        Higher means more likely fake; NaN where the status is not ``"ok"``.
    status : str
        ``"ok"``, ``"no-face"`` or ``"unreadable: <reason>"``.
    box : (x0, y0, x1, y1) or None
        The pixels that were judged, half-open.
    """

    path: str
    score: float
    status: str
    box: Box | None


def is_unreadable(status: str) -> bool:
    """Whether a status says that there is something wrong with the file, and not merely no face in it.

    Parameters
    ----------
    status : str
        As in :class:`Sample`.

    Returns
    -------
    bool
    """
    return status.startswith(UNREADABLE)


def read_samples(sources: Iterable[Source], cropper: FaceCropper | None) -> Iterator[Sample]:
    """Read images and cut the face out of each.

    Parameters
    ----------
    sources : iterable of path-like, PIL.Image.Image or numpy.ndarray
        Files, or images of any kind that :func:`facespectra.images.to_rgb` takes.
    cropper : FaceCropper or None
        None takes whole images.

    Yields
    ------
    Sample
        One for each source, in order. A file that cannot be read is a status, never an exception.

    Raises
    ------
    MissingExtraError
        If a package of the ``faces`` extra is not installed.
    ValueError, TypeError
        If something that is not a path is not an image either.
    """
    from facespectra.images import read_image

    for source in sources:
        if not isinstance(source, str | PathLike):
            yield _sample("", source, cropper)
            continue
        path = fspath(source)
        try:
            image = read_image(path)
        except UnreadableImageError as error:
            # The status stands beside the path: no need to say it twice.
            reason = str(error).removeprefix(f"cannot read image {path}: ")
            yield Sample(path, f"{UNREADABLE}: {reason}", None)
        else:
            yield _sample(path, image, cropper)


def _sample(path: str, image: AnyImage, cropper: FaceCropper | None) -> Sample:
    from facespectra.images import to_grey, to_rgb

    grey, rgb = to_grey(image), to_rgb(image)
    height, width = grey.shape
    if cropper is None:
        return Sample(path, OK, Crop(grey, rgb, (0, 0, width, height), None))
    (face,) = cropper.detect([rgb])
    if face is None:
        return Sample(path, NO_FACE, None)
    x0, y0, x1, y1 = box = cropper.region(face, width, height)
    # Copies: a view would keep the whole image in memory.
    return Sample(path, OK, Crop(grey[y0:y1, x0:x1].copy(), rgb[y0:y1, x0:x1].copy(), box, face))
