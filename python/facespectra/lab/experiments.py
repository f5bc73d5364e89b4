"""Experiments: a system trained on one subset and tested on another."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facespectra._versions import versions_of
from facespectra.datasets.sources import videos_of
from facespectra.detector import Detector
from facespectra.detector.loading import load_bytes
from facespectra.detector.scores import Score
from facespectra.errors import DatasetError
from facespectra.evaluation import Evaluation, evaluate
from facespectra.evaluation.aggregation import rule
from facespectra.features import FeatureTable, Status
from facespectra.features.cache import Cache, key_of
from facespectra.features.feature_set import NOTHING
from facespectra.features.feature_sets import NETWORKS, parts_of
from facespectra.features.status import Kind
from facespectra.lab.subsets import MissingSubset, Subset, TrainingSet
from facespectra.report.samples import Samples

# Raise it with every change of the code that changes what a fit gives: cached fits are then out of date.
FIT = 1

EVALUATION, CROSS_VALIDATION, HELD_OUT = "evaluation", "cross-validation", "held-out"


@dataclass(frozen=True, slots=True)
class System:
    """A feature set and a classifier, by their names; `joined` is the network of joined features."""

    features: str
    classifier: str
    joined: str = NETWORKS[0]

    @property
    def name(self) -> str:
        """Name for people; it leaves out the spectrum, which most systems use."""
        if self.features == "spectrum":
            return self.classifier
        network = f" with {self.joined}" if self.settings else ""
        return f"{self.features}{network}, {self.classifier}"

    @property
    def settings(self) -> dict[str, str]:
        """Settings of the feature set."""
        return {} if self.joined == NETWORKS[0] else {"network": self.joined}

    @property
    def parts(self) -> tuple[str, ...]:
        """The feature sets that its features consist of."""
        return parts_of(self.features, self.settings)

    @property
    def network(self) -> str | None:
        """The network among its features, by name."""
        return next((part for part in self.parts if part in NETWORKS), None)


@dataclass(slots=True)
class Experiment:
    """One row of the lab's table; skipped where `reason` says why."""

    task: int
    slug: str  # its folder within the task's folder
    system: System
    train: str  # names of the subsets
    test: str
    protocol: str = EVALUATION
    reported_auc: float | None = None  # in the reference study
    final: bool = False  # whether it is the answer to the task
    choice: str = ""  # why it is
    reason: str = ""
    detector: Detector | None = None
    evaluation: Evaluation | None = None
    # Of the test, empty as long as there is no evaluation.
    test_set: Subset | None = None
    scores: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    statuses: list[Status] = field(default_factory=list)
    trained_on: dict[str, int] = field(default_factory=dict)
    tested_on: dict[str, int] = field(default_factory=dict)
    held_out_auc: float | None = None
    warnings: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """Folder of its files, relative to the output folder."""
        return f"task{self.task}/{self.slug}"

    @property
    def auc(self) -> float:
        """AUC of the test; NaN where there is none."""
        return self.evaluation.auc if self.evaluation is not None else math.nan

    @property
    def auc_ci95(self) -> tuple[float, float]:
        """95 % interval of the AUC; NaN where there is none."""
        return self.evaluation.auc_ci95 if self.evaluation is not None else (math.nan, math.nan)

    def to_dict(self) -> dict[str, Any]:
        """Row of ``lab.json``."""
        row: dict[str, Any] = {
            "task": self.task,
            "system": self.system.name,
            "train": self.train,
            "test": self.test,
            "auc": None,
            "auc_ci95": None,
            "reported_auc": self.reported_auc,
            "auc_flipped": None,
            "status": "skipped" if self.reason else "ok",
            "reason": self.reason or None,
            "final": self.final,
            "choice": self.choice or None,
            "protocol": self.protocol,
            "features": self.system.features,
            "classifier": self.system.classifier,
            "network": self.system.network,
        }
        if self.evaluation is not None:
            metrics = self.evaluation.to_dict()
            row |= {key: metrics[key] for key in ("auc", "auc_ci95", "auc_flipped")}
            row |= {"held_out_auc": self.held_out_auc, **self.tested_on, "trained_on": self.trained_on}
            row["aggregate_rule"] = rule(self.evaluation.aggregate)
            row |= {"folder": self.folder, "warnings": list(self.warnings)}
        return row


class Trainer:
    """Trains systems, each once for the same features, labels, groups and settings.

    `weights` are ResNet-50's. Where there is no network of a name, `missing` says why. `settings` go to
    every :class:`facespectra.Detector`.
    """

    def __init__(
        self,
        cache: Cache,
        *,
        weights: str | PathLike[str] | None = None,
        missing: Mapping[str, str] = NOTHING,
        **settings: Any,
    ) -> None:
        self.cache = cache
        self.weights: dict[str, Any] = {} if weights is None else {"weights": weights}
        self.missing = missing
        self.settings = settings
        self._trained: dict[str, Detector] = {}

    def fit(self, system: System, subset: Subset) -> Detector:
        """Train a system on a subset; raise DatasetError if a class has no usable sample."""
        weights = self.weights if system.network == "resnet50" else {}
        detector = Detector(
            system.features, system.classifier, feature_settings=system.settings, **self.settings, **weights
        )
        table = subset.table(*system.parts)
        key = key_of(
            stage=FIT,
            settings=detector.settings,
            features=_digest(table),
            labels=subset.labels.tolist(),
            groups=subset.groups.tolist(),
            versions=versions_of("scikit-learn", "numpy", "scipy", "skops"),
        )
        if key not in self._trained:
            known = self._known(key, table, subset, weights)
            self._trained[key] = known or self._new(key, detector, table, subset)
        return self._trained[key]

    def _new(self, key: str, detector: Detector, table: FeatureTable, subset: Subset) -> Detector:
        detector.fit_features(table, subset.labels, subset.groups)
        held_out = detector.held_out_scores_
        scores = None if held_out is None else [None if math.isnan(x) else x for x in held_out.tolist()]
        self.cache.store("fit", key, json.dumps(scores).encode() + b"\n" + detector.to_bytes())
        return detector

    def _known(
        self, key: str, table: FeatureTable, subset: Subset, weights: Mapping[str, Any]
    ) -> Detector | None:
        entry = self.cache.fetch("fit", key)
        if entry is None:
            return None
        scores, _, model = entry.partition(b"\n")
        held_out = json.loads(scores)
        runtime = {"backend", "threads", "device", "precision"} & set(self.settings)
        settings = {name: self.settings[name] for name in runtime}
        detector = load_bytes(model, "a cached model", **settings, **weights)
        detector.held_out_scores_ = None if held_out is None else np.array(held_out, dtype=np.float64)
        # A model does not hold which files were left out.
        detector.training_ |= {**table.counts(subset.labels), "left_out": table.left_out}
        return detector


def run_experiment(
    experiment: Experiment, trainer: Trainer, train: TrainingSet, test: Subset | None = None
) -> Experiment:
    """Train and test, or skip with the reason; without `test`, cross-validate inside `train`."""
    reasons = [trainer.missing.get(experiment.system.network or "", "")]
    if isinstance(train, MissingSubset):
        reasons.append(train.reason)
    experiment.reason = "; ".join(filter(None, reasons))
    if experiment.reason or isinstance(train, MissingSubset):
        return experiment
    try:
        detector = trainer.fit(experiment.system, train)
    except DatasetError as error:
        experiment.reason = str(error)
        return experiment
    experiment.trained_on = train.counts(*experiment.system.parts)
    if test is None:
        return _cross_validated(experiment, detector, train)
    return evaluate_detector(experiment, detector, test)


def evaluate_detector(experiment: Experiment, detector: Detector, test: Subset) -> Experiment:
    """Score a test set with a trained detector, or skip with the reason."""
    table = test.table(*experiment.system.parts)
    found = detector.score_table(table, evidence=False)
    return _record_scores(
        experiment, detector, Samples(test.samples, found, table), test, detector.threshold_
    )


def _cross_validated(experiment: Experiment, detector: Detector, train: Subset) -> Experiment:
    """Take the scores that cross-validation gave the training set."""
    table, scores = train.table(*experiment.system.parts), detector.held_out_scores_
    if scores is None:
        experiment.detector = detector
        experiment.reason = "too few groups of a class to divide into five folds"
        return experiment
    rows = zip(table.paths, scores.tolist(), table.statuses, table.boxes, strict=True)
    found = [Score(*row) for row in rows]
    return _record_scores(experiment, detector, Samples(train.samples, found, table), train)


def _record_scores(
    experiment: Experiment,
    detector: Detector,
    samples: Samples,
    test: Subset,
    threshold: float | None = None,
) -> Experiment:
    """Evaluate what was scored, as ``facespectra evaluate`` does, and fill in the experiment."""
    experiment.detector = detector
    try:
        experiment.evaluation = evaluate(
            test.labels,
            samples.scores,
            test.known_groups,
            videos=videos_of(test.samples),
            undecided=samples.undecided,
            threshold=threshold,
            probabilities=detector.gives_probabilities,
        )
    except ValueError as error:
        experiment.reason = str(error)
        return experiment
    statuses = list(samples.statuses(detector))
    experiment.test_set, experiment.scores, experiment.statuses = test, samples.scores, statuses
    counts = test.table(*experiment.system.parts).counts(test.labels)
    n_unsure = sum(status.kind is Kind.CANNOT_TELL for status in statuses)
    experiment.tested_on = counts | {"n_cannot_tell": n_unsure}
    experiment.held_out_auc = detector.training_["held_out_auc"]
    experiment.warnings = (*experiment.evaluation.warnings, *detector.training_["warnings"])
    return experiment


def _digest(table: FeatureTable) -> str:
    """Hash of the rows with features and of their positions."""
    used = table.ok
    content = np.ascontiguousarray(table.matrix[used])
    return hashlib.sha256(str(content.dtype).encode() + used.tobytes() + content.tobytes()).hexdigest()
