"""What tells one input from another, so that a run that was stopped leaves out what is done."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]


def digest_of(text: str) -> bytes:
    """16 bytes: a billion inputs have no two alike."""
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).digest()


def file_key(path: str, size: int | None, modified: int | None) -> bytes:
    """Of a file, as it was."""
    return digest_of(f"{path}\0{size}\0{modified}")


def content_key(path: str, sha256: str) -> bytes:
    """Of an image within another file."""
    return digest_of(f"{path}\0{sha256}")


def as_numbers(keys: Sequence[bytes]) -> Numbers:
    """Keys as (n, 2) numbers."""
    return np.frombuffer(b"".join(keys), np.uint64).reshape(-1, 2)


class Done:
    """The keys of inputs that are done, 16 bytes each; workers share one copy of them on each node."""

    def __init__(self, keys: Numbers | None = None) -> None:
        numbers = np.empty((0, 2), np.uint64) if keys is None else np.unique(keys, axis=0)
        self.first, self.second = np.ascontiguousarray(numbers[:, 0]), np.ascontiguousarray(numbers[:, 1])

    def __len__(self) -> int:
        return len(self.first)

    def has(self, key: bytes) -> bool:
        """Whether an input is done."""
        if not len(self.first):
            return False
        ((first, second),) = as_numbers([key]).tolist()
        at = int(np.searchsorted(self.first, np.uint64(first)))
        while at < len(self.first) and int(self.first[at]) == first:
            if int(self.second[at]) == second:
                return True
            at += 1
        return False


def fetched_done(reference: Any) -> Done:
    """The keys, also where Ray has them."""
    if isinstance(reference, Done):
        return reference
    import ray

    done: Done = ray.get(reference)
    return done
