"""The radial spectrum as a scikit-learn transformer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from facespectra.errors import MissingExtraError
from facespectra.spectrum import radial_spectrum

try:
    from sklearn.base import BaseEstimator, TransformerMixin
except ModuleNotFoundError as error:
    raise MissingExtraError('RadialSpectrum needs scikit-learn: pip install "facespectra[detect]"') from error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facespectra.spectrum.definition import Floats
    from facespectra.spectrum.settings import Convention, DTypeName


class RadialSpectrum(TransformerMixin, BaseEstimator):
    """Transforms grey images into their radial spectra.

    The call behind it is :func:`facespectra.radial_spectrum`, and the parameters mean what they mean there.
    There is nothing to fit.

    Parameters
    ----------
    n_features : int, default 300
        Length of each spectrum.
    convention : {"durall", "isotropic"}, default "durall"
        How frequencies are assigned to radii.
    epsilon : float, default 1e-8
        Added to every complex coefficient before its modulus is taken.
    normalize : bool, default True
        Divide each spectrum by its first element.
    dtype : {"float32", "float64"}, default "float32"
        Precision of the arithmetic and of the result.
    backend : str, optional
        One of :func:`facespectra.backends`.
    threads : int, optional
        Most threads to use.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.svm import SVC
    >>> from facespectra import RadialSpectrum
    >>> images = np.random.default_rng(0).integers(0, 256, (20, 64, 64), dtype=np.uint8)
    >>> labels = np.arange(20) % 2
    >>> make_pipeline(RadialSpectrum(), SVC(kernel="poly")).fit(images, labels).predict(images).shape
    (20,)
    """

    def __init__(
        self,
        *,
        n_features: int = 300,
        convention: Convention = "durall",
        epsilon: float = 1e-8,
        normalize: bool = True,
        dtype: DTypeName = "float32",
        backend: str | None = None,
        threads: int | None = None,
    ) -> None:
        self.n_features = n_features
        self.convention = convention
        self.epsilon = epsilon
        self.normalize = normalize
        self.dtype = dtype
        self.backend = backend
        self.threads = threads

    def fit(self, X: Any, y: Any = None) -> Self:
        """Return the transformer unchanged: it has no state.

        Parameters
        ----------
        X : (B, H, W) array or sequence of (H, W) arrays
            Ignored.
        y : object
            Ignored.
        """
        del X, y
        return self

    def transform(self, X: NDArray[Any] | Sequence[NDArray[Any]]) -> Floats:
        """Compute the radial spectra of grey images.

        Parameters
        ----------
        X : (B, H, W) array or sequence of (H, W) arrays
            uint8, uint16, float32 or float64.

        Returns
        -------
        (B, n_features) array of `dtype`

        Raises
        ------
        InvalidImageError
            If an image has no spectrum; its ``index`` says which.
        """
        if isinstance(X, np.ndarray) and X.ndim == 2:
            raise ValueError(f"expected a stack of images, (B, H, W), got one array of shape {X.shape}")
        return radial_spectrum(
            X,
            n_features=self.n_features,
            convention=self.convention,
            epsilon=self.epsilon,
            normalize=self.normalize,
            dtype=self.dtype,
            backend=self.backend,
            threads=self.threads,
        )

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Names of the output's columns, for ``set_output``.

        Parameters
        ----------
        input_features : object
            Ignored: pixels have no names.

        Returns
        -------
        (n_features,) array of str
        """
        del input_features
        return np.array([f"spectrum{i}" for i in range(self.n_features)], dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = []
        return tags
