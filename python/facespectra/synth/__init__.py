"""Synthetic face swaps out of real photographs: fakes to train on without a single fake photograph."""

from __future__ import annotations

from facespectra.synth.pairs import Pair, make_pairs, map_pairs
from facespectra.synth.settings import PRESETS, STEPS, SwapSettings
from facespectra.synth.twins import Twins, around_face, generator, make_twins

__all__ = [
    "PRESETS",
    "STEPS",
    "Pair",
    "SwapSettings",
    "Twins",
    "around_face",
    "generator",
    "make_pairs",
    "make_twins",
    "map_pairs",
]
