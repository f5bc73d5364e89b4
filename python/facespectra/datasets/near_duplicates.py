"""Pictures that look the same: saved again, resized or touched up, in more than one split."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facespectra._threads import thread_count
from facespectra.errors import UnreadableImageError
from facespectra.videos import is_video

if TYPE_CHECKING:
    import pandas as pd

# A difference hash (Krawetz, 2013) across and down; so many of its 128 bits may differ.
SIDE, MOST_BITS = 8, 20
# Hashes of smooth pictures can meet by chance: small versions must agree as well.
SMALL, LEAST_CORRELATION, LEAST_CONTRAST = 16, 0.98, 2.0
_ROWS = 1 << 22

Looks = tuple[NDArray[np.uint64], NDArray[np.float32]]


def looks_of(path: str) -> Looks | None:
    """Reduce a picture to what is left of it when it is saved again.

    Parameters
    ----------
    path : str
        An image file.

    Returns
    -------
    bits : (2,) uint64
        Whether each pixel of a tiny version is brighter than the next, across and down.
    small : (256,) float32
        A small version, less its mean, its length 1; zeros where there is hardly any contrast.
    None where the file cannot be read.
    """
    from PIL import Image

    from facespectra.images import read_image

    try:
        grey = read_image(path).convert("L")
    except UnreadableImageError:
        return None

    def resized(width: int, height: int) -> NDArray[np.float32]:
        return np.asarray(grey.resize((width, height), Image.Resampling.BOX, reducing_gap=3.0), np.float32)

    across, down = resized(SIDE + 1, SIDE), resized(SIDE, SIDE + 1)
    bits = np.stack([across[:, 1:] > across[:, :-1], down[1:] > down[:-1]]).reshape(2, -1)
    small = resized(SMALL, SMALL).ravel()
    small = small - small.mean()
    length = float(np.linalg.norm(small))
    if length < LEAST_CONTRAST * SMALL:
        small[:] = 0
    else:
        small /= length
    return np.packbits(bits, axis=1).view(np.uint64).ravel(), small


def look_alikes(manifest: pd.DataFrame) -> list[tuple[str, str]]:
    """Find pictures that look like one of another split, and do not belong to its group.

    Parameters
    ----------
    manifest : pandas.DataFrame
        As :func:`facespectra.read_dataset` gives it. Videos, samples without a split and files that cannot be
        read are passed over.

    Returns
    -------
    list of (str, str)
        For each picture that has a likeness in an earlier split, that one and the picture itself.
    """
    files = manifest[manifest["split"] != ""].drop_duplicates("path")
    files = files.loc[~np.array([is_video(path) for path in files["path"]], dtype=bool)]
    if files["split"].nunique() < 2:
        return []
    paths = files["path"].tolist()
    with ThreadPoolExecutor(min(8, thread_count())) as pool:
        found = list(pool.map(looks_of, paths))
    kept = [k for k, looks in enumerate(found) if looks is not None and looks[1].any()]
    if not kept:
        return []
    bits = np.array([found[k][0] for k in kept])  # type: ignore[index]
    small = np.array([found[k][1] for k in kept])  # type: ignore[index]
    splits, groups = files["split"].to_numpy()[kept], files["group"].to_numpy()[kept]
    names = list(dict.fromkeys(splits.tolist()))
    pairs = []
    for position, name in enumerate(names[1:], 1):
        earlier = np.flatnonzero(np.isin(splits, names[:position]))
        own = np.flatnonzero(splits == name)
        for one, other in _near(bits, earlier, own):
            alike = float(small[one] @ small[other]) >= LEAST_CORRELATION
            if alike and groups[one] != groups[other]:
                pairs.append((paths[kept[one]], paths[kept[other]]))
    # One likeness for each picture is enough.
    return list({pair[1]: pair for pair in reversed(pairs)}.values())[::-1]


def _near(
    bits: NDArray[np.uint64], first: NDArray[np.intp], second: NDArray[np.intp]
) -> Sequence[tuple[int, int]]:
    """Pairs whose hashes hardly differ. Every pair is compared: hashes cannot be sorted by nearness."""
    found: list[tuple[int, int]] = []
    step = max(1, _ROWS // max(1, len(first)))
    for start in range(0, len(second), step):
        part = second[start : start + step]
        differ = np.bitwise_count(bits[part, None] ^ bits[None, first]).sum(axis=2, dtype=np.uint8)
        rows, columns = np.nonzero(differ <= MOST_BITS)
        found += zip(first[columns].tolist(), part[rows].tolist(), strict=True)
    return found
