"""What is computed from a crop, by name: spectrum, ResNet-50's features, both joined, or detail by region."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facespectra._versions import versions_of
from facespectra.features.crops import Crop
from facespectra.spectrum.settings import SpectrumSettings

Matrix: TypeAlias = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Where and how features are computed; none of it is a part of a model.

    Attributes
    ----------
    backend, threads
        As in :func:`facespectra.radial_spectrum`.
    device, weights, precision
        As in :class:`facespectra.DeepFeatures`.
    """

    backend: str | None = None
    threads: int | None = None
    device: str | None = None
    weights: str | os.PathLike[str] | None = None
    precision: str = "auto"


class FeatureSet(Protocol):
    """What turns crops into rows of numbers.

    Attributes
    ----------
    width : int
        Numbers per crop.
    blocks : tuple of int
        Widths of the parts that a classifier must scale to an equal say; empty where it takes the numbers as
        they are.
    parts : mapping of str to FeatureSet
        What it is joined of, by name and in order; empty where it is one thing.
    colour : bool
        Whether it looks at the colours of crops.
    """

    width: int
    colour: bool
    blocks: tuple[int, ...]
    parts: Mapping[str, FeatureSet]

    @property
    def settings(self) -> dict[str, Any]:
        """Plain data; made with the same settings, a feature set gives the same numbers."""
        ...

    @property
    def depends(self) -> dict[str, Any]:
        """Plain data: all that the bits of the numbers depend on besides the crop, for a cache."""
        ...

    def extract(self, crops: Sequence[Crop]) -> Matrix:
        """Compute the features of some crops.

        Parameters
        ----------
        crops : sequence of Crop
            Of any sizes; at least one.

        Returns
        -------
        (len(crops), width) floating array

        Raises
        ------
        ValueError
            If one of the crops has no such features, by being too small.
        """
        ...


class SpectrumFeatures:
    """The radial spectrum of the grey crop.

    Parameters
    ----------
    runtime : Runtime
        Of it, ``backend`` and ``threads``.
    **settings
        ``n_features``, ``convention``, ``epsilon``, ``normalize`` and ``dtype`` of
        :func:`facespectra.radial_spectrum`.

    Raises
    ------
    TypeError, ValueError
        If a setting is unknown or wrong, or ``n_features`` is None.
    """

    colour = False
    blocks: tuple[int, ...] = ()
    parts: Mapping[str, FeatureSet] = MappingProxyType({})

    def __init__(self, runtime: Runtime, **settings: Any) -> None:
        checked = SpectrumSettings(**settings)
        if checked.n_features is None:
            raise ValueError(
                "n_features must be a number here: crops differ in size, so their profiles do in length"
            )
        self._settings = asdict(checked)
        self.width: int = checked.n_features
        self.runtime = runtime

    @property
    def settings(self) -> dict[str, Any]:
        """See :class:`FeatureSet`."""
        return dict(self._settings)

    @property
    def depends(self) -> dict[str, Any]:
        """See :class:`FeatureSet`. Backends agree to their tolerance and not to the last bit."""
        from facespectra.spectrum.backends import get_backend

        return self.settings | {
            "backend": get_backend(self.runtime.backend)[0],
            "versions": versions_of("numpy"),
        }

    def extract(self, crops: Sequence[Crop]) -> Matrix:
        """Compute the radial spectra of some crops; see :class:`FeatureSet`."""
        from facespectra.spectrum import radial_spectrum

        spectra: Matrix = radial_spectrum(
            [crop.grey for crop in crops],
            backend=self.runtime.backend,
            threads=self.runtime.threads,
            **self._settings,
        )
        return spectra


class ResNet50Features:
    """The pooled features of ResNet-50, of the crop in colour.

    Parameters
    ----------
    runtime : Runtime
        Of it, ``device``, ``weights`` and ``precision``.
    weights_sha256 : str, optional
        Of the file of the weights. Others are refused. Default: whatever `runtime` names.
    """

    colour = True
    blocks: tuple[int, ...] = ()
    parts: Mapping[str, FeatureSet] = MappingProxyType({})

    def __init__(self, runtime: Runtime, *, weights_sha256: str | None = None) -> None:
        from facespectra.deep.network import WIDTH, ResNet50

        self.width = WIDTH
        self.network = ResNet50(
            runtime.weights, sha256=weights_sha256, device=runtime.device, precision=runtime.precision
        )

    @property
    def settings(self) -> dict[str, Any]:
        """See :class:`FeatureSet`. Looks for the weights."""
        return {"weights_sha256": self.network.sha256}

    @property
    def depends(self) -> dict[str, Any]:
        """See :class:`FeatureSet`. Looks for the weights."""
        return (
            self.settings
            | self.network.numerics
            | {"versions": versions_of("torch", "torchvision", "pillow")}
        )

    def extract(self, crops: Sequence[Crop]) -> Matrix:
        """Compute the pooled features of some crops; see :class:`FeatureSet`."""
        return self.network.features([crop.rgb for crop in crops])


