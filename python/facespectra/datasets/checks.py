"""Warnings that save people from themselves: leaks between splits, copies, classes told by files alone."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facespectra.datasets.headers import Header, read_headers
from facespectra.datasets.near_duplicates import look_alikes
from facespectra.datasets.video_folders import some

if TYPE_CHECKING:
    import pandas as pd

FOLDS = 5
# From here on a property of the files is worth a warning, if it is more than chance.
TELLING_AUC, TELLING_LOW = 0.6, 0.55
QUICK = 300
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Shortcut:
    """How well a property of the files alone tells the classes apart.

    Attributes
    ----------
    name : str
        ``"size"``, ``"format"`` or ``"JPEG tables"``.
    auc : float
        Of the share of fakes among other groups' files with the same property.
    low : float
        Lower end of its 95 % interval.
    n : int
        Files looked at.
    """

    name: str
    auc: float
    low: float
    n: int

    @property
    def telling(self) -> bool:
        """Whether it is worth a warning."""
        return self.auc >= TELLING_AUC and self.low >= TELLING_LOW


def check(
    manifest: pd.DataFrame, *, quick: bool = False, headers: Mapping[str, Header] | None = None
) -> list[str]:
    """Look for what makes figures better than the detector is.

    Parameters
    ----------
    manifest : pandas.DataFrame
        As :func:`facespectra.read_dataset` gives it.
    quick : bool
        Look at the headers of at most 300 files of each class, evenly spread, and at no contents.
    headers : mapping of str to Header, optional
        Headers that were read before.

    Returns
    -------
    list of str
        One warning each: groups in several splits, copies of one file in several splits or both classes,
        pictures that look like one in another split, and properties of files that tell the classes apart.
    """
    warnings = groups_across_splits(manifest)
    if not quick:
        warnings += copies(manifest)
        warnings += likenesses(manifest)
    warnings += [
        f"{one.name} alone tells real from fake with an AUC of {one.auc:.2f} ({one.n} files): "
        "a detector may learn that, and not faces"
        for one in shortcuts(_sampled(manifest) if quick else manifest, headers)
        if one.telling
    ]
    return warnings


def groups_across_splits(manifest: pd.DataFrame) -> list[str]:
    """Say which groups have samples in more than one split.

    Parameters
    ----------
    manifest : pandas.DataFrame
        As :func:`facespectra.read_dataset` gives it.

    Returns
    -------
    list of str
        One warning for each pair of splits that share groups.
    """
    named = manifest[manifest["split"] != ""]
    splits = {name: set(rows["group"]) for name, rows in named.groupby("split", sort=False)}
    names = list(splits)
    found = []
    for position, first in enumerate(names):
        for second in names[position + 1 :]:
            shared = sorted(splits[first] & splits[second])
            if shared:
                found.append(
                    f"{len(shared)} of {len(splits[second])} groups of the split {second!r} are in {first!r} "
                    f"as well: {some(shared)}"
                )
    return found


def copies(manifest: pd.DataFrame) -> list[str]:
    """Say which files have the same content, byte for byte, across splits or classes.

    Parameters
    ----------
    manifest : pandas.DataFrame
        As :func:`facespectra.read_dataset` gives it. Files that cannot be read are passed over.

    Returns
    -------
    list of str
        At most two warnings.
    """
    files = manifest.drop_duplicates("path")
    same = _same_content(files["path"])
    split_of = dict(zip(files["path"], files["split"], strict=True))
    label_of = dict(zip(files["path"], files["label"], strict=True))
    found = []
    for what, kind_of in (("in different splits", split_of), ("both as real and as fake", label_of)):
        across = [paths for paths in same if len({kind_of[path] for path in paths}) > 1]
        if across:
            example = " and ".join(
                next(path for path in across[0] if kind_of[path] == kind)
                for kind in sorted({kind_of[path] for path in across[0]})[:2]
            )
            verb = "file is" if len(across) == 1 else "files are"
            found.append(f"{len(across)} {verb} there more than once, {what}, such as {example}")
    return found


def likenesses(manifest: pd.DataFrame) -> list[str]:
    """Say which pictures look like one in another split: saved again, resized or touched up.

    Parameters
    ----------
    manifest : pandas.DataFrame
        As :func:`facespectra.read_dataset` gives it. Every image in it is decoded.

    Returns
    -------
    list of str
        At most one warning. Copies of files are not counted, see :func:`copies`, and neither are pictures of
        one group, see :func:`groups_across_splits`.
    """
    pairs = [pair for pair in look_alikes(manifest) if not _same_content(pair)]
    if not pairs:
        return []
    verb = "picture looks" if len(pairs) == 1 else "pictures look"
    one, other = pairs[0]
    return [
        f"{len(pairs)} {verb} like one in another split, saved again or altered, such as {one} and {other}"
    ]


def shortcuts(manifest: pd.DataFrame, headers: Mapping[str, Header] | None = None) -> list[Shortcut]:
    """Measure how well size, format and JPEG tables alone tell the classes apart.

    Each file is scored by the share of fakes among the files with the same property in the other of five
    folds, which keep groups together where there are enough; a property that is not met there says nothing.
    For the size, the number of pixels is tried as well.

    Parameters
    ----------
    manifest : pandas.DataFrame
        As :func:`facespectra.read_dataset` gives it.
    headers : mapping of str to Header, optional
        Headers that were read before.

    Returns
    -------
    list of Shortcut
        None where a class has fewer than ten files that can be read.
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
        "size": [_shares([f"{one.width}x{one.height}" for one in of_file], labels, folds), pixels, -pixels],
        "format": [_shares([one.kind for one in of_file], labels, folds)],
        "JPEG tables": [_shares([one.tables for one in of_file], labels, folds)],
    }
    found = []
    for name, ways in candidates.items():
        scores = max(ways, key=lambda values: _auc(labels, values))
        auc = _auc(labels, scores)
        low, _ = (
            group_interval(labels, scores, groups, draws=200) if by_group else delong_interval(labels, scores)
        )
        found.append(Shortcut(name, auc, low, len(labels)))
    return found


