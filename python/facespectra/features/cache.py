"""What was computed before, by a key of everything that it was computed from.

One small file per entry, which begins with the SHA-256 of the rest: a file that was cut short by a crash, or
damaged since, is computed again and never believed. Entries take their name in one step: a process can be
killed at any time, and two processes can share a folder.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections import Counter
from pathlib import Path
from typing import Any

_DIGEST = 32


class Cache:
    """Entries in a folder. Threads can share an object.

    Parameters
    ----------
    folder : Path
        Made when the first entry is written.

    Attributes
    ----------
    reused, computed : Counter
        Entries found and entries written, by stage, since the object was made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reused: Counter[str] = Counter()
        self.computed: Counter[str] = Counter()
        self._counting = threading.Lock()

    def fetch(self, stage: str, key: str) -> bytes | None:
        """Look an entry up.

        Parameters
        ----------
        stage : str
            The step that computed it.
        key : str
            From :func:`key_of`.

        Returns
        -------
        bytes or None
            None if it is not there, or damaged.
        """
        try:
            content = self._path(stage, key).read_bytes()
        except OSError:
            return None
        digest, value = content[:_DIGEST], content[_DIGEST:]
        if hashlib.sha256(value).digest() != digest:
            return None
        with self._counting:
            self.reused[stage] += 1
        return value

    def store(self, stage: str, key: str, value: bytes) -> None:
        """Keep an entry.

        Parameters
        ----------
        stage, key : str
            As in :meth:`fetch`.
        value : bytes
            What to keep.

        Raises
        ------
        OSError
            If the folder cannot be written.
        """
        path = self._path(stage, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
        try:
            # Not synced to the disk, which takes longer than most stages: the digest tells what is whole.
            temporary.write_bytes(hashlib.sha256(value).digest() + value)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        with self._counting:
            self.computed[stage] += 1

    def _path(self, stage: str, key: str) -> Path:
        return self.folder.joinpath(stage, key[:2], key[2:])


def key_of(**parts: Any) -> str:
    """Make a key of everything that a result depends on.

    Parameters
    ----------
    **parts
        Plain data.

    Returns
    -------
    str
        Hexadecimal digits.
    """
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
