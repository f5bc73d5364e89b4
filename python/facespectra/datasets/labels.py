"""Labels of tables as 0 and 1, and whether names contradict them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from facespectra._files import one_line, printable
from facespectra.datasets.settings import Settings
from facespectra.datasets.words import class_of, is_method
from facespectra.errors import DatasetError

NUMBERS = {"0": 0, "0.0": 0, "1": 1, "1.0": 1}
_ANSWERS = {"true": 1, "yes": 1, "y": 1, "t": 1, "false": 0, "no": 0, "n": 0, "f": 0}
# Of the files whose names say real or fake, this share must say the opposite to be a contradiction.
CLEAR = 2 / 3


def label_of(text: str) -> int | None:
    """Give the label that a text means by itself: 0, 1, or a word; None where it can mean either."""
    number = NUMBERS.get(text)
    return class_of(text, weak=True) if number is None else number


def read_labels(
    labels: Sequence[str], settings: Settings, source: str, *, reversed_: bool = False
) -> list[int]:
    """Turn the labels of a table into numbers; `reversed_` for a column that says whether a file is real."""
    meaning = {text: _meaning(text, settings, reversed_=reversed_) for text in dict.fromkeys(labels)}
    if settings.positive is not None:
        wanted = _plain(settings.positive)
        if wanted not in map(_plain, meaning):
            raise DatasetError(
                f"{source}: no label {settings.positive!r}, which --positive names; "
                f"found {_list(sorted(meaning))}"
            )
        others = [text for text in meaning if _plain(text) != wanted]
        if len(others) > 1 and any(label_of(text) is None for text in others):
            raise DatasetError(
                f"{source}: {len(meaning)} labels ({_list(meaning)}): "
                "name each with --real NAME and --fake NAME"
            )
        if len(others) == 1:
            meaning[others[0]] = 0
        meaning = {text: 1 if _plain(text) == wanted else label for text, label in meaning.items()}
    unknown = sorted(text for text, label in meaning.items() if label is None)
    if unknown:
        option = f", or say which one means fake, such as --positive {_option(unknown[-1])}"
        raise DatasetError(
            f"{source}: unknown label {_list(unknown[:3])}; use 0 or real, 1 or fake"
            + (option if unknown[-1] else "")
        )
    return [label for text in labels if (label := meaning[text]) is not None]


def refuse_other_words(
    labels: Sequence[int], raw: Sequence[str], columns: Mapping[str, Sequence[str]], source: str
) -> None:
    """Raise a DatasetError where another column calls real what the labels call fake."""
    for name, values in columns.items():
        said = [None if value in NUMBERS else class_of(value, weak=True) for value in values]
        filled = [value for value in values if value]
        if not filled or any(one is None for one, value in zip(said, values, strict=True) if value):
            continue
        wrong = [
            k for k, (one, label) in enumerate(zip(said, labels, strict=True)) if one not in (None, label)
        ]
        if not wrong:
            continue
        row, value = wrong[0], values[wrong[0]]
        if len(wrong) > len(filled) / 2:
            raise DatasetError(
                f"{source}: the labels contradict the column {_quoted(name)} in {len(wrong)} of "
                f"{len(filled)} rows, such as {_quoted(raw[row])} beside {_quoted(value)}; "
                f"{_settle(labels, raw)}"
            )
        if not is_method(value):
            raise DatasetError(
                f"{source}: row {row + 1} has the label {_quoted(raw[row])} and {_quoted(value)} in the "
                f"column {_quoted(name)}; mend it, or take that column with --label-column {_option(name)}"
            )


def refuse_other_names(labels: Sequence[int], raw: Sequence[str], paths: Sequence[str], source: str) -> None:
    """Raise a DatasetError where names of folders and files call real what the labels call fake."""
    said = _said(paths)
    if not _contradict(labels, said):
        return
    decided = [k for k, one in enumerate(said) if one is not None]
    wrong = [k for k in decided if said[k] != labels[k]]
    raise DatasetError(
        f"{source}: the labels contradict the names: {len(wrong)} of {len(decided)} files that are called "
        f"real or fake have the other label, such as {printable(paths[wrong[0]])} with "
        f"{_quoted(raw[wrong[0]])}; {_settle(labels, raw)}"
    )


def refuse_other_files(
    labels: Sequence[int], raw: Sequence[str], paths: Sequence[str], source: str, how: str = ""
) -> None:
    """Raise a DatasetError where files are called real in the folder of fakes, and the other way round."""
    said = _said([PurePath(path).name for path in paths])
    if _contradict(labels, said):
        row = next(k for k, one in enumerate(said) if one not in (None, labels[k]))
        settled = how or _settle(labels, raw)
        raise DatasetError(
            f"{source}: names of files contradict their folders, such as {printable(paths[row])}; {settled}"
        )


def _contradict(labels: Sequence[int], said: Sequence[int | None]) -> bool:
    """Tell whether names say clearly the opposite of labels, and not the same word of nearly everything."""
    by_word: dict[int | None, list[int]] = {}
    for one, label in zip(said, labels, strict=True):
        by_word.setdefault(one, []).append(label)
    decided = {word: inside for word, inside in by_word.items() if word is not None}
    n = sum(map(len, decided.values()))
    wrong = sum(label != word for word, inside in decided.items() for label in inside)
    if not n or wrong < CLEAR * n:
        return False
    rate = {word: sum(inside) / len(inside) for word, inside in by_word.items()}
    if len(decided) == 2:
        return rate[1] < rate[0]
    (word,) = decided
    if None not in rate:
        return len(set(labels)) == 1
    return rate[word] < rate[None] if word else rate[word] > rate[None]


def _said(paths: Sequence[str]) -> list[int | None]:
    """Give what each path calls itself, by the folders that not all of them share and the file's name."""
    parts = [PurePath(path.replace("\\", "/")).parts for path in paths]
    folders = [one[:-1] for one in parts]
    first, last = min(folders, default=()), max(folders, default=())
    common = next(
        (k for k, (one, other) in enumerate(zip(first, last, strict=False)) if one != other),
        min(len(first), len(last)),
    )
    said = []
    for one in parts:
        found = {class_of(folder, weak=not is_method(folder)) for folder in one[common:-1]}
        found.add(class_of(PurePath(one[-1]).stem) if one else None)
        found.discard(None)
        said.append(found.pop() if len(found) == 1 else None)
    return said


