"""From images to crops: the largest face of each source, or the whole image, with a status each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass, replace
from itertools import groupby
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from facespectra._threads import ordered_map, thread_count
from facespectra._wording import counted
from facespectra.augment import Copy, change
from facespectra.errors import UnreadableFileError, UnreadableImageError, UnreadableVideoError
from facespectra.features.status import NO_FACE, NO_MEMORY, OK, Status, unreadable
from facespectra.features.video_pass import VideoPass
from facespectra.videos import BrokenOffError, Frame, is_video, spread_frames, video_info

if TYPE_CHECKING:
    from facespectra.faces import Box, Face, FaceCropper
    from facespectra.images import AnyImage, UInt8Array

# Faces found while the features of a batch are computed.
MAX_PENDING = 64
# Frames of one video that are read at a time: their crops wait in memory until the last of them is.
PART = 256

Result = TypeVar("Result")
Source: TypeAlias = "str | PathLike[str] | Frame | Copy | AnyImage"
"""An image file, a frame of a video, an augmented copy of either, or an image in memory."""


@dataclass(frozen=True, slots=True)
class Crop:
    """What features are computed from: the face at native resolution, or the whole image."""

    greys: UInt8Array | None  # (h, w), by Pillow's convert("L"); None where the colours are to give them
    colours: UInt8Array | None  # (h, w, 3), the same pixels; None where only grey was asked for
    box: Box  # (x0, y0, x1, y1), half-open: where they are in the image
    face: Face | None  # in pixels of the image; None if the whole image was taken
    n_faces: int = 1  # in the image: those at least a third as wide as the largest, see FaceCropper.search

    @property
    def grey(self) -> UInt8Array:
        """The pixels in grey, (h, w), as Pillow's ``convert("L")`` has them; made when first asked for."""
        if self.greys is not None:
            return self.greys
        from facespectra._conversion import to_grey

        made = to_grey(self.rgb)
        object.__setattr__(self, "greys", made)
        return made

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        x0, y0, x1, y1 = self.box
        return y1 - y0, x1 - x0

    @property
    def rgb(self) -> UInt8Array:
        """The pixels in colour; a RuntimeError, which no image is to blame for, if they were not kept."""
        if self.colours is None:
            raise RuntimeError("this crop was read in grey alone")
        return self.colours


@dataclass(frozen=True, slots=True)
class Sample:
    """One source and its crop."""

    path: str  # as it was given; empty for an image in memory
    status: Status
    crop: Crop | None  # there if the status is ok
    others: tuple[Crop, ...] = ()  # the other faces, where all were asked for
    note: str = ""  # what else to know of the file: "cut short: 37 of 90 frames"


def read_samples(
    sources: Iterable[Source],
    cropper: FaceCropper | None,
    *,
    threads: int | None = None,
    colour: bool = True,
) -> Iterator[Sample]:
    """Read images and crop the face of each; without a cropper, take them whole.

    A file that cannot be read is a status, never an exception. Of a video that breaks off, the frames that
    are good have a note, and the others that status. Something that is neither a path nor an image raises
    ValueError or TypeError. Without `colour`, crops take a quarter of the memory.
    """

    def read(group: list[Source], video: VideoPass | None) -> list[Sample]:
        return read_group(group, cropper, colour, threads, video)

    yield from prefetch(read, sources, cropper, threads)


def prefetch(
    read: Callable[[list[Source], VideoPass | None], Iterable[Result]],
    sources: Iterable[Source],
    cropper: FaceCropper | None,
    threads: int | None = None,
) -> Iterator[Result]:
    """Load in a thread pool, preserving order: `read` gives a result for each source of a group.

    More than `PART` frames of one video are read part by part, in one pass that `read` gets.

    One thread, and nothing is read ahead, for a single source, and where torch finds the faces, which has
    threads of its own.
    """
    workers = thread_count(threads)
    if (isinstance(sources, Sized) and len(sources) < 2) or (cropper is not None and not cropper.in_core):
        workers = 1
    # Whole images take more memory than faces: fewer of them wait.
    max_pending = MAX_PENDING if cropper is not None else 2 * workers
    groups = group_consecutive_frames(sources)
    for long, some in groupby(groups, lambda group: len(group) > PART):
        if not long:
            whole = ordered_map(
                lambda group: read(group, None), some, workers=workers, max_pending=max_pending, cost=len
            )
            for results in whole:
                yield from results
            continue
        for group in some:
            video = _pass_over(group)
            try:
                for start in range(0, len(group), PART):
                    yield from read(group[start : start + PART], video)
            finally:
                video.close()


def group_consecutive_frames(sources: Iterable[Source]) -> Iterator[list[Source]]:
    """Group what is decoded in one pass: consecutive, rising frames of one video; all else stands alone."""
    group: list[Source] = []
    for source in sources:
        if group and not _follows(source, group[-1]):
            yield group
            group = []
        group.append(source)
        if _frame_number(source) is None:
            yield group
            group = []
    if group:
        yield group


def read_group(
    group: list[Source],
    cropper: FaceCropper | None,
    colour: bool = True,
    threads: int | None = None,
    video: VideoPass | None = None,
) -> list[Sample]:
    """Read one group, see :func:`group_consecutive_frames`, or a part of one in a pass over it."""
    first = group[0]
    if _frame_number(first) is not None:
        return _read_frames(group, cropper, colour, threads, video or _pass_over(group))
    if isinstance(first, Frame):
        raise ValueError(f"frames count from 0, got {first.index}")
    if isinstance(first, str | PathLike | Copy):
        return [_read_file(first, cropper, colour)]
    return [crop_image("", first, cropper, colour=colour)]


