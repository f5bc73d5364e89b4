"""Databases of rendered faces, for the offline demo and for tests on machines without photographs.

Nobody in these images exists. A person is a set of numbers; an image is a scene (head, hair, light,
background) that is rendered from them in linear light and then passes through a camera: optics, sensor noise,
white balance, gamma, sharpening, JPEG. A fake is such an image in which a face-swap pipeline has replaced
the inner face by another person's: a generator of low resolution, upsampling, colours that nearly match,
and a blending mask. Both classes use the same JPEG encoder, so that nothing but the swap differs.

Results on these images say something about the code, and nothing about any real detector.
"""

from __future__ import annotations

import io
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import ndimage

from facespectra._extras import require
from facespectra._files import write_atomically
from facespectra._progress import Progress
from facespectra._threads import ordered_map, thread_count
from facespectra.rendered.portraits import Person, Plane, Shot, cover, draw, new_person, new_shot

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["CAMERAS", "SWAPS", "Camera", "Swap", "render_database", "render_face"]


_SMALLEST = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """How light becomes a file; ranges are drawn from for each image."""

    blur: tuple[float, float]  # sigma of the optics in pixels
    noise: tuple[float, float]  # read noise as a fraction of full scale in linear light, plus shot noise
    grain: float  # sigma in pixels by which raw conversion has smoothed the noise
    gains: tuple[float, float, float]  # white balance
    gamma: float
    sharpening: tuple[float, float]  # amount of unsharp masking at a radius of one pixel
    quality: tuple[int, int]  # of JPEG


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """A face-swap pipeline; ranges are drawn from for each fake."""

    resolution: tuple[int, int]  # side in pixels of the square that the generator paints
    resampling: str  # Pillow's name of the interpolation to full size
    sharpening: tuple[float, float]  # amount of unsharp masking after it
    colour: float  # standard deviation of the error in each channel's gain
    extent: float  # size of the blending mask; 1 just covers brows to lower lip
    softness: tuple[float, float]  # sigma of the mask's edge in pixels


CAMERAS = {
    "A": Camera(
        blur=(0.45, 0.75),
        noise=(0.006, 0.014),
        grain=0.4,
        gains=(1.04, 1.0, 0.94),
        gamma=2.2,
        sharpening=(0.0, 0.4),
        quality=(88, 95),
    ),
    "B": Camera(
        blur=(0.7, 1.1),
        noise=(0.003, 0.008),
        grain=0.7,
        gains=(0.95, 1.0, 1.06),
        gamma=2.0,
        sharpening=(0.6, 1.4),
        quality=(72, 88),
    ),
    "C": Camera(
        blur=(0.6, 1.0),
        noise=(0.003, 0.009),
        grain=0.6,
        gains=(1.0, 1.0, 1.0),
        gamma=2.1,
        sharpening=(0.4, 1.1),
        quality=(78, 92),
    ),
}
SWAPS = {
    "A": Swap(
        resolution=(56, 80),
        resampling="BILINEAR",
        sharpening=(0.0, 0.3),
        colour=0.06,
        extent=1.15,
        softness=(3.0, 6.0),
    ),
    "B": Swap(
        resolution=(60, 92),
        resampling="BICUBIC",
        sharpening=(0.3, 0.8),
        colour=0.03,
        extent=1.0,
        softness=(4.0, 8.0),
    ),
    "C": Swap(
        resolution=(72, 104),
        resampling="BICUBIC",
        sharpening=(0.4, 0.9),
        colour=0.05,
        extent=1.08,
        softness=(3.0, 8.0),
    ),
}


def _expose(scene: Plane, camera: Camera, rng: np.random.Generator) -> Plane:
    """Take a photograph: linear light in, display values in [0, 255] out, both (3, H, W)."""
    blur = rng.uniform(*camera.blur)
    light = np.stack([ndimage.gaussian_filter(channel, blur) for channel in scene])
    gains = np.array(camera.gains, np.float32) * np.float32(rng.uniform(0.9, 1.05))
    light *= gains[:, None, None]
    noise = rng.standard_normal(light.shape, dtype=np.float32)
    if camera.grain:
        noise = np.stack([ndimage.gaussian_filter(channel, camera.grain) for channel in noise])
        noise *= 1 / noise.std()
    level = np.float32(rng.uniform(*camera.noise))
    light += noise * level * np.sqrt(0.3 + 2 * np.clip(light, 0, 1))
    return _sharpen(_develop(light, camera), rng.uniform(*camera.sharpening))


def _develop(light: Plane, camera: Camera) -> Plane:
    display: Plane = 255 * np.clip(light, 0, 1) ** np.float32(1 / camera.gamma)
    return display


def _sharpen(picture: Plane, amount: float) -> Plane:
    if amount == 0:
        return picture
    soft = np.stack([ndimage.gaussian_filter(channel, 1.0) for channel in picture])
    sharp: Plane = picture + np.float32(amount) * (picture - soft)
    return sharp


