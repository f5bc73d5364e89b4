"""What an evaluation was made of and what it gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facespectra.datasets.sources import frames_of, sources_of, videos_of
from facespectra.detector.loading import DEFAULT_MODEL
from facespectra.evaluation import Evaluation
from facespectra.features.status import Kind
from facespectra.report.alarms import FalseAlarms
from facespectra.report.parts import Part
from facespectra.report.robustness import Sweep
from facespectra.report.samples import known_groups

if TYPE_CHECKING:
    import pandas as pd

    from facespectra.augment import Copy
    from facespectra.detector import Detector
    from facespectra.features import FeatureTable, Status
    from facespectra.videos import Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """An evaluation of a detector on a data set, as :func:`facespectra.report.evaluation.run` gives it.

    Attributes
    ----------
    detector : Detector or None
        The detector that was evaluated; None where the scores are another system's.
    model : Path or None
        Its file, or that of the scores; None for a detector that is in memory only.
    title : str
        Of the page: name of the data set, and its split where it is one.
    manifest : pandas.DataFrame
        One row for each image or frame that was scored, as :func:`facespectra.read_dataset` gives them.
    table : FeatureTable or None
        Features of the same samples; None where the scores are another system's.
    scores : (n,) float64
        Of the same samples; NaN where there is no score.
    statuses : tuple of Status
        Of the same samples, in the words of ``facespectra score``.
    result : Evaluation
        The figures.
    warnings : tuple of str
        What could make the figures better than the detector is, and what could not be written.
    parts : dict of str to list of Part
        AUC by method, generator, size and quality, as far as these are known.
    sweep : Sweep or None
        AUC by degradation, where it was measured.
    alarms : tuple of FalseAlarms
        False-alarm rates on real faces of other sources, where they were measured.
    name : str
        What the page calls the system; empty for the name of the model.
    faces : {"largest", "all", "whole"} or None
        Which face of each image was scored; None: as the detector was trained.
    settings : sequence of (name, value)
        What the page lists under "How it was made", before the model.
    """

    detector: Detector | None
    model: Path | None
    title: str
    manifest: pd.DataFrame
    table: FeatureTable | None
    scores: NDArray[np.float64]
    statuses: tuple[Status, ...]
    result: Evaluation
    warnings: tuple[str, ...] = ()
    parts: Mapping[str, Sequence[Part]] = field(default_factory=dict)
    sweep: Sweep | None = None
    alarms: tuple[FalseAlarms, ...] = ()
    name: str = ""
    faces: str | None = None
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def paths(self) -> list[str]:
        """The file of each sample."""
        return self.manifest["path"].tolist()

    @property
    def frames(self) -> list[int | None] | None:
        """The frame of each sample, None for an image; None where there are no videos."""
        return frames_of(self.manifest)

    @property
    def labels(self) -> NDArray[np.int64]:
        """0 for real and 1 for fake, (n,) int64."""
        return self.manifest["label"].to_numpy()

    @property
    def sources(self) -> list[str | Frame | Copy]:
        """What :meth:`facespectra.Detector.extract` reads for each sample."""
        return sources_of(self.manifest)

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Which samples have a score, (n,) bool."""
        return ~np.isnan(self.scores)

    @property
    def undecided(self) -> NDArray[np.bool_]:
        """About which samples the detector can't tell, (n,) bool."""
        return np.array([status.kind is Kind.CANNOT_TELL for status in self.statuses], bool)

    @property
    def units(self) -> dict[str, NDArray[np.object_]]:
        """The group and the video of each sample, as far as they are known."""
        known = {"groups": known_groups(self.manifest), "videos": videos_of(self.manifest)}
        return {name: np.array(unit, object) for name, unit in known.items() if unit is not None}

    @property
    def unreadable(self) -> list[tuple[str, Status]]:
        """Path and status of each sample that cannot be read, of the data set and then of `alarms`."""
        failed = [pair for pair in zip(self.paths, self.statuses, strict=True) if pair[1].unreadable]
        return [*failed, *(one for alarms in self.alarms for one in alarms.unreadable)]

    @property
    def model_name(self) -> str:
        """The model as the subject of a sentence."""
        if self.name:
            return self.name
        if self.model is None:
            return "the detector"
        return "the model that facespectra ships" if self.model == DEFAULT_MODEL else self.model.name
