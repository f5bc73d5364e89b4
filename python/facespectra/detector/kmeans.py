"""Two clusters as a classifier. Import it where it is used: it imports scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.cluster import KMeans
from sklearn.utils.validation import check_is_fitted, validate_data


class TwoMeans(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """k-means with two clusters, of which the one with the larger share of fakes is called fake.

    The clusters are found without the labels; these only name them. ``centres_`` (2, d) are the centre of the
    real cluster, then of the fake one.
    """

    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, X: NDArray[Any], y: NDArray[Any]) -> TwoMeans:
        """Find the clusters of at least two distinct rows and name them; y is 1 for fake."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        clusters = KMeans(2, n_init=10, random_state=self.random_state).fit(X)
        fake_share = [np.mean(y[clusters.labels_ == cluster]) for cluster in (0, 1)]
        self.centres_ = clusters.cluster_centers_[np.argsort(fake_share, kind="stable")]
        self.classes_ = np.array([0, 1])
        return self

    def decision_function(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Distance to the real centre minus distance to the fake one, (n,): 0 half-way."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        to_real, to_fake = (np.linalg.norm(X - centre, axis=1) for centre in self.centres_)
        difference: NDArray[np.float64] = to_real - to_fake
        return difference

    def predict(self, X: NDArray[Any]) -> NDArray[np.int64]:
        """The nearer centre, 1 for fake."""
        return (self.decision_function(X) > 0).astype(np.int64)
