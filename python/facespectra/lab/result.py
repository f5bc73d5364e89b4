"""What the lab is run on, and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from facespectra.evaluation.class_spectra import ClassSpectra
from facespectra.features.status import Status
from facespectra.lab.experiments import Experiment
from facespectra.lab.subsets import Subset
from facespectra.lab.tasks import PORTRAITS, TaskResult

RENDERED = " (rendered)"
CACHE = ".cache"  # in the output folder


@dataclass(frozen=True, slots=True, kw_only=True)
class LabSettings:
    """Databases, output folder and options of a run."""

    task1: Path  # database of Task 1
    task23: Path  # database of Tasks 2 and 3, only ever tested on
    out: Path
    extra: Path | None = None
    whole: bool = False  # whether images are faces that were cut out already
    resnet_weights: str | None = None  # None looks for torchvision's
    download: bool = True  # whether the weights may be downloaded
    seed: int = 0
    backend: str | None = None
    threads: int | None = None
    device: str | None = None
    precision: str = "auto"
    rendered: bool = False  # whether the faces were drawn by a program: every page then says so
    command: str = ""  # shown on the pages


@dataclass(frozen=True, slots=True, kw_only=True)
class LabResult:
    """Results of the three tasks, and what a reader needs to know about them."""

    settings: LabSettings
    tasks: dict[int, TaskResult]
    subsets: list[Subset]  # as read, before repeats are left out
    # Of Task 1's development set and of the other database; empty, as is `comparison`, if one lacks a class.
    class_spectra: tuple[ClassSpectra, ...] = ()
    comparison: dict[str, Any] = field(default_factory=dict)
    invariance: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    resnet50: str = ""  # the weights that were used, or why there were none
    efficientnet: str = ""  # the same of EfficientNet-Lite0
    cache_counts: dict[str, tuple[int, int]] = field(default_factory=dict)  # by stage: reused, computed
    unreadable: list[tuple[str, Status]] = field(default_factory=list)  # path and reason

    @property
    def experiments(self) -> list[Experiment]:
        """Experiments of all tasks."""
        return [experiment for task in self.tasks.values() for experiment in task.experiments]

    def rows(self) -> list[dict[str, Any]]:
        """Experiments as plain data: the content of ``lab.json``."""
        mark = RENDERED if self.settings.rendered else ""
        return [
            # The default model's portraits are photographs, even when the databases are rendered.
            {**row, "train": row["train"] + mark * (row["train"] != PORTRAITS), "test": row["test"] + mark}
            for row in (experiment.to_dict() for experiment in self.experiments)
        ]
