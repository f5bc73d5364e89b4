"""The radial spectrum that is usual for portrait photographs, to compare a face's own with.

``python -m facespectra.models.usual PHOTOGRAPHS...`` writes it anew. Nothing is decided by it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("usual_spectrum.json")
DIGITS = 4


@cache
def usual_spectrum() -> dict[str, Any]:
    """Give ``n``, the number of faces, and ``mean`` and ``sd`` of their default spectra, 300 each."""
    usual: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return usual


def measure(sources: Sequence[str]) -> dict[str, Any]:
    """Measure it over the largest faces of photographs."""
    import numpy as np

    from facespectra.faces import FaceCropper
    from facespectra.features.crops import read_samples
    from facespectra.images import find_images
    from facespectra.spectrum import radial_spectrum

    samples = read_samples([path for source in sources for path in find_images(source)], FaceCropper())
    spectra = radial_spectrum([one.crop.grey for one in samples if one.crop is not None], dtype="float64")
    return {
        "n": len(spectra),
        "mean": np.mean(spectra, axis=0).round(DIGITS).tolist(),
        "sd": np.std(spectra, axis=0).round(DIGITS).tolist(),
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(measure(sys.argv[1:])) + "\n", encoding="utf-8")
