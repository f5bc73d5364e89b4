"""Verdicts: labels that claim no more than the model knows, and reasons that support them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import facespectra as fs
from facespectra.cli import main
from facespectra.detector.labels import FAKES, SWAPS
from facespectra.detector.reasons import deciding_group, in_words, part_of
from facespectra.detector.scores import Score, aggregate_scores
from facespectra.detector.verdicts import select_model, verdict_of
from facespectra.features.feature_sets import FEATURES, make_features
from facespectra.features.status import NO_FACE, OK, Kind, Status, unreadable
from facespectra.rendered.database import render_face

for _package in ("sklearn", "skops", "lz4", "onnxruntime"):
    pytest.importorskip(_package, reason="needs the detect extra")
Image = pytest.importorskip("PIL.Image", reason="needs the detect extra")

NOTHING = float("nan")
FACES = [render_face(np.random.default_rng(seed), 224) for seed in range(8)]


def score(value: float, status: Status = OK, **more: object) -> Score:
    return Score(
        "a.jpg", value, status, (0, 0, 90, 90), 1, ("inner-ring block 2 mean", "eyes dog0.8 rms"), **more
    )


@pytest.mark.parametrize(
    ("words", "value", "label"),
    [
        (SWAPS, 0.9, "swap"),
        (SWAPS, 0.8, "swap"),
        (SWAPS, 0.79, "cannot-tell"),
        (SWAPS, 0.51, "cannot-tell"),
        (SWAPS, 0.5, "no-swap-found"),
        (SWAPS, 0.0, "no-swap-found"),
        (FAKES, 0.9, "fake"),
        (FAKES, 0.6, "cannot-tell"),
        (FAKES, 0.2, "real"),
    ],
)
def test_no_probability_above_one_half_is_called_nothing_found(
    words: object, value: float, label: str
) -> None:
    verdict = verdict_of(score(value), 0.8, words, probability=True)
    assert verdict.label == label
    assert verdict.status.startswith("cannot-tell: ") is (label == "cannot-tell")


def test_scores_that_are_no_probabilities_have_two_sides_alone() -> None:
    assert verdict_of(score(0.79), 0.8, FAKES).label == "real"
    assert verdict_of(score(0.8), 0.8, FAKES).label == "fake"


def test_no_score_has_no_label_and_doubt_has_its_own() -> None:
    for status in (NO_FACE, unreadable("it is empty")):
        verdict = verdict_of(score(NOTHING, status), 0.8, SWAPS)
        assert (verdict.label, verdict.reason, verdict.status) == ("", "", str(status))
        assert verdict.to_dict()["label"] is None
        json.dumps(verdict.to_dict(), allow_nan=False)
    doubt = verdict_of(score(0.99, Status(Kind.CANNOT_TELL, "a face of 12 pixels")), 0.8, SWAPS)
    assert (doubt.label, doubt.status) == ("cannot-tell", "cannot-tell: a face of 12 pixels")


def test_reasons_support_the_label_and_need_no_knowledge_of_features() -> None:
    swap, none = (verdict_of(score(value), 0.8, SWAPS, probability=True) for value in (0.9, 0.1))
    assert (swap.reason, swap.feature) == (
        "the fine texture of the inner face does not match the rest of the face",
        "inner-ring block 2 mean",
    )
    assert (none.reason, none.feature) == (
        "the fine detail of the eyes is more like that of untouched faces",
        "eyes dog0.8 rms",
    )
    assert verdict_of(score(0.6), 0.8, SWAPS, probability=True).reason == ""
    silent = Score("a", 0.9, OK, None)
    assert verdict_of(silent, 0.8, SWAPS).reason == ""


def test_a_reason_is_of_the_region_that_speaks_most_as_a_whole() -> None:
    amounts = {
        "mouth-ring block 10 mean": -0.9,  # the strongest, and outweighed in its own region
        "mouth-ring block 7 mean": 0.8,
        "inner-ring block 2 mean": -0.3,
        "inner-ring block 10 mean": -0.4,
        "eyes-ring block 2 mean": 0.1,
    }
    assert deciding_group(amounts, fake=False) == "inner-ring block 10 mean"
    assert deciding_group(amounts, fake=True) == "eyes-ring block 2 mean"
    assert deciding_group({"eyes-ring block 2 mean": 0.1}, fake=False) == ""
    # Bands of the spectrum are of no region: the strongest counts.
    assert deciding_group({"0.1-0.2": 0.5, "0.2-0.3": -0.2}, fake=True) == "0.1-0.2"
    assert deciding_group({}, fake=True) == ""


@pytest.mark.parametrize("features", ["spectrum", "regions", "texture", "efficientnet-lite0"])
def test_every_feature_group_has_words(features: str) -> None:
    assert features in FEATURES
    for group in make_features(features, {}).groups:
        for fake in (False, True):
            text = in_words(group.name, SWAPS, fake=fake)
            assert text.startswith("the ") or text.startswith("what ")
            assert not any(raw in text for raw in ("block", "dog", "rms", "p90", "highpass", "-ring"))


def same_part(one: str, other: str) -> bool:
    return part_of(one) == part_of(other)


@pytest.mark.parametrize("name", ["default", "regions"])
def test_on_faces_reasons_are_evidence_for_the_label(name: str) -> None:
    detector = fs.load(name)
    verdicts = detector.predict(FACES)
    table = detector.extract(FACES)
    for verdict, row in zip(verdicts, table.matrix, strict=True):
        amounts = detector.pipeline_[-1].contributions(row)
        if verdict.label == "cannot-tell":
            assert verdict.feature == ""
            continue
        of_part = {group: amount for group, amount in amounts.items() if same_part(group, verdict.feature)}
        swap = verdict.label == "swap"
        assert amounts[verdict.feature] == (max if swap else min)(of_part.values())
        assert (sum(of_part.values()) > 0) == swap
        assert ("does not match" in verdict.reason or "swapped" in verdict.reason) == (
            verdict.label == "swap"
        )
    assert len({verdict.label for verdict in verdicts}) > 1 or name == "default"


def test_arrays_images_and_paths_have_the_same_verdicts(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    FACES[0].save(path)
    detector = fs.load()
    of_path, of_text, of_image, of_array = detector.predict([path, str(path), FACES[0], np.asarray(FACES[0])])
    assert (of_path.path, of_image.path) == (str(path), "")
    assert of_path == of_text
    for other in (of_image, of_array):
        assert (other.score, other.label, other.box) == (of_path.score, of_path.label, of_path.box)
    assert detector.score([path, FACES[0]]).tolist() == [of_path.score] * 2
    for single in (path, str(path), FACES[0], np.asarray(FACES[0])):
        with pytest.raises(TypeError, match="into a list"):
            detector.predict(single)
    with pytest.raises(ValueError, match="faces must be"):
        detector.predict([path], faces="smallest")


def test_models_of_swaps_say_swap_and_others_fake(tmp_path: Path) -> None:
    folder = tmp_path / "photographs"
    folder.mkdir()
    for number, face in enumerate(FACES[:6]):
        face.save(folder / f"{number}.png")
    arguments = [str(folder), "--features", "regions", "-o"]
    assert main(["train", *arguments, str(tmp_path / "swaps.skops"), "--synthetic-fakes"]) == 0
    own = fs.load(tmp_path / "swaps.skops")
    assert own.words == SWAPS
    assert {one.label for one in own.predict(FACES)} <= {"swap", "no-swap-found", "cannot-tell"}
    given = fs.Detector("regions").fit_features(own.extract(FACES[:4]), [0, 1, 0, 1])
    assert given.words == FAKES
    assert {one.label for one in given.predict(FACES)} <= {"fake", "real", "cannot-tell"}
    assert fs.load().words == fs.load("regions").words == SWAPS
    assert "checked for face swaps" in SWAPS.scope
    assert "not checked for" in SWAPS.scope


def two_faces(small: Any, large: Any) -> Any:
    both = Image.new("RGB", (720, 448), (90, 96, 100))
    both.paste(large.resize((400, 400)), (10, 24))
    both.paste(small.resize((256, 256)), (440, 100))
    return both


def test_the_number_of_faces_is_told_and_all_are_looked_at_where_asked_for() -> None:
    detector = fs.load()
    picture = two_faces(FACES[1], FACES[0])
    cropper = detector.cropper
    assert cropper is not None
    boxes = [face.box for face in cropper.detect_all(picture)]
    assert len(boxes) == 2
    (largest,) = detector.predict([picture])
    assert (largest.n_faces, largest.note, largest.box) == (2, "largest of 2 faces", boxes[0])
    (of_all,) = detector.predict([picture], faces="all")
    assert (of_all.n_faces, of_all.note) == (2, "most suspicious of 2 faces")
    table = detector.extract([FACES[2], picture, Image.new("RGB", (60, 60))], faces="all")
    assert table.origins == [0, 1, 1, 2]
    assert table.boxes[1:3] == boxes
    assert table.n_faces == [1, 2, 2, 0]
    scores = detector.score_features(table)
    assert of_all.score == np.max(scores[1:3])
    assert of_all.box == boxes[int(np.argmax(scores[1:3]))]
    assert detector.predict([FACES[2]], faces="all")[0].note == ""


def test_faces_of_a_cache_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "two.png"
    two_faces(FACES[1], FACES[0]).save(path)
    plain, cached = fs.load(), fs.load(cache=tmp_path / "cache")
    for faces in ("largest", "all", "whole", None):
        expected = plain.predict([path], faces=faces)
        assert cached.predict([path], faces=faces) == expected
        assert cached.predict([path], faces=faces) == expected


def test_whole_images_are_faces_that_were_cut_out(tmp_path: Path) -> None:
    detector = fs.load()
    (verdict,) = detector.predict([FACES[0]], faces="whole")
    assert verdict.box == (0, 0, 224, 224)
    assert verdict.n_faces == 1
    assert np.isfinite(detector.predict([Image.new("RGB", (90, 90), (7, 9, 80))], faces="whole")[0].score)


def test_of_several_models_doubt_is_not_hidden_by_nothing_found() -> None:
    words = [SWAPS, FAKES]
    found, none, doubt = (verdict_of(score(v), 0.8, SWAPS, probability=True) for v in (0.9, 0.1, 0.6))
    real, fake = (verdict_of(score(value), 0.8, FAKES) for value in (0.1, 0.9))
    nothing = verdict_of(score(NOTHING, NO_FACE), 0.8, SWAPS)
    assert select_model([none, fake], words) == 1
    assert select_model([found, fake], words) == 0
    assert select_model([doubt, real], words) == 0
    assert select_model([none, real], words) == 0
    assert select_model([nothing, real], words) == 1
    assert select_model([nothing, nothing], words) == 0


def test_nothing_found_where_a_swap_may_be_hidden_is_no_verdict() -> None:
    hidden = score(0.2, hiding="it looks restored")
    verdict = verdict_of(hidden, 0.8, SWAPS, probability=True)
    assert (verdict.label, verdict.status) == ("cannot-tell", "cannot-tell: it looks restored")
    # What was found was not hidden, and a score that means little has a reason already.
    assert verdict_of(score(0.9, hiding="it looks restored"), 0.8, SWAPS, probability=True).label == "swap"
    small = Status(Kind.CANNOT_TELL, "a face of 9 pixels")
    assert "9 pixels" in verdict_of(score(0.2, small, hiding="x"), 0.8, SWAPS, probability=True).status


def test_a_video_hides_a_swap_where_most_of_its_frames_may() -> None:
    plain, hidden = score(0.2), score(0.2, hiding="it looks restored")
    for frames, expected in (([hidden, hidden, plain], "it looks restored"), ([hidden, plain], "")):
        assert aggregate_scores("a.mp4", frames).hiding == expected
    assert aggregate_scores("a.mp4", [hidden, score(NOTHING, NO_FACE)]).hiding
