"""What is computed from a crop, by name.

Another feature set is a class here (or in a module of its own) that follows :class:`FeatureSet`, and an entry
in :data:`FEATURES`: commands, the lab, explanations and reports ask these two for the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from facespectra._threads import ordered_map, thread_count
from facespectra._versions import versions_of
from facespectra.features.feature_set import NOTHING, FeatureGroup, FeatureSet, Matrix, Runtime
from facespectra.spectrum.settings import SpectrumSettings

if TYPE_CHECKING:
    from facespectra.features.crops import Crop

BANDS = 10
NETWORKS = ("resnet50", "efficientnet-lite0")  # the default first


class SpectrumFeatures(FeatureSet):
    """The radial spectrum of the grey crop, by the settings of :func:`facespectra.radial_spectrum`."""

    def __init__(self, runtime: Runtime, **settings: Any) -> None:
        valid = SpectrumSettings(**settings)
        if valid.n_features is None:
            raise ValueError(
                "n_features must be a number here: crops differ in size, so their profiles do in length"
            )
        self._settings = asdict(valid)
        self.width = valid.n_features
        self.spectrum = slice(0, self.width)
        self.runtime = runtime

    @property
    def groups(self) -> tuple[FeatureGroup, ...]:
        """Equal bands of the radius."""
        edges = np.linspace(0, self.width, BANDS + 1).round().astype(int).tolist()
        return tuple(
            FeatureGroup(f"{k / BANDS:g}-{(k + 1) / BANDS:g}", slice(edges[k], edges[k + 1]), "band")
            for k in range(BANDS)
            if edges[k] < edges[k + 1]
        )

    @property
    def settings(self) -> dict[str, Any]:
        """See :class:`FeatureSet`."""
        return dict(self._settings)

    @property
    def depends(self) -> dict[str, Any]:
        """See :class:`FeatureSet`. Backends agree to their tolerance and not to the last bit."""
        from facespectra.spectrum.backends import get_backend

        backend = get_backend(self.runtime.backend)[0]
        return self.settings | {"backend": backend, "versions": versions_of("numpy")}

    def extract(self, crops: Sequence[Crop]) -> Matrix:
        """See :class:`FeatureSet`."""
        from facespectra.spectrum import radial_spectrum

        spectra: Matrix = radial_spectrum(
            [crop.grey for crop in crops],
            backend=self.runtime.backend,
            threads=self.runtime.threads,
            **self._settings,
        )
        return spectra


class ResNet50Features(FeatureSet):
    """The 2048 pooled features of ResNet-50, of the crop in colour; weights of another hash are refused."""

    colour = True
    takes_weights = True

    def __init__(self, runtime: Runtime, *, weights_sha256: str | None = None) -> None:
        from facespectra.deep.network import WIDTH, ResNet50

        self.width = WIDTH
        self.network = ResNet50(
            runtime.weights, sha256=weights_sha256, device=runtime.device, precision=runtime.precision
        )

    @property
    def groups(self) -> tuple[FeatureGroup, ...]:
        """All of the network's features as one."""
        return (FeatureGroup("ResNet-50", slice(0, self.width), "network"),)

    @property
    def settings(self) -> dict[str, Any]:
        """See :class:`FeatureSet`. Looks for the weights."""
        return {"weights_sha256": self.network.sha256}

    @property
    def depends(self) -> dict[str, Any]:
        """See :class:`FeatureSet`. Looks for the weights."""
        versions = versions_of("torch", "torchvision", "pillow")
        return self.settings | self.network.numerics | {"versions": versions}

    def extract(self, crops: Sequence[Crop]) -> Matrix:
        """See :class:`FeatureSet`."""
        return self.network.features([crop.rgb for crop in crops])


class EfficientNetLite0Features(FeatureSet):
    """The 1280 pooled features of EfficientNet-Lite0, of the crop in colour; its weights come with it."""

    colour = True

    def __init__(self, runtime: Runtime) -> None:
        from facespectra.deep.pooled import WIDTH, EfficientNetLite0

        self.width = WIDTH
        self.network = EfficientNetLite0(runtime.threads)

    @property
    def groups(self) -> tuple[FeatureGroup, ...]:
        """All of the network's features as one."""
        return (FeatureGroup("EfficientNet-Lite0", slice(0, self.width), "network"),)

    @property
    def settings(self) -> dict[str, Any]:
        """See :class:`FeatureSet`."""
        return {}

    @property
    def depends(self) -> dict[str, Any]:
        """See :class:`FeatureSet`."""
        versions = versions_of("onnxruntime", "numpy", "pillow")
        return {"weights_sha256": self.network.sha256, "versions": versions}

    def extract(self, crops: Sequence[Crop]) -> Matrix:
        """See :class:`FeatureSet`."""
        return self.network.features([crop.rgb for crop in crops])


