"""Three sentences for laymen: for every label and reason, with words that the data bear out."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("sklearn", reason="needs the detect extra")

from facespectra.detector.labels import FAKES, SWAPS, Vocabulary
from facespectra.detector.linear import RETOUCHED
from facespectra.detector.scores import Score
from facespectra.detector.verdicts import verdict_of
from facespectra.features.status import OK, Kind, Status
from facespectra.report.sentences import face_sentences, on_scale

TEXTURE = {
    "mouth-ring block 2 mean": 0.5,
    "mouth-ring block 4 mean": -0.1,
    "inner-ring block 0 spread": -0.3,
}


def told(
    score: float,
    words: Vocabulary = SWAPS,
    *,
    amounts: dict[str, float] = TEXTURE,
    probability: bool = True,
    threshold: float = 0.8,
    **more: object,
) -> tuple[str, str, str]:
    whole = replace(Score("a.jpg", score, OK, (0, 0, 90, 100), 1, ("", "")), **more)
    verdict = verdict_of(whole, threshold, words, probability=probability)
    return face_sentences(verdict, words, amounts, probability=probability)


@pytest.mark.parametrize(("score", "strength"), [(0.82, "just enough"), (0.9, "clear"), (0.97, "strong")])
def test_a_swap_says_how_strong_and_where(score: float, strength: str) -> None:
    found, part, caveat = told(score)
    assert found == (
        f"There are {strength} signs of a face swap in this face: it scores {100 * score:.0f} on a scale "
        "from 0 to 100, and a swap is called from 80 on."
    )
    assert (
        part == "The mouth says so most: the fine texture of the mouth does not match the rest of the face."
    )
    assert "no proof" in caveat


@pytest.mark.parametrize(
    ("score", "weakness"), [(0.05, "hardly a sign"), (0.2, "few signs"), (0.4, "some signs")]
)
def test_nothing_found_is_never_genuine(score: float, weakness: str) -> None:
    found, part, caveat = told(score)
    assert found.startswith("No face swap was found in this face")
    assert weakness in found
    # The largest amount against a swap, not the largest of all.
    assert part.startswith("The inner face says so most: ")
    assert "matches the rest" in part
    assert caveat.startswith("That does not make it genuine")
    assert all(kind in caveat for kind in SWAPS.not_checked_for)
    assert "real" not in found + part


@pytest.mark.parametrize(
    ("status", "hiding", "first", "third"),
    [
        ("a face of 40 pixels, fewer than 64", "", "40 pixels", "A larger picture"),
        ("too compressed or blurred: no detail is left to compare", "", "too compressed", "less compressed"),
        ("", RETOUCHED, "smoothed and sharpened", "no sign of a swap"),
    ],
)
def test_it_cannot_tell(status: str, hiding: str, first: str, third: str) -> None:
    one = Status(Kind.CANNOT_TELL, status) if status else OK
    found, part, caveat = told(0.3, status=one, hiding=hiding)
    assert found.startswith("The program can't tell about this face: ")
    assert first in found
    # No part of the face is named as evidence.
    assert "says so most" not in part
    assert third in caveat


def test_signs_too_weak_are_told_with_their_score() -> None:
    found, part, caveat = told(0.7)
    assert found.startswith("The signs of a face swap in this face are too weak to call one")
    assert "scores 70" in found
    assert part.startswith("The mouth says so most")
    assert "A better copy" in caveat


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (1.5, "To the model, this face is more like the fakes of its training than like the real faces"),
        (-1.5, "To the model, this face is more like the real faces of its training than like the fakes"),
    ],
)
def test_a_model_of_ones_own_compares_with_its_training(score: float, expected: str) -> None:
    bands = {"0-0.1": -0.4, "0.8-0.9": 0.7}
    found, part, caveat = told(score, FAKES, amounts=bands, probability=False, threshold=0.25)
    assert found == f"{expected}: it scores {score:.2f}, and fake is called from 0.25 on."
    if score > 0:
        assert part.startswith("The finest detail of the picture says so most: the part from 0.8-0.9")
    else:
        assert part.startswith("The coarse detail of the picture says so most: the part from 0-0.1")
    assert "only fakes like those" in caveat


def test_models_without_contributions_say_so() -> None:
    assert told(0.9, amounts={})[1] == "This model can't say which part of the face its answer comes from."
    assert "as a whole" in told(0.9, amounts={"ResNet-50": 0.3})[1]


def test_no_part_is_named_where_none_speaks_for_the_label() -> None:
    against = {group: -abs(amount) for group, amount in TEXTURE.items()}
    assert told(0.9, amounts=against)[1].startswith("No part of the face stands out")


@pytest.mark.parametrize(
    ("pair", "texts"),
    [
        ((0.999, 0.8), ("over 99", "80")),
        ((0.001, 0.8), ("under 1", "80")),
        ((0.812, 0.814), ("81.2", "81.4")),
        ((0.812, 0.812), ("81", "81")),
    ],
)
def test_scores_on_a_scale_to_100(pair: tuple[float, float], texts: tuple[str, str]) -> None:
    assert on_scale(*pair, probability=True) == texts
