"""A few samples of a data set, drawn by class with a seed, and read once more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from facespectra.features.crops import Crop, Source, read_samples


def stratified_sample(
    labels: NDArray[np.int64], usable: NDArray[np.bool_], n: int, *, seed: int = 0
) -> list[int]:
    """Draw at most `n` usable samples, half of each class where there are enough; indices, rising."""
    rng = np.random.default_rng(seed)
    drawn: list[int] = []
    for label in (0, 1):
        candidates = np.flatnonzero(usable & (labels == label))
        drawn += rng.permutation(candidates)[: n // 2].tolist()
    return sorted(drawn)


def read_again(sources: Sequence[Source], indices: Sequence[int]) -> Iterator[tuple[int, Crop]]:
    """Read the whole images of some samples, each with its index; a file that is gone by now is left out.

    Rising indices let the frames of a video be decoded in one go.
    """
    samples = read_samples([sources[index] for index in indices], None)
    for index, sample in zip(indices, samples, strict=True):
        if sample.crop is not None:
            yield index, sample.crop
