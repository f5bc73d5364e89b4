"""Near-duplicates: images that were saved again, resized or retouched, in more than one split."""

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

# A difference hash (Krawetz, 2013) across and down; this many of its 128 bits may differ.
SIDE, MOST_BITS = 8, 20
# Hashes of smooth images can agree by chance: small versions must correlate as well.
SMALL, LEAST_CORRELATION, LEAST_CONTRAST = 16, 0.98, 2.0
_ROWS = 1 << 22

Fingerprint = tuple[NDArray[np.uint64], NDArray[np.float32]]


def fingerprint(path: str) -> Fingerprint | None:
    """Reduce an image to what survives saving it again; None if it cannot be read.

    A difference hash across and down, (2,) uint64; and a small version with mean 0 and length 1, (256,)
    float32, which is all zeros if there is hardly any contrast.
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


def near_duplicates(manifest: pd.DataFrame) -> list[tuple[str, str]]:
    """Find images that nearly match one of an earlier split and do not belong to its group.

    Gives pairs (earlier, later), one for each later image. Videos, samples without a split and unreadable
    files are skipped.
    """
    files = manifest[manifest["split"] != ""].drop_duplicates("path")
    files = files.loc[~np.array([is_video(path) for path in files["path"]], dtype=bool)]
    if files["split"].nunique() < 2:
        return []
    paths = files["path"].tolist()
    with ThreadPoolExecutor(min(8, thread_count())) as pool:
        prints = list(pool.map(fingerprint, paths))
    kept = [k for k, one in enumerate(prints) if one is not None and one[1].any()]
    if not kept:
        return []
    bits = np.array([prints[k][0] for k in kept])  # type: ignore[index]
    small = np.array([prints[k][1] for k in kept])  # type: ignore[index]
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
    # One match for each image is enough.
    return list({pair[1]: pair for pair in reversed(pairs)}.values())[::-1]


def _near(
    bits: NDArray[np.uint64], first: NDArray[np.intp], second: NDArray[np.intp]
) -> Sequence[tuple[int, int]]:
    """Find pairs whose hashes hardly differ. Every pair is compared: hashes cannot be sorted by distance."""
    pairs: list[tuple[int, int]] = []
    step = max(1, _ROWS // max(1, len(first)))
    for start in range(0, len(second), step):
        part = second[start : start + step]
        differ = np.bitwise_count(bits[part, None] ^ bits[None, first]).sum(axis=2, dtype=np.uint8)
        rows, columns = np.nonzero(differ <= MOST_BITS)
        pairs += zip(first[columns].tolist(), part[rows].tolist(), strict=True)
    return pairs
