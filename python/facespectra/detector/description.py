"""What is to be known of a detector, in words: for notebooks and for the page of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from facespectra._notebook import block, bullets, folded, paragraph, table
from facespectra._wording import counted
from facespectra.detector.inputs import ALL, LARGEST, WHOLE

if TYPE_CHECKING:
    from facespectra.detector import Detector

FOUND = {None: "the largest", LARGEST: "the largest", ALL: "the most suspicious of all"}


def listed(pairs: Mapping[str, Any]) -> str:
    """Names and values in one line."""
    return ", ".join(f"{name} {value}" for name, value in pairs.items()) or "none"


def _in_brackets(pairs: Mapping[str, Any]) -> str:
    return f" ({listed(pairs)})" if pairs else ""


def settings_rows(detector: Detector, faces: str | None = None) -> list[tuple[str, str]]:
    """Features, classifier, and the face that is scored where `faces` were asked for."""
    settings = detector.settings
    crops = faces != WHOLE and (settings["crop"] or faces)
    return [
        ("features", detector.features + _in_brackets(settings["feature_settings"])),
        ("classifier", f"{detector.classifier}{', features standardised' if detector.scale else ''}"),
        ("seed of the training", str(detector.seed)),
        (
            "face",
            f"{FOUND[faces]}, by MTCNN{_in_brackets(settings['crop_settings'])}"
            if crops
            else "not detected: whole images",
        ),
    ]


def training_rows(detector: Detector) -> list[tuple[str, str]]:
    """What a detector was trained on, and with."""
    trained = detector.training_
    held_out = trained.get("held_out_auc")
    return [
        (
            "trained on",
            f"{trained['n_real']} real and {trained['n_fake']} fake faces; {trained['n_no_face']} images "
            f"without a face and {trained['n_unreadable']} unreadable ones left out"
            + ("" if held_out is None else f"; AUC on held-out groups {held_out:.3f}"),
        ),
        ("trained with", listed(detector.versions_)),
        ("threshold", repr(detector.threshold_)),
    ]


def detector_html(detector: Detector) -> str:
    """A detector as a table for notebooks: what it is, what it was trained on, and what it can't tell."""
    rows = settings_rows(detector)
    caption = f"Detector of fake faces: {detector.features}, {detector.classifier}"
    if not hasattr(detector, "pipeline_"):
        return block(
            table(f"{caption}, not trained", ("what", "value"), rows),
            paragraph("It cannot score yet: call fit, or load a trained model by facespectra.load."),
        )
    words, trained = detector.words, detector.training_
    kind = "probabilities" if detector.gives_probabilities else "no probabilities: only their order counts"
    rows += [row for row in training_rows(detector) if row[0] != "threshold"]
    if card := trained.get("card"):
        material = (
            f"{counted(card['photographs'], 'portrait')}, {card['swaps_of_each']} synthetic swaps of each"
        )
        rows.append(("its fakes", f"{material}; no real fake"))
    rows.append(("threshold", f"{detector.threshold_:.6g}; scores from it on are called {words.positive}"))
    alarms = trained.get("held_out_false_alarms")
    if alarms is not None:
        rows.append(("false alarms", f"{100 * alarms:.1f} % of the held-out real faces of its training"))
    if detector.sha256:
        rows.append(("SHA-256 of the file", detector.sha256))
    first = ("features", "classifier", "trained on", "its fakes", "threshold", "false alarms")
    return block(
        table(caption, ("what", "value"), [row for row in rows if row[0] in first]),
        paragraph(f"Scores are {kind}. A higher score means more likely fake."),
        bullets(
            [
                f"Checked for {', '.join(words.checked_for)}.",
                f"Not checked for {', '.join(words.not_checked_for)}.",
                *(f"Warning: {warning}" for warning in trained.get("warnings", ())),
            ]
        ),
        folded("More", table("Settings", ("what", "value"), [row for row in rows if row[0] not in first])),
    )
