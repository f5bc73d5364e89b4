"""The sources of a manifest's rows: images, frames of videos, and changed copies of either."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from facespectra.augment import AUGMENTATIONS, Copy, parse_augmentations
from facespectra.videos import N_FRAMES, Frame, is_video, spread_frames

if TYPE_CHECKING:
    import pandas as pd

FRAME = "frame"
VIDEO = "video"
METHOD = "method"


def add_frames(manifest: pd.DataFrame, n: int = N_FRAMES) -> pd.DataFrame:
    """Replace each video by `n` evenly spread frames, or all frames of a shorter one.

    The column ``frame`` (Int64) is added, missing for images and for videos that cannot be read, which stay
    one row; rows that have a frame keep it. Without videos, the manifest is returned as it is.
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
    """Give the frame of each row, None for images; None for a manifest without frames."""
    if FRAME not in manifest:
        return None
    column = manifest[FRAME]
    return [None if missing else int(frame) for frame, missing in zip(column, column.isna(), strict=True)]


def videos_of(manifest: pd.DataFrame) -> list[str] | None:
    """Give the video of each row: its file, or that of an image that is a frame; None where there are none.

    An image that belongs to no video stands for itself.
    """
    frames = frames_of(manifest)
    if VIDEO not in manifest:
        return None if frames is None else manifest["path"].tolist()
    names = texts(manifest[VIDEO])
    return [name or path for name, path in zip(names, manifest["path"], strict=True)]


def texts(column: pd.Series) -> list[str]:
    """Give a column as text, empty where something is missing."""
    return ["" if missing else str(value) for value, missing in zip(column, column.isna(), strict=True)]


def add_copies(manifest: pd.DataFrame, names: str | Iterable[str]) -> pd.DataFrame:
    """Append the changed copies of all samples, one kind after the other.

    The column ``change`` is added, empty for originals. Copies keep label, group and split.
    """
    import pandas as pd

    changes = [copy for name in parse_augmentations(names) for copy in AUGMENTATIONS[name]]
    return pd.concat([manifest.assign(change=name) for name in ("", *changes)], ignore_index=True)


def sources_of(manifest: pd.DataFrame) -> list[str | Frame | Copy]:
    """Give the source to read for each row of a manifest, with its ``frame`` and ``change`` if known."""
    nothing = [None] * len(manifest)
    changes = manifest.get("change", nothing)
    frames = frames_of(manifest) or nothing
    return [
        Copy(path, name, frame) if name else path if frame is None else Frame(path, frame)
        for path, name, frame in zip(manifest["path"], changes, frames, strict=True)
    ]
