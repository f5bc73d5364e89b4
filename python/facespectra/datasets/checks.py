"""Warnings about data sets: leaks between splits, duplicates, classes that file properties give away."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facespectra.datasets.headers import Header, read_headers
from facespectra.datasets.near_duplicates import near_duplicates
from facespectra.datasets.video_folders import first_few
from facespectra.videos import passes_for_video

if TYPE_CHECKING:
    import pandas as pd

FOLDS = 5
# A property that separates the classes this well is worth a warning, if it is not by chance.
WARN_AUC, WARN_LOW = 0.6, 0.55
QUICK = 300
_CHUNK = 1 << 16
BY_FILE = "by file: frames of one video may be on both sides"
_AGAIN = re.compile(r" \(\d+\)$")  # the same running number in another split


@dataclass(frozen=True, slots=True)
class Shortcut:
    """How well a file property alone separates the classes."""

    name: str  # "size", "format" or "JPEG tables"
    auc: float
    low: float  # lower end of the 95 % interval of the AUC
    n: int  # number of files

    @property
    def significant(self) -> bool:
        """Whether it is worth a warning."""
        return self.auc >= WARN_AUC and self.low >= WARN_LOW


def check(
    manifest: pd.DataFrame, *, quick: bool = False, headers: Mapping[str, Header] | None = None
) -> list[str]:
    """Collect warnings about what can make results better than the detector is.

    With `quick`, only the headers of at most 300 files of each class are read. Headers that were read before
    can be passed on.
    """
    warnings = groups_across_splits(manifest)
    if not quick:
        warnings += duplicate_files(manifest)
        warnings += near_duplicate_images(manifest)
    warnings += [
        f"{one.name} alone separates real from fake with an AUC of {one.auc:.2f} ({one.n} files): "
        "a detector may learn that instead of faces"
        for one in shortcuts(_sampled(manifest) if quick else manifest, headers)
        if one.significant
    ]
    return warnings


def groups_across_splits(manifest: pd.DataFrame) -> list[str]:
    """Warn of groups in more than one split, once for each pair of splits."""
    named = manifest[manifest["split"] != ""]
    splits = {name: set(rows["group"]) for name, rows in named.groupby("split", sort=False)}
    names = list(splits)
    warnings = []
    for position, first in enumerate(names):
        for second in names[position + 1 :]:
            shared = sorted(splits[first] & splits[second])
            if shared:
                warnings.append(
                    f"{len(shared)} of {len(splits[second])} groups in the split {second!r} are also in "
                    f"{first!r}: {first_few(shared)}"
                )
    return warnings


def groups_by_file(manifest: pd.DataFrame) -> str:
    """Say that images are groups of their own, as nothing tells which video they are of; else nothing."""
    images = manifest.drop_duplicates("path")
    images = images[~images["path"].map(passes_for_video).astype(bool)]
    counts = images["group"].value_counts()
    alone = sum(
        counts[group] == 1 and _is_named_after(group, path)
        for path, group in zip(images["path"], images["group"], strict=True)
    )
    if not alone:
        return ""
    return BY_FILE if alone == len(images) else f"{alone} of {len(images)} images {BY_FILE}"


def _is_named_after(group: str, path: str) -> bool:
    name, file = PurePath(group).name, PurePath(path)
    return bool({name, _AGAIN.sub("", name)} & {file.stem, file.name})


def duplicate_files(manifest: pd.DataFrame) -> list[str]:
    """Warn of files with identical content in different splits or with different labels."""
    files = manifest.drop_duplicates("path")
    same = _identical_files(files["path"])
    split_of = dict(zip(files["path"], files["split"], strict=True))
    label_of = dict(zip(files["path"], files["label"], strict=True))
    warnings = []
    for what, kind_of in (("in different splits", split_of), ("with different labels", label_of)):
        across = [paths for paths in same if len({kind_of[path] for path in paths}) > 1]
        if across:
            example = " and ".join(
                next(path for path in across[0] if kind_of[path] == kind)
                for kind in sorted({kind_of[path] for path in across[0]})[:2]
            )
            verb = "file has" if len(across) == 1 else "files have"
            warnings.append(f"{len(across)} {verb} copies {what}, such as {example}")
    return warnings


def near_duplicate_images(manifest: pd.DataFrame) -> list[str]:
    """Warn of images that nearly match one in another split: saved again, resized or retouched.

    Decodes every image. Identical files and images of one group have their own warnings.
    """
    pairs = [pair for pair in near_duplicates(manifest) if not _identical_files(pair)]
    if not pairs:
        return []
    verb = "image nearly matches" if len(pairs) == 1 else "images nearly match"
    one, other = pairs[0]
    return [
        f"{len(pairs)} {verb} an image in another split (saved again or edited), such as {one} and {other}"
    ]


def shortcuts(manifest: pd.DataFrame, headers: Mapping[str, Header] | None = None) -> list[Shortcut]:
    """Measure how well size, format and JPEG tables alone separate the classes.

    Each file is scored by the rate of fakes among the files with the same property in the other four of five
    folds, which keep groups together if there are enough; for the size, the number of pixels is tried as
    well. Empty if a class has fewer than ten readable files.
    """
    from facespectra.evaluation.intervals import delong_interval, group_interval, group_samples

    files = manifest.drop_duplicates("path")
    known = read_headers(files["path"]) if headers is None else headers
    files = files[files["path"].isin(known.keys())]
    labels = files["label"].to_numpy(dtype=np.int64)
    if min(np.sum(labels == 0), np.sum(labels == 1)) < 2 * FOLDS:
        return []
    groups = group_samples(labels, files["group"].to_numpy())
    by_group = groups.n < len(files) and min(groups.with_real, groups.with_fake) >= 2 * FOLDS
    folds = _folds(files["group"] if by_group else files["path"], labels)
    of_file = [known[path] for path in files["path"]]
    pixels = np.array([header.width * header.height for header in of_file], dtype=np.float64)
    candidates = {
        "size": [
            _fake_rates([f"{one.width}x{one.height}" for one in of_file], labels, folds),
            pixels,
            -pixels,
        ],
        "format": [_fake_rates([one.kind for one in of_file], labels, folds)],
        "JPEG tables": [_fake_rates([one.tables for one in of_file], labels, folds)],
    }
    measured = []
    for name, alternatives in candidates.items():
        scores = max(alternatives, key=lambda values: _auc(labels, values))
        auc = _auc(labels, scores)
        low, _ = (
            group_interval(labels, scores, groups, draws=200) if by_group else delong_interval(labels, scores)
        )
        measured.append(Shortcut(name, auc, low, len(labels)))
    return measured


def _auc(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> float:
    from facespectra.evaluation.intervals import roc_auc

    return roc_auc(labels, scores)


def _folds(groups: pd.Series[str], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Assign a fold to each file: groups in turn, one class after the other."""
    order = dict.fromkeys(group for label in (0, 1) for group in groups[labels == label])
    folds = {group: position % FOLDS for position, group in enumerate(order)}
    return np.array([folds[group] for group in groups], dtype=np.int64)