class RegionFeatureSet(FeatureSet):
    """Detail by band and region of the face, see :mod:`facespectra.regions`; no runtime setting matters."""

    def __init__(self, runtime: Runtime) -> None:
        from facespectra.regions.layout import feature_names

        self.names = feature_names()
        self.width = len(self.names)

    @property
    def groups(self) -> tuple[FeatureGroup, ...]:
        """Each feature on its own."""
        return tuple(FeatureGroup(name, slice(k, k + 1), "region") for k, name in enumerate(self.names))

    @property
    def settings(self) -> dict[str, Any]:
        """See :class:`FeatureSet`."""
        return {}

    @property
    def depends(self) -> dict[str, Any]:
        """See :class:`FeatureSet`."""
        return {"versions": versions_of("numpy", "scipy", "numba")}

    def extract(self, crops: Sequence[Crop]) -> Matrix:
        """See :class:`FeatureSet`."""
        from facespectra.regions.fast import face_features, region_features

        return np.array(
            [
                region_features(crop.grey)
                if crop.face is None
                else face_features(crop.grey, crop.face, crop.box[0], crop.box[1])
                for crop in crops
            ]
        )


class TextureFeatureSet(FeatureSet):
    """Early layers of EfficientNet-Lite0, region against region; only threads matter at run time."""

    colour = True

    def __init__(self, runtime: Runtime) -> None:
        from facespectra.texture.layout import WIDTH

        self.width = WIDTH
        self.runtime = runtime

    @property
    def groups(self) -> tuple[FeatureGroup, ...]:
        """All channels of a layer, by region and statistic."""
        from facespectra.texture.layout import COLUMNS, group_name

        return tuple(FeatureGroup(group_name(*key), columns, "region") for key, columns in COLUMNS.items())

    @property
    def settings(self) -> dict[str, Any]:
        """See :class:`FeatureSet`."""
        return {}

    @property
    def depends(self) -> dict[str, Any]:
        """See :class:`FeatureSet`."""
        from facespectra.deep.efficientnet import SHA256

        return {"weights": SHA256, "versions": versions_of("numpy", "pillow", "onnxruntime")}

    def extract(self, crops: Sequence[Crop]) -> Matrix:
        """See :class:`FeatureSet`."""
        workers = min(thread_count(self.runtime.threads), len(crops))
        rows = ordered_map(_texture_of, crops, workers=workers, max_pending=2 * workers)
        return np.array(list(rows))


def _texture_of(crop: Crop) -> Matrix:
    from facespectra.texture.fast import face_features, texture_features

    if crop.face is None:
        return texture_features(crop.rgb)
    return face_features(crop.rgb, crop.face, *crop.box[:2])


class JoinedFeatures(FeatureSet):
    """Other feature sets side by side; `balanced` has the classifier give each of them equal weight.

    `choice` holds the settings that say which feature sets these are.
    """

    def __init__(
        self, parts: Mapping[str, FeatureSet], *, balanced: bool, choice: Mapping[str, Any] = NOTHING
    ) -> None:
        self.parts = dict(parts)
        self.choice = dict(choice)
        widths = [part.width for part in parts.values()]
        self._starts = [sum(widths[:k]) for k in range(len(widths))]
        self.width = sum(widths)
        self.blocks = tuple(widths) if balanced else ()
        self.colour = any(part.colour for part in parts.values())
        self.takes_weights = any(part.takes_weights for part in parts.values())
        for start, part in zip(self._starts, parts.values(), strict=True):
            if part.spectrum is not None:
                self.spectrum = _moved(part.spectrum, start)

    @property
    def groups(self) -> tuple[FeatureGroup, ...]:
        """The groups of its parts."""
        return tuple(
            FeatureGroup(group.name, _moved(group.columns, start), group.kind)
            for start, part in zip(self._starts, self.parts.values(), strict=True)
            for group in part.groups
        )

    @property
    def settings(self) -> dict[str, Any]:
        """See :class:`FeatureSet`. Looks for the weights."""
        own = {key: value for part in self.parts.values() for key, value in part.settings.items()}
        return own | self.choice

    @property
    def depends(self) -> dict[str, Any]:
        """See :class:`FeatureSet`. Looks for the weights."""
        return {name: part.depends for name, part in self.parts.items()}

    def extract(self, crops: Sequence[Crop]) -> Matrix:
        """See :class:`FeatureSet`."""
        return np.concatenate([part.extract(crops) for part in self.parts.values()], axis=1)