def _meaning(text: str, settings: Settings, *, reversed_: bool) -> int | None:
    """Give what a label means: as it was said, as a word, or as a number or an answer in its column."""
    if (named := settings.named(text)) is not None:
        return named
    if text not in NUMBERS and (word := label_of(text)) is not None:
        return word
    answers = NUMBERS | _ANSWERS if settings.asks_yes_or_no else NUMBERS
    label = answers.get(text.casefold())
    return label if label is None or not reversed_ else 1 - label


def _plain(text: str) -> str:
    plain = text.strip().casefold()
    return plain.removesuffix(".0") if plain.removesuffix(".0").lstrip("-").isdecimal() else plain


def _settle(labels: Sequence[int], raw: Sequence[str]) -> str:
    """Say which options settle what means fake."""
    counts = {
        label: Counter(text for text, one in zip(raw, labels, strict=True) if one == label)
        for label in (0, 1)
    }
    turned, kept = (counts[label].most_common(1)[0][0] if counts[label] else str(label) for label in (0, 1))
    turn, keep = f"--positive {_option(turned)}", f"--positive {_option(kept)}"
    return f"add {turn} if that means fake, or {keep} to keep the labels"


def _quoted(text: str) -> str:
    return one_line(repr(text), 60)


def _option(text: str) -> str:
    return one_line(f'"{text}"' if " " in text else text, 60)


def _list(texts: Sequence[str] | Mapping[str, object]) -> str:
    return one_line(", ".join(repr(text) for text in texts))
