"""Linear experts and one probability. Import it where it is used: it imports scikit-learn.

Each expert looks at some of the features, and all have one vote. They are linear, and so is their mean: every
score is a sum of contributions. Strongly shrunk, simple experts do worse than one large one on swaps like
those that they were trained on, and better on others (docs/carry_over.md).
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted, validate_data

from facespectra.regions.layout import N_RELATIVE, feature_names
from facespectra.texture import layout as texture

EXPERTS = ("absolute", "relative")
DETAIL = "ring dog0.8 rms"
RETOUCHED = "the face looks smoothed and sharpened, as by a restorer or beauty filter, which can hide a swap"
WITH_SPREADS = (0, 2)
"""Layers whose spreads the texture experts use."""


class LinearExperts(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """The mean of linear experts, as a probability once it is calibrated."""

    least_width: float
    least_detail: float
    # Of what a swap can hide behind, see `watch`; models of before have none of it.
    hiding_coef_: NDArray[np.float64] | None = None
    hiding_intercept_: float = 0.0
    hiding_limit_: float = 0.0

    @property
    def expert_names(self) -> tuple[str, ...]:
        """Name each expert, in order."""
        raise NotImplementedError

    def _models(self, width: int) -> list[tuple[slice | NDArray[np.intp], Any]]:
        """Give the columns and the unfitted model of each expert; ValueError for another width."""
        raise NotImplementedError

    def _by_group(self, parts: NDArray[np.float64]) -> dict[str, float]:
        """Sum what each feature contributes by feature group."""
        raise NotImplementedError

    def _detail(self, row: NDArray[Any]) -> float:
        """Give what the ring has of the finest detail."""
        raise NotImplementedError

    @property
    def _weights(self) -> NDArray[np.float64]:
        """Give the vote of each expert."""
        return np.full(len(self.expert_names), 1 / len(self.expert_names))

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

    def expert_scores(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """What each expert says, (n, experts), in standard deviations; above 0 is more like the fakes."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        # Row by row: a product of matrices rounds differently with the number of its rows.
        rows = [[float(np.sum(row * weights)) for weights in self.coef_] for row in X]
        scores: NDArray[np.float64] = np.array(rows).reshape(len(X), len(self.coef_)) + self.intercept_
        return scores

    def decision_function(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """The experts' mean, or the probability of a fake once that was calibrated, (n,)."""
        # Row by row here, too.
        means = [float(np.sum(row * self._weights)) for row in self.expert_scores(X)]
        return self.calibrated(np.array(means, np.float64))

    def calibrate(self, means: NDArray[np.float64], y: NDArray[Any]) -> Self:
        """Fit Platt's logistic curve to the experts' means of samples that they were not trained on."""
        curve = LogisticRegression(C=1e6, max_iter=10_000).fit(np.asarray(means).reshape(-1, 1), y)
        # A curve that falls would turn the order round, and hide that the experts are wrong.
        self.slope_ = max(float(curve.coef_[0, 0]), 1e-6)
        self.offset_ = float(curve.intercept_[0])
        return self

    def calibrated(self, means: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn the experts' means into probabilities; as they are where nothing was calibrated."""
        if not self.slope_:
            return np.asarray(means, np.float64)
        probability: NDArray[np.float64] = expit(self.slope_ * np.asarray(means, np.float64) + self.offset_)
        return probability

    def watch(self, other: LinearExperts, limit: float) -> Self:
        """Take on experts for faces in which a swap is hidden: they are, where these score above `limit`."""
        self.hiding_coef_ = other._weights @ other.coef_
        self.hiding_intercept_ = float(other._weights @ other.intercept_)
        self.hiding_limit_ = float(limit)
        return self

    def hiding_reason(self, row: NDArray[Any]) -> str:
        """Why a swap of this face may be hidden from the experts; empty where nothing suggests it."""
        if self.hiding_coef_ is None:
            return ""
        score = float(np.asarray(row, np.float64) @ self.hiding_coef_) + self.hiding_intercept_
        return RETOUCHED if score > self.hiding_limit_ else ""

    def predict(self, X: NDArray[Any]) -> NDArray[np.int64]:
        """The likelier class, 1 for fake."""
        return (self.decision_function(X) > (0.5 if self.slope_ else 0)).astype(np.int64)

    def linear_terms(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weights of the features in the experts' mean, (d,), and the values from which they count, (d,)."""
        check_is_fitted(self)
        return self._weights @ self.coef_, self.mean_

    def contributions(self, row: NDArray[Any]) -> dict[str, float]:
        """What each feature group adds to the experts' mean, the strongest first; above 0 speaks for fake."""
        weights, reference = self.linear_terms()
        parts = (np.asarray(row, np.float64) - reference) * weights
        amounts = self._by_group(parts)
        return dict(sorted(amounts.items(), key=lambda pair: -abs(pair[1])))

    def dominant_expert(self, row: NDArray[Any]) -> str:
        """Name the expert that contributes most to the score of one face."""
        scores = np.abs(self.expert_scores(np.asarray(row)[None])[0]) * self._weights
        return self.expert_names[int(np.argmax(scores))]

    def abstention_reason(self, row: NDArray[Any], width: float) -> str:
        """Why a score of a face of this width in pixels means little; empty where it does not."""
        if width < self.least_width:
            return f"a face of {width:.0f} pixels, fewer than {self.least_width:.0f}"
        if self._detail(row) < self.least_detail:
            return "too compressed or blurred: no detail is left to compare"
        return ""


class TwoExperts(LinearExperts):
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

    @property
    def expert_names(self) -> tuple[str, ...]:
        """Name both experts, in order."""
        return EXPERTS

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

    def _by_group(self, parts: NDArray[np.float64]) -> dict[str, float]:
        return dict(zip(feature_names(), parts.tolist(), strict=True))

    def _detail(self, row: NDArray[Any]) -> float:
        return float(row[feature_names().index(DETAIL)])

    @property
    def _weights(self) -> NDArray[np.float64]:
        return np.array({"both": (0.5, 0.5), "absolute": (1.0, 0.0), "relative": (0.0, 1.0)}[self.experts])


class TextureExperts(LinearExperts):
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

    @property
    def expert_names(self) -> tuple[str, ...]:
        """Name each expert by what it compares, and its layer."""
        return tuple(f"{part} block {layer}" for part in texture.PARTS[1:] for layer in texture.CHANNELS)

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

    def _by_group(self, parts: NDArray[np.float64]) -> dict[str, float]:
        return {
            texture.group_name(*key): float(parts[columns].sum()) for key, columns in texture.COLUMNS.items()
        }

    def _detail(self, row: NDArray[Any]) -> float:
        return float(np.mean(row[texture.COLUMNS["ring", 0, "spread"]]))
