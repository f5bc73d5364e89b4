"""The interface of a feature set: what turns crops into rows of numbers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from facespectra.features.crops import Crop

Matrix: TypeAlias = NDArray[np.floating[Any]]

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Where and how features are computed; none of it changes a model."""

    backend: str | None = None
    threads: int | None = None
    device: str | None = None
    weights: str | os.PathLike[str] | None = None
    precision: str = "auto"


@dataclass(frozen=True, slots=True)
class FeatureGroup:
    """Features that people have one word for."""

    name: str  # "0.1-0.2" for a band of the spectrum, in parts of its length; else the feature or network
    columns: slice
    kind: Literal["band", "network", "region"]


class FeatureSet(Protocol):
    """What turns crops into rows of numbers; the defaults suit a set that is one thing, from grey crops."""

    width: int
    colour: bool = False  # whether it looks at the colours of crops
    takes_weights: bool = False  # whether Runtime.weights mean something to it
    # Widths of the blocks that a classifier must give equal weight; empty where it takes numbers as they are.
    blocks: tuple[int, ...] = ()
    # What it is joined of, by name and in order; empty where it is one thing.
    parts: Mapping[str, FeatureSet] = NOTHING
    # Which columns are the radial spectrum; None where there is none.
    spectrum: slice | None = None

    @property
    def groups(self) -> tuple[FeatureGroup, ...]:
        """All columns, named and grouped as people speak of them."""
        ...

    @property
    def settings(self) -> dict[str, Any]:
        """Plain data; made with the same settings, a feature set gives the same numbers."""
        ...

    @property
    def depends(self) -> dict[str, Any]:
        """Plain data: all that the bits of the numbers depend on besides the crop, for a cache."""
        ...

    def extract(self, crops: Sequence[Crop]) -> Matrix:
        """Compute the features of at least one crop, (len(crops), width); ValueError where one has none."""
        ...
