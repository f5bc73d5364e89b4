"""Feature groups in words that need no knowledge of the features."""

from __future__ import annotations

import re
from collections.abc import Mapping

from facespectra.detector.labels import Vocabulary

WHOLE = "face"
PARTS = {
    "inner": "the inner face",
    "ring": "the edge of the face",
    "eyes": "the eyes",
    "mouth": "the mouth",
    "skin": "the skin",
    WHOLE: "the whole face",
}
"""Regions of the face in words."""
_DETAIL = {
    "highpass3": "the finest detail",
    "highpass5": "the fine detail",
    "diff2-h": "the finest detail",
    "diff2-v": "the finest detail",
    "dog0.8": "the fine detail",
    "dog1.6": "the detail",
    "dog3.2": "the coarser detail",
    "dog6.4": "the coarse detail",
}
_LAYERS = {
    0: "the finest texture",
    2: "the fine texture",
    4: "the texture",
    7: "the pattern",
    10: "the shape",
}

_TEXTURE = re.compile(r"(\w+)(-ring)? block (\d+) (?:mean|spread)")
_REGION = re.compile(r"(\w+)(-ring)? (\S+) (?:rms|p90)")
_POWER = re.compile(r"power (\w+) [\d.]+")
_BAND = re.compile(r"[\d.]+-[\d.]+")


def part_of(group: str) -> str:
    """Name the region, of :data:`PARTS`, that a feature group is of; empty where features have no regions."""
    if match := _TEXTURE.fullmatch(group) or _REGION.fullmatch(group):
        return match[1]
    return WHOLE if _POWER.fullmatch(group) else ""


def deciding_group(amounts: Mapping[str, float], *, fake: bool) -> str:
    """Give the group that speaks most for a fake, or against one; empty if none does.

    Where groups are of regions, the region that speaks most as a whole comes first: a strong group of
    another region, which others there outweigh, is no reason.
    """
    signed = {group: amount if fake else -amount for group, amount in amounts.items()}
    parts = {group: part_of(group) for group in signed}
    if signed and all(parts.values()):
        sums = dict.fromkeys(parts.values(), 0.0)
        for group, part in parts.items():
            sums[part] += signed[group]
        region = max(sums, key=sums.__getitem__)
        signed = {group: amount for group, amount in signed.items() if parts[group] == region}
        if sums[region] <= 0:
            return ""
    strongest = max(signed, key=signed.__getitem__, default="")
    return strongest if strongest and signed[strongest] > 0 else ""


def band_of(group: str) -> tuple[float, float] | None:
    """Give the part of the radial spectrum that a feature group is, from 0 to 1; None where it is none."""
    if not _BAND.fullmatch(group):
        return None
    start, stop = map(float, group.split("-"))
    return start, stop


def in_words(group: str, words: Vocabulary, *, fake: bool) -> str:
    """Say what a feature group is evidence for: a fake, or the absence of one; nothing for no group."""
    if not group:
        return ""
    match = _TEXTURE.fullmatch(group) or _REGION.fullmatch(group)
    if match:
        part, relative, kind = match.groups()
        detail = _LAYERS[int(kind)] if kind.isdigit() else _DETAIL[kind]
        what = f"{detail} of {PARTS[part]}"
        if relative:
            return f"{what} {'does not match' if fake else 'matches'} the rest of the face"
    elif match := _POWER.fullmatch(group):
        what = f"the amount of {match[1]} detail"
    elif _BAND.fullmatch(group):
        what = f"the part from {group} of the frequency spectrum"
    else:
        what = f"what {group} sees"
    return f"{what} is more like that of {words.kinds[fake]}"
