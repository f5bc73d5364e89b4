"""One image explained: its crop, its spectrum, and what each part of it adds to the score."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facespectra.detector.attribution import Attribution, attribute, spectrum_columns
from facespectra.detector.loading import load
from facespectra.detector.scores import Score, label_of, with_explanation
from facespectra.errors import FacespectraError
from facespectra.features.crops import Crop, Sample, Source, read_samples
from facespectra.features.extraction import extract_features
from facespectra.features.status import NO_FACE, OK, Status

if TYPE_CHECKING:
    from facespectra.detector import Detector
    from facespectra.faces import Box

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What :func:`explain` found.

    Attributes
    ----------
    path : str
        The image; empty for one that came as an array.
    score, threshold : float
        The detector's; scores from the threshold on count as fake.
    label : str
        ``"fake"``, ``"real"`` or ``"can't tell"``.
    abstention_reason : str
        Why the detector can't tell; else empty.
    probability : bool
        Whether the score is one.
    box : (x0, y0, x1, y1)
        Where the crop is in the image.
    crop : Crop
        What was judged.
    log_spectrum : (h, w) float64
        ``20 ln|F|`` of the grey crop, the zero frequency in the middle.
    spectrum : (n,) float64
        The radial spectrum: the model's own feature where it has it, else the default one.
    classes : dict
        ``"real"`` and ``"fake"``: ``mean`` and ``sd`` of that spectrum over the training classes; empty where
        the model does not know them.
    attribution : Attribution or None
        What each part of the features adds to the score, one row; None where the model does not say.
    experts : dict of str to float
        What each expert says, in standard deviations; empty where there are none.
    speaker : str
        The expert that had most to say.
    model : str
        Features and classifier.
    """

    path: str
    score: float
    threshold: float
    label: str
    abstention_reason: str
    probability: bool
    box: Box
    crop: Crop = field(repr=False)
    log_spectrum: Floats = field(repr=False)
    spectrum: Floats = field(repr=False)
    classes: dict[str, dict[str, Floats]] = field(repr=False)
    attribution: Attribution | None = field(repr=False)
    experts: dict[str, float]
    dominant_expert: str
    model: str

    @property
    def contributions(self) -> dict[str, float]:
        """What each band, or each region and band, adds to the score; the strongest first."""
        if self.attribution is None:
            return {}
        (amounts,) = self.attribution.amounts.tolist()
        pairs = zip((part.name for part in self.attribution.parts), amounts, strict=True)
        return dict(sorted(pairs, key=lambda pair: -abs(pair[1])))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Draw it.

        Parameters
        ----------
        path : path-like
            The file: ``.svg``, ``.png``, ``.pdf`` or ``.html``.

        Returns
        -------
        Path
            `path`.

        Raises
        ------
        ValueError
            If its name ends in something else.
        MissingExtraError
            If matplotlib, or for a page jinja2, is not installed.
        """
        from facespectra.report.figures.explanation import write_explanation

        return write_explanation(path, self)


def explain(source: Source, detector: Detector | None = None) -> Explanation:
    """Explain the score of one image.

    Parameters
    ----------
    source : path-like, Frame, PIL.Image.Image or numpy.ndarray
        An image file, a frame of a video, or an image.
    detector : Detector, optional
        Trained; by default the one that this package ships.

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
    >>> found = fs.explain("photo.jpg")  # doctest: +SKIP
    >>> found.score, next(iter(found.contributions))  # doctest: +SKIP
    (0.93, 'skin highpass3 p90')
    >>> found.save("photo.svg")  # doctest: +SKIP
    """
    from facespectra.spectrum import radial_spectrum
    from facespectra.spectrum.definition import log_amplitude
    from facespectra.spectrum.settings import SpectrumSettings

    judge = load() if detector is None else detector
    (sample,) = read_samples([source], judge.cropper)
    table = extract_features([sample], judge.feature_set)
    (status,), (score,) = table.statuses, judge.score_features(table).tolist()
    if sample.crop is None or status != OK:
        raise FacespectraError(_complaint(sample, status))
    crop, row = sample.crop, table.matrix[0]
    last = judge.pipeline_[-1]
    said = with_explanation(Score(sample.path, score, status, crop.box), row, last)
    columns = spectrum_columns(judge)
    classes: dict[str, dict[str, Floats]] = {}
    if columns is None:
        spectrum = radial_spectrum(crop.grey)
    else:
        spectrum = row[columns]
        classes = {
            name: {key: known[key][columns] for key in ("mean", "sd")}
            for name, known in judge.class_features_.items()
        }
    amplitude = log_amplitude(crop.grey, SpectrumSettings(dtype="float64"))
    experts: dict[str, float] = {}
    if hasattr(last, "expert_scores"):
        from facespectra.detector.experts import EXPERTS

        experts = dict(zip(EXPERTS, last.expert_scores(row[None])[0].tolist(), strict=True))
    return Explanation(
        path=sample.path,
        score=score,
        threshold=judge.threshold_,
        label=label_of(said, judge.threshold_),
        abstention_reason=said.status.reason,
        probability=judge.gives_probabilities,
        box=crop.box,
        crop=crop,
        log_spectrum=np.fft.fftshift(amplitude).astype(np.float64),
        spectrum=np.asarray(spectrum, np.float64),
        classes=classes,
        attribution=attribute(judge, table.matrix),
        experts=experts,
        dominant_expert=_speaker(last, row),
        model=f"{judge.features}, {judge.classifier}",
    )


def _complaint(sample: Sample, status: Status) -> str:
    name = sample.path or "the image"
    if status == NO_FACE:
        return f"{name}: no face was found in it, so that there is no score to explain"
    return f"{name}: {status}"


def _speaker(judge: Any, row: NDArray[Any]) -> str:
    return str(judge.dominant_expert(row)) if hasattr(judge, "dominant_expert") else ""
