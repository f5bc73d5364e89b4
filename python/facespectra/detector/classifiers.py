"""The classifiers by name, their fit, and the threshold that goes with them.

Another classifier is a maker in :data:`CLASSIFIERS`, and, if its type is new to model files, that type in
:data:`facespectra.detector.model_file.ALLOWED_TYPES`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from facespectra._extras import require
from facespectra._threads import ordered_map, thread_count

FOLDS = 5


def _svm(kernel: str) -> Callable[[int], Any]:
    def make(seed: int) -> Any:
        from sklearn.svm import SVC

        # The seed has no effect: SVC is random only in the probabilities, and ranking needs none.
        return SVC(kernel=kernel)

    return make


def _logistic(seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=10_000, random_state=seed)


def _kmeans(seed: int) -> Any:
    from facespectra.detector.kmeans import TwoMeans

    return TwoMeans(random_state=seed)


def _experts(seed: int) -> Any:
    from facespectra.detector.experts import TwoExperts

    # The seed has no effect: nothing in it is random.
    return TwoExperts()


def _texture_experts(seed: int) -> Any:
    from facespectra.detector.experts import TextureExperts

    # The seed has no effect here either.
    return TextureExperts()


CLASSIFIERS: dict[str, Callable[[int], Any]] = {
    "svm-poly": _svm("poly"),
    "svm-linear": _svm("linear"),
    "svm-rbf": _svm("rbf"),
    "svm-sigmoid": _svm("sigmoid"),
    "logistic": _logistic,
    "kmeans": _kmeans,
}
"""Those for any features, by name; each makes an unfitted estimator of a seed."""

OWN_CLASSIFIERS: dict[str, dict[str, Callable[[int], Any]]] = {
    "regions": {"experts": _experts},
    "texture": {"experts": _texture_experts},
}
"""Those for one feature set alone, by its name; the first of them is its default."""


@runtime_checkable
class SelfExplaining(Protocol):
    """A classifier that says of each score what it is made of, and when it means little."""

    @property
    def expert_names(self) -> tuple[str, ...]:
        """Name each expert, in order."""
        ...

    def contributions(self, row: NDArray[Any]) -> dict[str, float]:
        """What each feature group adds to a score, the strongest first; above 0 is evidence for fake."""
        ...

    def linear_terms(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give the weights of the features whose contributions these are, and the values they count from."""
        ...

    def expert_scores(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """What each expert says, (n, number of experts), in standard deviations of its own score."""
        ...

    def dominant_expert(self, row: NDArray[Any]) -> str:
        """The expert that contributed more to a score."""
        ...

    def abstention_reason(self, row: NDArray[Any], width: float) -> str:
        """Why a score of a face of so many pixels means little; empty where it does not."""
        ...

    def hiding_reason(self, row: NDArray[Any]) -> str:
        """Why a fake may be hidden from the classifier in this face; empty where nothing suggests it."""
        ...


def classifiers_for(features: str) -> dict[str, Callable[[int], Any]]:
    """All classifiers that take these features, the default one first."""
    own = OWN_CLASSIFIERS.get(features, {})
    return own | CLASSIFIERS


def default_classifier(features: str) -> str:
    """The classifier of features for which none was asked for."""
    return next(iter(classifiers_for(features)))


def check_classifier(classifier: str, features: str) -> None:
    """Raise ValueError unless there is a classifier of this name for these features."""
    known = classifiers_for(features)
    if classifier not in known:
        takers = [other for other, own in OWN_CLASSIFIERS.items() if classifier in own]
        if takers:
            raise ValueError(
                f"classifier {classifier!r} takes features {' or '.join(map(repr, takers))}, not {features!r}"
            )
        raise ValueError(f"unknown classifier {classifier!r}; use one of {', '.join(known)}")


def make_pipeline(
    classifier: str, *, features: str = "spectrum", scale: bool, seed: int, blocks: Sequence[int] = ()
) -> Any:
    """Make an unfitted scikit-learn pipeline that ends in the classifier of this name.

    With widths of `blocks`, features are scaled so that each block has equal weight, see
    :class:`facespectra.detector.blocks.BlockScaler`; else with `scale`, each feature is standardised.
    """
    check_classifier(classifier, features)
    require("detect", "sklearn")
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    scaler: list[tuple[str, Any]] = [("scale", StandardScaler())] if scale else []
    if blocks:
        from facespectra.detector.blocks import BlockScaler

        scaler = [("scale", BlockScaler(list(blocks)))]
    return Pipeline([*scaler, ("classify", classifiers_for(features)[classifier](seed))])


def fit_pipeline(pipeline: Any, matrix: NDArray[Any], labels: NDArray[np.int64]) -> list[str]:
    """Fit a pipeline in place, and give what the fit warned of, such as a solver that did not converge."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pipeline.fit(matrix, labels)
    complaints = set()
    for warning in caught:
        if issubclass(warning.category, ConvergenceWarning):
            complaints.add(str(warning.message).strip().partition("\n")[0])
        else:
            warnings.warn(warning.message, stacklevel=2)
    return sorted(complaints)


def held_out_scores(
    pipeline: Any,
    matrix: NDArray[Any],
    labels: NDArray[np.int64],
    groups: NDArray[Any],
    seed: int,
    threads: int | None = 1,
) -> NDArray[np.float64] | None:
    """Score every training sample by a copy of the pipeline that has not seen its group.

    The seed divides into folds; threads, over which the folds are spread, have no effect on the scores. None
    if there are fewer groups of a class than folds.
    """
    import sklearn
    from sklearn.base import clone
    from sklearn.exceptions import ConvergenceWarning

    if min(len(np.unique(groups[labels == label])) for label in (0, 1)) < FOLDS:
        return None
    numbers = np.unique(groups, return_inverse=True)[1]
    folds = _folds(labels.astype(bool).tobytes(), numbers.astype(np.int64).tobytes(), seed)
    # Stratification yields to groups: a few large ones can leave a fold without one of the classes.
    if any(len(np.unique(labels[train])) < 2 for train, _ in folds):
        return None
    config, libraries = sklearn.get_config(), _libraries()

    def score(fold: tuple[NDArray[Any], NDArray[Any]]) -> NDArray[np.float64]:
        train, test = fold
        # Both are settings of a thread, and a new one has neither.
        with sklearn.config_context(**config), libraries.limit(limits=1, user_api="openmp"):
            copy = clone(pipeline).fit(matrix[train], labels[train])
            scores: NDArray[np.float64] = copy.decision_function(matrix[test])
        return scores

    held_out = np.empty(len(labels))
    with libraries.limit(limits=1), warnings.catch_warnings():
        # The scores tell how well a fold did, and the fit to all samples is asked whether it converged.
        warnings.simplefilter("ignore", ConvergenceWarning)
        workers = min(thread_count(threads), FOLDS)
        for (_, test), scores in zip(
            folds, ordered_map(score, folds, workers=workers, max_pending=FOLDS), strict=True
        ):
            held_out[test] = scores
    return held_out


@cache
def _libraries() -> Any:
    """The libraries with threads of their own, looked for once: what scikit-learn works with is loaded."""
    import sklearn.svm  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@lru_cache(maxsize=4)
def _folds(labels: bytes, groups: bytes, seed: int) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """Divide samples into folds, once for several classifiers: it takes longer than most of these do."""
    from sklearn.model_selection import StratifiedGroupKFold

    truth = np.frombuffer(labels, dtype=bool)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    return list(folds.split(truth, truth.astype(np.int64), np.frombuffer(groups, dtype=np.int64)))


def class_features(matrix: NDArray[Any], labels: NDArray[np.int64]) -> dict[str, dict[str, Any]]:
    """Count, mean and standard deviation of every feature in both classes, ``"real"`` and ``"fake"``."""
    classes = {}
    for name, label in (("real", 0), ("fake", 1)):
        rows = matrix[labels == label].astype(np.float64)
        classes[name] = {"n": len(rows), "mean": rows.mean(axis=0), "sd": rows.std(axis=0)}
    return classes


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted classifier and what goes with it."""

    pipeline: Any
    # The highest Youden index over the held-out scores; without these, over the scores of the fit itself,
    # which are too sure.
    threshold: float
    held_out_auc: float | None
    held_out: NDArray[np.float64] | None  # see held_out_scores()
    warnings: list[str]


def fit_classifier(
    pipeline: Any,
    matrix: NDArray[Any],
    labels: NDArray[np.int64],
    groups: NDArray[Any],
    seed: int,
    threads: int | None = None,
) -> Fit:
    """Fit a pipeline in place, and choose its threshold on the same training data."""
    from facespectra.evaluation import evaluate, youden_threshold

    held_out = held_out_scores(pipeline, matrix, labels, groups, seed, threads)
    # A few hundred rows are too few for two threads, which on a busy machine wait for each other for seconds;
    # and on one thread the sums, and with them a model's bits, are the same on every machine.
    with _libraries().limit(limits=1):
        complaints = fit_pipeline(pipeline, matrix, labels)
    classifier = pipeline[-1]
    if held_out is not None and hasattr(classifier, "calibrate"):
        held_out = classifier.calibrate(held_out, labels).calibrated(held_out)
    scores = pipeline.decision_function(matrix) if held_out is None else held_out
    auc = None if held_out is None else evaluate(labels, held_out).auc
    return Fit(pipeline, youden_threshold(labels, scores), auc, held_out, complaints)
