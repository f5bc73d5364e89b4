"""Features of a network as a scikit-learn transformer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from facespectra.deep import network, pooled
from facespectra.errors import MissingExtraError
from facespectra.images import to_rgb

try:
    from sklearn.base import BaseEstimator, TransformerMixin
except ModuleNotFoundError as error:
    raise MissingExtraError('DeepFeatures needs scikit-learn: pip install "facespectra[detect]"') from error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from facespectra.deep.weights import Weights
    from facespectra.images import AnyImage


WIDTHS = {"resnet50": network.WIDTH, "efficientnet-lite0": pooled.WIDTH}
"""Features of each network."""


class DeepFeatures(TransformerMixin, BaseEstimator):
    """Transforms colour crops of faces into the pooled features of a network trained on ImageNet.

    There is nothing to fit: the network keeps its ImageNet weights.

    Parameters
    ----------
    weights : path-like or str, optional
        File with a state dict of torchvision's ``resnet50``, written by ``torch.save``. It is read with
        ``weights_only=True``; keys and shapes are checked, and also the hash in a file name of torchvision's
        kind, such as ``resnet50-0676ba61.pth``. Or the name of torchvision's ImageNet weights, which are
        downloaded into torch's cache if needed: ``"imagenet-v1"``, the first version, used by the reference
        study, ``"imagenet-v2"``, or ``"imagenet"`` (the default), which means the first. For ResNet-50
        alone, as are the next three: EfficientNet-Lite0 comes with its weights, and is run crop by crop in
        float32 on the CPU.
    network : {"resnet50", "efficientnet-lite0"}
        ``"resnet50"`` gives 2048 features. It needs the extra ``torch`` and its weights.
        ``"efficientnet-lite0"`` gives 1280, needs the extra ``detect``, which holds its weights, and takes
        milliseconds a crop.
    batch_size : int, optional
        Crops in a batch. Default: 4 on the CPU, 32 elsewhere.
    device : str, optional
        Device on which torch runs the network, such as ``"cuda"``. Default: the CPU.
    precision : {"auto", "float32", "bfloat16"}
        Precision of the arithmetic. ``"auto"`` is float32, except on a CPU with instructions for bfloat16
        (AMX or AVX512_BF16): bfloat16 is two to five times as fast there, and is used if the features of
        synthetic pictures have a cosine similarity of at least 0.999 to those in float32.

    Notes
    -----
    Crops are resized to 224x224 pixels and normalised as the network was trained: for ResNet-50 with
    ImageNet's mean and standard deviation, for EfficientNet-Lite0 as ``(pixel - 127) / 128``.

    A crop's features are bit-identical alone and among others. Those of ResNet-50 change by about 1e-5 of
    the largest with the device, the number of threads and the batch size. Those of EfficientNet-Lite0 depend
    on none of them; it computes ``FACESPECTRA_THREADS`` crops at a time, by default one for each processor.

    Pooled features tell what a picture shows, and carry over badly to other face swaps: on a database that
    the classifier has not seen, EfficientNet-Lite0's got an AUC of 0.31 to 0.42.

    Examples
    --------
    >>> import facespectra as fs
    >>> crops = [fs.FaceCropper().crop_rgb(image) for image in images]  # doctest: +SKIP
    >>> fs.DeepFeatures(weights="resnet50-0676ba61.pth").transform(crops).shape  # doctest: +SKIP
    (16, 2048)
    >>> fs.DeepFeatures(network="efficientnet-lite0").transform(crops).shape  # doctest: +SKIP
    (16, 1280)
    """

    def __init__(
        self,
        weights: Weights = None,
        *,
        network: str = "resnet50",
        batch_size: int | None = None,
        device: str | None = None,
        precision: str = "auto",
    ) -> None:
        self.weights = weights
        self.network = network
        self.batch_size = batch_size
        self.device = device
        self.precision = precision

    def fit(self, X: Any, y: Any = None) -> Self:
        """Return the transformer unchanged: it has no state.

        Parameters
        ----------
        X : sequence of images
            Ignored.
        y : object
            Ignored.
        """
        del X, y
        return self

    def transform(self, X: NDArray[Any] | Iterable[AnyImage]) -> NDArray[np.float32]:
        """Compute the pooled features of images.

        Parameters
        ----------
        X : (B, H, W, 3) uint8 array, or sequence of images
            Crops of any sizes and of any kind that :func:`facespectra.images.to_rgb` accepts.

        Returns
        -------
        (B, 2048) or (B, 1280) float32

        Raises
        ------
        ModelError
            If the weights cannot be found, downloaded or read.
        ValueError, TypeError
            If an element is not an image, the network is unknown, or a parameter is given that it does not
            take.
        MissingExtraError
            If Pillow or what runs the network is not installed: torch and torchvision, or ONNX Runtime.
        """
        if isinstance(X, np.ndarray) and X.ndim < 4:
            raise ValueError(f"expected a stack of images, (B, H, W, 3), got one array of shape {X.shape}")
        return self._network().features([to_rgb(image) for image in X])

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the output's columns, for ``set_output``.

        Parameters
        ----------
        input_features : object
            Ignored: pixels have no names.

        Returns
        -------
        (2048,) or (1280,) array of str
            Such as ``resnet50_17`` or ``efficientnet_lite0_17``.
        """
        del input_features
        width = WIDTHS[self._known_network()]
        return np.array([f"{self.network.replace('-', '_')}_{i}" for i in range(width)], dtype=object)

    def _known_network(self) -> str:
        if self.network not in WIDTHS:
            raise ValueError(f"network must be {' or '.join(WIDTHS)}, not {self.network!r}")
        return self.network

    def _network(self) -> network.ResNet50 | pooled.EfficientNetLite0:
        # Made again when set_params has changed a parameter.
        settings = self.get_params()
        if getattr(self, "_network_settings", None) != settings:
            self._made = self._new_network()
            self._network_settings = settings
        return self._made

    def _new_network(self) -> network.ResNet50 | pooled.EfficientNetLite0:
        own: dict[str, Any] = {
            "batch_size": self.batch_size,
            "device": self.device,
            "precision": self.precision,
        }
        if self._known_network() == "resnet50":
            return network.ResNet50(self.weights, **own)
        defaults = {"weights": None, "batch_size": None, "device": None, "precision": "auto"}
        given: dict[str, Any] = {"weights": self.weights, **own}
        if refused := [name for name, value in given.items() if value != defaults[name]]:
            raise ValueError(
                f"efficientnet-lite0 takes no {refused[0]}: it has its own weights and computes crop by crop "
                'in float32 on the CPU; leave it out, or use network="resnet50"'
            )
        return pooled.EfficientNetLite0()

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags
