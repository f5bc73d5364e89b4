"""One experiment: a system, trained on one subset, tested on another, and all that came of it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facespectra._versions import versions_of
from facespectra.detector import Detector, load
from facespectra.errors import DatasetError
from facespectra.evaluation import Evaluation, evaluate
from facespectra.features import FeatureTable
from facespectra.features.cache import Cache, key_of
from facespectra.lab.subsets import Subset

# To be raised with every change of the code behind the fit that changes what comes out of it.
FIT = 1

EVALUATION, CROSS_VALIDATION = "evaluation", "cross-validation"


@dataclass(frozen=True, slots=True)
class System:
    """Features and a classifier.

    Attributes
    ----------
    features : str
        One of :data:`facespectra.features.FEATURES`.
    classifier : str
        One of :data:`facespectra.detector.CLASSIFIERS`.
    """

    features: str
    classifier: str

    @property
    def name(self) -> str:
        """For people: of the spectrum, which most systems use, nothing is said."""
        return self.classifier if self.features == "spectrum" else f"{self.features}, {self.classifier}"


@dataclass(slots=True)
class Experiment:
    """A row of the result.

    Attributes
    ----------
    task : int
        1, 2 or 3.
    system : System
        What was tried.
    train, test : str
        Names of the parts.
    protocol : str
        ``"evaluation"``: trained on the one and tested on the other. ``"cross-validation"``: every sample of
        the one part is scored by a system that has not seen its group.
    reported_auc : float or None
        The report's own figure for this.
    final : bool
        Whether this is the system that the task is answered with.
    reason : str
        Why it was skipped; empty if it was not.
    """

    task: int
    system: System
    train: str
    test: str
    protocol: str = EVALUATION
    reported_auc: float | None = None
    final: bool = False
    reason: str = ""
    slug: str = ""
    evaluation: Evaluation | None = None
    trained_on: dict[str, int] = field(default_factory=dict)
    tested_on: dict[str, int] = field(default_factory=dict)
    held_out_auc: float | None = None
    warnings: tuple[str, ...] = ()
    part: Subset | None = None
    statuses: list[str] = field(default_factory=list)
    scores: NDArray[np.float64] | None = None

    @property
    def folder(self) -> str:
        """Where its files are, relative to the output folder."""
        return f"task{self.task}/{self.slug}"

    def to_dict(self) -> dict[str, Any]:
        """Give the row as plain data, for ``lab.json``."""
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
            "protocol": self.protocol,
            "features": self.system.features,
            "classifier": self.system.classifier,
        }
        if self.evaluation is not None:
            figures = self.evaluation.to_dict()
            row |= {key: figures[key] for key in ("auc", "auc_ci95", "auc_flipped")}
            row |= {"held_out_auc": self.held_out_auc, **self.tested_on, "trained_on": self.trained_on}
            row |= {"folder": self.folder, "warnings": list(self.warnings)}
        return row


class Trainer:
    """Trains systems, each once for the same features, labels, groups and settings.

    Parameters
    ----------
    cache : Cache
        Where trained systems are kept.
    **settings
        Of every :class:`facespectra.Detector`.
    """

    def __init__(self, cache: Cache, **settings: Any) -> None:
        self.cache = cache
        self.settings = settings
        self._trained: dict[str, Detector] = {}

    def detector(self, system: System, **more: Any) -> Detector:
        """Make an untrained detector.

        Parameters
        ----------
        system : System
            Its features and its classifier.
        **more
            Settings for features from a network.

        Returns
        -------
        Detector
        """
        return Detector(system.features, system.classifier, **self.settings, **more)

    def fit(self, system: System, part: Subset, **more: Any) -> Detector:
        """Train a system.

        Parameters
        ----------
        system : System
            What to train.
        part : Subset
            What to train on; its features have been computed.
        **more
            Settings for features from a network.

        Returns
        -------
        Detector

        Raises
        ------
        DatasetError
            If one of the classes has no usable sample.
        """
        detector, table = self.detector(system, **more), part.table(system.features)
        key = key_of(
            stage=FIT,
            settings=detector.settings,
            features=_digest(table),
            labels=part.labels.tolist(),
            groups=part.groups.tolist(),
            versions=versions_of("scikit-learn", "numpy", "scipy", "skops"),
        )
        if key not in self._trained:
            self._trained[key] = self._known(key, table, part, more) or self._new(key, detector, table, part)
        return self._trained[key]

    def _new(self, key: str, detector: Detector, table: FeatureTable, part: Subset) -> Detector:
        detector.fit_features(table, part.labels, part.groups)
        held_out = detector.held_out_scores_
        scores = None if held_out is None else [None if math.isnan(x) else x for x in held_out.tolist()]
        with TemporaryDirectory() as folder:
            model = detector.save(Path(folder) / "model").read_bytes()
        self.cache.store("fit", key, json.dumps(scores).encode() + b"\n" + model)
        return detector

    def _known(self, key: str, table: FeatureTable, part: Subset, more: Mapping[str, Any]) -> Detector | None:
        entry = self.cache.fetch("fit", key)
        if entry is None:
            return None
        scores, _, model = entry.partition(b"\n")
        held_out = json.loads(scores)
        runtime = {"backend", "threads", "device", "precision"} & set(self.settings)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "model"
            path.write_bytes(model)
            detector = load(path, **{name: self.settings[name] for name in runtime}, **more)
        detector.held_out_scores_ = None if held_out is None else np.array(held_out, dtype=np.float64)
        # Which files were left out is not a part of a model.
        detector.training_ |= {**table.counts(part.labels), "left_out": table.left_out}
        return detector


def run_experiment(
    experiment: Experiment, trainer: Trainer, train: Subset, test: Subset | None, **more: Any
) -> Detector | None:
    """Train and test; what stands in the way becomes the reason of a skipped experiment.

    Parameters
    ----------
    experiment : Experiment
        Filled in.
    trainer : Trainer
        Trains.
    train : Subset
        What to train on.
    test : Subset or None
        What to test on; None for cross-validation inside `train`.
    **more
        Settings for features from a network.

    Returns
    -------
    Detector or None
        None if there was nothing to train on.
    """
    try:
        detector = trainer.fit(experiment.system, train, **more)
    except DatasetError as error:
        experiment.reason = str(error)
        return None
    experiment.trained_on = train.counts(experiment.system.features)
    judge(experiment, detector, train if test is None else test, held_out=test is None)
    return detector


def judge(experiment: Experiment, detector: Detector, judged: Subset, *, held_out: bool = False) -> None:
    """Test a trained detector; what stands in the way becomes the reason of a skipped experiment.

    Parameters
    ----------
    experiment : Experiment
        Filled in.
    detector : Detector
        Trained.
    judged : Subset
        What to test on.
    held_out : bool
        Whether to take the scores that it gave to its own training samples in cross-validation.
    """
    table = judged.table(experiment.system.features)
    scores = detector.held_out_scores_ if held_out else detector.score_features(table)
    if scores is None:
        experiment.reason = "too few groups of a class to divide into five folds"
        return
    threshold = None if held_out else detector.threshold_
    try:
        experiment.evaluation = evaluate(judged.labels, scores, judged.known_groups, threshold=threshold)
    except ValueError as error:
        experiment.reason = str(error)
        return
    experiment.tested_on = judged.counts(experiment.system.features)
    experiment.held_out_auc = detector.training_["held_out_auc"]
    experiment.warnings = (*experiment.evaluation.warnings, *detector.training_["warnings"])
    experiment.part, experiment.statuses, experiment.scores = judged, table.statuses, scores


def _digest(table: FeatureTable) -> str:
    """Hash of the rows with features, and of which these are."""
    used = table.ok
    content = np.ascontiguousarray(table.matrix[used])
    return hashlib.sha256(str(content.dtype).encode() + used.tobytes() + content.tobytes()).hexdigest()
