"""What the page of an evaluation says about our own features: what drives the model, faces, settings."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facespectra._versions import versions
from facespectra.detector.classifiers import SelfExplaining
from facespectra.detector.description import listed, settings_rows, training_rows
from facespectra.detector.importance import Importance, heat_maps, measure_importance
from facespectra.detector.loading import DEFAULT_MODEL
from facespectra.detector.scores import most_suspicious
from facespectra.evaluation.class_spectra import ClassSpectra, measure_class_spectra
from facespectra.evaluation.figures_table import auc_in_words
from facespectra.evaluation.independence import measure_auc
from facespectra.features.sampling import read_again, stratified_sample
from facespectra.figures.attribution import bars_figure, heat_map_figures, lost_figure
from facespectra.figures.spectra import feature_auc_figure, spectra_figure
from facespectra.figures.style import Drawing
from facespectra.report.evaluated import Evaluated
from facespectra.report.explanation import FacesOf
from facespectra.report.identity import file_sha256
from facespectra.report.thumbnails import caption, sheets, sparkline, tile

if TYPE_CHECKING:
    from facespectra.detector import Detector
    from facespectra.features import FeatureTable

Floats = NDArray[np.float64]
# Faces of each class whose spectra are averaged, where the model itself uses other features.
SPECTRA_PER_CLASS = 150
LARGEST_EXPLAINED = 320  # pixels of a face that is explained on the page


def model_sections(evaluated: Evaluated) -> dict[str, Any]:
    """What the template needs for the sections about our own features; nothing in them for other systems."""
    detector, table = evaluated.detector, evaluated.table
    if detector is None or table is None:
        return {"drives": None, "n_spectra": 0, "gallery": [], "abstentions": None, "drawings": {}}
    classes, gallery, n_spectra = _spectra_and_gallery(evaluated, detector, table)
    drives, drawings = _drives(measure_importance(detector, table, evaluated.labels))
    if classes is not None:
        drawings |= {
            "spectra": spectra_figure(classes),
            "feature-auc": feature_auc_figure(classes, label="AUC of each point"),
        }
    return {
        "drives": drives,
        "drawings": drawings,
        "n_spectra": n_spectra,
        "gallery": gallery,
        "abstentions": _abstentions(evaluated, detector),
    }


def _drives(importance: Importance | str) -> tuple[dict[str, Any], dict[str, Drawing]]:
    """What the section says, and its figures."""
    if isinstance(importance, str):
        return {"kind": "", "message": importance}, {}
    common: dict[str, Any] = {"message": "", "method": importance.method, "unit": importance.unit}
    if importance.lost is not None:
        drawings = {
            "bands": bars_figure(importance.gaps, "adds to fakes"),
            "bands-lost": lost_figure(list(importance.gaps), importance.lost),
        }
        titles = ["What each band adds to fakes, over real faces", "AUC lost when a band is permuted"]
        return common | {"kind": "bands", "figures": list(zip(drawings, titles, strict=True))}, drawings
    maps = heat_map_figures(heat_maps(importance.gaps) or (), "adds to fakes, over real faces")
    named = {f"contributions-{k + 1}": drawing for k, (_, drawing) in enumerate(maps)}
    titles = [f"{title[0].upper()}{title[1:]}" for title, _ in maps]
    figures = list(zip(named, titles, strict=True))
    return common | {"kind": "regions", "figures": figures, "rows": importance.strongest}, named


def _spectra_and_gallery(
    evaluated: Evaluated, detector: Detector, table: FeatureTable
) -> tuple[ClassSpectra | None, list[dict[str, Any]], int]:
    """The spectra of the classes, the contact sheet, and how many spectra were averaged."""
    from facespectra.spectrum import radial_spectrum

    labels, paths, frames, usable = evaluated.labels, evaluated.paths, evaluated.frames, evaluated.scored
    rows = sheets(labels, evaluated.scores, evaluated.result.threshold, paths)
    pictured = {index for row in rows for index in row.samples}
    columns = detector.feature_set.spectrum
    spectra: dict[int, Floats] = {}
    if columns is None:
        averaged = stratified_sample(labels, usable, 2 * SPECTRA_PER_CLASS)
    else:
        averaged = np.flatnonzero(usable).tolist()
        matrix = table.matrix[:, columns].astype(np.float64)
        spectra = {index: matrix[index] for index in averaged}
    tiles: dict[int, dict[str, Any]] = {}
    for index, whole in read_again(evaluated.sources, sorted(pictured | set(averaged) - spectra.keys())):
        box = table.boxes[index]
        if box is None:
            continue
        x0, y0, x1, y1 = box
        if columns is None:
            spectra[index] = radial_spectrum(whole.grey[y0:y1, x0:x1]).astype(np.float64)
        if index in pictured:
            frame = None if frames is None else frames[index]
            uri, place = tile(whole.rgb, box)
            below = caption(paths[index], frame, float(evaluated.scores[index]))
            tiles[index] = {"uri": uri, "place": place, **below}
    for index, explained in _explained(evaluated, detector, sorted(tiles)):
        tiles[index]["view"] = explained
    averaged = [index for index in averaged if index in spectra]
    classes = measure_class_spectra(np.array([spectra[index] for index in averaged]), labels[averaged])
    for index, one in tiles.items():
        one["spark"] = sparkline(spectra[index], classes) if classes is not None else ""
    gallery = [
        {
            "number": number,
            "heading": row.heading,
            "total": row.total,
            "tiles": [tiles[index] for index in row.samples if index in tiles],
        }
        for number, row in enumerate(rows)
    ]
    return classes, gallery, len(averaged)


def _explained(
    evaluated: Evaluated, detector: Detector, indices: Sequence[int]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Why each of some faces has its score, for a template; one that is gone by now is left out."""
    samples = detector.read_faces([evaluated.sources[index] for index in indices], faces=evaluated.faces)
    for index, sample in zip(indices, samples, strict=True):
        if sample.crop is None:
            continue
        faces = FacesOf.of(sample, detector, evaluated.faces)
        position = most_suspicious(faces.scores)
        if faces.statuses[position].ok:
            yield index, faces.explained(position).view(largest=LARGEST_EXPLAINED)


def _abstentions(evaluated: Evaluated, detector: Detector) -> dict[str, Any] | None:
    """For how many faces the model can't tell, and the AUC of the others; None for models that always can."""
    if not isinstance(detector.pipeline_[-1], SelfExplaining):
        return None
    sure = evaluated.scored & ~evaluated.undecided
    units = {name: unit[sure] for name, unit in evaluated.units.items()}
    measured = measure_auc(evaluated.labels[sure], evaluated.scores[sure], units)
    words = auc_in_words(measured)
    return {"n": int(evaluated.undecided.sum()), "of": int(evaluated.scored.sum()), "auc": words}


def model_settings(evaluated: Evaluated) -> list[tuple[str, str]]:
    """What the page lists of the model under "How it was made"."""
    detector = evaluated.detector
    if detector is None:
        return [
            *_file("scores", evaluated.model),
            ("evaluated with", listed(versions())),
            ("system", f"{platform.system()} {platform.machine()}"),
        ]
    return [
        *_file("model", evaluated.model),
        *settings_rows(detector, evaluated.faces),
        *training_rows(detector),
        ("evaluated with", listed(versions())),
        ("system", f"{platform.system()} {platform.machine()}"),
    ]


def _file(kind: str, path: Path | None) -> list[tuple[str, str]]:
    if path is None:
        return [(kind, "in memory, without a file")]
    return [
        (kind, "the package's own" if path == DEFAULT_MODEL else str(path)),
        (f"SHA-256 of the {kind}", file_sha256(path)),
    ]
