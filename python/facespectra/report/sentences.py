"""Why a face has its label, in three sentences for readers who know nothing of the method."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from facespectra._wording import counted
from facespectra.detector.labels import CANNOT_TELL, SWAP, Vocabulary
from facespectra.detector.reasons import PARTS, band_of, deciding_group, in_words, part_of

if TYPE_CHECKING:
    from facespectra.detector.verdicts import Verdict

# A swap is called from the threshold on; the odds of the score over those of the threshold say how strong.
STRONG, CLEAR = 4.5, 1.6
# Below these scores there is hardly any sign of a swap, and few.
HARDLY, FEW = 0.1, 0.3
# Parts of the spectrum, by their lower edge.
DETAIL = ((0.6, "the finest detail"), (0.3, "the finer detail"), (0.0, "the coarse detail"))

_BLURS = (
    "Make-up filters, retouching and anything else that blurs a face more than what surrounds it can look "
    "the same: this is a reason to look closer, and no proof."
)
_OTHERS = (
    "The model knows only fakes like those it was trained on: other fakes, other cameras and editing can "
    "mislead it."
)
# Reasons why it can't tell, by what they contain: what else to say of it.
_REMEDIES = (
    ("pixels", "A larger picture of the same face may say more."),
    ("compressed or blurred", "A less compressed copy, such as the original file, may say more."),
    (
        "smoothed and sharpened",
        "Many phones and apps smooth faces by themselves: that alone is no sign of a swap.",
    ),
)
_BETTER = "A better copy, or another picture of the same face, may say more."


def face_sentences(
    verdict: Verdict,
    words: Vocabulary,
    contributions: Mapping[str, float],
    *,
    probability: bool,
) -> tuple[str, str, str]:
    """What was found and how strong; which part says so most; what can mislead, or was not checked."""
    found = found_sentence(verdict, words, "this face", probability=probability)
    return found, _part_sentence(verdict, words, contributions, probability), caveat(verdict, words)


def video_sentences(
    verdict: Verdict, words: Vocabulary, worst: float, *, probability: bool
) -> tuple[str, str, str]:
    """What was found in a video; in which frames, the worst at `worst` seconds; what can mislead."""
    faces = [one for one in verdict.frames if one.label]
    if not verdict.label:
        looked = counted(len(verdict.frames), "frame")
        return (
            f"No face was found in the {looked} of this video that were looked at.",
            "So there is nothing to compare.",
            "Looking at more frames may find one.",
        )
    found = found_sentence(verdict, words, "this video", probability=probability)
    labels = [one.label for one in faces]
    positive, negative = labels.count(words.positive), labels.count(words.negative)
    open_ = len(faces) - positive - negative
    if words.positive == SWAP:
        counts = [(positive, "with signs of a swap"), (negative, "with none")]
    else:
        counts = [(positive, f"more like {words.kinds[1]}"), (negative, f"more like {words.kinds[0]}")]
    parts = [f"{n} {what}" for n, what in [*counts, (open_, "in which it can't tell")] if n]
    when = "" if math.isnan(worst) else f"; the most suspicious is at {clock(worst)}"
    of = f"{counted(len(faces), 'frame')} with a face {'was' if len(faces) == 1 else 'were'} looked at"
    return found, f"{_capital(of)}: {', '.join(parts)}{when}.", caveat(verdict, words)


def clock(seconds: float, *, tenths: bool = False) -> str:
    """Write a time in a video: ``1:05``, or ``1:05.3`` where frames are close together."""
    minutes, rest = divmod(int(10 * seconds + 1e-6), 600)
    return f"{minutes}:{rest // 10:02}" + (f".{rest % 10}" if tenths else "")


def found_sentence(verdict: Verdict, words: Vocabulary, what: str, *, probability: bool) -> str:
    """Say what was found in `what`, ``"this face"``, and how strong."""
    reason = reason_of(verdict)
    score, threshold = on_scale(verdict.score, verdict.threshold, probability=probability)
    scale = f"it scores {score} on a scale from 0 to 100" if probability else f"it scores {score}"
    swaps = words.positive == SWAP
    limit = f"and {'a swap' if swaps else words.positive} is called from {threshold} on"
    if verdict.label == CANNOT_TELL:
        if _weak(verdict, probability):
            return (
                f"The signs of a {_kind(words)} in {what} are too weak to call one, and too strong to call "
                f"none: {scale}, {limit}."
            )
        return f"The program can't tell about {what}: {reason}."
    if not swaps:
        like, unlike = words.kinds if verdict.label == words.negative else words.kinds[::-1]
        return (
            f"To the model, {what} is more like the {like} of its training than like the {unlike}: "
            f"{scale}, {limit}."
        )
    if verdict.label == words.positive:
        return f"There are {_strength(verdict, probability)}signs of a face swap in {what}: {scale}, {limit}."
    return f"No face swap was found in {what}, {_weakness(verdict, probability)}: {scale}, {limit}."


def caveat(verdict: Verdict, words: Vocabulary) -> str:
    """What can mislead, what was not checked, or what may help."""
    if verdict.label == CANNOT_TELL:
        reason = reason_of(verdict)
        return next((text for key, text in _REMEDIES if key in reason), _BETTER)
    if words.positive != SWAP:
        return _OTHERS
    if verdict.label == words.positive:
        return _BLURS
    *most, last = words.not_checked_for
    return f"That does not make it genuine: it was not checked for {', '.join(most)} or {last}."


def probability_of(positive: str) -> str:
    """What a model's score is the probability of."""
    return "probability of a face swap" if positive == SWAP else "probability of a fake"


