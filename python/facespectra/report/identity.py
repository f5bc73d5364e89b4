"""What a report is of: version, model and data, so that a figure can be traced to them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from facespectra._files import PathLike

SCHEMA = 2
"""Of ``metrics.json``: 2 has an interval for each figure, the confusion matrix and the hashes."""


def data_root(dataset: PathLike | None) -> Path | None:
    """The folder that names of samples are relative to; None for a data set in memory."""
    if dataset is None:
        return None
    path = Path(dataset).absolute()
    return path if path.is_dir() else path.parent


def data_sha256(
    paths: Sequence[str],
    labels: Sequence[int],
    frames: Sequence[int | None] | None = None,
    root: Path | None = None,
) -> str:
    """SHA-256 of the sorted lines ``path<TAB>frame<TAB>label``, each ended by a newline.

    Paths below `root` are relative to it, with slashes, so that the same data set has the same hash wherever
    it lies; the frame of an image is empty. The content of the files is not read.
    """
    numbers = frames if frames is not None else [None] * len(paths)
    lines = sorted(
        f"{_relative(path, root)}\t{'' if frame is None else frame}\t{label}\n"
        for path, label, frame in zip(paths, labels, numbers, strict=True)
    )
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def file_sha256(path: PathLike) -> str:
    """SHA-256 of the content of a file."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _relative(path: str, root: Path | None) -> str:
    name = Path(path)
    if root is not None and name.is_relative_to(root):
        return name.relative_to(root).as_posix()
    return path.replace(os.sep, "/")
