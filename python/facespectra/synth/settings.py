"""What the generator of synthetic swaps does, and how strongly: every step has its switch."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias

Range: TypeAlias = tuple[float, float]

STEPS = (
    "generator",
    "upsamplers",
    "checkerboard",
    "donor",
    "identity",
    "colour",
    "lighting",
    "matching",
    "seamless",
    "masks",
    "softness",
    "grain",
    "chain_noise",
    "chain_tone",
    "chain_sharpness",
    "chain_jpeg",
    "chain_h264",
    "chain_resize",
)
"""Every step that :meth:`SwapSettings.without` switches off, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapSettings:
    """Ranges that each swap is drawn from; two numbers are the least and the greatest.

    Lengths that belong to the face are shares of the width of its box. A step is switched off by its switch
    (a bool), or by its probability (0).

    Attributes
    ----------
    face_width : (float, float)
        Width of the face's box in the frame that is swapped, in pixels, drawn evenly on a logarithmic scale;
        a photograph is never enlarged by more than `enlarge`.
    enlarge : float
        See `face_width`.
    grain : (float, float)
        Sensor noise of the frame before the swap, in grey levels: what the generator cannot paint.
    generator : bool
        Send the face through a picture of low resolution. Without it, the face is blurred instead.
    resolution : (float, float)
        Side of the generator's square picture in pixels, on a logarithmic scale: 64 to 128 are early
        autoencoders, 256 and more are modern swaps.
    extent : (float, float)
        Side of the square that the generator sees.
    blur : (float, float)
        Sigma, in pixels of the generator, by which its picture lacks detail.
    damping : float
        Probability of a face that keeps its finest detail and loses some of the middle band instead.
    upsamplers : bool
        Draw from nearest, bilinear, bicubic, Lanczos and area resampling. Without it, bicubic alone.
    checkerboard : float
        Probability that the generator's last doubling leaves the pattern of a transposed convolution.
    donor : float
        Probability that the face is somebody else's, aligned by its landmarks, where there is somebody.
    identity : (float, float)
        Largest displacement of the smooth deformation that makes the painted face another one.
    colour : (float, float)
        Spread of the gains by which the painted colours are off; half of it for each channel by itself.
    lighting : (float, float)
        Greatest difference in brightness from one side of the painted face to the other.
    matching : (float, float)
        How far mean and spread of the painted colours are drawn to those of the face beneath.
    seamless : float
        Probability that what is left of the colour difference at the mask's edge is smoothed into the face.
    masks : bool
        Draw from ellipse, hull of the landmarks and rotated rectangle, each deformed. Without it, an ellipse.
    mask_size : (float, float)
        Size of the mask against its usual one.
    softness : (float, float)
        Sigma of the mask's edge.
    opacity : (float, float)
        Of the mask at its middle.
    chain_noise : (float, float)
        Noise in grey levels after the swap, the same in both twins, as is all that follows.
    chain_tone : (float, float)
        Exponent of the tone curve, and with it as much of a change in contrast.
    chain_sharpness : (float, float)
        Negative: sigma of a blur. Positive: amount of unsharp masking.
    chain_jpeg : (float, float)
        Quality of the first JPEG.
    chain_h264 : float
        Probability that H.264 takes the place of the first JPEG. Needs PyAV.
    chain_crf : (float, float)
        Constant rate factor of H.264.
    chain_resize : (float, float)
        Final change of size.
    chain_last_jpeg : (float, float)
        Quality of the last JPEG, which every picture goes through.
    """

    face_width: Range = (72.0, 260.0)
    enlarge: float = 1.15
    grain: Range = (0.0, 4.0)
    generator: bool = True
    resolution: Range = (32.0, 160.0)
    extent: Range = (0.95, 1.5)
    blur: Range = (0.0, 1.0)
    damping: float = 0.1
    upsamplers: bool = True
    checkerboard: float = 0.2
    donor: float = 0.35
    identity: Range = (0.0, 0.04)
    colour: Range = (0.0, 0.12)
    lighting: Range = (0.0, 0.25)
    matching: Range = (0.0, 1.0)
    seamless: float = 0.2
    masks: bool = True
    mask_size: Range = (0.75, 1.2)
    softness: Range = (0.005, 0.1)
    opacity: Range = (0.9, 1.0)
    chain_noise: Range = (0.0, 5.0)
    chain_tone: Range = (0.75, 1.33)
    chain_sharpness: Range = (-1.0, 1.2)
    chain_jpeg: Range = (25.0, 92.0)
    chain_h264: float = 0.4
    chain_crf: Range = (18.0, 36.0)
    chain_resize: Range = (0.65, 1.2)
    chain_last_jpeg: Range = (60.0, 98.0)

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, tuple):
                if len(value) != 2 or not value[0] <= value[1]:
                    raise ValueError(f"{field.name} must be two numbers in ascending order, not {value!r}")
            elif not 0 <= value <= (1 if field.name != "enlarge" else 100):
                raise ValueError(f"{field.name} is a probability between 0 and 1, not {value!r}")
        for name in ("face_width", "resolution", "extent", "mask_size", "chain_resize", "chain_tone"):
            if getattr(self, name)[0] <= 0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)!r}")

    def without(self, *steps: str) -> SwapSettings:
        """Switch steps off.

        Parameters
        ----------
        *steps : str
            Names out of :data:`STEPS`.

        Returns
        -------
        SwapSettings

        Raises
        ------
        ValueError
            If there is no such step.
        """
        changes: dict[str, Any] = {}
        for step in steps:
            if step not in STEPS:
                raise ValueError(f"unknown step {step!r}; use one of {', '.join(STEPS)}")
            changes |= _OFF[step]
        return replace(self, **changes)


_NOTHING = (0.0, 0.0)
_OFF: dict[str, dict[str, Any]] = {
    "generator": {"generator": False},
    "upsamplers": {"upsamplers": False},
    "checkerboard": {"checkerboard": 0.0},
    "donor": {"donor": 0.0},
    "identity": {"identity": _NOTHING},
    "colour": {"colour": _NOTHING},
    "lighting": {"lighting": _NOTHING},
    "matching": {"matching": _NOTHING},
    "seamless": {"seamless": 0.0},
    "masks": {"masks": False},
    "softness": {"softness": (0.005, 0.005)},
    "grain": {"grain": _NOTHING},
    "chain_noise": {"chain_noise": _NOTHING},
    "chain_tone": {"chain_tone": (1.0, 1.0)},
    "chain_sharpness": {"chain_sharpness": _NOTHING},
    "chain_jpeg": {"chain_jpeg": (100.0, 100.0), "chain_last_jpeg": (98.0, 98.0)},
    "chain_h264": {"chain_h264": 0.0},
    "chain_resize": {"chain_resize": (1.0, 1.0)},
}

PRESETS: dict[str, SwapSettings] = {
    "default": SwapSettings(),
    "early": SwapSettings(resolution=(32.0, 128.0), matching=(0.0, 0.7), seamless=0.05),
    "modern": SwapSettings(
        resolution=(160.0, 320.0),
        blur=(0.0, 0.5),
        colour=(0.0, 0.04),
        lighting=(0.0, 0.08),
        matching=(0.7, 1.0),
        seamless=0.5,
        face_width=(120.0, 400.0),
    ),
    "small": SwapSettings(face_width=(40.0, 90.0)),
}
"""Settings by name: the default, early autoencoders, modern swaps, small faces."""