def on_scale(score: float, threshold: float, *, probability: bool) -> tuple[str, str]:
    """Write a score and its threshold, probabilities from 0 to 100; two that differ are written apart."""
    factor, digits = (100, 0) if probability else (1, 2)
    if probability and not 0.01 <= score <= 0.99:
        return "under 1" if score < 0.5 else "over 99", f"{factor * threshold:.0f}"
    texts = f"{factor * score:.{digits}f}", f"{factor * threshold:.{digits}f}"
    while texts[0] == texts[1] and score != threshold and digits < 6:
        digits += 1
        texts = f"{factor * score:.{digits}f}", f"{factor * threshold:.{digits}f}"
    return texts


def reason_of(verdict: Verdict) -> str:
    """Why it can't tell; empty where it can."""
    return verdict.status.partition(": ")[2]


def _weak(verdict: Verdict, probability: bool) -> bool:
    """Whether it can't tell since the signs are too weak."""
    return probability and verdict.label == CANNOT_TELL and "too weak" in reason_of(verdict)


def _kind(words: Vocabulary) -> str:
    return "face swap" if words.positive == SWAP else words.positive


def _strength(verdict: Verdict, probability: bool) -> str:
    if not probability:
        return ""
    odds = [value / max(1 - value, 1e-9) for value in (verdict.score, verdict.threshold)]
    ratio = odds[0] / max(odds[1], 1e-9)
    return "strong " if ratio >= STRONG else "clear " if ratio >= CLEAR else "just enough "


def _weakness(verdict: Verdict, probability: bool) -> str:
    if not probability:
        return "the signs are too weak"
    if verdict.score <= HARDLY:
        return "and hardly a sign of one"
    return "and few signs of one" if verdict.score <= FEW else "though some signs of one"


def _part_sentence(
    verdict: Verdict,
    words: Vocabulary,
    contributions: Mapping[str, float],
    probability: bool,
) -> str:
    if verdict.label == CANNOT_TELL and not _weak(verdict, probability):
        if "smoothed" in reason_of(verdict):
            return (
                "Nothing in it would have been called a swap; smoothing can remove just what gives one away."
            )
        return "What was measured in the face is no evidence either way."
    if not contributions:
        return "This model can't say which part of the face its answer comes from."
    fake = verdict.label != words.negative
    strongest = deciding_group(contributions, fake=fake)
    if not strongest:
        return "No part of the face stands out: many small differences add up to this."
    text = in_words(strongest, words, fake=fake)
    if part := part_of(strongest):
        return f"{_capital(PARTS[part])} says so most: {text}."
    if band := band_of(strongest):
        detail = next(name for edge, name in DETAIL if band[0] >= edge)
        return f"{_capital(detail)} of the picture says so most: {text}."
    return f"The answer comes from the face as a whole, not from a part of it: {text}."


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
