"""The words for what a detector says, and what it was checked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FAKE, REAL = "fake", "real"
SWAP, NO_SWAP = "swap", "no-swap-found"
CANNOT_TELL = "cannot-tell"

SWAPS_ALONE = "swaps"
"""What training records of its fakes where all of them are face swaps."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a detector calls the two sides of its threshold, and what that does and does not cover."""

    positive: str
    negative: str
    checked_for: tuple[str, ...]
    not_checked_for: tuple[str, ...]
    kinds: tuple[str, str]  # faces of the training classes, in words: real ones and fakes

    @property
    def scope(self) -> str:
        """One line on what was checked for and what was not."""
        return f"checked for {_listed(self.checked_for)}; not checked for {_listed(self.not_checked_for)}"


SWAPS = Vocabulary(
    SWAP,
    NO_SWAP,
    ("face swaps that lose detail, such as those of early autoencoders",),
    (
        "modern well-blended swaps",
        "faces sharpened after the swap",
        "wholly generated faces",
        "photomontages",
        "changed lips or expressions",
    ),
    ("untouched faces", "swapped faces"),
)
"""Of a model trained on face swaps alone: it knows no other fakes, so it never says that a face is real."""

FAKES = Vocabulary(
    FAKE,
    REAL,
    ("fakes like those of its training data",),
    ("any other kind of fake",),
    ("real faces", "fakes"),
)
"""Of a model trained on somebody's two classes."""


def vocabulary_of(training: Mapping[str, Any]) -> Vocabulary:
    """The words of a model, by what is recorded of its training."""
    # Models that were shipped before have a card instead.
    return SWAPS if training.get("fakes") == SWAPS_ALONE or "card" in training else FAKES


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
