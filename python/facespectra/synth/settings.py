"""What the generator of synthetic swaps does, and how strongly; every step can be switched off."""

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
"""The steps that :meth:`SwapSettings.without` switches off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapSettings:
    """The ranges that each swap is drawn from, (lowest, highest), and the probabilities of its steps.

    Lengths of the face are fractions of the width of its box, those of the generator's picture are in its
    pixels, and noise is in grey levels.
    """

    # The frame before the swap: width of the face's box in pixels, logarithmic; most that a photograph is
    # enlarged by; and sensor noise, which the generator cannot paint.
    face_width: Range = (72.0, 260.0)
    enlarge: float = 1.15
    grain: Range = (0.0, 4.0)
    # Pass the face through a low-resolution picture; without it, the face is blurred instead.
    generator: bool = True
    # Side of that picture in pixels, logarithmic: early autoencoders 64 to 128, modern swaps 256 and more.
    resolution: Range = (32.0, 160.0)
    # Side of the square that the generator sees.
    extent: Range = (0.95, 1.5)
    # Sigma of the detail that the generator's picture lacks.
    blur: Range = (0.0, 1.0)
    # Probability that a face keeps its finest detail and loses some of the middle band instead.
    damping: float = 0.1
    # Draw from nearest, bilinear, bicubic, Lanczos and Hamming resampling; without it, always bicubic.
    upsamplers: bool = True
    # Probability of the pattern that a transposed convolution leaves in the last doubling.
    checkerboard: float = 0.2
    # Probability that the face is another person's, aligned by its landmarks.
    donor: float = 0.35
    # Probability that a restorer smooths the painted face and sharpens its edges.
    restored: float = 0.0
    # Largest displacement of the smooth deformation that changes the identity.
    identity: Range = (0.0, 0.04)
    # Spread of the errors in the colour gains; half of it for each channel by itself.
    colour: Range = (0.0, 0.12)
    # Largest difference in brightness from one side of the face to the other.
    lighting: Range = (0.0, 0.25)
    # How far mean and spread of the colours are matched to those of the original face.
    matching: Range = (0.0, 1.0)
    # Probability that the colour difference left at the mask's edge is smoothed into the face.
    seamless: float = 0.2
    # Draw from ellipse, hull of the landmarks and rotated rectangle, deformed; without it, an ellipse.
    masks: bool = True
    mask_size: Range = (0.75, 1.2)  # relative to the usual size
    softness: Range = (0.005, 0.1)  # sigma of the mask's edge
    opacity: Range = (0.9, 1.0)  # of the mask at its centre
    # After the swap, the same for both twins.
    chain_noise: Range = (0.0, 5.0)
    chain_tone: Range = (0.75, 1.33)  # exponent of the tone curve, and as much of a change in contrast
    chain_sharpness: Range = (-1.0, 1.2)  # negative: sigma of a blur; positive: amount of unsharp masking
    chain_jpeg: Range = (25.0, 92.0)  # quality of the first JPEG
    chain_h264: float = 0.4  # probability that H.264 replaces the first JPEG; needs PyAV
    chain_crf: Range = (18.0, 36.0)  # constant rate factor of H.264
    chain_resize: Range = (0.65, 1.2)
    chain_last_jpeg: Range = (60.0, 98.0)  # quality of the last JPEG, which every image goes through

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, tuple):
                if len(value) != 2 or not value[0] <= value[1]:
                    raise ValueError(f"{field.name} must be two numbers in ascending order, not {value!r}")
            elif not 0 <= value <= (most := 100 if field.name == "enlarge" else 1):
                raise ValueError(f"{field.name} must be between 0 and {most}, not {value!r}")
        for name in ("face_width", "resolution", "extent", "mask_size", "chain_resize", "chain_tone"):
            if getattr(self, name)[0] <= 0:
                raise ValueError(f"{name} must be above 0, not {getattr(self, name)!r}")

    def without(self, *steps: str) -> SwapSettings:
        """Switch steps of :data:`STEPS` off."""
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
PRESETS["restored"] = replace(PRESETS["modern"], restored=1.0, damping=0.0, checkerboard=0.0)
"""Settings by name: the default, early autoencoders, modern swaps, small faces, and modern swaps restored."""
