"""Step 1: from paths or images to crops, each with a status, in the order they came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from os import PathLike, fspath
from typing import TYPE_CHECKING, TypeAlias

from facespectra.datasets.augmentation import Copy
from facespectra.errors import UnreadableImageError

if TYPE_CHECKING:
    from facespectra.faces import Box, Face, FaceCropper
    from facespectra.images import AnyImage, UInt8Array

OK = "ok"
NO_FACE = "no-face"
UNREADABLE = "unreadable"
CANNOT_TELL = "cannot-tell"

Source: TypeAlias = "str | PathLike[str] | Copy | AnyImage"


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
        Higher means more likely fake; NaN where there is no face, or nothing that can be read.
    status : str
        ``"ok"``, ``"no-face"``, ``"unreadable: <reason>"``, or ``"cannot-tell: <reason>"`` where the detector
        knows that its score means little, such as for a very small face.
    box : (x0, y0, x1, y1) or None
        The pixels that were judged, half-open.
    reason : str
        What had most to do with the score, where the classifier can say so: the expert that spoke, and the
        feature that it spoke of.
    """

    path: str
    score: float
    status: str
    box: Box | None
    reason: str = ""


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
    sources : iterable of path-like, Copy, PIL.Image.Image or numpy.ndarray
        Files, changed copies of files, or images of any kind that :func:`facespectra.images.to_rgb` takes.
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
        if not isinstance(source, str | PathLike | Copy):
            yield sample_of("", source, cropper)
            continue
        name = str(source) if isinstance(source, Copy) else fspath(source)
        try:
            image = source.read() if isinstance(source, Copy) else read_image(source)
        except UnreadableImageError as error:
            yield unreadable(source, error)
        else:
            yield sample_of(name, image, cropper)


def unreadable(source: str | PathLike[str] | Copy, error: UnreadableImageError) -> Sample:
    """Make the sample of a file that cannot be read.

    Parameters
    ----------
    source : path-like or Copy
        The file.
    error : UnreadableImageError
        Why.

    Returns
    -------
    Sample
    """
    path, name = (source.path, str(source)) if isinstance(source, Copy) else (fspath(source), fspath(source))
    # The status stands beside the path: no need to say it twice.
    reason = str(error).removeprefix(f"cannot read image {path}: ")
    return Sample(name, f"{UNREADABLE}: {reason}", None)


def sample_of(path: str, image: AnyImage, cropper: FaceCropper | None) -> Sample:
    """Cut the face out of one image.

    Parameters
    ----------
    path : str
        Its name in the sample.
    image : PIL.Image.Image or numpy.ndarray
        Of any kind that :func:`facespectra.images.to_rgb` takes.
    cropper : FaceCropper or None
        None takes the whole image.

    Returns
    -------
    Sample
        Its status is ``"ok"`` or ``"no-face"``.
    """
    from facespectra.images import to_grey, to_rgb

    grey, rgb = to_grey(image), to_rgb(image)
    height, width = grey.shape
    if cropper is None:
        return Sample(path, OK, Crop(grey, rgb, (0, 0, width, height), None))
    (face,) = cropper.detect([rgb])
    if face is None:
        return Sample(path, NO_FACE, None)
    return Sample(path, OK, cut(grey, rgb, cropper.region(face, width, height), face))


def cut(grey: UInt8Array, rgb: UInt8Array, box: Box, face: Face | None) -> Crop:
    """Cut a box out of an image.

    Parameters
    ----------
    grey, rgb : uint8 arrays
        The image, (h, w) and (h, w, 3).
    box : tuple of int
        ``(x0, y0, x1, y1)``, half-open.
    face : Face or None
        What was found there.

    Returns
    -------
    Crop
    """
    x0, y0, x1, y1 = box
    # Copies: a view would keep the whole image in memory.
    return Crop(grey[y0:y1, x0:x1].copy(), rgb[y0:y1, x0:x1].copy(), box, face)
