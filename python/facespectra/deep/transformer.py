"""ResNet-50 features as a scikit-learn transformer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from facespectra.deep.network import WIDTH, ResNet50
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


class DeepFeatures(TransformerMixin, BaseEstimator):
    """Transforms colour crops of faces into the 2048 pooled features of a ResNet-50.

    There is nothing to fit: the network keeps its ImageNet weights.

    Parameters
    ----------
    weights : path-like or str, optional
        File with a state dict of torchvision's ``resnet50``, written by ``torch.save``. It is read with
        ``weights_only=True``; keys and shapes are checked, and also the hash in a file name of torchvision's
        kind, such as ``resnet50-0676ba61.pth``. Or the name of torchvision's ImageNet weights, which are
        downloaded into torch's cache if needed: ``"imagenet-v1"``, the first version, used by the reference
        study, ``"imagenet-v2"``, or ``"imagenet"`` (the default), which means the first.
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
    Crops are resized to 224x224 pixels and normalised with ImageNet's mean and standard deviation.

    Batches are padded to `batch_size`, so that a crop's features are bit-identical alone and among others.
    Another device, number of threads or batch size changes them by about 1e-5 of the largest.

    Examples
    --------
    >>> import facespectra as fs
    >>> crops = [fs.FaceCropper().crop_rgb(image) for image in images]  # doctest: +SKIP
    >>> fs.DeepFeatures(weights="resnet50-0676ba61.pth").transform(crops).shape  # doctest: +SKIP
    (16, 2048)
    """

    def __init__(
        self,
        weights: Weights = None,
        *,
        batch_size: int | None = None,
        device: str | None = None,
        precision: str = "auto",
    ) -> None:
        self.weights = weights
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
        (B, 2048) float32

        Raises
        ------
        ModelError
            If the weights cannot be found, downloaded or read.
        ValueError, TypeError
            If an element is not an image.
        MissingExtraError
            If torch, torchvision or Pillow is not installed.
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
        (2048,) array of str
        """
        del input_features
        return np.array([f"resnet50_{i}" for i in range(WIDTH)], dtype=object)

    def _network(self) -> ResNet50:
        # Created again when set_params has changed a parameter.
        settings = (self.weights, self.batch_size, self.device, self.precision)
        if getattr(self, "_network_settings", None) != settings:
            self._resnet50 = ResNet50(
                self.weights, batch_size=self.batch_size, device=self.device, precision=self.precision
            )
            self._network_settings = settings
        return self._resnet50

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags
