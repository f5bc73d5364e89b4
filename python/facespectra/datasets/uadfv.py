"""UADFV (Yang, Li and Lyu, 2019): 49 videos from YouTube and 49 fakes made of them.

``real/0000.mp4`` and ``fake/0000_fake.mp4``, or the frames of each in ``real/frames/0000`` and
``fake/frames/0000_fake``, or straight in ``real/0000`` and ``fake/0000_fake``. A video and its fake are one
group. The set comes without splits.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from facespectra.datasets.video_folders import (
    Clip,
    Labelled,
    as_table,
    child,
    clips_in,
    differences,
    some,
    warn_of,
)

if TYPE_CHECKING:
    import pandas as pd

KNOWN_COUNTS = {"real videos": 49, "fake videos": 49}
_REAL, _FAKE = re.compile(r"\d{4}"), re.compile(r"\d{4}_fake", re.IGNORECASE)


def matches(path: Path) -> bool:
    """Whether a folder is the set: clips called 0000 in real, and 0000_fake in fake.

    Parameters
    ----------
    path : Path
        The folder.

    Returns
    -------
    bool
    """
    real, fake = child(path, "real"), child(path, "fake")
    return bool(real and fake and _named(real, _REAL) and _named(fake, _FAKE))


def read(path: Path) -> pd.DataFrame:
    """Read the set into a manifest.

    Parameters
    ----------
    path : Path
        A folder that :func:`matches`.

    Returns
    -------
    pandas.DataFrame

    Warns
    -----
    UserWarning
        If it has not 49 real and 49 fake videos, or a fake has no original.
    """
    real = _named(child(path, "real") or path, _REAL)
    fake = _named(child(path, "fake") or path, _FAKE)
    originals = {clip.name for clip in real}
    orphans = [clip.name for clip in fake if clip.name[:4] not in originals]
    complaints = list(
        differences({"real videos": len(real), "fake videos": len(fake)}, KNOWN_COUNTS, "UADFV's 98 videos")
    )
    if orphans:
        complaints.append(f"no original of {some(orphans)}")
    warn_of(path, complaints)
    return as_table(
        [Labelled(clip, 0, (clip.name,)) for clip in real]
        + [Labelled(clip, 1, (clip.name[:4],)) for clip in fake]
    )


def _named(folder: Path, pattern: re.Pattern[str]) -> list[Clip]:
    return [clip for clip in clips_in(folder) if pattern.fullmatch(clip.name)]
