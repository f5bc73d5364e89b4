"""Files that are either there and whole, or not there."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_atomically(path: str | os.PathLike[str], content: bytes | str) -> Path:
    """Write a file so that no reader and no crash ever sees half of it.

    The content goes to a temporary file in the same folder, is synced to the disk, and takes the name in one
    step. The folder is made where it is missing.

    Parameters
    ----------
    path : path-like
        The file to write; one that is there is replaced.
    content : bytes or str
        Text is written as UTF-8, its line ends as they are.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    OSError
        If the folder cannot be made or written.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Not tempfile: its files are readable by their owner only, and keep that when they are renamed.
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return target
