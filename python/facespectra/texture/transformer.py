"""Texture features as a scikit-learn transformer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from facespectra._threads import ordered_map, thread_count
from facespectra.errors import MissingExtraError
from facespectra.faces import FaceCropper
from facespectra.images import to_rgb
from facespectra.texture.fast import face_features, texture_features
from facespectra.texture.layout import WIDTH, feature_names

try:
    from sklearn.base import BaseEstimator, TransformerMixin
except ModuleNotFoundError as error:
    raise MissingExtraError(
        'TextureFeatures needs scikit-learn: pip install "facespectra[detect]"'
    ) from error

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from facespectra.faces import Face
    from facespectra.images import AnyImage, UInt8Array


class TextureFeatures(TransformerMixin, BaseEstimator):
    """Transforms pictures of faces into 1632 features: early layers of EfficientNet-Lite0.

    Mean and spread of each channel over the ring of a face, and what the inner face and the mouth have more
    than it. The network keeps its ImageNet weights, and there is nothing to fit.
    :mod:`facespectra.texture.definition` defines the features, and :meth:`get_feature_names_out` names them.

    Parameters
    ----------
    whole : bool, default False
        Treat each picture as a crop of a face, instead of detecting the largest face in it.
    device : str, optional
        Device of the face detector, such as ``"cuda"``. Default: the CPU.

    Examples
    --------
    >>> import numpy as np
    >>> import facespectra as fs
    >>> fs.TextureFeatures(whole=True).transform([np.zeros((150, 120), np.uint8)]).shape  # doctest: +SKIP
    (1, 1632)
    """

    def __init__(self, *, whole: bool = False, device: str | None = None) -> None:
        self.whole = whole
        self.device = device

    def fit(self, X: Any, y: Any = None) -> Self:
        """Return the transformer unchanged: it has no state.

        Parameters
        ----------
        X : sequence of images
            Ignored.
        y : object
            Ignored.
        """
        return self

    def transform(
        self,
        X: Iterable[AnyImage],
        faces: Sequence[Face | None] | None = None,
        landmarks: Sequence[ArrayLike | None] | None = None,
    ) -> NDArray[np.float32]:
        """Compute the features of pictures.

        Parameters
        ----------
        X : iterable of PIL.Image.Image or numpy.ndarray
            Pictures of faces, of any kind that :func:`facespectra.images.to_rgb` accepts.
        faces : sequence of Face or None, optional
            The face in each picture, as detected by :meth:`facespectra.FaceCropper.detect`.
        landmarks : sequence of (5, 2) array_like or None, optional
            Landmarks in pixels of pictures that are crops of faces (``whole=True``).

        Returns
        -------
        (n, 1632) float32
            A row of NaN where no face is detected.

        Raises
        ------
        ValueError
            If the lengths differ, or a box is not the shape of a face.
        MissingExtraError
            If ONNX Runtime, the weights or Pillow are not installed.
        """
        images = list(X)
        pictures = [to_rgb(image) for image in images]
        points: Sequence[ArrayLike | None] = [None] * len(pictures) if landmarks is None else landmarks
        found: Sequence[Face | None] = [None] * len(pictures)
        if not self.whole:
            found = FaceCropper(device=self.device).detect(images) if faces is None else faces
        items = list(zip(pictures, found, points, strict=True))
        workers = thread_count()
        rows = list(ordered_map(self._row, items, workers=workers, max_pending=2 * workers))
        return np.array(rows, np.float32).reshape(len(rows), WIDTH)

    def _row(self, item: tuple[UInt8Array, Face | None, ArrayLike | None]) -> NDArray[np.float32]:
        picture, face, points = item
        if self.whole:
            return texture_features(picture, points)
        return np.full(WIDTH, np.nan, np.float32) if face is None else face_features(picture, face)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Name the features, for scikit-learn's ``set_output`` and pipelines.

        Parameters
        ----------
        input_features : object
            Ignored.

        Returns
        -------
        (1632,) array of str
        """
        return np.array(feature_names(), dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.no_validation = True
        return tags