def _fake_rates(
    properties: list[str], labels: NDArray[np.int64], folds: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Give the rate of fakes with the same property in the other folds, drawn a little towards one half."""
    _, kind = np.unique(properties, return_inverse=True)
    scores = np.empty(len(labels))
    for fold in range(FOLDS):
        others = folds != fold
        fakes = np.bincount(kind[others & (labels == 1)], minlength=kind.max() + 1)
        reals = np.bincount(kind[others & (labels == 0)], minlength=kind.max() + 1)
        # Relative to its class: with nine fakes to a real file, a common size means nothing.
        fake_rate = fakes / max(1, int(np.sum(others & (labels == 1))))
        real_rate = reals / max(1, int(np.sum(others & (labels == 0))))
        pull = 1 / max(1, int(others.sum()))
        share = (fake_rate + pull) / (fake_rate + real_rate + 2 * pull)
        scores[~others] = share[kind[~others]]
    return scores


def _sampled(manifest: pd.DataFrame) -> pd.DataFrame:
    files = manifest.drop_duplicates("path")
    positions: list[int] = []
    for label in (0, 1):
        rows = np.flatnonzero(files["label"] == label)
        positions += rows[np.linspace(0, len(rows) - 1, min(QUICK, len(rows))).astype(int)].tolist()
    return files.iloc[sorted(positions)]


def _identical_files(paths: Iterable[str]) -> list[list[str]]:
    """Group files with identical content, in the order of the first of each group."""
    by_size: dict[int, list[str]] = defaultdict(list)
    for path in paths:
        try:
            by_size[Path(path).stat().st_size].append(path)
        except OSError:
            continue
    identical: list[list[str]] = []
    for candidates in by_size.values():
        # Most files differ in size, most others in their first bytes: few are read to the end.
        for same_start in _group_by_digest(candidates, whole=False):
            identical += _group_by_digest(same_start, whole=True)
    return identical


def _group_by_digest(paths: list[str], *, whole: bool) -> list[list[str]]:
    by_digest: dict[str, list[str]] = defaultdict(list)
    for path in paths if len(paths) > 1 else []:
        try:
            with Path(path).open("rb") as file:
                if whole:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                else:
                    digest = hashlib.sha256(file.read(_CHUNK)).hexdigest()
        except OSError:
            continue
        by_digest[digest].append(path)
    return [group for group in by_digest.values() if len(group) > 1]
