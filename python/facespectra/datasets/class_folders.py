"""Data sets in folders that are called after their classes: ``real`` and ``fake``, and what people call them.

The two classes lie side by side, at any depth: below a split, a generator or a category, or above them. What
lies inside a class may be splits, methods, a folder for each video, or files.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from facespectra.datasets.columns import COLUMNS, make_table
from facespectra.datasets.folders import has_media, holds_media, is_stray, subfolders
from facespectra.datasets.groups import Item, assign
from facespectra.datasets.labels import refuse_other_files
from facespectra.datasets.settings import Settings
from facespectra.datasets.sources import METHOD, VIDEO
from facespectra.datasets.video_folders import first_few, warn_about
from facespectra.datasets.words import class_of, is_container, is_method, split_in, split_of, without_split
from facespectra.errors import DatasetError

if TYPE_CHECKING:
    import pandas as pd

DEPTH = 6


@dataclass(frozen=True, slots=True)
class ClassFolder:
    """A folder of one class."""

    path: Path
    label: int
    above: tuple[str, ...]  # the folders between it and the root

    @property
    def split(self) -> str:
        """The split that its own name tells, such as ``train`` for ``train_real``."""
        return split_of(self.path.name) or ""

    @property
    def name(self) -> str:
        """Its name without that of a split."""
        return without_split(self.path.name) if self.split else self.path.name


def find_classes(root: Path, settings: Settings) -> list[ClassFolder]:
    """Find the folders of classes that lie beside one of the other class."""
    found = list(_search(root, (), settings, set()))
    levels = {len(one.above) for one in found}
    parents = {one.path.parent for one in found}
    # A split or a generator may have one class alone.
    for depth in levels:
        found += [one for one in _single(root, (), depth, settings) if one.path.parent not in parents]
    return sorted(found, key=lambda one: ([_order(name) for name in (*one.above, one.split)], one.label))


def _order(name: str) -> tuple[int, str]:
    """Sort what is trained on before what is tested on, and all else by name."""
    split = split_of(name) or split_in(name) or ""
    begins = ("dev", "train", "val", "eval", "test")
    return next((k for k, begin in enumerate(begins, 1) if split.startswith(begin)), 0), name


def lies_below(root: Path, settings: Settings) -> bool:
    """Tell whether all folders of classes lie deeper than in the root itself."""
    return all(one.above for one in find_classes(root, settings))


def has_classes(root: Path, settings: Settings) -> bool:
    """Tell whether there are folders of both classes, and no splits."""
    found = find_classes(root, settings)
    return bool(found) and not _any_split(root, found)


def has_splits(root: Path, settings: Settings) -> bool:
    """Tell whether there are folders of both classes, and splits above or below them."""
    found = find_classes(root, settings)
    return bool(found) and _any_split(root, found)


def read(root: Path, settings: Settings) -> pd.DataFrame:
    """Read the data set into a manifest with the columns video and method where they are known."""
    found = find_classes(root, settings)
    complaints = list(_complaints(root, found, settings))
    if settings.positive is not None:
        found = _turned(root, found, settings.positive)
    splits_above = _splits_above(found)
    items = [item for one in found for item in _items(root, one, splits_above)]
    if settings.positive is None and not settings.names_folders:
        _refuse_other_files(root, found, items)
    belongings = assign(items)
    rows = [
        (item.path, item.label, one.group, item.split, one.video, one.method)
        for item, one in zip(items, belongings, strict=True)
    ]
    manifest = make_table(rows, [*COLUMNS, VIDEO, METHOD])
    warn_about(root, complaints)
    return manifest.drop(columns=[name for name in (VIDEO, METHOD) if not (manifest[name] != "").any()])


def _turned(root: Path, found: Sequence[ClassFolder], positive: str) -> list[ClassFolder]:
    """Take the folders of the name that means fake as fake, and the others as real."""
    names = sorted({one.name for one in found})
    fakes = [name for name in names if name.casefold() == positive.strip().casefold()]
    if not fakes:
        raise DatasetError(
            f"{root}: no folder {positive!r}, which --positive names; found {', '.join(names)}"
        )
    return [replace(one, label=int(one.name in fakes)) for one in found]


def _refuse_other_files(root: Path, found: Sequence[ClassFolder], items: Sequence[Item]) -> None:
    """Refuse folders whose files say the opposite."""
    names = {label: sorted({one.path.name for one in found if one.label == label}) for label in (0, 1)}
    turned = f"--real {' --real '.join(names[1])} --fake {' --fake '.join(names[0])}"
    kept = f"--real {' --real '.join(names[0])} --fake {' --fake '.join(names[1])}"
    numbers = set(names[0] + names[1]) == {"0", "1"}
    refuse_other_files(
        [item.label for item in items],
        [names[item.label][0] for item in items],
        [os.path.relpath(item.path, root) for item in items],
        str(root),
        "" if numbers else f"add {turned} if the files are right, or {kept} if the folders are",
    )


def _label(name: str, settings: Settings) -> int | None:
    """Give the class of a folder by its name, as it was asked for or by its words."""
    if settings.real or settings.fake:
        return settings.named(name)
    return class_of(name, weak=True)


def _children(folder: Path, settings: Settings) -> dict[Path, int | None]:
    """Give the class of each folder in a folder; 0 and 1 are classes where nothing else is."""
    inside = {child: _label(child.name, settings) for child in subfolders(folder)}
    filled = {child for child in inside if has_media(child)}
    # A class without any picture is still a class, and an error later.
    filled_labels = {inside[child] for child in filled}
    is_named = any(inside[child] is not None and not is_method(child.name) for child in filled)
    children = {
        child: label
        for child, label in inside.items()
        if child in filled or (is_named and label is not None and label not in filled_labels)
    }
    if {child.name for child in children} == {"0", "1"}:
        return {child: int(child.name) for child in children}
    return children


def _search(
    folder: Path, above: tuple[str, ...], settings: Settings, seen: set[str]
) -> Iterator[ClassFolder]:
    # Links can lead back up.
    real = os.path.realpath(folder)
    if real in seen:
        return
    seen.add(real)
    children = _children(folder, settings)
    if {0, 1} <= set(children.values()):
        yield from (
            ClassFolder(child, label, above) for child, label in children.items() if label is not None
        )
    elif len(above) < DEPTH:
        for child in children:
            yield from _search(child, (*above, child.name), settings, seen)


def _single(folder: Path, above: tuple[str, ...], depth: int, settings: Settings) -> Iterator[ClassFolder]:
    """Find folders of one class at the same depth as those of both."""
    children = _children(folder, settings)
    if len(above) == depth:
        yield from (
            ClassFolder(child, label, above)
            for child, label in children.items()
            if label is not None and not is_method(child.name) and has_media(child)
        )
        return
    for child in children:
        yield from _single(child, (*above, child.name), depth, settings)


def _splits_above(found: Sequence[ClassFolder]) -> dict[str, str]:
    """Give the split of each folder name above classes: also of ``progan_train`` beside ``progan_test``."""
    names = {name for one in found for name in one.above}
    strict = {name: split for name in names if (split := split_of(name))}
    loose = {name: split for name in names - set(strict) if (split := split_in(name))}
    return strict | (loose if len(set(loose.values())) > 1 else {})


def _any_split(root: Path, found: Sequence[ClassFolder]) -> bool:
    return bool(_splits_above(found)) or any(one.split or _splits_inside(one.path) for one in found)


def _splits_inside(folder: Path, depth: int = 2) -> bool:
    """Tell whether the folders in a folder, or in one of those, are splits."""
    inside = [child for child in subfolders(folder)[:100] if has_media(child)]
    if not inside or holds_media(folder):
        return False
    if all(split_of(child.name) for child in inside):
        return True
    return depth > 0 and len(inside) < 50 and any(_splits_inside(child, depth - 1) for child in inside)


def _items(root: Path, one: ClassFolder, splits_above: dict[str, str]) -> Iterator[Item]:
    from facespectra.videos import find_media

    if not has_media(one.path):
        raise DatasetError(f"no image or video in the folder {one.path}")
    files = [file.relative_to(one.path) for file in find_media([one.path])]
    files = [file for file in files if not any(map(is_stray, file.parts[:-1]))]
    levels = _split_levels(files)
    split_above = next((splits_above[name] for name in one.above if name in splits_above), one.split)
    above = [name if name not in splits_above else _rest(name) for name in one.above]
    above = [name for name in above if name]
    methods = [name for name in above if not is_container(name)]
    for file in files:
        parts = file.parts[:-1]
        is_split = [parts[:k] in levels for k in range(len(parts))]
        split = next((split_of(part) or "" for part, yes in zip(parts, is_split, strict=True) if yes), "")
        kept = [part for part, yes in zip(parts, is_split, strict=True) if not yes]
        inner = tuple(part for part in kept if not is_container(part))
        yield Item(
            str((one.path / file).absolute()),
            one.label,
            split_above or split,
            "/".join((*above, one.name, *kept, PurePath(file.name).stem)),
            (*methods, one.name, *inner),
            inner,
            methods[0] if methods else one.name if is_method(one.name) else "",
        )


def _rest(name: str) -> str:
    """Give what the name of a split's folder says besides: ``progan`` for ``progan_train``."""
    return "" if split_of(name) else without_split(name)


def _split_levels(files: Sequence[Path]) -> set[tuple[str, ...]]:
    """Give the folders, as parts of their paths, in which there are splits and nothing else."""
    inside: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for file in files:
        parts = file.parts
        for k in range(len(parts)):
            inside[parts[:k]].add(parts[k] if k < len(parts) - 1 else "")
    return {level for level, names in inside.items() if all(map(split_of, names))}


def _complaints(root: Path, found: Sequence[ClassFolder], settings: Settings) -> Iterator[str]:
    if not (settings.real or settings.fake):
        named = {one.path for one in found}
        parents = dict.fromkeys(one.path.parent for one in found)
        others = [
            child.name
            for parent in parents
            for child in subfolders(parent)
            if child not in named and has_media(child) and class_of(child.name, weak=True) is None
        ]
        if others:
            yield (
                f"passed over, neither real nor fake by name: {first_few(others)}; "
                "name them with --real or --fake"
            )
        if settings.positive is None and {one.path.name for one in found} == {"0", "1"}:
            yield "took the folder 1 as fake and 0 as real; if it is the other way, use --positive 0"
