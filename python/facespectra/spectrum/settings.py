"""Settings of a radial spectrum, validated once for all backends."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Literal, get_args

import numpy as np

Convention = Literal["durall", "isotropic"]
DTypeName = Literal["float32", "float64"]

CONVENTIONS: tuple[Convention, ...] = get_args(Convention)
DTYPES: tuple[DTypeName, ...] = get_args(DTypeName)
# More points than this are a mistake in units, not a wish: the largest useful profile has as many as half
# the diagonal of the image has pixels.
MAX_FEATURES = 1_000_000
# It is there to keep a logarithm finite; above this it would drown an 8-bit image.
MAX_EPSILON = 1e6


@dataclass(frozen=True, slots=True)
class SpectrumSettings:
    """Those parameters of :func:`facespectra.radial_spectrum` that change its numbers."""

    n_features: int | None = 300
    convention: Convention = "durall"
    epsilon: float = 1e-8
    normalize: bool = True
    dtype: DTypeName = "float32"

    def __post_init__(self) -> None:
        # Checked although typed: most callers are not.
        n: Any = self.n_features
        if n is not None:
            if isinstance(n, bool) or not isinstance(n, Integral):
                raise TypeError(f"n_features must be an integer or None, got {n!r}")
            n = int(n)
            if not 1 <= n <= MAX_FEATURES:
                raise ValueError(f"n_features must lie between 1 and {MAX_FEATURES}, got {n}")
            object.__setattr__(self, "n_features", n)
        if self.convention not in CONVENTIONS:
            raise ValueError(f"convention must be one of {', '.join(CONVENTIONS)}; got {self.convention!r}")
        epsilon: Any = self.epsilon
        if isinstance(epsilon, bool) or not isinstance(epsilon, Real):
            raise TypeError(f"epsilon must be a number, got {epsilon!r}")
        object.__setattr__(self, "epsilon", float(epsilon))
        if not 0 <= self.epsilon <= MAX_EPSILON:
            raise ValueError(f"epsilon must lie between 0 and {MAX_EPSILON:g}, got {self.epsilon}")
        object.__setattr__(self, "normalize", bool(self.normalize))
        try:
            name = np.dtype(self.dtype).name
        except TypeError:
            name = repr(self.dtype)
        if name not in DTYPES:
            raise ValueError(f"dtype must be float32 or float64, got {self.dtype!r}")
        object.__setattr__(self, "dtype", name)
