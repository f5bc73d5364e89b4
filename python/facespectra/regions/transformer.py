"""Region features as a scikit-learn transformer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from facespectra.errors import MissingExtraError
from facespectra.faces import FaceCropper
from facespectra.images import to_grey
from facespectra.regions.fast import face_features, region_features
from facespectra.regions.layout import feature_names

try:
    from sklearn.base import BaseEstimator, TransformerMixin
except ModuleNotFoundError as error:
    raise MissingExtraError('RegionFeatures needs scikit-learn: pip install "facespectra[detect]"') from error

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from facespectra.faces import Face
    from facespectra.images import AnyImage


class RegionFeatures(TransformerMixin, BaseEstimator):
    """Transforms pictures of faces into 192 features: detail by band and region, at a fixed width.

    There is nothing to fit. :mod:`facespectra.regions.definition` defines the features, and
    :meth:`get_feature_names_out` names them.

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
    >>> fs.RegionFeatures(whole=True).transform([np.zeros((150, 120), np.uint8)]).shape
    (1, 192)
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
    ) -> NDArray[np.float64]:
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
        (n, 192) float64
            A row of NaN where no face is detected.

        Raises
        ------
        ValueError
            If the lengths differ, or a box is not the shape of a face.
        """
        images = list(X)
        pictures = [to_grey(image) for image in images]
        if self.whole:
            points: Sequence[ArrayLike | None] = [None] * len(pictures) if landmarks is None else landmarks
            rows = [region_features(grey, five) for grey, five in zip(pictures, points, strict=True)]
        else:
            detected = FaceCropper(device=self.device).detect(images) if faces is None else faces
            rows = [
                np.full(len(feature_names()), np.nan) if face is None else face_features(grey, face)
                for grey, face in zip(pictures, detected, strict=True)
            ]
        return np.array(rows).reshape(len(rows), len(feature_names()))

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Name the features, for scikit-learn's ``set_output`` and pipelines.

        Parameters
        ----------
        input_features : object
            Ignored.

        Returns
        -------
        (192,) array of str
        """
        return np.array(feature_names(), dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.no_validation = True
        return tags
