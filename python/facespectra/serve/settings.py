"""What a server is started with."""

from __future__ import annotations

from dataclasses import dataclass, field
from secrets import token_urlsafe

DEFAULT_PORT = 8484
LOOPBACK = "127.0.0.1"
FRAMES = 20
"""Frames of each video that the page judges: enough for a line over time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Address, model and limits."""

    model: str | None = None
    host: str = LOOPBACK
    port: int = DEFAULT_PORT
    token: str = field(default_factory=lambda: token_urlsafe(24))
    frames: int = FRAMES
    max_bytes: int = 1 << 30  # of one file
    max_total: int = 8 << 30  # of all files that are kept
    max_files: int = 200  # of one page
    max_waiting: int = 1000  # of all pages
    image_seconds: float = 60.0  # of work, not of waiting
    video_seconds: float = 600.0
    start_seconds: float = 120.0  # until a worker is ready
    cancel_seconds: float = 1.0  # until a worker that does not stop is killed
    idle_seconds: float = 20.0  # until a second worker is given back
    memory: int = 2 << 30  # bytes that a worker may take for a file
    idle_growth: int = 48 << 20  # bytes by which a worker may grow until one that is idle is replaced
    expiry: float = 2 * 3600.0  # seconds after which a page that asks nothing counts as closed
