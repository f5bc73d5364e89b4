"""The one signature of progress callbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Progress"]

# Called with the number of items done and of all.
Progress: TypeAlias = Callable[[int, int], None]