def _auc(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> float:
    from facespectra.evaluation.intervals import components

    return float(components(labels, scores)[0].mean())


def _folds(groups: pd.Series[str], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """A fold for each file: groups are dealt out in turn, those of one class after the other."""
    order = dict.fromkeys(group for label in (0, 1) for group in groups[labels == label])
    folds = {group: position % FOLDS for position, group in enumerate(order)}
    return np.array([folds[group] for group in groups], dtype=np.int64)


def _shares(
    properties: list[str], labels: NDArray[np.int64], folds: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The share of fakes with the same property in the other folds, drawn a little towards one half."""
    _, kind = np.unique(properties, return_inverse=True)
    scores = np.empty(len(labels))
    for fold in range(FOLDS):
        others = folds != fold
        fakes = np.bincount(kind[others & (labels == 1)], minlength=kind.max() + 1)
        reals = np.bincount(kind[others & (labels == 0)], minlength=kind.max() + 1)
        # Each by its class: in a set with nine fakes to a real one, a common size says nothing.
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


def _same_content(paths: Iterable[str]) -> list[list[str]]:
    """Files that are alike byte for byte, in the order of the first of each."""
    by_size: dict[int, list[str]] = defaultdict(list)
    for path in paths:
        try:
            by_size[Path(path).stat().st_size].append(path)
        except OSError:
            continue
    alike: list[list[str]] = []
    for candidates in by_size.values():
        # Most files differ in size, and most of the others in their first bytes: few are read to the end.
        for some_alike in _divided(candidates, whole=False):
            alike += _divided(some_alike, whole=True)
    return alike


def _divided(paths: list[str], *, whole: bool) -> list[list[str]]:
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