def _swap_face(picture: Plane, donor: Plane, shot: Shot, swap: Swap, rng: np.random.Generator) -> Plane:
    """Replace the inner face of an image by what the generator makes of the donor's, in display values."""
    from PIL import Image

    size = picture.shape[1]
    unit = shot.scale * size
    x = size * (0.5 + shot.centre[0]) + 0.7 * shot.yaw * unit
    y = size * (0.5 + shot.centre[1]) + (0.18 + 0.7 * shot.pitch) * unit
    # The generator sees and paints a square around the face.
    left, top, side = round(x - 0.85 * unit), round(y - 0.85 * unit), round(1.7 * unit)
    window = np.s_[:, top : top + side, left : left + side]
    target = picture[window]
    resolution = int(rng.integers(*swap.resolution, endpoint=True))
    resampling = Image.Resampling[swap.resampling]
    painted = np.empty_like(target)
    for channel, blank in zip(donor[window], painted, strict=True):
        seen = Image.fromarray(channel).resize((resolution, resolution), Image.Resampling.BOX)
        blank[:] = np.asarray(seen.resize((side, side), resampling))
    painted = _sharpen(painted, rng.uniform(*swap.sharpening))
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    radii = (0.50 * unit * swap.extent, 0.66 * unit * swap.extent)
    mask = cover(columns, rows, x - left, y - top, *radii, edge=1.0)
    mask = ndimage.gaussian_filter(mask, rng.uniform(*swap.softness))
    # Colours are matched by their means under the mask, with a small error.
    gains = (target * mask).sum((1, 2)) / (painted * mask).sum((1, 2)) * rng.normal(1, swap.colour, 3)
    fake = picture.copy()
    fake[window] += mask * (painted * gains[:, None, None].astype(np.float32) - target)
    return fake


def _image(picture: Plane) -> Image.Image:
    from PIL import Image

    pixels = np.rint(np.clip(picture, 0, 255)).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)))


def render_face(
    rng: np.random.Generator, size: int = 256, *, camera: Camera | Literal["A", "B", "C"] = "A"
) -> Image.Image:
    """Render somebody who does not exist, before JPEG, as a square RGB image of at least 32 pixels a side.

    The same state of the random generator gives the same bits. The face is about half as wide as the image.
    """
    require("faces", "PIL")
    if size < _SMALLEST:
        raise ValueError(f"size must be at least {_SMALLEST} pixels, not {size}")
    camera = CAMERAS[camera] if isinstance(camera, str) else camera
    person, shot = new_person(rng), new_shot(rng)
    return _image(_expose(draw(person, shot, size), camera, rng))


def render_database(
    out: str | os.PathLike[str],
    name: str,
    *,
    n_people: int,
    seed: int,
    pictures: int = 2,
    camera: Camera | None = None,
    swap: Swap | None = None,
    size: int = 256,
    progress: Progress | None = None,
) -> None:
    """Render a database of real and fake faces into a folder, with ``manifest.csv`` written last.

    Each person is a group and has a number of real images; a fake is made of each, with the face of somebody
    who appears nowhere else. Real and fake have the same file name.

    ``"Task_1"`` has ``{development,evaluation}/{real,fake}``, a third of the people in evaluation;
    ``"Task_2_3"`` has ``evaluation/{real,fake}``; any other name has ``{real,fake}`` and no splits. The name
    selects camera and swap, too (A for Task_1, B for Task_2_3, C otherwise), and is part of the seed: no
    person is in two databases.

    A person depends only on `name`, `seed` and their number: a larger database contains the same people as a
    smaller one, though not in the same split.
    """
    require("faces", "PIL")
    if n_people < 2 or pictures < 1 or seed < 0 or size < _SMALLEST:
        raise ValueError(
            f"n_people must be at least 2, pictures 1, seed 0 and size {_SMALLEST}, "
            f"not {n_people}, {pictures}, {seed} and {size}"
        )
    kind = {"Task_1": "A", "Task_2_3": "B"}.get(name, "C")
    camera = CAMERAS[kind] if camera is None else camera
    swap = SWAPS[kind] if swap is None else swap
    folder = Path(out)
    rows = ["path,label,group,split"]

    def render_person(number: int) -> list[dict[str, bytes]]:
        rng = np.random.default_rng([seed, zlib.crc32(name.encode()), number])
        person = new_person(rng)
        return [_pair(person, camera, swap, size, rng) for _ in range(pictures)]

    workers = thread_count()
    people = ordered_map(render_person, range(n_people), workers=workers, max_pending=2 * workers)
    for number, shots in enumerate(people):
        split = _split(name, number, n_people)
        group = f"{name}_{number:04d}"
        for shot_number, shot in enumerate(shots):
            for label, (kind, content) in enumerate(shot.items()):
                path = Path(split, kind, f"{group}_{shot_number}.jpg")
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(content)
                rows.append(f"{path.as_posix()},{label},{group},{split}")
        if progress is not None:
            progress(number + 1, n_people)
    write_atomically(folder / "manifest.csv", "\n".join(rows) + "\n")


def _split(name: str, number: int, n_people: int) -> str:
    if name == "Task_2_3":
        return "evaluation"
    if name == "Task_1":
        return "evaluation" if number >= n_people - max(1, n_people // 3) else "development"
    return ""


def _lookalike(person: Person, rng: np.random.Generator) -> Person:
    """Choose a donor as people who swap faces do: out of a few, the one with the most similar skin."""
    candidates = [new_person(rng) for _ in range(4)]
    return min(candidates, key=lambda other: float(np.abs(np.log(other.skin / person.skin)).sum()))


def _pair(
    person: Person, camera: Camera, swap: Swap, size: int, rng: np.random.Generator
) -> dict[str, bytes]:
    """Give a real image and the fake made of it, as JPEG files of the same quality."""
    shot = new_shot(rng)
    picture = _expose(draw(person, shot, size), camera, rng)
    # The generator was trained on images of this camera: it has learnt to remove the noise, and has never
    # seen anything sharper than the optics.
    scene = draw(_lookalike(person, rng), shot, size)
    optics = sum(camera.blur) / 2
    donor = _develop(np.stack([ndimage.gaussian_filter(channel, optics) for channel in scene]), camera)
    quality = int(rng.integers(*camera.quality, endpoint=True))
    files = {}
    for kind, pixels in (("real", picture), ("fake", _swap_face(picture, donor, shot, swap, rng))):
        stream = io.BytesIO()
        _image(pixels).save(stream, "JPEG", quality=quality)
        files[kind] = stream.getvalue()
    return files
