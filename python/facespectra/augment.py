"""Changed copies of photographs to train on: mirrored, and turned by 45 degrees either way.

The photograph is changed and not the face: the face is looked for again in each copy, and may be missed. A
copy keeps the label and the group of its original, so that both are always on one side of a division.

The radial spectrum averages over directions, and so ignores much of this. A mirror image has the same
isotropic spectrum to rounding. So it has in the published convention, unless both sides of the box are even:
then the centre lies half a pixel off both ways, and it is only nearly the same. Turning interpolates, which
damps the highest frequencies, and puts other pixels into the corners of the box.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facespectra.images import read_image
from facespectra.videos import Frame, read_frames

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["AUGMENTATIONS", "Copy", "change", "chosen"]

AUGMENTATIONS: dict[str, tuple[str, ...]] = {"flip": ("flip",), "rotate": ("rotate+45", "rotate-45")}
"""By the name that a user gives: the copies that are made of each photograph."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A changed copy of an image file or of a frame of a video, made when it is read.

    Attributes
    ----------
    path : str
        The file.
    change : str
        One of the copies in :data:`AUGMENTATIONS`.
    frame : int or None
        Which frame of a video, from 0.
    """

    path: str
    change: str
    frame: int | None = None

    def read(self) -> Image.Image:
        """Read the file and change it.

        Returns
        -------
        PIL.Image.Image
            Mode ``"RGB"``.

        Raises
        ------
        UnreadableImageError, UnreadableVideoError
            If the file cannot be read.
        """
        if self.frame is None:
            return change(read_image(self.path), self.change)
        ((_, _, image),) = read_frames(self.path, [self.frame])
        return change(image, self.change)

    def __str__(self) -> str:
        return f"{self.path if self.frame is None else Frame(self.path, self.frame)} ({self.change})"


def chosen(names: str | Iterable[str]) -> tuple[str, ...]:
    """Check the names of augmentations.

    Parameters
    ----------
    names : str or iterable of str
        Of :data:`AUGMENTATIONS`; as one text, separated by commas. May be empty.

    Returns
    -------
    tuple of str
        Each one once, in the order of :data:`AUGMENTATIONS`.

    Raises
    ------
    ValueError
        If a name is unknown.
    """
    given = names.split(",") if isinstance(names, str) else list(names)
    wanted = {name.strip() for name in given} - {""}
    if unknown := sorted(wanted - set(AUGMENTATIONS)):
        raise ValueError(f"unknown augmentation {unknown[0]!r}; use {' or '.join(AUGMENTATIONS)}")
    return tuple(name for name in AUGMENTATIONS if name in wanted)


def change(image: Image.Image, name: str) -> Image.Image:
    """Make one copy of a photograph.

    Parameters
    ----------
    image : PIL.Image.Image
        Mode ``"RGB"``.
    name : str
        ``"flip"`` mirrors left and right. ``"rotate+45"`` turns by 45 degrees counter-clockwise,
        ``"rotate-45"`` clockwise: bicubic interpolation, the picture grown so that nothing is cut off, black
        where there was no picture.

    Returns
    -------
    PIL.Image.Image

    Raises
    ------
    ValueError
        If there is no copy of that name.
    """
    from PIL import Image

    if name == "flip":
        return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if name in AUGMENTATIONS["rotate"]:
        angle = float(name.removeprefix("rotate"))
        return image.rotate(angle, resample=Image.Resampling.BICUBIC, expand=True)
    raise ValueError(f"unknown change {name!r}")
