"""Videos in a manifest: one row for each frame that is to be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
