"""The compiled core; facespectra.spectrum.backends.native and facespectra._mtcnn are its only users."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

class FftLibrary:
    @staticmethod
    def open(single_file: str, double_file: str, separate: bool, plans: str = "") -> FftLibrary: ...
    @property
    def version(self) -> str: ...
    @property
    def has_saved_plans(self) -> bool: ...

class Extractor32:
    def __init__(self, library: FftLibrary, simd: str = "") -> None: ...
    def extract(
        self,
        images: Sequence[NDArray[np.generic]] | NDArray[np.generic],
        convention: str,
        n_features: int,
        epsilon: float,
        normalize: bool,
        threads: int,
        out: NDArray[np.float32],
    ) -> None: ...

class Extractor64:
    def __init__(self, library: FftLibrary, simd: str = "") -> None: ...
    def extract(
        self,
        images: Sequence[NDArray[np.generic]] | NDArray[np.generic],
        convention: str,
        n_features: int,
        epsilon: float,
        normalize: bool,
        threads: int,
        out: NDArray[np.float64],
    ) -> None: ...

class FaceFinder:
    def __init__(self, parameters: Mapping[str, NDArray[np.float32]], simd: str = "") -> None: ...
    def find(
        self, image: NDArray[np.uint8], *, smallest_face: float = 20, enough: float = 0
    ) -> NDArray[np.float32]: ...

def environment(name: str) -> str: ...
def simd_levels() -> list[str]: ...
def compiler() -> str: ...
