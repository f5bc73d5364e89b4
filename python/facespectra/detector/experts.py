"""Linear experts and one probability. Import it where it is used: it imports scikit-learn.

Each expert looks at some of the features, and all have one vote. They are linear, and so is their mean: every
score is a sum of contributions. Strongly shrunk, simple experts do worse than one large one on swaps like
those that they were trained on, and better on others (docs/carry_over.md).
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted, validate_data

from facespectra.detector.linear import EXPERTS, LinearScores, RegionScores, TextureScores
from facespectra.regions.layout import N_RELATIVE, feature_names
from facespectra.texture import layout as texture

WITH_SPREADS = (0, 2)
"""Layers whose spreads the texture experts use."""


class LinearExperts(LinearScores, ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # no types there
    """The mean of linear experts, as a probability once it is calibrated."""

    def _models(self, width: int) -> list[tuple[slice | NDArray[np.intp], Any]]:
        """Give the columns and the unfitted model of each expert; ValueError for another width."""
        raise NotImplementedError

    def fit(self, X: NDArray[Any], y: NDArray[Any]) -> Self:
        """Fit all experts to (n, d) features; y is 1 for fake."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        models = self._models(X.shape[1])
        scaler = StandardScaler().fit(X)
        standard = scaler.transform(X)
        self.coef_ = np.zeros((len(models), X.shape[1]))
        for row, (columns, model) in zip(self.coef_, models, strict=True):
            model.fit(standard[:, columns], y)
            row[columns] = model.coef_[0] / scaler.scale_[columns]
        self.mean_: NDArray[np.float64] = scaler.mean_
        self.coef_ /= np.maximum(((X - self.mean_) @ self.coef_.T).std(axis=0), 1e-12)[:, None]
        self.intercept_ = -self.coef_ @ self.mean_
        self.slope_, self.offset_ = 0.0, 0.0
        self.classes_ = np.array([0, 1])
        return self

    def _checked(self, X: NDArray[Any]) -> NDArray[np.float64]:
        check_is_fitted(self)
        rows: NDArray[np.float64] = validate_data(self, X, dtype=np.float64, reset=False)
        return rows

    def calibrate(self, means: NDArray[np.float64], y: NDArray[Any]) -> Self:
        """Fit Platt's logistic curve to the experts' means of samples that they were not trained on."""
        curve = LogisticRegression(C=1e6, max_iter=10_000).fit(np.asarray(means).reshape(-1, 1), y)
        # A curve that falls would turn the order round, and hide that the experts are wrong.
        self.slope_ = max(float(curve.coef_[0, 0]), 1e-6)
        self.offset_ = float(curve.intercept_[0])
        return self

    def watch(self, other: LinearExperts, limit: float) -> Self:
        """Take on experts for faces in which a swap is hidden: they are, where these score above `limit`."""
        self.hiding_coef_ = other._weights @ other.coef_
        self.hiding_intercept_ = float(other._weights @ other.intercept_)
        self.hiding_limit_ = float(limit)
        return self


class TwoExperts(RegionScores, LinearExperts):
    """The mean of two linear experts on region features, as a probability once it is calibrated.

    The absolute expert takes all absolute numbers, and learns what cameras and codecs do together. The
    relative expert takes nothing but what the inner face has less of than the ring around it.

    Parameters
    ----------
    experts : str, default "both"
        ``"both"``, or one of ``"absolute"`` (a linear discriminant with Ledoit and Wolf's shrinkage) and
        ``"relative"`` (logistic regression on the inner face minus the ring) alone.
    C : float, default 1e-4
        Inverse strength of the relative expert's regularisation.
    least_width : float, default 64
        Narrower faces, in pixels, are too small to tell.
    least_detail : float, default 0
        Faces whose ring has less than this in its finest band (``"ring dog0.8 rms"``, a logarithm of grey
        levels) are too compressed or blurred to tell.

    Attributes
    ----------
    coef_ : (2, d) float64
        Each expert's weights, in standard deviations of its own score over the training samples.
    intercept_ : (2,) float64
        So that this score has the mean 0.
    slope_, offset_ : float
        Of the calibration; a slope of 0 means that there was none.
    mean_ : (d,) float64
        Of the training samples, from which contributions are counted.
    """

    def __init__(
        self,
        experts: str = "both",
        C: float = 1e-4,
        least_width: float = 64.0,
        least_detail: float = 0.0,
    ) -> None:
        self.experts = experts
        self.C = C
        self.least_width = least_width
        self.least_detail = least_detail

    def _models(self, width: int) -> list[tuple[slice | NDArray[np.intp], Any]]:
        if self.experts not in ("both", *EXPERTS):
            raise ValueError(f"experts must be both, {' or '.join(EXPERTS)}, not {self.experts!r}")
        names = feature_names()
        if width != len(names):
            raise ValueError(f"the experts take features 'regions', {len(names)} of them, not {width}")
        inner = np.flatnonzero([name.startswith("inner-ring ") for name in names])
        return [
            (slice(None, -N_RELATIVE), LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")),
            (inner, LogisticRegression(C=self.C, max_iter=10_000)),
        ]


class TextureExperts(TextureScores, LinearExperts):
    """The mean of ten linear discriminants on texture features, as a probability once it is calibrated.

    For each layer one compares the inner face with the ring, and one the mouth. Of late layers only the means
    are used: what their spreads say of synthetic swaps, they do not say of real ones.

    Parameters
    ----------
    least_width : float, default 64
        Narrower faces, in pixels, are too small to tell.
    least_detail : float, default -20
        Faces whose ring has less than this mean log spread in the first layer are too compressed or blurred.

    Attributes
    ----------
    coef_, intercept_, slope_, offset_, mean_
        As those of :class:`TwoExperts`, for ten experts.
    """

    def __init__(self, least_width: float = 64.0, least_detail: float = -20.0) -> None:
        self.least_width = least_width
        self.least_detail = least_detail

    def _models(self, width: int) -> list[tuple[slice | NDArray[np.intp], Any]]:
        if width != texture.WIDTH:
            raise ValueError(f"the experts take features 'texture', {texture.WIDTH} of them, not {width}")
        models: list[tuple[slice | NDArray[np.intp], Any]] = []
        for part in texture.PARTS[1:]:
            for layer in texture.CHANNELS:
                kinds = texture.STATISTICS if layer in WITH_SPREADS else texture.STATISTICS[:1]
                columns = [np.arange(width)[texture.COLUMNS[part, layer, kind]] for kind in kinds]
                discriminant = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
                models.append((np.concatenate(columns), discriminant))
        return models
