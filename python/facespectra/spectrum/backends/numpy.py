"""The readable reference: the definition, image by image."""

from __future__ import annotations

from collections.abc import Sequence

from facespectra.spectrum import definition
from facespectra.spectrum.images import Grey
from facespectra.spectrum.settings import SpectrumSettings


def extract(images: Sequence[Grey], settings: SpectrumSettings, threads: int, out: definition.Floats) -> None:
    """Write the spectrum of each image into its row of `out`; one thread whatever `threads` says."""
    del threads
    for i, image in enumerate(images):
        try:
            out[i] = definition.radial_spectrum_of(image, settings)
        except ValueError as error:
            raise ValueError(f"image {i}: {error}") from None
