"""DeepfakeBench (Yan et al., 2023): its tree of databases, and its lists of frames.

The tree ``datasets/rgb`` has databases such as ``FaceForensics++``, ``Celeb-DF-v2`` and ``UADFV``, each with
the frames of its videos; all that are there are read, each by its own rules. A list, such as
``dataset_json/FaceForensics++.json``, gives for each database, kind of video, split and video (for some also
the compression) the label and the frames, whose paths start somewhere above the list.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from facespectra._files import one_line
from facespectra.datasets import celeb_df, celeb_df_plus, dfdc, face_forensics, uadfv
from facespectra.datasets.columns import COLUMNS, make_table, text_column
from facespectra.datasets.folders import subfolders
from facespectra.datasets.groups import Item, assign
from facespectra.datasets.settings import Settings
from facespectra.datasets.sources import METHOD, VIDEO, texts
from facespectra.datasets.video_folders import warn_about
from facespectra.datasets.words import class_of, split_of
from facespectra.errors import DatasetError

if TYPE_CHECKING:
    import pandas as pd

    Reader = tuple[Callable[[Path], bool], Callable[[Path], pd.DataFrame]]

DATABASE = "database"
INSIDE = ("rgb", "datasets")
NAMES = frozenset({"faceforensics++", "celeb-df-v1", "celeb-df-v2", "celeb-df++", "dfdc", "dfdcp", "uadfv"})
COMPRESSIONS = frozenset({"c23", "c40", "raw", "c0"})
LEVELS_UP = 4


def matches_tree(path: Path) -> bool:
    """Tell whether a folder has databases of this tree, or ``rgb`` or ``datasets/rgb`` in it has one."""
    found = _databases(path)
    return len(found) > 1 or any(folder.parent != path for folder in found)


def read_tree(path: Path) -> pd.DataFrame:
    """Read all databases into one manifest with the extra column ``database``."""
    import pandas as pd

    parts = []
    for folder, read in _databases(path).items():
        part = read(folder)
        part[DATABASE] = folder.name
        part["group"] = text_column(f"{folder.name}: {group}" for group in part["group"]).array
        if VIDEO in part:
            names = texts(part[VIDEO])
            part[VIDEO] = text_column(f"{folder.name}/{name}" if name else "" for name in names).array
        parts.append(part)
    table = pd.concat(parts, ignore_index=True)
    more = [name for name in table.columns if name not in COLUMNS]
    return table.assign(**{name: text_column(texts(table[name])).array for name in more})


def matches_list(path: Path) -> bool:
    """Tell whether a file is a list of this kind."""
    return path.is_file() and path.suffix.lower() == ".json" and any(True for _ in _videos(path))


def read_list(path: Path, settings: Settings) -> pd.DataFrame:
    """Read a list into a manifest with the columns video, method (its kind) and, if known, compression."""
    rows = list(_videos(path))
    labels = _labels([kind for _, kind, _, _, _ in rows], settings, path)
    find = _finder([frame for *_, frames in rows for frame in frames[:1]], path, settings)
    items, more = [], []
    for (video, kind, split, compression, frames), label in zip(rows, labels, strict=True):
        for frame in frames:
            file = find(frame)
            place = (kind, compression, video) if compression else (kind, video)
            items.append(Item(str(file), label, split, f"{kind}/{video}/{file.stem}", place, (video,)))
            more.append((kind, compression))
    found = assign(items)
    table = make_table(
        [
            (item.path, item.label, one.group, item.split, "/".join(item.place), *of_item)
            for item, one, of_item in zip(items, found, more, strict=True)
        ],
        [*COLUMNS, VIDEO, METHOD, "compression"],
    )
    n_missing = sum(not Path(item.path).is_file() for item in items)
    if n_missing:
        warn_about(path, [f"{n_missing} of {len(items)} frames of the list are not there"])
    return table if any(compression for _, compression in more) else table.drop(columns="compression")


def _databases(path: Path) -> dict[Path, Callable[[Path], pd.DataFrame]]:
    root = path
    for name in (*INSIDE[::-1], INSIDE[0]):
        root = next((child for child in subfolders(root) if child.name == name), root)
    readers: tuple[Reader, ...] = tuple(
        (module.matches, module.read) for module in (uadfv, celeb_df_plus, celeb_df, face_forensics, dfdc)
    )
    found = {}
    for folder in subfolders(root) if path.is_dir() else []:
        if folder.name.lower() in NAMES:
            read = next((read for matches, read in readers if matches(folder)), None)
            if read is not None:
                found[folder] = read
    return found


def _videos(path: Path) -> Iterator[tuple[str, str, str, str, list[str]]]:
    """Give name, kind, split, compression and frames of each video."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise DatasetError(f"{path}: cannot be read ({one_line(error)})") from error
    for keys, entry in _leaves(content, ()):
        frames = [frame.replace("\\", "/") for frame in entry["frames"] if isinstance(frame, str)]
        if not frames:
            continue
        splits = [(k, split) for k, key in enumerate(keys) if k and (split := split_of(key))]
        compression = next((key for key in keys if key.lower() in COMPRESSIONS), "")
        folder = PurePosixPath(frames[0]).parent.name
        # A single video stands in the place of all in some lists.
        named = not splits or len(keys) - 1 > splits[-1][0]
        kind = entry.get("label") if isinstance(entry.get("label"), str) else keys[1:2] and keys[1]
        yield (
            keys[-1] if named and keys else folder,
            str(kind or ""),
            splits[0][1] if splits else "",
            compression,
            frames,
        )


def _leaves(node: object, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    if not isinstance(node, dict) or len(keys) > 8:
        return
    if isinstance(node.get("frames"), list):
        yield keys, node
        return
    for key, value in node.items():
        yield from _leaves(value, (*keys, key))


def _labels(kinds: list[str], settings: Settings, path: Path) -> list[int]:
    """Give the label of each kind: real by name, and fake if it says so or stands beside real ones."""
    named = {kind: settings.named(kind) for kind in kinds}
    said = {kind: class_of(kind, weak=True) if named[kind] is None else named[kind] for kind in named}
    if 0 not in said.values() and None in said.values():
        unknown = next(kind for kind, label in said.items() if label is None)
        raise DatasetError(f"{path}: {unknown!r} may be real or fake; add --real or --fake {unknown}")
    return [1 if (label := said[kind]) is None else label for kind in kinds]


def _finder(first: list[str], path: Path, settings: Settings) -> Callable[[str], Path]:
    """Find where the paths of a list start, without as few of their first folders as needed."""
    above = [path.absolute().parent, *path.absolute().parents[1 : LEVELS_UP + 1]]
    bases = [settings.root] if settings.root is not None else above
    roots = [
        root for base in bases for root in (base, base / "datasets", base / "rgb", base / "datasets/rgb")
    ]
    for frame in first[:: max(1, len(first) // 20)]:
        parts = PurePosixPath(frame).parts
        if Path(frame).is_file() and PurePosixPath(frame).is_absolute():
            return Path
        for n_left_out in range(len(parts) - 1):
            for root in roots:
                if root.joinpath(*parts[n_left_out:]).is_file() and parts[n_left_out] != "/":
                    return lambda name, root=root, k=n_left_out: root.joinpath(*PurePosixPath(name).parts[k:])  # type: ignore[misc]
    raise DatasetError(
        f"{path}: none of its frames was found, such as {one_line(first[0])}; "
        "say where its paths start with --root DIR"
    )
