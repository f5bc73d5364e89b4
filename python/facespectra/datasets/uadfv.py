"""UADFV (Yang, Li and Lyu, 2019): 49 videos from YouTube and 49 fakes made of them.

``real/0000.mp4`` and ``fake/0000_fake.mp4``, or the frames of each in ``real/frames/0000`` and
``fake/frames/0000_fake``, or directly in ``real/0000`` and ``fake/0000_fake``. A video and its fake are one
group. There are no splits.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from facespectra.datasets.video_folders import (
    Clip,
    LabelledClip,
    clips_in,
    clips_table,
    count_differences,
    find_folder,
    first_few,
    warn_about,
)

if TYPE_CHECKING:
    import pandas as pd

KNOWN_COUNTS = {"real videos": 49, "fake videos": 49}
_REAL, _FAKE = re.compile(r"\d{4}"), re.compile(r"\d{4}_fake", re.IGNORECASE)


def matches(path: Path) -> bool:
    """Tell whether a folder contains clips called 0000 in real and 0000_fake in fake."""
    real, fake = find_folder(path, "real"), find_folder(path, "fake")
    return bool(real and fake and _named(real, _REAL) and _named(fake, _FAKE))


def read(path: Path) -> pd.DataFrame:
    """Read the database into a manifest; warn of missing videos and of fakes without an original."""
    real = _named(find_folder(path, "real") or path, _REAL)
    fake = _named(find_folder(path, "fake") or path, _FAKE)
    originals = {clip.name for clip in real}
    orphans = [clip.name for clip in fake if clip.name[:4] not in originals]
    complaints = list(
        count_differences(
            {"real videos": len(real), "fake videos": len(fake)}, KNOWN_COUNTS, "UADFV's 98 videos"
        )
    )
    if orphans:
        complaints.append(f"no original found for {first_few(orphans)}")
    warn_about(path, complaints)
    return clips_table(
        [LabelledClip(clip, 0, (clip.name,)) for clip in real]
        + [LabelledClip(clip, 1, (clip.name[:4],)) for clip in fake]
    )


def _named(folder: Path, pattern: re.Pattern[str]) -> list[Clip]:
    return [clip for clip in clips_in(folder) if pattern.fullmatch(clip.name)]
