"""Step 1: from paths or images to crops, each with a status, in the order they came."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from dataclasses import dataclass
from os import PathLike, fspath
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from facespectra._threads import ordered_map, thread_count
from facespectra.augment import Copy, change
from facespectra.errors import UnreadableImageError, UnreadableVideoError
from facespectra.videos import Frame, is_video, read_frames, video_info

if TYPE_CHECKING:
    from facespectra.faces import Box, Face, FaceCropper
    from facespectra.images import AnyImage, UInt8Array

OK = "ok"
NO_FACE = "no-face"
UNREADABLE = "unreadable"
CANNOT_TELL = "cannot-tell"
NO_MEMORY = "there is not enough memory for it"

# As many faces as are found while the features of a batch are computed.
AHEAD = 64

Result = TypeVar("Result")
Source: TypeAlias = "str | PathLike[str] | Frame | Copy | AnyImage"


@dataclass(frozen=True, slots=True)
class Crop:
    """What features are computed from: the face at native resolution, or the whole image.

    Attributes
    ----------
    grey : (h, w) uint8
        Grey by Pillow's ``convert("L")``.
    colours : (h, w, 3) uint8, or None
        The same pixels in colour, where these were asked for.
    box : tuple of int
        ``(x0, y0, x1, y1)``, half-open: where they are in the image.
    face : Face or None
        What the detector found, in pixels of the image; None if the whole image was taken.
    """

    grey: UInt8Array
    colours: UInt8Array | None
    box: Box
    face: Face | None

    @property
    def rgb(self) -> UInt8Array:
        """The pixels in colour.

        Raises
        ------
        RuntimeError
            If they were not asked for; no ValueError, which says that something is wrong with an image.
        """
        if self.colours is None:
            raise RuntimeError("this crop was read in grey alone")
        return self.colours


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


def read_samples(
    sources: Iterable[Source],
    cropper: FaceCropper | None,
    *,
    threads: int | None = None,
    colour: bool = True,
) -> Iterator[Sample]:
    """Read images and cut the face out of each.

    Parameters
    ----------
    sources : iterable of path-like, Frame, Copy, PIL.Image.Image or numpy.ndarray
        Image files, frames of videos, changed copies of either, or images of any kind that
        :func:`facespectra.images.to_rgb` takes. Frames of one video that come one after the other, rising,
        are decoded in one go.
    cropper : FaceCropper or None
        None takes whole images.
    threads : int, optional
        Most threads that read images and look for faces, see :func:`prefetch`. The samples are the same.
    colour : bool
        Whether crops are to have their colours, which take three quarters of their memory: the frames of a
        video wait in it until the last one is known to be good.

    Yields
    ------
    Sample
        One for each source, in order. A file that cannot be read is a status, never an exception. A video
        that breaks off gives nothing: all its frames have that status.

    Raises
    ------
    MissingExtraError
        If a package of the ``faces`` extra is not installed.
    ValueError, TypeError
        If something that is not a path is not an image either.
    """
    yield from prefetch(lambda run: _samples(run, cropper, colour), sources, cropper, threads)


def prefetch(
    read: Callable[[list[Frame | Copy] | Source], Iterable[Result]],
    sources: Iterable[Source],
    cropper: FaceCropper | None,
    threads: int | None = None,
) -> Iterator[Result]:
    """Read sources on several threads, ahead of who takes what comes of them.

    Parameters
    ----------
    read : callable
        Takes what :func:`group_consecutive_frames` yields, and gives a result for each source in it.
    sources : iterable
        As for :func:`read_samples`.
    cropper : FaceCropper or None
        None takes whole images.
    threads : int, optional
        Most threads. Default: as many as processors, or ``FACESPECTRA_THREADS``. One, which runs nothing
        ahead, for a single source, and where torch finds the faces, which has threads of its own.

    Yields
    ------
    object
        The results, in the order of the sources.
    """
    workers = thread_count(threads)
    if (isinstance(sources, Sized) and len(sources) < 2) or (cropper is not None and not cropper.in_core):
        workers = 1
    # Whole images take more memory than faces: fewer of them wait.
    ahead = AHEAD if cropper is not None else 2 * workers
    for results in ordered_map(
        read, group_consecutive_frames(sources), workers=workers, max_pending=ahead, cost=_cost
    ):
        yield from results


def _samples(run: list[Frame | Copy] | Source, cropper: FaceCropper | None, colour: bool) -> list[Sample]:
    if isinstance(run, list):
        return _frames(run, cropper, colour)
    if isinstance(run, Frame):
        raise ValueError(f"frames count from 0, got {run.index}")
    if isinstance(run, str | PathLike | Copy):
        return [_file(run, cropper, colour)]
    return [sample_of("", run, cropper, colour=colour)]


def _cost(run: list[Frame | Copy] | Source) -> int:
    return len(run) if isinstance(run, list) else 1


def _file(source: str | PathLike[str] | Copy, cropper: FaceCropper | None, colour: bool) -> Sample:
    from facespectra.images import read_rgb

    try:
        if isinstance(source, Copy):
            return sample_of(str(source), source.read(), cropper, colour=colour)
        if is_video(source):
            # Its own fault comes first: a broken video has no frames that one could name.
            video_info(source)
            raise UnreadableVideoError("it is a video; name frames of it (facespectra.videos.spread_frames)")
        return sample_of(fspath(source), read_rgb(source), cropper, colour=colour)
    except (UnreadableImageError, UnreadableVideoError) as error:
        return unreadable(source, error)
    except MemoryError:
        return unreadable(source, UnreadableImageError(NO_MEMORY))


def _frames(run: list[Frame | Copy], cropper: FaceCropper | None, colour: bool) -> list[Sample]:
    """The samples of frames of one video, in one pass over it."""
    path = run[0].path
    indices = [_index(source) for source in run]
    samples = []
    try:
        for source, (_, _, image) in zip(run, read_frames(path, indices), strict=True):
            changed = change(image, source.change) if isinstance(source, Copy) else image
            samples.append(sample_of(str(source), changed, cropper, colour=colour))
    except UnreadableVideoError as error:
        # One failure, under one name: what came before the break is no sample of the whole video.
        return [unreadable(path, error)] * len(run)
    except MemoryError:
        return [unreadable(path, UnreadableVideoError(NO_MEMORY))] * len(run)
    return samples


def group_consecutive_frames(sources: Iterable[Source]) -> Iterator[list[Frame | Copy] | Source]:
    """Bring together what can be decoded in one go.

    Parameters
    ----------
    sources : iterable
        As for :func:`read_samples`.

    Yields
    ------
    list of Frame or Copy, or source
        Frames of one video that come one after the other, rising; all else as it comes.
    """
    run: list[Frame | Copy] = []
    for source in sources:
        frame = source if isinstance(source, Frame | Copy) and _index(source) >= 0 else None
        goes_on = frame and run and frame.path == run[-1].path and _index(frame) > _index(run[-1])
        if run and not goes_on:
            yield run
            run = []
        if frame is None:
            yield source
        else:
            run = [*run, frame]
    if run:
        yield run


def _index(source: Frame | Copy) -> int:
    """The number of a frame; -1 for a copy of an image."""
    index = source.index if isinstance(source, Frame) else source.frame
    return -1 if index is None else index


def unreadable(
    source: str | PathLike[str] | Copy, error: UnreadableImageError | UnreadableVideoError
) -> Sample:
    """Make the sample of a file that cannot be read.

    Parameters
    ----------
    source : path-like or Copy
        The file.
    error : UnreadableImageError or UnreadableVideoError
        Why.

    Returns
    -------
    Sample
    """
    name = str(source) if isinstance(source, Copy) else fspath(source)
    # The status stands beside the path: no need to say it twice.
    return Sample(name, f"{UNREADABLE}: {error.reason}", None)


def sample_of(path: str, image: AnyImage, cropper: FaceCropper | None, *, colour: bool = True) -> Sample:
    """Cut the face out of one image.

    Parameters
    ----------
    path : str
        Its name in the sample.
    image : PIL.Image.Image or numpy.ndarray
        Of any kind that :func:`facespectra.images.to_rgb` takes.
    cropper : FaceCropper or None
        None takes the whole image.
    colour : bool
        As in :func:`read_samples`.

    Returns
    -------
    Sample
        Its status is ``"ok"`` or ``"no-face"``.
    """
    from facespectra._conversion import cut_grey, shared_rgb, to_grey, to_rgb

    if cropper is None:
        grey = to_grey(image)
        box = 0, 0, grey.shape[1], grey.shape[0]
        return Sample(path, OK, Crop(grey, to_rgb(image) if colour else None, box, None))
    rgb = shared_rgb(image)
    (face,) = cropper.detect([rgb])
    if face is None:
        return Sample(path, NO_FACE, None)
    x0, y0, x1, y1 = box = cropper.region(face, rgb.shape[1], rgb.shape[0])
    # Copies: a view would keep the whole image in memory.
    colours = rgb[y0:y1, x0:x1].copy() if colour else None
    return Sample(path, OK, Crop(cut_grey(image, box), colours, box, face))


def cut(grey: UInt8Array, rgb: UInt8Array | None, box: Box, face: Face | None) -> Crop:
    """Cut a box out of an image.

    Parameters
    ----------
    grey, rgb : uint8 arrays
        The image, (h, w) and (h, w, 3); None for a crop without colours.
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
    colours = None if rgb is None else rgb[y0:y1, x0:x1].copy()
    return Crop(grey[y0:y1, x0:x1].copy(), colours, box, face)
