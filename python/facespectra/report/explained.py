"""One face explained: crop, spectrum, what each feature group adds to the score, and why, in words."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facespectra._extras import require
from facespectra._files import write_atomically
from facespectra._version import __version__
from facespectra.detector.attribution import Attribution
from facespectra.detector.importance import heat_maps
from facespectra.features.crops import Crop
from facespectra.figures.explanation import (
    Contributions,
    contribution_figures,
    distance_figure,
    radial_figure,
    sheet,
    spectrum_figure,
)
from facespectra.report.face_regions import Region, Tint
from facespectra.report.face_view import LARGEST, face_view
from facespectra.report.html import today, write_page
from facespectra.report.identity import file_sha256
from facespectra.report.sentences import probability_of
from facespectra.report.thumbnails import short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from facespectra.detector.verdicts import Verdict
    from facespectra.faces import Box

Floats = NDArray[np.float64]
DRAWINGS = (".svg", ".png", ".pdf")
PAGE = ".html"
LISTED = 12
# Experts whose scores are written out.
NAMED = 3


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an image has its score, as :func:`explain` gives it.

    Attributes
    ----------
    path : str
        The image; empty for one that came as an array.
    score, threshold : float
        The detector's; scores at the threshold and above count as fake.
    label : str
        As of :class:`facespectra.detector.Verdict`.
    abstention_reason : str
        Why the detector can't tell; else empty.
    reason : str
        What most supports the label, in words.
    note : str
        What else to know, such as ``"largest of 2 faces"``; mostly empty.
    scope : str
        What was checked for and what was not.
    probability : bool
        Whether the score is a probability.
    box : (x0, y0, x1, y1)
        The crop in pixels of the image, half-open.
    crop : Crop
        The pixels that were scored, ``grey`` and ``rgb``, uint8.
    spectrum : (n,) float64
        The radial spectrum: the model's own features where it uses the spectrum, else the default one.
    classes : dict
        ``"real"`` and ``"fake"``: ``mean`` and ``sd``, each (n,) float64, of that spectrum over the training
        classes. Empty where the model does not hold them.
    attribution : Attribution or None
        What each feature group adds to the score, one row; None where the model does not hold the mean
        features of its training classes.
    experts : dict of str to float
        The score of each expert, in standard deviations; empty where the model has no experts.
    dominant_expert : str
        The expert whose score is furthest from 0; empty where there are none.
    model : str
        Features and classifier.
    verdict : Verdict
        The same as :meth:`facespectra.Detector.predict` gives of this face.
    sentences : tuple of three str
        For readers who know nothing of the method: what was found and how strong; which part of the face says
        so most; what can mislead, or was not checked.
    regions : tuple of Region
        What each region of the face adds to the score, the largest first, with its outline. Empty where
        features are not of regions.
    tint : Tint or None
        The contributions by place, as far as they can be split: those of the mean texture features.
    own_spectrum : bool
        Whether the model uses the radial spectrum.
    positive : str
        What the model calls what it finds, ``"swap"`` or ``"fake"``.
    model_sha256 : str
        Of the model's file; empty for one that was not loaded from a file.
    """

    path: str
    score: float
    threshold: float
    label: str
    abstention_reason: str
    reason: str
    note: str
    scope: str
    probability: bool
    box: Box
    crop: Crop = field(repr=False)
    spectrum: Floats = field(repr=False)
    classes: dict[str, dict[str, Floats]] = field(repr=False)
    attribution: Attribution | None = field(repr=False)
    experts: dict[str, float]
    dominant_expert: str
    model: str
    verdict: Verdict = field(repr=False)
    sentences: tuple[str, str, str]
    regions: tuple[Region, ...] = field(repr=False)
    tint: Tint | None = field(repr=False)
    own_spectrum: bool
    positive: str
    model_sha256: str

    @property
    def log_spectrum(self) -> Floats:
        """``20 ln|F|`` of the grey crop, (h, w), the zero frequency in the middle; computed at each call."""
        from facespectra.spectrum.definition import log_amplitude
        from facespectra.spectrum.settings import SpectrumSettings

        amplitude = log_amplitude(self.crop.grey, SpectrumSettings(dtype="float64"))
        return np.fft.fftshift(amplitude).astype(np.float64)

    @property
    def contributions(self) -> dict[str, float]:
        """What each feature group adds to the score, the largest first; above 0 is evidence for fake."""
        return dict(sorted(self._amounts().items(), key=lambda pair: -abs(pair[1])))

    @property
    def headline(self) -> str:
        """Score, label and threshold in a few words."""
        kind = probability_of(self.positive) if self.probability else "score"
        return f"{kind} {self.score:.3f}, {self.label} (threshold {self.threshold:.3g})"

    @property
    def notes(self) -> list[str]:
        """How the contributions were computed and what is missing, in a sentence or two each."""
        lines = [f"{text[0].upper()}{text[1:]}." for text in (self.reason, self.note, self.scope) if text]
        if self.abstention_reason:
            lines.append(f"The model can't tell: {self.abstention_reason}.")
        if self.experts:
            strongest = sorted(self.experts.items(), key=lambda pair: -abs(pair[1]))[:NAMED]
            scores = ", ".join(f"{name} {value:+.2f}" for name, value in strongest)
            which = "" if len(strongest) == len(self.experts) else "the strongest "
            lines.append(
                f"{len(self.experts)} experts, {which}scores in standard deviations: {scores}. "
                f"The {self.dominant_expert} expert dominates."
            )
        if self.attribution is None:
            lines.append(
                "The model file does not hold the mean features of its training classes: there are no "
                "contributions. Training the model again adds them."
            )
        elif self.attribution.method == "occlusion":
            lines.append(
                "Contributions by occlusion: the drop in the score when a feature group is replaced by the "
                "mean of the training classes. The classifier is not linear: they need not add up."
            )
        else:
            base = self.attribution.base
            total = base + float(self.attribution.amounts.sum())
            lines.append(
                f"Contributions are exact, since the classifier is linear: from {base:.3f} they add up to "
                f"{total:.3f} ({self.attribution.unit})."
            )
        if not self.classes:
            lines.append(
                "The model file holds no mean spectra of its training classes to compare the spectrum with."
            )
        return lines

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain data for JSON, without the pixels.

        Returns
        -------
        dict
            ``box``, ``verdict``, ``sentences``, ``regions``, ``tint`` (None if there is none), ``numbers``:
            name and amount of the twelve largest contributions, and ``spectrum``: its values, mean and sd of
            both training classes (None where the model does not hold them), and whether the model uses it.
        """
        classes = {
            name: {key: values.tolist() for key, values in self.classes[name].items()}
            if name in self.classes
            else None
            for name in ("real", "fake")
        }
        largest = list(self.contributions.items())[:LISTED]
        return {
            "box": list(self.box),
            "verdict": self.verdict.to_dict(),
            "sentences": list(self.sentences),
            "regions": [region.to_dict() for region in self.regions],
            "numbers": [{"name": name, "amount": amount} for name, amount in largest],
            "tint": None if self.tint is None else self.tint.to_dict(),
            "spectrum": {
                "values": self.spectrum.tolist(),
                **classes,
                "is_models_own": self.own_spectrum,
            },
        }

    def save(self, path: str | os.PathLike[str], *, file_sha256: str = "") -> Path:
        """Draw the explanation into a file.

        Parameters
        ----------
        path : path-like
            The file: ``.svg``, ``.png`` or ``.pdf`` for one drawing, ``.html`` for a page.
        file_sha256 : str
            What a page says of the image's file, where the explanation's own `path` does not lead to it.

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
        suffix = check_suffix(path)
        if suffix == PAGE:
            return self._write_page(path, file_sha256)
        require("detect", "matplotlib")
        x0, y0, x1, y1 = self.box
        content = sheet(
            suffix[1:],
            rgb=self.crop.rgb,
            crop_title=f"{x1 - x0}x{y1 - y0} pixels, from ({x0}, {y0})",
            log_spectrum=self.log_spectrum,
            spectrum=self.spectrum,
            classes=self.classes,
            contributions=self.drawn_contributions(),
            title=f"{short(self.path) or 'image'}: {self.headline}",
            notes=self.notes,
        )
        return write_atomically(path, content)

    def _write_page(self, path: str | os.PathLike[str], file_sha256: str) -> Path:
        require("detect", "matplotlib", "jinja2")
        contributions = self.drawn_contributions()
        name = PurePath(self.path).name or "image"
        view = self.view()
        context = {
            "title": f"{name}: {view['badge']}, explained by facespectra",
            "name": name,
            "view": view,
            "exact": self.attribution is not None and self.attribution.method == "exact",
            "headline": self.headline,
            "note": self.note,
            "notes": self.notes,
            "checked_for": self.verdict.checked_for,
            "not_checked_for": self.verdict.not_checked_for,
            "size": f"{self.crop.grey.shape[1]}x{self.crop.grey.shape[0]}",
            "corner": self.box[:2],
            "own_spectrum": self.own_spectrum,
            "spectrum_svg": spectrum_figure(self.log_spectrum),
            "radial_svg": radial_figure(self.spectrum, self.classes),
            "distance_svg": distance_figure(self.spectrum, self.classes) if self.classes else "",
            "contributions": contribution_figures(contributions) if contributions else [],
            "rows": list(self.contributions.items())[:LISTED],
            "made": made_of(self.path, self.model, self.model_sha256, file_sha256),
        }
        return write_page(path, "explanation.html.j2", context)

    def view(self, largest: int = LARGEST) -> dict[str, Any]:
        """What a template needs to show the face, at most so many pixels of it, and what is said of it."""
        return face_view(
            self.verdict,
            self.crop.rgb,
            self.box,
            self.regions,
            self.tint,
            self.sentences,
            positive=self.positive,
            probability=self.probability,
            largest=largest,
        )

    def _amounts(self) -> dict[str, float]:
        return {} if self.attribution is None else by_group(self.attribution)

    def plot(
        self, ax: Axes | Sequence[Axes] | None = None, *, kind: str | None = None
    ) -> Axes | tuple[Axes, ...]:
        """Draw one of the figures of the page.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or two of them, optional
            Axes to draw into; by default those of a new pyplot figure.
        kind : {"regions", "spectrum", "distance", "contributions"}, optional
            ``"regions"``: what each part of the face adds to the score; the default where features are of
            regions. ``"spectrum"``: the radial spectrum of the face against both training classes; the
            default of all others. ``"distance"``: its distance from the middle between them, in standard
            deviations. ``"contributions"``: what each band adds, or two heat maps by region.

        Returns
        -------
        matplotlib.axes.Axes, or a tuple of two for heat maps

        Raises
        ------
        ValueError
            If `kind` is unknown, or the model does not hold what it needs.
        MissingExtraError
            If matplotlib is not installed.
        """
        from facespectra.report.plots import plot_explanation

        return plot_explanation(self, ax, kind)

    def _repr_html_(self) -> str:
        from facespectra.report.notebook import explanation_html

        return explanation_html(self)

    def drawn_contributions(self) -> Contributions | None:
        """Arrange the contributions as they are drawn: by band, or as heat maps; None if there are none."""
        amounts = self._amounts()
        return (heat_maps(amounts) or amounts) if amounts else None


def made_of(path: str, model: str, model_sha256: str, sha256: str = "") -> list[tuple[str, str]]:
    """What a page says of its file, its model and its program."""
    rows = [("file", PurePath(path).name or "image in memory")]
    if sha256 or (path and Path(path).is_file()):
        rows.append(("SHA-256 of the file", sha256 or file_sha256(path)))
    rows.append(("model", model))
    if model_sha256:
        rows.append(("SHA-256 of the model", model_sha256))
    return [*rows, ("made with", f"facespectra {__version__} on {today()}")]


def by_group(attribution: Attribution) -> dict[str, float]:
    """Name the contributions of one face by their feature groups."""
    (amounts,) = attribution.amounts.tolist()
    return dict(zip((group.name for group in attribution.groups), amounts, strict=True))


def check_suffix(path: str | os.PathLike[str]) -> str:
    """Give the suffix of a path such as ``".svg"``; ValueError where an explanation cannot be saved so."""
    suffix = Path(path).suffix.lower()
    if suffix not in (*DRAWINGS, PAGE):
        raise ValueError(
            f"{os.fspath(path)}: cannot draw this kind of file; use {', '.join(DRAWINGS)} or {PAGE}"
        )
    return suffix
