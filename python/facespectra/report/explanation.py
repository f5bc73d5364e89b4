"""Explanations of images: of the face that decides, or of every face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facespectra.detector.attribution import attribute
from facespectra.detector.classifiers import SelfExplaining
from facespectra.detector.inputs import ALL, choose_cropper
from facespectra.detector.loading import load
from facespectra.detector.scores import Score, most_suspicious
from facespectra.errors import FacespectraError
from facespectra.features.crops import Crop, Sample, Source, read_samples
from facespectra.features.extraction import extract_features
from facespectra.features.status import NO_FACE
from facespectra.report.explained import Explanation, by_group, check_suffix
from facespectra.report.face_regions import regions_of, tint_of
from facespectra.report.sentences import face_sentences

if TYPE_CHECKING:
    from facespectra.detector import Detector
    from facespectra.detector.verdicts import Verdict
    from facespectra.features.feature_set import Matrix
    from facespectra.features.status import Status

__all__ = ["Explanation", "check_suffix", "explain", "explain_faces"]

Floats = NDArray[np.float64]


def explain(source: Source, detector: Detector | None = None, *, faces: str | None = None) -> Explanation:
    """Explain the score of one image.

    Parameters
    ----------
    source : path-like, Frame, PIL.Image.Image or numpy.ndarray
        An image file, a frame of a video, or an image.
    detector : Detector, optional
        Trained; by default the one that this package ships.
    faces : {"largest", "all", "whole"}, optional
        The face that is explained, as for :meth:`facespectra.Detector.predict`.

    Returns
    -------
    Explanation

    Raises
    ------
    FacespectraError
        If the image cannot be read, or there is no face in it.
    ModelError
        If the detector has not been trained.

    Examples
    --------
    >>> import facespectra as fs
    >>> explanation = fs.explain("photo.jpg")  # doctest: +SKIP
    >>> explanation.score, next(iter(explanation.contributions))  # doctest: +SKIP
    (0.93, 'skin highpass3 p90')
    >>> explanation.save("photo.svg")  # doctest: +SKIP
    """
    detector = load() if detector is None else detector
    faces_of = FacesOf.read(source, detector, faces)
    position = most_suspicious(faces_of.scores)
    status = faces_of.statuses[position]
    if faces_of.crops[position] is None or not status.ok:
        reason = "no face was found, so there is no score to explain" if status == NO_FACE else str(status)
        raise FacespectraError(f"{faces_of.scores[position].path or 'the image'}: {reason}")
    return faces_of.explained(position)


def explain_faces(
    source: Source, detector: Detector | None = None, *, limit: int | None = None
) -> list[Explanation]:
    """Explain the score of every face of one image, which is read once.

    Parameters
    ----------
    source : path-like, Frame, PIL.Image.Image or numpy.ndarray
        An image file, a frame of a video, or an image.
    detector : Detector, optional
        Trained; by default the one that this package ships. One that was trained on whole images takes the
        whole image for a face.
    limit : int, optional
        Explain only so many, the largest. Default: all.

    Returns
    -------
    list of Explanation
        The largest face first; empty where no face was found. A face that is no shape for the features is
        left out.

    Raises
    ------
    FacespectraError
        If the image cannot be read.
    ModelError
        If the detector has not been trained.

    Examples
    --------
    >>> from facespectra.report.explanation import explain_faces
    >>> [one.verdict.label for one in explain_faces("group.jpg")]  # doctest: +SKIP
    ['swap', 'no-swap-found']
    """
    detector = load() if detector is None else detector
    faces_of = FacesOf.read(source, detector, None if detector.cropper is None else ALL, limit)
    if (status := faces_of.statuses[0]).unreadable and faces_of.crops[0] is None:
        raise FacespectraError(f"{faces_of.scores[0].path or 'the image'}: {status}")
    return [
        faces_of.explained(position, alone=True)
        for position, status in enumerate(faces_of.statuses)
        if status.ok
    ]


@dataclass(frozen=True, slots=True)
class FacesOf:
    """The faces of one image, scored, before they are explained."""

    detector: Detector
    faces: str | None  # which were asked for
    crops: Sequence[Crop | None]
    statuses: Sequence[Status]
    matrix: Matrix
    scores: Sequence[Score]

    @classmethod
    def read(cls, source: Source, detector: Detector, faces: str | None, limit: int | None = None) -> FacesOf:
        """Read an image, and score its faces: the `limit` largest."""
        (sample,) = read_samples([source], choose_cropper(detector.cropper, faces))
        return cls.of(sample, detector, faces, limit)

    @classmethod
    def of(cls, sample: Sample, detector: Detector, faces: str | None, limit: int | None = None) -> FacesOf:
        """Score the faces of an image that was read: the `limit` largest."""
        each = [sample, *(Sample(sample.path, sample.status, crop) for crop in sample.others)][:limit]
        table = replace(extract_features(each, detector.feature_set), notes=[sample.note] * len(each))
        scores = detector.score_table(table)
        return cls(detector, faces, [one.crop for one in each], table.statuses, table.matrix, scores)

    def explained(self, position: int, *, alone: bool = False) -> Explanation:
        """Explain the score of one face; `alone`, without a word on which of the faces it is."""
        crop = self.crops[position]
        if crop is None:
            raise RuntimeError("only a face can be explained")
        score = self.scores[position]
        verdict = self.detector.verdict(replace(score, n_faces=1) if alone else score, faces=self.faces)
        return _explained(self.detector, crop, self.matrix[position], replace(verdict, n_faces=score.n_faces))


def _explained(detector: Detector, crop: Crop, row: NDArray[Any], verdict: Verdict) -> Explanation:
    from facespectra.spectrum import radial_spectrum

    columns = detector.feature_set.spectrum
    classes: dict[str, dict[str, Floats]] = {}
    if columns is not None:
        classes = {
            name: {key: known[key][columns] for key in ("mean", "sd")}
            for name, known in detector.class_features_.items()
        }
    spectrum = radial_spectrum(crop.grey) if columns is None else row[columns]
    classifier = detector.pipeline_[-1]
    experts, dominant = {}, ""
    if isinstance(classifier, SelfExplaining):
        of_experts = classifier.expert_scores(row[None])[0].tolist()
        experts = dict(zip(classifier.expert_names, of_experts, strict=True))
        dominant = str(classifier.dominant_expert(row))
    attribution = attribute(detector, row[None])
    amounts = {} if attribution is None else by_group(attribution)
    regions = regions_of(crop, amounts)
    probability = detector.gives_probabilities
    return Explanation(
        path=verdict.path,
        score=verdict.score,
        threshold=detector.threshold_,
        label=verdict.label,
        abstention_reason=verdict.status.partition(": ")[2],
        reason=verdict.reason,
        note=verdict.note,
        scope=detector.words.scope,
        probability=probability,
        box=crop.box,
        crop=crop,
        spectrum=np.asarray(spectrum, np.float64),
        classes=classes,
        attribution=attribution,
        experts=experts,
        dominant_expert=dominant,
        model=f"{detector.features}, {detector.classifier}",
        verdict=verdict,
        sentences=face_sentences(verdict, detector.words, amounts, probability=probability),
        regions=regions,
        tint=tint_of(crop, detector.features, attribution),
        own_spectrum=columns is not None,
        positive=detector.words.positive,
        model_sha256=detector.sha256,
    )
