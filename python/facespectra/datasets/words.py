"""The words of folder and file names: real or fake, which split, or neither."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

REAL, FAKE = 0, 1


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_REAL: Final = _set(
    """
    real reals original originals authentic authentics genuine pristine bonafide unaltered unmanipulated
    unedited
    """
)
_FAKE: Final = _set(
    """
    fake fakes faked deepfake deepfakes deepfaked synthetic synthetics synthesis synthesized synthesised
    generated manipulated manipulation manipulations forged forgery forgeries tampered altered swap
    swaps swapped faceswap faceswaps photoshop photoshopped aigenerated aigc
    """
)
# These count only as the name of a folder beside one of the other class, or as a label.
_WEAK_REAL: Final = _set("nature natural human humans camera")
_WEAK_FAKE: Final = _set("ai gan gans diffusion edited modified morph morphed morphs spliced df")
_NEGATIONS: Final = _set("not non no un without vs versus or and")
# Ways to make fakes: beside a folder of real ones, the name of a method stands for fake.
METHODS: Final = _set(
    """
    deepfakedetection face2face faceswap faceshifter neuraltextures deepfakes fsgan simswap inswap
    inswapper blendface uniface mobileswap mobilefaceswap e4s facedancer deepfacelab fomm facevid2vid
    wav2lip mraa oneshotfree pirender tpsm tpsmm lia dagan sadtalker mcnet hyperreenact heygen vqgan
    stylegan stylegan2 stylegan3 styleganxl ddim ddpm rddm pixart dit sit midjourney whichfaceisreal
    collabdiff e4e stargan starganv2 styleclip hififace ghost liveportrait fsrt anitalker echomimic
    edtalk float iplap real3dportrait progan biggan cyclegan gaugan crn imle san seeingdark adm glide
    wukong vqdm ldm dalle dalle2 dalle3 sdxl sd sd14 sd15 sd21 mj flux roop pggan attgan stgan
    """
)
# Where pictures come from: a folder of this name holds many people, not one video.
_SOURCES: Final = _set(
    """
    ffhq celeba celebahq lfw vggface vggface2 youtube actors unsplash flickr imagenet coco casia vfhq
    voxceleb pexels laion lsun
    """
)
_SPLIT_WORDS: Final = _set("development evaluation train training validation valid val test testing dev eval")
_SPLITS: Final = {f"{name}{end}": name for name in _SPLIT_WORDS for end in ("", "set", "data")}
# Folders that hold the files and say nothing about them.
_NEUTRAL: Final = _set(
    """
    images image img imgs pictures picture pics pic photos photo frames frame faces face crops crop
    cropped videos video vids vid clips clip data dataset datasets set files samples sample sequences
    sequence png jpg jpeg all raw rgb aligned extracted c0 c23 c40 hq lq part parts class classes folder
    the of mp4 avi a b c celeb large medium small hard easy
    """
)
_CONTAINERS: Final = _NEUTRAL - _set("a b c part class vid video clip sequence")
# What cameras and scripts put before a running number.
_COUNTERS: Final = _NEUTRAL | _set(
    """
    i im f fr frm dsc dscn pxl mvimg screenshot seed person people subject portrait portraits output out
    result results id no number index item test train p n s x
    """
)
_QUALITIES: Final = _set("c0 c23 c40 raw")
_CLASS_WORDS: Final = _REAL | _FAKE | _WEAK_REAL | _WEAK_FAKE
_KNOWN: Final = _NEUTRAL | _CLASS_WORDS | frozenset(_SPLITS)

_PIECES = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words(name: str) -> list[str]:
    """Split a name at everything that is no letter or digit; lower case."""
    return [word.casefold() for word in re.split(r"[\W_]+", name) if word]


@lru_cache(maxsize=4096)
def class_of(name: str, *, weak: bool = False) -> int | None:
    """Tell what a name calls itself: 1 for fake, 0 for real, None if neither or both.

    Words count whole: ``Celeb-real`` is real, ``realistic`` and ``unreal`` are not. With `weak`, words count
    that mean something only beside their opposite, such as ``ai`` and ``nature``, and names of methods.
    """
    pieces = _split(name)
    if _NEGATIONS & set(pieces):
        return None
    real, fake = _REAL | (_WEAK_REAL if weak else set()), _FAKE | (_WEAK_FAKE if weak else set())
    found = {label for label, of_class in ((REAL, real), (FAKE, fake)) if of_class & set(pieces)}
    if weak and not found and is_method(name):
        found = {FAKE}
    return found.pop() if len(found) == 1 else None


@lru_cache(maxsize=4096)
def split_of(name: str) -> str | None:
    """Give the split that a name stands for: ``train`` for ``Train``, ``train_data`` or ``real_train``."""
    pieces = _split(name)
    found = [_SPLITS[piece] for piece in pieces if piece in _SPLITS]
    if len(found) != 1 or not all(piece in _KNOWN or piece.isdecimal() for piece in pieces):
        return None
    return found[0]


@lru_cache(maxsize=4096)
def split_in(name: str) -> str | None:
    """Give the split that a name begins or ends with, such as ``train`` for ``progan_train``."""
    pieces = words(name)
    found = [_SPLITS[piece] for piece in (*pieces[:1], *pieces[1:][-1:]) if piece in _SPLITS]
    return found[0] if len(found) == 1 else None


def without_split(name: str) -> str:
    """Take the words of splits out of a name: ``progan`` for ``progan_train``."""
    pieces = re.split(r"([\W_]+)", name)
    kept = [piece for piece in pieces if piece.casefold() not in _SPLITS]
    return re.sub(r"^[\W_]+|[\W_]+$", "", "".join(kept))


def is_container(name: str) -> bool:
    """Tell whether a folder of this name only holds files: ``frames``, ``faces``, ``c23``."""
    pieces = _split(name)
    return bool(pieces) and all(piece in _CONTAINERS for piece in pieces)


@lru_cache(maxsize=4096)
def is_method(name: str) -> bool:
    """Tell whether a folder is called after a way to make fakes."""
    joined = "".join(words(name))
    return joined in METHODS or bool(METHODS & set(words(name)))


def is_source(name: str) -> bool:
    """Tell whether a folder is called after a collection of pictures of many people."""
    joined = "".join(words(name))
    return any(joined.startswith(source) for source in _SOURCES)


@lru_cache(maxsize=65536)
def says_nothing(stem: str) -> bool:
    """Tell whether a name without its number says nothing, such as ``real``, ``img`` or ``fake_face``."""
    known = _COUNTERS | _KNOWN | _SOURCES | METHODS
    return all(
        any(all(piece in known for piece in split) for split in ([word.casefold()], _camel(word)))
        for word in re.split(r"[\W_]+", stem)
        if word
    )


def without_class(stem: str) -> str:
    """Take the words of classes, methods and qualities out of a name: ``0000`` for ``0000_fake``."""
    return _without(stem, _REAL | _FAKE | METHODS | _QUALITIES)


def without_quality(stem: str) -> str:
    """Take the words for how a video was compressed out of its name: ``000`` for ``000_c23``."""
    return _without(stem, _QUALITIES)


def _without(stem: str, dropped: frozenset[str]) -> str:
    pieces = re.split(r"([\W_]+)", stem)
    kept = "".join("" if piece.casefold() in dropped else piece for piece in pieces)
    return re.sub(r"^[\W_]+|[\W_]+$", "", kept) or stem


@lru_cache(maxsize=65536)
def _split(name: str) -> tuple[str, ...]:
    """Split a name into words; ``fakeFaces``, ``realvideos`` and ``real01`` as far as all parts are known."""
    pieces: list[str] = []
    for word in re.split(r"[\W_]+", name):
        if word:
            pieces += _parts(word)
    return tuple(pieces)


def _parts(word: str) -> list[str]:
    plain = word.casefold()
    if plain in _KNOWN or plain in METHODS:
        return [plain]
    letters = plain.strip("0123456789")
    if letters != plain and (letters in _KNOWN or letters in _COUNTERS):
        return [letters]
    for split in (_camel(word), _joined(plain)):
        if len(split) > 1 and all(piece in _KNOWN or piece.isdecimal() for piece in split):
            return split
    return [plain]


def _camel(word: str) -> list[str]:
    return [piece.casefold() for piece in _PIECES.findall(word)]


def _joined(plain: str) -> list[str]:
    for length in range(3, len(plain) - 2):
        head, tail = plain[:length], plain[length:]
        if head in _KNOWN and tail in _KNOWN and len(tail) > 2:
            return [head, tail]
    return [plain]
