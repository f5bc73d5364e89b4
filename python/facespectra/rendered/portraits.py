"""Renders people who do not exist, in linear light, from a few numbers each.

A head is a dome with bumps for nose, brows, cheeks and lips; the light on it follows from its slopes. The
camera is in :mod:`facespectra.rendered.database`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

__all__ = ["Person", "Plane", "Shot", "cover", "draw", "new_person", "new_shot"]

Plane: TypeAlias = npt.NDArray[np.floating[Any]]
"""(H, W), or (3, H, W) for colours; float32, although NumPy's stubs lose track of that."""

Window: TypeAlias = tuple[slice, slice]

# sRGB of skin under white light, from light to dark, and of hair, iris and cloth.
_SKINS = ((244, 212, 190), (232, 188, 158), (212, 162, 128), (178, 124, 92), (134, 88, 62), (92, 58, 42))
_HAIRS = (
    (24, 20, 18),
    (52, 36, 26),
    (92, 62, 40),
    (128, 60, 34),
    (150, 110, 66),
    (196, 164, 112),
    (150, 148, 146),
)
_IRISES = ((54, 36, 24), (92, 62, 36), (72, 92, 64), (78, 104, 130), (104, 112, 112))


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person. Lengths are in half heads: the chin is at y = 1, the top of the skull at y = -1."""

    width: float
    jaw: float
    skin: Plane
    hair: Plane
    iris: Plane
    lips: Plane
    eye_x: float
    eye_y: float
    eye_size: float
    brow_y: float
    brow_thickness: float
    nose_length: float
    nose_width: float
    mouth_y: float
    mouth_width: float
    lip_thickness: float
    hairline: float
    hair_length: float
    parting: float
    stubble: float
    roughness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """Pose, expression, light and surroundings of a person."""

    centre: tuple[float, float]
    scale: float
    roll: float
    yaw: float
    pitch: float
    smile: float
    light: tuple[float, float, float]
    ambient: float
    background: Plane
    clutter: float
    cloth: Plane
    seed: int


def _linear(colour: tuple[int, int, int] | Plane) -> Plane:
    return ((np.asarray(colour, np.float32) / 255) ** 2.2).astype(np.float32)


def _pick(rng: np.random.Generator, colours: tuple[tuple[int, int, int], ...], spread: float) -> Plane:
    """Draw a colour between two neighbours in a row, with a small error."""
    place = rng.uniform(0, len(colours) - 1)
    below = int(place)
    mixed = (place - below) * _linear(colours[below + 1]) + (1 - place + below) * _linear(colours[below])
    return (mixed * rng.uniform(1 - spread, 1 + spread, 3)).astype(np.float32)


def _muted(rng: np.random.Generator, dark: int, bright: int) -> Plane:
    return _linear((rng.uniform(dark, bright) + rng.uniform(-28, 28, 3)).astype(np.float32))


def new_person(rng: np.random.Generator) -> Person:
    """Draw a person."""
    skin = _pick(rng, _SKINS, 0.05)
    return Person(
        width=rng.uniform(0.68, 0.78),
        jaw=rng.uniform(0.10, 0.28),
        skin=skin,
        hair=_pick(rng, _HAIRS, 0.1),
        iris=_pick(rng, _IRISES, 0.1),
        lips=(skin * np.array([0.92, 0.58, 0.58], np.float32) * rng.uniform(0.85, 1.0)).astype(np.float32),
        eye_x=rng.uniform(0.31, 0.36),
        eye_y=rng.uniform(-0.14, -0.06),
        eye_size=rng.uniform(0.135, 0.165),
        brow_y=rng.uniform(0.17, 0.22),
        brow_thickness=rng.uniform(0.022, 0.042),
        nose_length=rng.uniform(0.38, 0.46),
        nose_width=rng.uniform(0.11, 0.16),
        mouth_y=rng.uniform(0.54, 0.61),
        mouth_width=rng.uniform(0.23, 0.30),
        lip_thickness=rng.uniform(0.045, 0.075),
        hairline=rng.uniform(-0.78, -0.58),
        hair_length=float(rng.choice([0.0, 0.2, 1.0, 1.4])),
        parting=rng.uniform(-0.4, 0.4),
        stubble=max(0.0, rng.uniform(-0.5, 0.35)),
        roughness=rng.uniform(0.6, 1.4),
    )


def new_shot(rng: np.random.Generator) -> Shot:
    """Draw pose, expression, light and surroundings."""
    azimuth, height = rng.uniform(-1.0, 1.0), rng.uniform(0.15, 0.7)
    light = np.array([np.sin(azimuth) * 0.8, -height, 0.9])
    light /= np.linalg.norm(light)
    return Shot(
        centre=(rng.uniform(-0.04, 0.04), rng.uniform(-0.02, 0.05)),
        scale=rng.uniform(0.31, 0.37),
        roll=rng.normal(0, 0.05),
        yaw=rng.uniform(-0.13, 0.13),
        pitch=rng.uniform(-0.05, 0.05),
        smile=rng.uniform(-0.2, 1.0),
        light=(float(light[0]), float(light[1]), float(light[2])),
        ambient=rng.uniform(0.25, 0.5),
        background=_muted(rng, 50, 220),
        clutter=rng.uniform(0.1, 0.5),
        cloth=_muted(rng, 30, 200),
        seed=int(rng.integers(2**32)),
    )


def _fractals(rng: np.random.Generator, size: int, *slopes: float) -> list[Plane]:
    """Make noise whose amplitude falls with frequency to the power of a slope; standard deviation 1."""
    spectrum = fft.rfft2(rng.standard_normal((size, size), dtype=np.float32))
    radius = np.hypot(fft.fftfreq(size)[:, None], fft.rfftfreq(size)[None]).astype(np.float32)
    radius[0, 0] = np.inf
    fields = [fft.irfft2(spectrum * radius ** np.float32(-slope), s=(size, size)) for slope in slopes]
    return [field / field.std() for field in fields]


def _strands(rng: np.random.Generator, size: int) -> Plane:
    """Make noise that is smooth from top to bottom and rough from side to side; standard deviation 1."""
    noise = rng.standard_normal((size, size), dtype=np.float32)
    strands: Plane = ndimage.gaussian_filter1d(noise, size / 40, axis=0, truncate=2.5)
    strands /= strands.std()
    return strands


@dataclass(frozen=True, slots=True)
class _Texture:
    grain: Plane
    cloudy: Plane
    strands: Plane

    def within(self, window: Window) -> _Texture:
        return _Texture(self.grain[window], self.cloudy[window], self.strands[window])


def _bump(x: Plane, y: Plane, cx: float, cy: float, sx: float, sy: float) -> Plane:
    return np.exp(-(((x - cx) * (1 / sx)) ** 2) - ((y - cy) * (1 / sy)) ** 2)


def cover(x: Plane, y: Plane, cx: float, cy: float, rx: float, ry: float, edge: float) -> Plane:
    """Give the coverage of an ellipse, 0 to 1, over an edge of the given width."""
    distance = (np.sqrt(((x - cx) * (1 / rx)) ** 2 + ((y - cy) * (1 / ry)) ** 2) - 1) * min(rx, ry)
    return np.clip(0.5 - distance * (1 / edge), 0, 1)


def _paint(scene: Plane, cover: Plane, colour: Plane) -> None:
    scene += cover * ((colour[:, None, None] if colour.ndim == 1 else colour) - scene)


def _relief(p: Person, u: Plane, v: Plane, dome: Plane, smile: float) -> Plane:
    """Give the height of the face towards the viewer, whose slopes make the shading."""
    tip = p.eye_y + p.nose_length
    side = np.abs(u)
    height: Plane = (
        0.75 * dome
        + 0.15 * _bump(u, v, 0, p.eye_y + 0.22, 0.085, 0.26)
        + 0.13 * _bump(u, v, 0, tip - 0.04, p.nose_width * 0.75, 0.085)
        + 0.06 * _bump(side, v, p.nose_width, tip, 0.055, 0.06)
        - 0.10 * _bump(side, v, p.eye_x - 0.02, p.eye_y - 0.01, 0.19, 0.12)
        + 0.03 * _bump(side, v, p.eye_x, p.eye_y, 0.12, 0.07)
        + 0.05 * _bump(side, v, p.eye_x, p.eye_y - p.brow_y, 0.24, 0.07)
        + (0.05 + 0.03 * smile) * _bump(side, v, 0.40, tip - 0.06, 0.17, 0.17)
        + 0.05 * _bump(u, v, 0, p.mouth_y, p.mouth_width, 0.10)
        - 0.03 * _bump(u, v, 0, p.mouth_y + 0.15, 0.16, 0.05)
        + 0.06 * _bump(u, v, 0, p.mouth_y + 0.29, 0.17, 0.11)
    )
    return height


def draw(person: Person, shot: Shot, size: int) -> Plane:
    """Render a person in linear light, (3, size, size) float32, 1 for white."""
    rng = np.random.default_rng(shot.seed)
    grain, cloudy, wall = _fractals(rng, size, 0.5, 1.2, 1.6)
    texture = _Texture(grain=grain, cloudy=cloudy, strands=_strands(rng, size))
    unit = shot.scale * size
    rows, columns = np.mgrid[:size, :size].astype(np.float32)
    across = (columns - size * (0.5 + shot.centre[0])) * np.float32(1 / unit)
    down = (rows - size * (0.5 + shot.centre[1])) * np.float32(1 / unit)
    cos, sin = np.float32(np.cos(shot.roll)), np.float32(np.sin(shot.roll))
    x, y = cos * across + sin * down, cos * down - sin * across

    wall = 1 + shot.clutter * (0.25 * wall + 0.1 * across + 0.15 * down)
    scene = (shot.background[:, None, None] * np.clip(wall, 0.1, 2)).astype(np.float32)
    hair = person.hair[:, None, None] * np.clip(1 + 0.22 * texture.strands + 0.2 * texture.cloudy, 0.15, 3)
    hair = hair * (0.75 + 0.5 * np.clip(shot.light[0] * x - y, -0.5, 0.8))
    edge = 1.6 / unit
    _bust(scene, person, shot, x, y, edge, hair, texture)

    # Most of the work is on the head alone.
    top, left = (round(size * (0.5 + c)) for c in (shot.centre[1], shot.centre[0]))
    high, wide = round(1.08 * unit), round(0.9 * unit)
    window = np.s_[max(top - high, 0) : top + high, max(left - wide, 0) : left + wide]
    _head(scene[(slice(None), *window)], person, shot, x[window], y[window], edge, texture.within(window))
    _fringe(scene, person, x, y, edge, hair, texture)
    light: Plane = np.clip(scene, 0.001, 1.2)
    return light


def _bust(
    scene: Plane, p: Person, shot: Shot, x: Plane, y: Plane, edge: float, hair: Plane, texture: _Texture
) -> None:
    """Paint what is behind the head: hair, neck, clothes, ears."""
    if p.hair_length > 0.5:
        behind = cover(x, y, 0, 0.1, p.width + 0.2, 1.2, 4 * edge)
        behind = np.maximum(behind, cover(x, y, 0, 0.6, p.width + 0.14, p.hair_length - 0.4, 4 * edge))
        _paint(scene, behind, hair * 0.6)
    else:
        _paint(scene, cover(x, y, 0, -0.14, p.width + 0.06, 0.95, 4 * edge), hair * 0.8)
    # The neck lies in the shadow of the jaw. It and the clothes are in the lower half of any picture.
    half = x.shape[0] // 2
    low, x_low, y_low = scene[:, half:], x[half:], y[half:]
    shade = (0.45 + 0.35 * np.clip(y_low - 1.0, 0, 1)) * (1 + 0.5 * shot.light[0] * x_low)
    neck = cover(x_low, y_low, 0, 1.15, p.width * 0.72, 0.85, edge)
    _paint(low, neck, p.skin[:, None, None] * shade)
    weave = 0.75 + 0.08 * texture.cloudy[half:] + 0.06 * texture.grain[half:] + 0.2 * shot.light[0] * x_low
    shoulders = cover(x_low, y_low, 0, 2.35, 1.7, 1.13, 2 * edge)
    shoulders *= 1 - cover(x_low, y_low, 0, 1.05, 0.52, 0.42, edge)
    _paint(low, shoulders, np.clip(shot.cloth[:, None, None] * weave, 0.005, 1))
    level = slice(half // 2, half + half // 2)
    for sign in (-1, 1):
        at = sign * (p.width + 0.01)
        ear = cover(x[level], y[level], at, -0.02, 0.085, 0.2, edge)
        inner = 1 - 0.35 * _bump(x[level], y[level], at, -0.03, 0.04, 0.12)
        _paint(scene[:, level], ear, p.skin[:, None, None] * (0.62 + 0.25 * sign * shot.light[0]) * inner)


def _head(scene: Plane, p: Person, shot: Shot, x: Plane, y: Plane, edge: float, texture: _Texture) -> None:
    """Paint the head: an ellipse whose lower half tapers to the jaw, lit by its slopes."""
    # Features on the front of the head move with yaw and pitch against its outline.
    u, v = x - np.float32(shot.yaw), y - np.float32(shot.pitch)
    half = p.width * (1 - p.jaw * np.clip(y, 0, 1.1) ** 2 - 0.05 * np.clip(-y, 0, 1))
    square = (x / half) ** 2 + y**2
    outline = np.clip(0.5 + (1 - np.sqrt(square)) * (p.width / edge), 0, 1)
    dome = np.sqrt(np.clip(1.02 - square, 0, None))
    height = _relief(p, u, v, dome, shot.smile) + (0.0012 * p.roughness) * texture.grain
    down, across = np.gradient(height, np.float32(edge / 1.6))
    lambert = shot.light[2] - shot.light[0] * across - shot.light[1] * down
    lambert /= np.sqrt(1 + down**2 + across**2)
    # Skin scatters light: the shadow's edge is soft.
    lambert = np.clip(0.12 + 0.88 * lambert, 0, None)
    shine = 0.08 * np.clip(lambert, 0, 1) ** 14
    light = shot.ambient + (1.05 - shot.ambient) * lambert
    tone = 1 + p.roughness * (0.020 * texture.grain + 0.025 * texture.cloudy)
    if p.stubble:
        tone -= p.stubble * _bump(u, v, 0, 0.75, 0.6, 0.32) * (0.6 + 0.25 * texture.strands)
    face = p.skin[:, None, None] * (np.clip(tone, 0.1, 2) * light)
    tip = p.eye_y + p.nose_length
    face[1:] *= 1 - 0.10 * _bump(np.abs(u), v, 0.40, 0.22, 0.2, 0.18) - 0.08 * _bump(u, v, 0, tip, 0.12, 0.1)
    face += shine
    # Eyes and brows are between 25 and 65 per cent of the head's height, nostrils and lips below 55.
    rows = len(u)
    for paint, part in (
        (_eyes, slice(rows * 25 // 100, rows * 65 // 100)),
        (_nose_and_mouth, slice(rows * 55 // 100, rows)),
    ):
        paint(face[:, part], p, shot, u[part], v[part], light[part], edge, texture.strands[part])
    _paint(scene, outline, face)


def _fringe(scene: Plane, p: Person, x: Plane, y: Plane, edge: float, hair: Plane, texture: _Texture) -> None:
    """Paint the hair over forehead and temples, parted and thinning out downwards."""
    side = np.abs(x)
    line = p.hairline + 0.4 * (x - p.parting * 0.5) ** 2 + 0.03 * texture.cloudy
    front = np.clip(0.5 + (line - y) * (1 / (7 * edge)), 0, 1)
    temple = np.clip(0.5 + (side - p.width * (0.88 + 0.16 * y)) * (1 / (5 * edge)), 0, 1)
    ends = np.clip(0.5 + (p.hair_length * 0.6 - y) * (1 / (12 * edge)), 0, 1)
    cap = cover(x, y, 0, -0.12, p.width + 0.07, 0.97, 4 * edge)
    _paint(scene, np.maximum(front, temple * ends) * cap, hair)


def _eyes(
    face: Plane, p: Person, shot: Shot, u: Plane, v: Plane, light: Plane, edge: float, strands: Plane
) -> None:
    """Paint eyes and brows onto the lit skin."""
    side = np.abs(u)
    along = (side - p.eye_x) * (1 / p.eye_size)
    lid = np.clip(1 - along**2, -0.5, 1)
    upper, lower = p.eye_y - 0.46 * p.eye_size * lid, p.eye_y + 0.34 * p.eye_size * lid
    shadow = 0.35 * _bump(along, v, 0, p.eye_y + 0.02, 1.5, 0.13)
    _paint(face, shadow, p.skin * np.array([0.42, 0.34, 0.32], np.float32))
    opening = np.clip(0.5 + np.minimum(v - upper, lower - v) / edge, 0, 1)
    white = np.array([0.72, 0.69, 0.66], np.float32)[:, None, None] * (0.35 + 0.55 * light)
    iris_x = side - p.eye_x + np.sign(u) * shot.yaw * 0.1
    iris = cover(iris_x, v, 0, p.eye_y - 0.02, p.eye_size * 0.44, p.eye_size * 0.44, edge)
    pupil = cover(iris_x, v, 0, p.eye_y - 0.02, p.eye_size * 0.19, p.eye_size * 0.19, edge)
    _paint(white, iris, p.iris)
    _paint(white, pupil, np.array([0.006, 0.006, 0.006], np.float32))
    glint = _bump(u, v, p.eye_x + 0.025 * shot.light[0], p.eye_y - 0.05, 0.02, 0.02)
    glint = glint + _bump(u, v, -p.eye_x + 0.025 * shot.light[0], p.eye_y - 0.05, 0.02, 0.02)
    _paint(white, 0.9 * glint, np.array([0.95, 0.95, 0.95], np.float32))
    _paint(face, opening, white)
    reach = np.clip(1.5 - np.abs(along) * 1.2, 0, 1)
    lines = 0.85 * np.exp(-(((v - upper) / 0.020) ** 2))
    lines += 0.30 * np.exp(-(((v - lower) / 0.014) ** 2))
    lines += 0.30 * np.exp(-(((v - upper + 0.055) / 0.018) ** 2))
    _paint(face, np.clip(lines * reach, 0, 1), p.skin * np.array([0.12, 0.09, 0.08], np.float32))

    brow_along = (side - p.eye_x - 0.01) / 0.22
    arch = p.eye_y - p.brow_y + 0.05 * brow_along**2 - 0.025 * brow_along
    thickness = p.brow_thickness * np.clip(1.15 - 0.45 * brow_along, 0.3, 1.6)
    brow = np.exp(-(((v - arch) / thickness) ** 4)) * np.clip(4 - 4 * np.abs(brow_along), 0, 1)
    _paint(face, brow * np.clip(0.75 + 0.15 * strands, 0, 1), p.hair * 0.45)


def _nose_and_mouth(
    face: Plane, p: Person, shot: Shot, u: Plane, v: Plane, light: Plane, edge: float, strands: Plane
) -> None:
    """Paint nostrils and lips onto the lit skin."""
    tip = p.eye_y + p.nose_length
    hole = _bump(np.abs(u), v, p.nose_width * 0.55, tip + 0.045, 0.045, 0.022)
    under = 0.35 * _bump(u, v, 0, tip + 0.085, p.nose_width * 1.1, 0.035)
    _paint(face, np.clip(0.85 * hole + under, 0, 1), p.skin * np.array([0.16, 0.09, 0.08], np.float32))

    width = p.mouth_width * (1 + 0.12 * shot.smile)
    place = u * (1 / width)
    line = p.mouth_y - 0.05 * shot.smile * place**2
    fullness = np.clip(1 - place**2, 0, None)
    bow = 1 - 0.35 * np.exp(-((place / 0.14) ** 2))
    parted = max(0.0, shot.smile - 0.55) * 0.11 * fullness
    top = line - p.lip_thickness * fullness * bow - parted
    bottom = line + 1.25 * p.lip_thickness * fullness + parted
    lips = np.clip(0.5 + np.minimum(v - top, bottom - v) / (2 * edge), 0, 1) * (fullness > 0)
    _paint(face, 0.9 * lips, p.lips[:, None, None] * light * (1 + 0.05 * strands))
    teeth = np.clip(0.5 + (parted - np.abs(v - line)) / edge, 0, 1) * np.clip(parted / edge, 0, 1)
    _paint(face, teeth, np.array([0.62, 0.58, 0.52], np.float32)[:, None, None] * light)
    seam = np.exp(-(((np.abs(v - line) - parted) / 0.014) ** 2)) * np.clip(6 - 6 * np.abs(place), 0, 1)
    _paint(face, 0.8 * seam, p.lips * 0.15)
