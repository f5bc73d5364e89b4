"""DF40 (Yan et al., 2024): fakes by 40 methods, as the authors hand them out.

A folder for each method, with the domains ``ff`` (FaceForensics++) and ``cdf`` (Celeb-DF) in it, whose frames
lie in a folder for each video, ``simswap/ff/frames/000_003/012.png``, or directly in the domain. Some methods
have ``fake`` and ``real`` instead. The real faces of the domains are those of ``FaceForensics++`` and
``Celeb-DF-v2``, beside the methods or beside their folder. A video and the fakes of it are one group.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from facespectra.datasets import celeb_df
from facespectra.datasets.columns import COLUMNS, make_table
from facespectra.datasets.folders import has_media, is_stray, subfolders
from facespectra.datasets.groups import Item, assign
from facespectra.datasets.sources import METHOD, VIDEO
from facespectra.datasets.video_folders import clips_in, find_folder, warn_about
from facespectra.datasets.words import class_of, is_container, split_in, split_of

if TYPE_CHECKING:
    import pandas as pd

DOMAINS = {"ff": "ff", "ffpp": "ff", "cdf": "cdf", "cdfv2": "cdf"}
MORE_COLUMNS = ("domain",)
_HIDDEN = frozenset({"landmarks", "masks", "mask"})


def matches(path: Path) -> bool:
    """Tell whether a folder, or one of its splits, has methods with the domains ff or cdf in them."""
    return any(_domains(method) for _, folder in _roots(path) for method in subfolders(folder))


def read(path: Path) -> pd.DataFrame:
    """Read the data set into a manifest; extra column: ``domain``."""
    items: list[Item] = []
    domains: list[str] = []
    for split, root in _roots(path):
        for method in subfolders(root):
            for label, domain, place in _places(method):
                for file, inner in _frames(place):
                    items.append(
                        Item(
                            str(file.absolute()), label, split,
                            "/".join((method.name, domain, *inner, file.stem)),
                            (method.name, domain, *inner), inner, method.name,
                        )
                    )  # fmt: skip
                    domains.append(domain)
    for domain, name, place in _real(path):
        for clip in clips_in(place):
            for file in clip.files:
                at = (name, clip.name) if clip.is_frames else (name,)
                items.append(Item(str(file.absolute()), 0, "", "/".join((*at, file.stem)), at, at[1:], name))
                domains.append(domain)
    if all(item.label for item in items):
        warn_about(path, ["has no real faces: put FaceForensics++ and Celeb-DF-v2 beside the methods"])
    rows = [
        (item.path, item.label, one.group, item.split, one.video, item.method, domain)
        for item, one, domain in zip(items, assign(items), domains, strict=True)
    ]
    table = make_table(rows, [*COLUMNS, VIDEO, METHOD, *MORE_COLUMNS])
    return table if (table[VIDEO] != "").any() else table.drop(columns=VIDEO)


def _roots(path: Path) -> list[tuple[str, Path]]:
    """Give the folders of methods with their splits: those called train and test, or the one itself."""
    if not path.is_dir():
        return []
    splits = [
        (split, folder)
        for folder in subfolders(path)
        if (split := split_of(folder.name) or split_in(folder.name))
        and any(map(_domains, subfolders(folder)))
    ]
    return splits or [("", path)]


def _domains(method: Path) -> list[Path]:
    return [child for child in subfolders(method) if child.name.lower() in DOMAINS and has_media(child)]


def _places(method: Path) -> Iterator[tuple[int, str, Path]]:
    """Give label, domain and folder of what one method made, and of its own real faces."""
    domains = _domains(method)
    for folder in domains:
        yield 1, DOMAINS[folder.name.lower()], folder
    if not domains:
        classes = {child: class_of(child.name) for child in subfolders(method) if has_media(child)}
        if 1 in classes.values():
            yield from ((label, "", child) for child, label in classes.items() if label is not None)


def _frames(place: Path) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Give the images and videos of a domain, and the folder of the video that they are frames of."""
    from facespectra.videos import find_media

    for file in find_media([place]):
        folders = file.relative_to(place).parts[:-1]
        if any(is_stray(name) or name.lower() in _HIDDEN for name in folders):
            continue
        yield file, tuple(name for name in folders if not is_container(name))[-1:]


def _real(path: Path) -> Iterator[tuple[str, str, Path]]:
    """Find the real videos of the domains: domain, name of the source, folder."""
    for base in (path, path.absolute().parent):
        originals = find_folder(base / "FaceForensics++", "original_sequences")
        youtube = find_folder(originals, "youtube") if originals else None
        for quality in ("c23", "raw", "c0", "c40"):
            place = find_folder(youtube, quality) if youtube else None
            if place is not None and has_media(place):
                yield "ff", "FaceForensics++", place
                break
        for name in ("Celeb-DF-v2", "Celeb-DF"):
            for folder, label in celeb_df.CLASSES.items():
                place = find_folder(base / name, folder)
                if not label and place is not None and has_media(place):
                    yield "cdf", folder, place
