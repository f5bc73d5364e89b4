"""Features of ResNet-50 as a scikit-learn transformer."""

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

    There is nothing to fit: the network is used as it was trained on ImageNet.

    Parameters
    ----------
    weights : path-like or str, optional
        A state dict of torchvision's ``resnet50``, as ``torch.save`` writes it: read with
        ``weights_only=True``, keys and shapes checked, and its hash too where the file has one of
        torchvision's names, such as ``resnet50-0676ba61.pth``. Or ``"imagenet"`` (the default) or
        ``"imagenet-v1"``, torchvision's first ImageNet weights, which the report used, or ``"imagenet-v2"``:
        taken from torch's cache, or downloaded into it.
    batch_size : int, optional
        Crops that go through the network at once. Default: 4 on the CPU, 32 elsewhere.
    device : str, optional
        Where torch runs the network, such as ``"cuda"``. The CPU if not given.
    precision : {"auto", "float32", "bfloat16"}
        What it computes in. ``"auto"`` is float32, but on a CPU that has instructions for bfloat16 (AMX or
        AVX512_BF16), where it takes these two to five times as fast ones if the features of made-up pictures
        agree with those in float32 to a cosine of 0.999, which is looked at when the weights are loaded.

    Notes
    -----
    A crop is squeezed to 224x224 pixels, and normalised with ImageNet's mean and standard deviation.

    Batches are always filled up to `batch_size`, so that a crop has the same features, bit for bit, alone and
    among others. Another device, number of threads or batch size changes them by about 1e-5 of the largest.

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
        """Do nothing but return the transformer: it has no state.

        Parameters
        ----------
        X : sequence of images
            Not looked at.
        y : object
            Not looked at.
        """
        del X, y
        return self

    def transform(self, X: NDArray[Any] | Iterable[AnyImage]) -> NDArray[np.float32]:
        """Pooled features of images.

        Parameters
        ----------
        X : (B, H, W, 3) uint8 array, or sequence of images
            Crops of any kind that :func:`facespectra.images.to_rgb` takes, and of any sizes.

        Returns
        -------
        (B, 2048) float32

        Raises
        ------
        ModelError
            If the weights cannot be found, downloaded or read.
        ValueError, TypeError
            If something is not an image.
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
            Not looked at: pixels have no names.

        Returns
        -------
        (2048,) array of str
        """
        del input_features
        return np.array([f"resnet50_{i}" for i in range(WIDTH)], dtype=object)

    def _network(self) -> ResNet50:
        # Kept outside the parameters, and made anew where set_params has changed one of them.
        settings = (self.weights, self.batch_size, self.device, self.precision)
        if getattr(self, "_made_with", None) != settings:
            self._resnet50 = ResNet50(
                self.weights, batch_size=self.batch_size, device=self.device, precision=self.precision
            )
            self._made_with = settings
        return self._resnet50

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags
