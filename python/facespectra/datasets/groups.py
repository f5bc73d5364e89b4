"""Which samples must stay together: the frames of a video, and the videos that were made of one another."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from facespectra.datasets.columns import text_column
from facespectra.datasets.connections import connected
from facespectra.datasets.names import made_of, videos_by_name, without_number
from facespectra.datasets.settings import FILE, FOLDER, GROUPINGS
from facespectra.datasets.sources import VIDEO, texts
from facespectra.datasets.words import (
    class_of,
    is_container,
    is_method,
    is_source,
    says_nothing,
    split_of,
    without_quality,
)
from facespectra.errors import DatasetError
from facespectra.videos import passes_for_video

if TYPE_CHECKING:
    import pandas as pd

# Fewer folders than this in one class, and none in the other, are rather methods than videos.
FEW_FOLDERS = 5


@dataclass(frozen=True, slots=True)
class Item:
    """A file of a data set, and where it lies."""

    path: str
    label: int
    split: str
    own: str  # the group of this file alone
    place: tuple[str, ...]  # the folders it lies in, but for splits and those that only hold files
    inner: tuple[str, ...] = ()  # the last of these, which may be a method or a video
    method: str = ""  # as a folder above says it

    @property
    def stem(self) -> str:
        """The file's name without its suffix."""
        return PurePath(self.path).stem


@dataclass(frozen=True, slots=True)
class Belonging:
    """Where a file belongs."""

    group: str
    video: str = ""  # of an image that is a frame of one
    method: str = ""


def assign(items: Sequence[Item], group: str | None = None) -> list[Belonging]:
    """Find the group, the video and the method of each file; `group` is one of :data:`GROUPINGS`."""
    if group == FILE:
        return [Belonging(item.own) for item in items]
    videos = _chosen(items, group) if group else _by_folder(items)
    if group is None:
        _add_by_name(items, videos)
    belongs_to: list[tuple[str, ...]] = [
        ("/".join(videos[item.path]) if item.path in videos else own,)
        for item, own in zip(items, _own_groups(items), strict=True)
    ]
    if group is None:
        _add_pairs(items, videos, belongs_to)
    groups = connected(belongs_to)
    methods = _methods(items, videos)
    return [
        Belonging(groups[names[0]], "/".join(videos.get(item.path, ())), method)
        for item, names, method in zip(items, belongs_to, methods, strict=True)
    ]


def _add_pairs(
    items: Sequence[Item], videos: dict[str, tuple[str, ...]], belongs_to: list[tuple[str, ...]]
) -> None:
    """Put fakes together with the real videos that they were made of, where names tell."""
    names = [without_quality(videos[item.path][-1] if item.path in videos else item.stem) for item in items]
    real = {name for item, name in zip(items, names, strict=True) if not item.label}
    sources: set[str] = set()
    for position, (item, name) in enumerate(zip(items, names, strict=True)):
        made = made_of(name, real) if item.label else ()
        # A single image is a frame only of a video that is here.
        is_known = item.path in videos or passes_for_video(item.path)
        if made and (is_known or real.issuperset(made)):
            belongs_to[position] = tuple(f"video {source}" for source in made)
            sources.update(made)
    for position, (item, name) in enumerate(zip(items, names, strict=True)):
        if not item.label and name in sources:
            belongs_to[position] = (f"video {name}",)


def table_items(paths: Sequence[str], labels: Iterable[int], splits: Iterable[str]) -> list[Item]:
    """Make items of the paths of a table, which may start anywhere."""
    folders = [PurePath(path).parts[:-1] for path in paths]
    first, last = (min(folders), max(folders)) if folders else ((), ())
    n_common = next(
        (k for k, (one, other) in enumerate(zip(first, last, strict=False)) if one != other),
        min(len(first), len(last)),
    )
    items = []
    for path, label, split, parts in zip(paths, labels, splits, folders, strict=True):
        place = tuple(part for part in parts if split_of(part) is None and not is_container(part))
        own_parts = [part for part in parts[n_common:] if part in place]
        inner: tuple[str, ...] = ()
        for part in own_parts:
            inner = () if class_of(part, weak=True) is not None and not is_method(part) else (*inner, part)
        own = PurePath(path).with_suffix("").as_posix()
        if passes_for_video(path):
            own = PurePath(
                *(part for part in parts if split_of(part) is None), PurePath(path).stem
            ).as_posix()
        items.append(Item(path, label, split, own, place, inner))
    return items


