"""The readable reference: the definition, image by image."""

from __future__ import annotations

from collections.abc import Sequence

from facespectra.spectrum import definition
from facespectra.spectrum.arrays import Grey
from facespectra.spectrum.backends._parallel import for_each
from facespectra.spectrum.settings import SpectrumSettings


def extract(images: Sequence[Grey], settings: SpectrumSettings, threads: int, out: definition.Floats) -> None:
    """Write the spectrum of each image into its row of `out`."""

    def one(i: int, image: Grey) -> None:
        out[i] = definition.radial_spectrum_of(image, settings)

    for_each(images, threads, one)
