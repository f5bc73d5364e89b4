"""What the names of files and videos tell: which frames are one video's, and which videos belong together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence

from facespectra.datasets.words import says_nothing, without_class, without_quality

# Frames count as named after their videos where at least this share of them has a name in common with others.
SHARED = 0.5
# Few names without any digit, on very many files: kinds of pictures rather than videos.
FEW_NAMES, MANY_FILES = 5, 100

_FRAME_WORDS = "frames|frame|frm|fr|f|img|image|face|faces|crop|cropped|aligned|still|shot|pic|no|t"
_LAST_WORD = re.compile(rf"(?:[\W_]+|(?<=\d))(?:{_FRAME_WORDS})$", re.IGNORECASE)
_LAST_NUMBER = re.compile(r"[\W_]*\d+[\W_]*$")

_FIRST_NUMBER = re.compile(r"(?:frames?|frm)[\W_]*\d+[\W_]+(?=.*[^\W\d_])", re.IGNORECASE)

_ACTORS = re.compile(r"(\d+)_\d+(__\w+?)__[A-Z0-9]+")
_IDENTITIES = re.compile(r"(id\d+)_id\d+(_\d+)", re.IGNORECASE)
_PAIR = re.compile(r"(\d{3})_(\d{3})")


def without_number(stem: str) -> str | None:
    """Take the last number and the words for frames around it off a name: ``vid12`` for ``vid12_frame003``.

    None for a name that does not end in a number.
    """
    if (first := _FIRST_NUMBER.match(stem)) is not None:
        return stem[first.end() :]
    shorter = _LAST_NUMBER.sub("", _without_words(stem))
    return None if shorter == _without_words(stem) else _without_words(shorter)


def _without_words(stem: str) -> str:
    while (shorter := _LAST_WORD.sub("", stem)) != stem:
        stem = shorter
    return stem


def videos_by_name(stems: Sequence[str]) -> list[str] | None:
    """Give the video of each frame of one class by the names of the frames; None where they tell nothing.

    A frame is called after its video, with a number at the end, or with two (of the frame and of the face).
    It takes names that many files share; one name for all of them, and names such as ``img``, say nothing.
    """
    names: list[str | None] = list(stems)
    for _ in range(2):
        names = [None if name is None else without_number(name) for name in names]
        counts = Counter(name for name in names if name is not None and not says_nothing(name))
        shared = {name for name, count in counts.items() if count > 1}
        n_shared = sum(counts[name] for name in shared)
        few = len(shared) < FEW_NAMES and not any(any(map(str.isdigit, name)) for name in shared)
        if n_shared < SHARED * len(names) or len(counts) < 2 or (few and n_shared > MANY_FILES * len(shared)):
            continue
        return [name if name in counts else stem for name, stem in zip(names, stems, strict=True)]  # type: ignore[misc]
    return None


def made_of(name: str, real_videos: Collection[str]) -> tuple[str, ...]:
    """Give the real videos that a fake was made of, as far as its name tells; nothing where it does not.

    ``id0_id1_0002`` was made of id0_0002 (Celeb-DF), ``000_003`` of 000 and 003 (FaceForensics++),
    ``01_02__hugging_happy__YVGY8LOK`` of 01__hugging_happy (DeepFakeDetection), and ``0000_fake`` of 0000 if
    that is a real video here.
    """
    base = without_class(name)
    if (made := _ACTORS.fullmatch(base) or _IDENTITIES.fullmatch(base)) is not None:
        return (f"{made[1]}{made[2]}",)
    if pair := _PAIR.fullmatch(base):
        return pair.groups()
    if base in real_videos and base != without_quality(name):
        return (base,)
    first, _, second = base.partition("_")
    return (first, second) if first in real_videos and second in real_videos else ()