def regroup(manifest: pd.DataFrame, root: Path, group: str) -> pd.DataFrame:
    """Give the samples of a manifest other groups: by folder, name or file, or by one of its columns."""
    if group not in GROUPINGS:
        columns = {str(name).strip().casefold(): name for name in manifest.columns}
        found = columns.get(group.strip().casefold())
        if found is None:
            more = ", ".join(str(name) for name in manifest.columns if name not in ("path", "label"))
            raise DatasetError(
                f"{root}: no column {group!r} to group by; use {', '.join(GROUPINGS)}, or one of {more}"
            )
        pairs = zip(texts(manifest[found]), manifest["group"], strict=True)
        return manifest.assign(group=text_column(text or own for text, own in pairs).array)
    base = root.absolute()
    paths = [_relative(Path(name), base) for name in manifest["path"]]
    items = table_items(paths, manifest["label"].tolist(), manifest["split"].tolist())
    found_groups = assign(items, group)
    rows = manifest.assign(group=text_column(one.group for one in found_groups).array)
    rows = rows.drop(columns=VIDEO, errors="ignore")
    if any(one.video for one in found_groups):
        rows[VIDEO] = text_column(one.video for one in found_groups).array
    return rows


def _relative(path: Path, base: Path) -> str:
    return str(path.relative_to(base)) if path.is_relative_to(base) else str(path)


def _is_no_split(name: str) -> bool:
    return split_of(name) is None


def _chosen(items: Sequence[Item], group: str) -> dict[str, tuple[str, ...]]:
    """Give the place of each file's video as it was asked for."""
    if group == FOLDER:
        return {item.path: item.place for item in items}
    return {item.path: (*item.place, without_number(item.stem) or item.stem) for item in items}


def _by_folder(items: Sequence[Item]) -> dict[str, tuple[str, ...]]:
    """Find the images whose folder is a video's, and give its place.

    A folder is a video's unless it is called after a method or a source of pictures, or has images of both
    classes or only one image. One folder for each class says no more than the class; a few in one class, and
    none in the other, are rather methods.
    """
    folders: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Item]] = defaultdict(list)
    for item in items:
        last = item.inner[-1] if item.inner else ""
        if last and not passes_for_video(item.path) and not is_method(last) and not is_source(last):
            folders[item.place, item.inner].append(item)
    videos = {key: inside for key, inside in folders.items() if len({item.label for item in inside}) == 1}
    per_class = Counter(inside[0].label for inside in videos.values())
    n_folders = sorted(per_class[label] for label in (0, 1))
    if n_folders[1] < 2 or (not n_folders[0] and n_folders[1] < FEW_FOLDERS):
        return {}
    return {item.path: place for (place, _), inside in videos.items() if len(inside) > 1 for item in inside}


def _add_by_name(items: Sequence[Item], videos: dict[str, tuple[str, ...]]) -> None:
    """Add the images whose names tell their video."""
    flat: dict[tuple[tuple[str, ...], int], list[Item]] = defaultdict(list)
    for item in items:
        if item.path not in videos and not passes_for_video(item.path):
            flat[item.place, item.label].append(item)
    for (place, _), inside in flat.items():
        names = videos_by_name([item.stem for item in inside])
        for item, name in zip(inside, names or (), strict=False):
            if name != item.stem:
                videos[item.path] = (*place, name)


def _own_groups(items: Sequence[Item]) -> list[str]:
    """Give each file's own group; a running number in two splits is chance, and makes two groups."""
    seen: dict[str, dict[str, int]] = defaultdict(dict)
    groups = []
    for item in items:
        group = item.own
        if not passes_for_video(item.path) and says_nothing(without_number(item.stem) or ""):
            which = seen[group].setdefault(item.split, len(seen[group]) + 1)
            group += f" ({which})" if which > 1 else ""
        groups.append(group)
    return groups


def _methods(items: Sequence[Item], videos: dict[str, tuple[str, ...]]) -> list[str]:
    """Give the method of each file: the first folder in its class that is not a video's, or one above it."""
    first = [
        inner[0]
        if (inner := item.inner[:-1] if videos.get(item.path) == item.place else item.inner)
        else item.method
        for item in items
    ]
    # A name that all files of a class share says nothing, unless it is known.
    names = defaultdict(set)
    for item, name in zip(items, first, strict=True):
        names[item.label].add(name)
    return [
        name
        if is_method(name) or is_source(name) or (len(names[item.label]) > 1 and not name.isdecimal())
        else ""
        for item, name in zip(items, first, strict=True)
    ]
