"""What a trained detector does: features of images, their scores, and verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from facespectra._files import PathLike
from facespectra._progress import Progress
from facespectra.detector.inputs import ALL, check_images, choose_cropper
from facespectra.detector.labels import FAKES, Vocabulary, vocabulary_of
from facespectra.detector.scores import (
    Score,
    join_by_origin,
    most_suspicious_faces,
    with_abstention,
    with_explanation,
)
from facespectra.detector.verdicts import Verdict, verdict_of
from facespectra.errors import ModelError
from facespectra.evaluation.aggregation import AGGREGATES, Aggregate
from facespectra.features.cache import Cache
from facespectra.features.crops import Sample, Source, spread_sources
from facespectra.features.extraction import Extractor
from facespectra.features.feature_set import FeatureSet
from facespectra.features.table import FeatureTable
from facespectra.videos import N_FRAMES

if TYPE_CHECKING:
    from facespectra.faces import FaceCropper
    from facespectra.images import AnyImage


class Engine(Protocol):
    """Extracts features elsewhere, such as on a cluster."""

    def extract(
        self, detector: Any, sources: Sequence[Source], faces: str | None, progress: Progress | None
    ) -> FeatureTable | None:
        """Do what :meth:`Scorer.extract` does; None where it has to."""
        ...


class Scorer:
    """Scores images by a fitted pipeline; :class:`facespectra.Detector` adds training and files."""

    features: str
    feature_set: FeatureSet
    cropper: FaceCropper | None
    threads: int | None
    cache: PathLike | None
    pipeline_: Any
    threshold_: float
    training_: dict[str, Any]
    sha256: str = ""  # of the model file that it came from
    engine: Engine | None = None  # what extracts in its place

    @property
    def gives_probabilities(self) -> bool:
        """Whether scores are probabilities of a fake, calibrated in training."""
        return bool(getattr(self.pipeline_[-1], "slope_", 0.0)) if hasattr(self, "pipeline_") else False

    @property
    def words(self) -> Vocabulary:
        """What its labels are called, and what they cover: swaps alone, or the fakes of somebody's data."""
        return vocabulary_of(self.training_) if hasattr(self, "training_") else FAKES

    def extract(
        self, sources: Sequence[Source], *, faces: str | None = None, progress: Progress | None = None
    ) -> FeatureTable:
        """Crop the faces and compute their features, one row for each source, in order.

        Sources are image files, frames of videos, augmented copies of either, or images in memory. `faces` is
        as for :meth:`predict`; with ``"all"`` there is a row for each face, and the table's ``origins`` are
        the positions of their sources. `progress` is called with the number of images done and of all.
        """
        if self.engine is not None:
            table = self.engine.extract(self, sources, faces, progress)
            if table is not None:
                return table
        return self._extractor(faces).table(sources, self.features, progress)

    def read_faces(self, sources: Iterable[Source], *, faces: str | None = None) -> Iterator[Sample]:
        """Read sources, as for :meth:`extract`, and give the faces that are scored, in colour, in order."""
        return self._extractor(faces).samples(sources)

    def _extractor(self, faces: str | None) -> Extractor:
        cache = None if self.cache is None else Cache(Path(self.cache))
        return Extractor(
            choose_cropper(self.cropper, faces),
            {self.features: self.feature_set},
            cache=cache,
            threads=self.threads,
        )

    def predict(
        self,
        images: Sequence[PathLike | AnyImage],
        *,
        frames: int = N_FRAMES,
        faces: str | None = None,
        per_video: Aggregate = "mean",
        progress: Progress | None = None,
    ) -> list[Verdict]:
        """Give a verdict on each image and video.

        Parameters
        ----------
        images : sequence of path-like, numpy.ndarray or PIL.Image.Image
            Image and video files, and images in memory: ``(H, W)``, ``(H, W, 3)`` or ``(H, W, 4)`` arrays of
            uint8, uint16, or float in [0, 1], or Pillow images.
        frames : int
            How many frames of each video to look at, evenly spread.
        faces : {"largest", "all", "whole"}, optional
            The face that is scored: the largest; all of them, of which the most suspicious decides; or the
            whole image, for faces that were cut out before. Default: as the detector was trained.
        per_video : {"mean", "median", "max"}
            How the scores of a video's frames are joined; frames that can't be told are left out, unless
            there are no others.
        progress : callable, optional
            Called with the number of images and frames done and of all.

        Returns
        -------
        list of Verdict
            One for each image and video, in order. A file that cannot be read has a status that says why.

        Raises
        ------
        ModelError
            If the detector has not been trained.
        ValueError, TypeError
            If something is neither a path nor an image, or a setting is unknown.
        """
        scores = self._scores_of(images, frames, faces, per_video, progress)
        return [self.verdict(score, faces=faces) for score in scores]

    def verdict(self, score: Score, *, faces: str | None = None) -> Verdict:
        """Give the verdict on a score of :meth:`score_samples`, or on several that were joined."""
        return verdict_of(
            score,
            self.threshold_,
            self.words,
            probability=self.gives_probabilities,
            every=faces == ALL,
        )

    def score(
        self,
        images: Sequence[PathLike | AnyImage],
        *,
        frames: int = N_FRAMES,
        faces: str | None = None,
        per_video: Aggregate = "mean",
        progress: Progress | None = None,
    ) -> NDArray[np.float64]:
        """Score images and videos.

        Parameters
        ----------
        images, frames, faces, per_video, progress
            As for :meth:`predict`, which also says where a score means little.

        Returns
        -------
        (n,) float64
            Higher means more likely fake; NaN where no face was found or the file cannot be read. The same
            whether an image is scored alone or among others.

        Raises
        ------
        ModelError, ValueError, TypeError
            As for :meth:`predict`.
        """
        scores = self._scores_of(images, frames, faces, per_video, progress)
        return np.array([one.score for one in scores], np.float64)

    def _scores_of(
        self,
        images: Sequence[PathLike | AnyImage],
        frames: int,
        faces: str | None,
        per_video: Aggregate,
        progress: Progress | None,
    ) -> list[Score]:
        named = check_images(images)
        if per_video not in AGGREGATES:
            raise ValueError(f"per_video must be {', '.join(AGGREGATES)}, not {per_video!r}")
        sources, origins = spread_sources(named, frames)
        samples = self.score_samples(sources, faces=faces, progress=progress)
        return join_by_origin(sources, origins, samples, per_video)

    def score_samples(
        self, sources: Sequence[Source], *, faces: str | None = None, progress: Progress | None = None
    ) -> list[Score]:
        """Score sources, as for :meth:`extract`, one score each, with status, box and evidence, in order."""
        table = self.extract(sources, faces=faces, progress=progress)
        scores = self.score_table(table)
        return most_suspicious_faces(scores, table.origins) if faces == ALL else scores

    def score_table(self, table: FeatureTable, *, evidence: bool = True) -> list[Score]:
        """Score the rows of a table, each with status, box and, which takes time, evidence."""
        scores = self.score_features(table).tolist()
        n_faces = table.n_faces or [0] * len(scores)
        notes = table.notes or [""] * len(scores)
        rows = zip(table.paths, scores, table.statuses, table.boxes, n_faces, strict=True)
        classifier = self.pipeline_[-1]
        finish = with_explanation if evidence else with_abstention
        return [
            finish(Score(*row, note=note), values, classifier)
            for row, note, values in zip(rows, notes, table.matrix, strict=True)
        ]

    def score_images(self, images: Iterable[AnyImage]) -> NDArray[np.float64]:
        """Score images in memory, (n,) float64; :meth:`score` takes them, too."""
        return self.score(list(images))

    def score_features(self, table: FeatureTable) -> NDArray[np.float64]:
        """Score the rows of a table, (n,) float64; NaN where the status is not ``"ok"``.

        The table is from :meth:`extract` of a detector with the same settings. A ModelError says that the
        detector has not been trained.
        """
        if not hasattr(self, "pipeline_"):
            raise ModelError("the detector has not been trained; call fit first, or load a model")
        used = table.ok
        scores = np.full(len(used), np.nan)
        if used.any():
            scores[used] = self.pipeline_.decision_function(table.matrix[used])
        return scores
