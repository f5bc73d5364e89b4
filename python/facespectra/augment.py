"""Changed copies of photographs to train on: mirrored, and rotated by 45 degrees either way.

The photograph is changed, not the face: the face is detected again in each copy, and may be missed. A copy
keeps the label and the group of its original, so that both are always on one side of a split.

The radial spectrum averages over directions, so much of this hardly changes it. A mirror image has the same
isotropic spectrum up to rounding, and the same spectrum in the published convention, too, unless both sides
of the box are even: then the centre is half a pixel off in both directions, and the spectrum only nearly the
same. Rotating interpolates, which damps the highest frequencies, and puts other pixels into the corners of
the box.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facespectra.images import read_image
from facespectra.videos import Frame, read_frames

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["AUGMENTATIONS", "Copy", "change", "parse_augmentations"]

AUGMENTATIONS: dict[str, tuple[str, ...]] = {"flip": ("flip",), "rotate": ("rotate+45", "rotate-45")}
"""The copies that are made of each photograph, by the name of the augmentation."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A changed copy of an image file, or of a frame of a video, made when it is read."""

    path: str
    change: str  # one of the copies in AUGMENTATIONS
    frame: int | None = None

    def read(self) -> Image.Image:
        """Read the file and change it."""
        if self.frame is None:
            return change(read_image(self.path), self.change)
        ((_, _, image),) = read_frames(self.path, [self.frame])
        return change(image, self.change)

    def __str__(self) -> str:
        return f"{self.path if self.frame is None else Frame(self.path, self.frame)} ({self.change})"


def parse_augmentations(names: str | Iterable[str]) -> tuple[str, ...]:
    """Check names of augmentations, comma-separated or listed; give each once, in the order of the table."""
    listed = names.split(",") if isinstance(names, str) else list(names)
    wanted = {name.strip() for name in listed} - {""}
    if unknown := sorted(wanted - set(AUGMENTATIONS)):
        raise ValueError(f"unknown augmentation {unknown[0]!r}; use {' or '.join(AUGMENTATIONS)}")
    return tuple(name for name in AUGMENTATIONS if name in wanted)


def change(image: Image.Image, name: str) -> Image.Image:
    """Make one copy of an RGB photograph.

    ``"flip"`` mirrors left and right; ``"rotate+45"`` rotates by 45 degrees counter-clockwise and
    ``"rotate-45"`` clockwise, with bicubic interpolation, on a larger black canvas so that nothing is cut
    off.
    """
    from PIL import Image

    if name == "flip":
        return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if name in AUGMENTATIONS["rotate"]:
        angle = float(name.removeprefix("rotate"))
        return image.rotate(angle, resample=Image.Resampling.BICUBIC, expand=True)
    raise ValueError(f"unknown change {name!r}")
