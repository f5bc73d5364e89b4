"""What pages have sent: files, what became of them, and the events that tell of it."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

from facespectra.serve.pool import Pool, Task
from facespectra.serve.settings import Settings

LAST = ("result", "failed", "cancelled")
REPLACED = ("queued", "progress", "partial")
"""Events of which the newest is worth keeping alone."""
HEARTBEAT = 15.0


@dataclass(eq=False, slots=True)
class Item:
    """One file of a page."""

    key: str
    name: str
    kind: str
    session: str
    folder: Path
    path: Path
    size: int = 0
    sha256: str = ""
    media_type: str = "application/octet-stream"
    events: list[tuple[int, str, dict[str, Any]]] = field(default_factory=list)
    result: dict[str, Any] | None = None
    over: bool = False
    gone: bool = False
    task: Task | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _last: int = 0

    def tell(self, event: str, data: dict[str, Any]) -> None:
        """Add an event, and wake those who listen."""
        if self.over:
            return
        self._last += 1
        if event in REPLACED:
            self.events = [one for one in self.events if one[1] != event]
        if event in LAST:
            self.events = [one for one in self.events if one[1] not in REPLACED]
            self.over = True
            self.result = data if event == "result" else None
        self.events.append((self._last, event, data))
        self._wake()

    def drop(self) -> None:
        """Wake those who listen for the last time."""
        self.gone = True
        self._wake()

    def _wake(self) -> None:
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()

    async def listen(self, after: int) -> AsyncIterator[tuple[int, str, dict[str, Any]] | None]:
        """Give events from the start, or after one that was seen, until the last; None now and then."""
        while not self.gone:
            changed = self.changed
            for event in [one for one in self.events if one[0] > after]:
                after = event[0]
                yield event
            if self.over:
                return
            try:
                async with asyncio.timeout(HEARTBEAT):
                    await changed.wait()
            except TimeoutError:
                yield None


class Items:
    """All files that are kept, by their unguessable names."""

    def __init__(self, settings: Settings, pool: Pool, folder: Path) -> None:
        self.settings, self.pool, self.folder = settings, pool, folder
        self._items: dict[str, Item] = {}
        self._seen: dict[str, float] = {}  # by session, when it last asked for something
        self._reserved = 0

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: str) -> Item | None:
        """The item of a name, whose page is still open then."""
        item = self._items.get(key)
        if item is not None:
            self.touch(item.session)
        return item

    def touch(self, session: str) -> None:
        """Note that a page is open."""
        self._seen[session] = time.monotonic()

    def count(self, session: str) -> int:
        """How many files a page has here."""
        return sum(item.session == session for item in self._items.values())

    @property
    def stored(self) -> int:
        """Bytes of all files, those that are arriving among them."""
        return self._reserved + sum(item.size for item in self._items.values())

    def reserve(self, n_bytes: int) -> None:
        """Count bytes that arrive, or give them back."""
        self._reserved += n_bytes

    def new_folder(self) -> Path:
        """Make a folder for one file."""
        folder = self.folder / token_hex(16)
        folder.mkdir(mode=0o700)
        return folder

    def add(self, item: Item) -> None:
        """Keep a file, and have it judged."""
        self._items[item.key] = item
        self.touch(item.session)
        message = {
            "job": item.key,
            "do": "judge",
            "path": str(item.path),
            "name": item.name,
            "folder": str(item.folder),
            "frames": self.settings.frames,
        }
        self._submit(item, message)

    def _submit(self, item: Item, message: dict[str, Any]) -> None:
        settings, video = self.settings, item.kind == "video"
        # What kind a file is, its first bytes only suggest: animations have the time of a video, too.
        seconds = settings.image_seconds if item.path.suffix in (".jpg", ".jpeg") else settings.video_seconds

        def on_event(event: str, data: dict[str, Any]) -> None:
            if event in ("partial", "result"):
                data = self._completed(item, data)
            if event == "failed":
                data = failure(data["error"])
            if event not in ("started", "done"):
                item.tell(event, data)
            self._tell_queue()

        item.task = Task(message, item.session, video, seconds, on_event)
        self.pool.submit(item.task)
        if item.task.worker is None:
            item.tell("queued", {"ahead": self.pool.ahead(item.task)})

    def _completed(self, item: Item, data: dict[str, Any]) -> dict[str, Any]:
        details = data.get("file", {}).get("details", [])
        about = {
            "bytes": item.size,
            "sha256": item.sha256,
            "format": next((one["value"] for one in details if one["name"] == "Format"), None),
            "details": details,
        }
        item.kind = data["kind"]
        return {"id": item.key} | data | {"file": about}

    def _tell_queue(self) -> None:
        """Tell those who wait how many are ahead of them, where that has changed."""
        for item in self._items.values():
            task = item.task
            if task is None or item.over or task.worker is not None or not item.events:
                continue
            ahead = self.pool.ahead(task)
            if item.events[-1][1:] != ("queued", {"ahead": ahead}):
                item.tell("queued", {"ahead": ahead})

    async def remove(self, item: Item) -> None:
        """Stop what is being done with a file, and delete all of it."""
        self._items.pop(item.key, None)
        if item.task is not None and not item.task.finished.is_set():
            self.pool.cancel(item.task)
            await item.task.finished.wait()
        if not item.over:
            item.tell("cancelled", {})
        item.drop()
        await asyncio.to_thread(shutil.rmtree, item.folder, ignore_errors=True)

    async def close_session(self, session: str) -> None:
        """Delete all files of a page."""
        self._seen.pop(session, None)
        own = [item for item in self._items.values() if item.session == session]
        await asyncio.gather(*(self.remove(item) for item in own))

    async def close(self) -> None:
        """Delete all files."""
        for item in self._items.values():
            item.drop()
        self._items.clear()

    async def expire(self) -> None:
        """Delete the files of pages that have asked for nothing in a long time, for ever."""
        while True:
            await asyncio.sleep(min(60.0, self.settings.expiry))
            now = time.monotonic()
            for session, seen in list(self._seen.items()):
                if now - seen > self.settings.expiry:
                    with suppress(OSError):
                        await self.close_session(session)


_REMEDIES = (
    ("pip install", "Install it and start the server again, or save the picture as JPEG."),
    ("cut off", "Download or copy it again."),
    ("truncated", "Download or copy it again."),
    ("breaks off", "Download or copy it again."),
    ("pixels exceed", "Send a smaller copy, but make no face smaller than 64 pixels."),
    ("too many pixels", "Send a smaller copy, but make no face smaller than 64 pixels."),
    ("memory", "Send a smaller copy, but make no face smaller than 64 pixels."),
    ("took longer", "Send a shorter piece of it."),
    ("empty", "Choose another file."),
    ("not an image", "Send a photograph, such as JPEG or PNG, or a video, such as MP4."),
    ("sound", "Send a photograph, such as JPEG or PNG, or a video, such as MP4."),
)
_OTHERWISE = "Save it again as JPEG, PNG or MP4 in another program, or send another copy."
_HINTS = ("; --truncated", " (set FACESPECTRA_")


def failure(reason: str) -> dict[str, str]:
    """Say what was wrong with a file and what to do, without hints that are for the command line."""
    remedy = next((text for word, text in _REMEDIES if word in reason), _OTHERWISE)
    error = reason
    for hint in _HINTS:
        error = error.partition(hint)[0]
    return {"error": error, "remedy": remedy}