class JoinedFeatures:
    """ResNet-50's features and the radial spectrum, in this order, side by side.

    Parameters
    ----------
    runtime : Runtime
        For both.
    balanced : bool
        Whether the classifier is to scale both to an equal say, see
        :class:`facespectra.detector.blocks.BlockScaler`.
    weights_sha256 : str, optional
        As for :class:`ResNet50Features`.
    **settings
        As for :class:`SpectrumFeatures`.
    """

    colour = True

    def __init__(
        self, runtime: Runtime, *, balanced: bool, weights_sha256: str | None = None, **settings: Any
    ) -> None:
        self.parts: Mapping[str, FeatureSet] = {
            "resnet50": ResNet50Features(runtime, weights_sha256=weights_sha256),
            "spectrum": SpectrumFeatures(runtime, **settings),
        }
        widths = tuple(part.width for part in self.parts.values())
        self.width = sum(widths)
        self.blocks: tuple[int, ...] = widths if balanced else ()

    @property
    def settings(self) -> dict[str, Any]:
        """See :class:`FeatureSet`. Looks for the weights."""
        return {key: value for part in self.parts.values() for key, value in part.settings.items()}

    @property
    def depends(self) -> dict[str, Any]:
        """See :class:`FeatureSet`. Looks for the weights."""
        return {name: part.depends for name, part in self.parts.items()}

    def extract(self, crops: Sequence[Crop]) -> Matrix:
        """Compute both; see :class:`FeatureSet`."""
        return np.concatenate([part.extract(crops) for part in self.parts.values()], axis=1)


class RegionFeatureSet:
    """Detail by band and region of the face, see :mod:`facespectra.regions`.

    Parameters
    ----------
    runtime : Runtime
        Nothing of it matters here.
    """

    colour = False
    blocks: tuple[int, ...] = ()
    parts: Mapping[str, FeatureSet] = MappingProxyType({})

    def __init__(self, runtime: Runtime) -> None:
        from facespectra.regions.layout import feature_names

        self.width = len(feature_names())

    @property
    def settings(self) -> dict[str, Any]:
        """See :class:`FeatureSet`."""
        return {}

    @property
    def depends(self) -> dict[str, Any]:
        """See :class:`FeatureSet`."""
        return {"versions": versions_of("numpy", "scipy", "numba")}

    def extract(self, crops: Sequence[Crop]) -> Matrix:
        """Compute the region features of some crops; see :class:`FeatureSet`."""
        from facespectra.regions.fast import face_features, region_features

        return np.array(
            [
                region_features(crop.grey)
                if crop.face is None
                else face_features(crop.grey, crop.face, crop.box[0], crop.box[1])
                for crop in crops
            ]
        )


def _fusion(runtime: Runtime, **settings: Any) -> FeatureSet:
    return JoinedFeatures(runtime, balanced=True, **settings)


def _concatenation(runtime: Runtime, **settings: Any) -> FeatureSet:
    return JoinedFeatures(runtime, balanced=False, **settings)


FEATURES: dict[str, Callable[..., FeatureSet]] = {
    "spectrum": SpectrumFeatures,
    "resnet50": ResNet50Features,
    "fusion": _fusion,
    "concatenation": _concatenation,
    "regions": RegionFeatureSet,
}

SPECTRUM_SETTINGS = frozenset(SpectrumSettings.__dataclass_fields__)
SETTINGS = {
    "spectrum": SPECTRUM_SETTINGS,
    "resnet50": frozenset({"weights_sha256"}),
    "fusion": SPECTRUM_SETTINGS | {"weights_sha256"},
    "concatenation": SPECTRUM_SETTINGS | {"weights_sha256"},
    "regions": frozenset(),
}


def make_features(name: str, settings: Mapping[str, Any], **runtime: Any) -> FeatureSet:
    """Make the feature set of this name.

    Parameters
    ----------
    name : str
        One of :data:`FEATURES`.
    settings : mapping
        Its settings; what is not in it keeps its default.
    **runtime
        What does not change the numbers, see :class:`Runtime`.

    Returns
    -------
    FeatureSet

    Raises
    ------
    ValueError, TypeError
        If the name or a setting is unknown, or weights are given to features that use none.
    """
    if name not in FEATURES:
        raise ValueError(f"unknown features {name!r}; use one of {', '.join(FEATURES)}")
    if unknown := sorted(set(settings) - SETTINGS[name]):
        raise TypeError(
            f"features {name!r} have no setting {unknown[0]!r}; known: {', '.join(sorted(SETTINGS[name]))}"
        )
    where = Runtime(**runtime)
    if where.weights is not None and "weights_sha256" not in SETTINGS[name]:
        raise ValueError(f"features {name!r} come from no network and take no weights")
    return FEATURES[name](where, **settings)
