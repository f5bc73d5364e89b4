"""What fitted linear experts say of a face, in NumPy alone.

Scoring needs no scikit-learn, which takes longer to import than a face to score;
:mod:`facespectra.detector.experts` adds how the experts are fitted.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facespectra.regions.layout import feature_names
from facespectra.texture import layout as texture

EXPERTS = ("absolute", "relative")
DETAIL = "ring dog0.8 rms"
RETOUCHED = "the face looks smoothed and sharpened, as by a restorer or beauty filter, which can hide a swap"
# Beyond this the exponential is no float64.
_LARGEST_POWER = 709.0


class LinearScores:
    """The mean of fitted linear experts, as a probability once it is calibrated.

    Attributes
    ----------
    coef_, intercept_, mean_, slope_, offset_
        As those of :class:`facespectra.detector.experts.TwoExperts`.
    hiding_coef_, hiding_intercept_, hiding_limit_
        Of what a swap can hide behind; models of before have none of it.
    """

    least_width: float
    least_detail: float
    n_features_in_: int
    coef_: NDArray[np.float64]
    intercept_: NDArray[np.float64]
    mean_: NDArray[np.float64]
    slope_: float
    offset_: float
    hiding_coef_: NDArray[np.float64] | None = None
    hiding_intercept_: float = 0.0
    hiding_limit_: float = 0.0

    @property
    def expert_names(self) -> tuple[str, ...]:
        """Name each expert, in order."""
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

    def _checked(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Give rows of features as float64; ValueError where they are no such rows, or not finite."""
        rows = np.asarray(X, np.float64)
        if rows.ndim != 2 or rows.shape[1] != self.n_features_in_:
            raise ValueError(f"expected rows of {self.n_features_in_} features, got an array of {rows.shape}")
        if not np.isfinite(rows).all():
            raise ValueError("features must be finite: there is NaN or infinity among them")
        return rows

    def expert_scores(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """What each expert says, (n, experts), in standard deviations; above 0 is more like the fakes."""
        X = self._checked(X)
        # Row by row: a product of matrices rounds differently with the number of its rows.
        rows = [[float(np.sum(row * weights)) for weights in self.coef_] for row in X]
        scores: NDArray[np.float64] = np.array(rows).reshape(len(X), len(self.coef_)) + self.intercept_
        return scores

    def decision_function(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """The experts' mean, or the probability of a fake once that was calibrated, (n,)."""
        # Row by row here, too.
        means = [float(np.sum(row * self._weights)) for row in self.expert_scores(X)]
        return self.calibrated(np.array(means, np.float64))

    def calibrated(self, means: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn the experts' means into probabilities; as they are where nothing was calibrated."""
        given = np.asarray(means, np.float64)
        if not self.slope_:
            return given
        powers = (self.slope_ * given + self.offset_).tolist()
        return np.array([_logistic(power) for power in powers], np.float64)

    def predict(self, X: NDArray[Any]) -> NDArray[np.int64]:
        """The likelier class, 1 for fake."""
        return (self.decision_function(X) > (0.5 if self.slope_ else 0)).astype(np.int64)

    def hiding_reason(self, row: NDArray[Any]) -> str:
        """Why a swap of this face may be hidden from the experts; empty where nothing suggests it."""
        if self.hiding_coef_ is None:
            return ""
        score = float(np.asarray(row, np.float64) @ self.hiding_coef_) + self.hiding_intercept_
        return RETOUCHED if score > self.hiding_limit_ else ""

    def linear_terms(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weights of the features in the experts' mean, (d,), and the values from which they count, (d,)."""
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


def _logistic(power: float) -> float:
    """Compute what ``scipy.special.expit`` does, to the last bit: by the C library's exponential."""
    return 1.0 / (1.0 + math.exp(-power)) if power > -_LARGEST_POWER else math.exp(power)


class RegionScores(LinearScores):
    """What experts on region features say; `experts` are those that vote."""

    experts: str

    @property
    def expert_names(self) -> tuple[str, ...]:
        """Name both experts, in order."""
        return EXPERTS

    def _by_group(self, parts: NDArray[np.float64]) -> dict[str, float]:
        return dict(zip(feature_names(), parts.tolist(), strict=True))

    def _detail(self, row: NDArray[Any]) -> float:
        return float(row[feature_names().index(DETAIL)])

    @property
    def _weights(self) -> NDArray[np.float64]:
        return np.array({"both": (0.5, 0.5), "absolute": (1.0, 0.0), "relative": (0.0, 1.0)}[self.experts])


class TextureScores(LinearScores):
    """What experts on texture features say."""

    @property
    def expert_names(self) -> tuple[str, ...]:
        """Name each expert by what it compares, and its layer."""
        return tuple(f"{part} block {layer}" for part in texture.PARTS[1:] for layer in texture.CHANNELS)

    def _by_group(self, parts: NDArray[np.float64]) -> dict[str, float]:
        return {
            texture.group_name(*key): float(parts[columns].sum()) for key, columns in texture.COLUMNS.items()
        }

    def _detail(self, row: NDArray[Any]) -> float:
        return float(np.mean(row[texture.COLUMNS["ring", 0, "spread"]]))
