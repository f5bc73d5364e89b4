"""What was computed before, by a key of everything that it was computed from.

One small file per entry, which begins with the SHA-256 of the rest: a file that was cut short by a crash, or
damaged since, is computed again and never believed. Entries take their name in one step: a process can be
killed at any time, and two processes can share a folder.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from facespectra._files import write_atomically

_DIGEST = 32


class Cache:
    """Entries in a folder, which the first one makes; `reused` and `computed` count them by stage.

    Threads can share an object.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reused: Counter[str] = Counter()
        self.computed: Counter[str] = Counter()
        self._counting = threading.Lock()

    def fetch(self, stage: str, key: str) -> bytes | None:
        """Look an entry up; None if it is not there, or damaged."""
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
        """Keep an entry."""
        # Not synced to the disk, which takes longer than most stages: the digest tells what is whole.
        write_atomically(self._path(stage, key), hashlib.sha256(value).digest() + value, sync=False)
        with self._counting:
            self.computed[stage] += 1

    def _path(self, stage: str, key: str) -> Path:
        return self.folder.joinpath(stage, key[:2], key[2:])


def key_of(**parts: Any) -> str:
    """A key, in hexadecimal digits, of all that a result depends on; `parts` are plain data."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
