"""What the rows of a manifest are read from: images, frames of videos, and changed copies of either."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from facespectra.augment import AUGMENTATIONS, Copy, chosen
from facespectra.videos import N_FRAMES, Frame, is_video, spread_frames

if TYPE_CHECKING:
    import pandas as pd

FRAME = "frame"


def add_frames(manifest: pd.DataFrame, n: int = N_FRAMES) -> pd.DataFrame:
    """Put frames in the place of videos.

    Parameters
    ----------
    manifest : pandas.DataFrame
        As :func:`facespectra.read_dataset` gives it. Rows that have a frame already keep it.
    n : int
        Frames of each video, evenly spread; of a shorter video, all.

    Returns
    -------
    pandas.DataFrame
        With a fresh index. Each video is `n` rows that differ in the column ``frame`` alone (Int64, missing
        for images). A video that cannot be read is one row without a frame: reading it says why. Without any
        video the manifest is given back as it is, without such a column.
    """
    import pandas as pd

    known = frames_of(manifest)
    if known is None:
        if not any(map(is_video, manifest["path"])):
            return manifest
        known = [None] * len(manifest)
    pairs = zip(manifest["path"], known, strict=True)
    sources, origins = spread_frames(
        [path if frame is None else Frame(path, frame) for path, frame in pairs], n
    )
    rows = manifest.iloc[origins].reset_index(drop=True)
    indices = [source.index if isinstance(source, Frame) else None for source in sources]
    rows[FRAME] = pd.array(indices, dtype="Int64")
    return rows


def frames_of(manifest: pd.DataFrame) -> list[int | None] | None:
    """Which frame each row stands for.

    Parameters
    ----------
    manifest : pandas.DataFrame
        With or without the column ``frame``.

    Returns
    -------
    list of int or None, or None
        None in it for images; None where the manifest knows no frames.
    """
    if FRAME not in manifest:
        return None
    column = manifest[FRAME]
    return [None if missing else int(frame) for frame, missing in zip(column, column.isna(), strict=True)]


def add_copies(manifest: pd.DataFrame, names: str | Iterable[str]) -> pd.DataFrame:
    """List the copies of every sample behind the samples themselves.

    Parameters
    ----------
    manifest : pandas.DataFrame
        As :func:`facespectra.read_dataset` gives it.
    names : str or iterable of str
        Of :data:`AUGMENTATIONS`.

    Returns
    -------
    pandas.DataFrame
        The originals, then all copies of one kind, then all of the next. A column ``change`` is added, empty
        for originals. Label, group and split of a copy are its original's.
    """
    import pandas as pd

    changes = [copy for name in chosen(names) for copy in AUGMENTATIONS[name]]
    return pd.concat([manifest.assign(change=name) for name in ("", *changes)], ignore_index=True)


def sources_of(manifest: pd.DataFrame) -> list[str | Frame | Copy]:
    """Give what :meth:`facespectra.Detector.extract` reads for each row of a manifest.

    Parameters
    ----------
    manifest : pandas.DataFrame
        Its column ``change``, from :func:`add_copies`, and its column ``frame``, from
        :func:`facespectra.datasets.add_frames`, are heeded where they are there.

    Returns
    -------
    list of str, Frame or Copy
        Paths of the originals, their frames, and copies of either.
    """
    nothing = [None] * len(manifest)
    changes = manifest.get("change", nothing)
    frames = frames_of(manifest) or nothing
    return [
        Copy(path, name, frame) if name else path if frame is None else Frame(path, frame)
        for path, name, frame in zip(manifest["path"], changes, frames, strict=True)
    ]