def spread_sources(images: Iterable[Source], n_frames: int) -> tuple[list[Source], list[int]]:
    """Replace each video by evenly spread frames; also give the position of the source of each."""
    sources: list[Source] = []
    origins: list[int] = []
    for position, image in enumerate(images):
        frames: Sequence[Source] = [image]
        if isinstance(image, str | PathLike):
            frames = spread_frames([image], n_frames)[0]
        sources += frames
        origins += [position] * len(frames)
    return sources, origins


def name_of(source: Source) -> str:
    """The name that a sample has in tables; empty for an image in memory."""
    if isinstance(source, Frame | Copy):
        return str(source)
    return fspath(source) if isinstance(source, str | PathLike) else ""


def crop_image(path: str, image: AnyImage, cropper: FaceCropper | None, *, colour: bool = True) -> Sample:
    """Crop the face of an image in memory; without a cropper, take it whole."""
    from facespectra._conversion import cut_grey, grey_by_pixel, shared_rgb, to_grey, to_rgb

    if cropper is None:
        grey = to_grey(image)
        box = 0, 0, grey.shape[1], grey.shape[0]
        return Sample(path, OK, Crop(grey, to_rgb(image) if colour else None, box, None))
    rgb = shared_rgb(image)
    faces, n_faces = cropper.search(rgb)
    if not faces:
        return Sample(path, NO_FACE, None)
    crops = []
    for face in faces:
        x0, y0, x1, y1 = box = cropper.region(face, rgb.shape[1], rgb.shape[0])
        # Copies: a view would keep the whole image in memory.
        colours = rgb[y0:y1, x0:x1].copy() if colour else None
        later = colours is not None and grey_by_pixel(image)
        crops.append(Crop(None if later else cut_grey(image, box), colours, box, face, n_faces))
    return Sample(path, OK, crops[0], tuple(crops[1:]))


def cut(grey: UInt8Array, rgb: UInt8Array | None, box: Box, face: Face | None, n_faces: int = 1) -> Crop:
    """Cut a box out of an image whose face was found before."""
    x0, y0, x1, y1 = box
    # Copies: a view would keep the whole image in memory.
    colours = None if rgb is None else rgb[y0:y1, x0:x1].copy()
    return Crop(grey[y0:y1, x0:x1].copy(), colours, box, face, n_faces)


def _follows(source: Source, last: Source) -> bool:
    """Whether a source is a later frame of the same video."""
    number, before = _frame_number(source), _frame_number(last)
    if number is None or before is None or number <= before:
        return False
    return isinstance(source, Frame | Copy) and isinstance(last, Frame | Copy) and source.path == last.path


def _frame_number(source: Source) -> int | None:
    """Which frame of a video a source is; None where it is none, or has a number that no frame has."""
    if not isinstance(source, Frame | Copy):
        return None
    number = source.index if isinstance(source, Frame) else source.frame
    return number if number is not None and number >= 0 else None


def _read_file(source: str | PathLike[str] | Copy, cropper: FaceCropper | None, colour: bool) -> Sample:
    from facespectra.images import read_noted

    name = name_of(source)
    try:
        if isinstance(source, Copy):
            return crop_image(name, source.read(), cropper, colour=colour)
        if is_video(source):
            # Its own fault comes first: a broken video has no frames that one could name.
            video_info(source)
            raise UnreadableVideoError("it is a video; name frames of it (facespectra.videos.spread_frames)")
        rgb, note = read_noted(source)
        sample = crop_image(name, rgb, cropper, colour=colour)
        return replace(sample, note=note) if note else sample
    except (UnreadableImageError, UnreadableVideoError) as error:
        return _failed(name, error)
    except MemoryError:
        return Sample(name, NO_MEMORY, None)


def _pass_over(group: Sequence[Source]) -> VideoPass:
    """Make the pass over the frames of one video."""
    frames = [source for source in group if isinstance(source, Frame | Copy)]
    # Copies are made of images; for all else, pixels suffice.
    return VideoPass(frames[0].path, _numbers(frames), images=any(isinstance(one, Copy) for one in frames))


def _numbers(frames: Sequence[Source]) -> list[int]:
    return [number for frame in frames if (number := _frame_number(frame)) is not None]


def _read_frames(
    group: list[Source], cropper: FaceCropper | None, colour: bool, threads: int | None, video: VideoPass
) -> list[Sample]:
    """Read frames of one video in a pass over it; faces are found while the next frames are decoded."""
    frames = [source for source in group if isinstance(source, Frame | Copy)]
    path = frames[0].path
    before = video.started

    def crop(item: tuple[Frame | Copy, Any]) -> Sample:
        frame, image = item
        if isinstance(frame, Copy):
            return crop_image(str(frame), change(image, frame.change), cropper, colour=colour)
        return replace(crop_image(str(frame), image, cropper, colour=colour), note=frame.note)

    workers = 1 if cropper is None or not cropper.in_core or len(group) < 2 else thread_count(threads)
    # Shorter than the frames where the video ends: the failure is told when those before were looked at.
    decoded = zip(frames, video.take(_numbers(frames)), strict=False)
    try:
        samples = list(ordered_map(crop, decoded, workers=workers, max_pending=2 * workers))
    except MemoryError:
        return [Sample(path, NO_MEMORY, None)] * len(group)
    error = video.failure
    if error is None:
        return samples
    if not isinstance(error, BrokenOffError) or not (samples or before):
        # One failure, under one name.
        return [_failed(path, error)] * len(group)
    note = f"damaged, with {counted(error.n_good, 'good frame')}"
    samples = [sample if sample.note else replace(sample, note=note) for sample in samples]
    return samples + [_failed(str(frame), error) for frame in frames[len(samples) :]]


def _failed(name: str, error: UnreadableFileError) -> Sample:
    # The status stands beside the path: no need to name the file twice.
    return Sample(name, unreadable(error.reason), None)
