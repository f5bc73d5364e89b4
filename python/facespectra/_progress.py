"""The one signature of progress callbacks."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeAlias

__all__ = ["Progress", "Watch"]

# Called with the number of items done and of all.
Progress: TypeAlias = Callable[[int, int], None]
# Called with the name of a stage; the context manager around the stage gives its progress callback.
Watch: TypeAlias = Callable[[str], AbstractContextManager[Progress]]