def _moved(columns: slice, by: int) -> slice:
    return slice(columns.start + by, columns.stop + by)


@dataclass(frozen=True, slots=True)
class FeatureEntry:
    """A feature set that can be asked for by name."""

    make: Callable[..., FeatureSet]
    help: str  # for the command line
    settings: frozenset[str] = frozenset()
    parts: tuple[str, ...] = ()  # names of the sets that it is joined of, with the default network


def parts_of(name: str, settings: Mapping[str, Any] = NOTHING) -> tuple[str, ...]:
    """Name the feature sets that a joined one consists of; any other consists of itself."""
    entry = FEATURES.get(name)
    if entry is None or not entry.parts:
        return (name,)
    network = settings.get("network", NETWORKS[0])
    if network not in NETWORKS:
        raise ValueError(f"network must be {' or '.join(NETWORKS)}, not {network!r}")
    return tuple(network if part == NETWORKS[0] else part for part in entry.parts)


def _joined(name: str, *, balanced: bool) -> Callable[..., FeatureSet]:
    def make(runtime: Runtime, **settings: Any) -> FeatureSet:
        # The default network is not written down: models were saved before there was a choice.
        network = settings.pop("network", NETWORKS[0])
        choice = {} if network == NETWORKS[0] else {"network": network}
        made, unused = {}, set(settings)
        for part in parts_of(name, {"network": network}):
            own = FEATURES[part].settings & set(settings)
            made[part] = FEATURES[part].make(runtime, **{key: settings[key] for key in own})
            unused -= own
        if unused:
            raise TypeError(f"features {name!r} with {network} have no setting {min(unused)!r}")
        return JoinedFeatures(made, balanced=balanced, choice=choice)

    return make


_SPECTRUM = frozenset(SpectrumSettings.__dataclass_fields__)
_WEIGHTS = frozenset({"weights_sha256"})
_JOINED = _SPECTRUM | _WEIGHTS | {"network"}
_BOTH = (NETWORKS[0], "spectrum")

FEATURES: dict[str, FeatureEntry] = {
    "spectrum": FeatureEntry(SpectrumFeatures, "the radial spectrum", _SPECTRUM),
    "resnet50": FeatureEntry(ResNet50Features, "ResNet-50's pooled features", _WEIGHTS),
    "efficientnet-lite0": FeatureEntry(EfficientNetLite0Features, "EfficientNet-Lite0's pooled features"),
    "fusion": FeatureEntry(
        _joined("fusion", balanced=True),
        "a network's (--network) and the spectrum, with equal weight",
        _JOINED,
        _BOTH,
    ),
    "concatenation": FeatureEntry(
        _joined("concatenation", balanced=False), "the same two, as they are", _JOINED, _BOTH
    ),
    "regions": FeatureEntry(RegionFeatureSet, "detail by band and region of the face"),
    "texture": FeatureEntry(TextureFeatureSet, "early layers of EfficientNet-Lite0, by region of the face"),
}


def make_features(name: str, settings: Mapping[str, Any], **runtime: Any) -> FeatureSet:
    """Make the feature set of this name; settings that are not given keep their defaults.

    Unknown names and settings, and weights for features that take none, raise ValueError or TypeError.
    """
    if name not in FEATURES:
        raise ValueError(f"unknown features {name!r}; use one of {', '.join(FEATURES)}")
    entry = FEATURES[name]
    if unknown := sorted(set(settings) - entry.settings):
        known = ", ".join(sorted(entry.settings)) or "none"
        raise TypeError(f"features {name!r} have no setting {unknown[0]!r}; known: {known}")
    where = Runtime(**runtime)
    made = entry.make(where, **settings)
    if where.weights is not None and not made.takes_weights:
        raise ValueError(f"features {name!r} do not come from ResNet-50 and take no weights")
    return made
