"""The extractor of a run, and its networks where they can be had."""

from __future__ import annotations

from collections.abc import Mapping

from facespectra._extras import require
from facespectra.errors import FacespectraError, MissingExtraError, ModelError
from facespectra.faces import FaceCropper
from facespectra.features.cache import Cache, key_of
from facespectra.features.extraction import Extractor
from facespectra.features.feature_set import FeatureSet, Runtime
from facespectra.features.feature_sets import (
    EfficientNetLite0Features,
    RegionFeatureSet,
    ResNet50Features,
    SpectrumFeatures,
    TextureFeatureSet,
)
from facespectra.lab import invariance
from facespectra.lab.result import LabSettings


def load_resnet50(settings: LabSettings, cache: Cache) -> tuple[ResNet50Features | None, str]:
    """ResNet-50's features, or None and the reason; a file that was asked for must be usable."""
    given = settings.resnet_weights is not None
    try:
        require("torch", "torch", "torchvision")
    except MissingExtraError as error:
        if given:
            raise
        return None, f"ResNet-50: {error}"
    if not given and not settings.download:
        from facespectra.deep.weights import find_weights

        try:
            find_weights(None, download=False)
        except ModelError as error:
            return None, str(error)
    features = ResNet50Features(
        Runtime(device=settings.device, weights=settings.resnet_weights, precision=settings.precision)
    )
    try:
        # Weights that loaded once are known to be good: where all features are cached, torch is not needed.
        key = key_of(**features.depends)
        if cache.fetch("weights", key) is None:
            features.network.load()
            cache.store("weights", key, b"")
    except FacespectraError as error:
        if given:
            raise
        return None, str(error)
    return features, ""


def load_efficientnet(settings: LabSettings) -> tuple[EfficientNetLite0Features | None, str]:
    """EfficientNet-Lite0's features, or None and the reason: a package that is not installed."""
    from facespectra.deep.efficientnet import PACKAGE

    try:
        require("detect", "onnxruntime", PACKAGE)
    except MissingExtraError as error:
        return None, f"EfficientNet-Lite0: {error}"
    return EfficientNetLite0Features(Runtime(threads=settings.threads)), ""


def make_extractor(
    settings: LabSettings, cache: Cache, networks: Mapping[str, FeatureSet | None]
) -> Extractor:
    """Extractor of all features that the lab uses; networks that are None are left out."""
    runtime = Runtime(backend=settings.backend, threads=settings.threads)
    stages: dict[str, FeatureSet] = {
        "spectrum": SpectrumFeatures(runtime),
        **invariance.feature_sets(runtime),
        "regions": RegionFeatureSet(runtime),
    }
    stages |= {name: network for name, network in networks.items() if network is not None}
    if "efficientnet-lite0" in stages:
        # Its early layers.
        stages["texture"] = TextureFeatureSet(runtime)
    cropper = None if settings.whole else FaceCropper(device=settings.device)
    return Extractor(cropper, stages, cache=cache, threads=settings.threads)
