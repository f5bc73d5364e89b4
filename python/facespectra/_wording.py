"""Words for numbers of things."""

from __future__ import annotations


def counted(n: int, noun: str) -> str:
    """A number and what there is of it: ``1 image``, ``2 images``."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
