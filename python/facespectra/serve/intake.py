"""What the pages and other programs have in common: how files arrive, and how work is waited for."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from facespectra.serve.pool import Pool, Task
from facespectra.serve.uploads import RefusedError, Target, check_length, stored_name

if TYPE_CHECKING:
    from starlette.requests import Request

    from facespectra.serve.items import Items
    from facespectra.serve.settings import Settings


class Arriving:
    """One file that arrives: its folder, and its bytes so far, which count as stored."""

    def __init__(self, settings: Settings, items: Items) -> None:
        self.folder = items.new_folder()
        self._settings, self._items, self._n_bytes = settings, items, 0

    def target(self, name: str) -> Target:
        """The file that it goes to."""
        return Target(self.folder / stored_name(name), self._settings.max_bytes, self._count)

    def _count(self, n_bytes: int) -> None:
        if self._items.stored + n_bytes > self._settings.max_total:
            raise RefusedError(507, "there is no room for it")
        self._n_bytes += n_bytes
        self._items.reserve(n_bytes)

    def end(self) -> None:
        """Count it no longer: it is an item by now, or gone."""
        self._items.reserve(-self._n_bytes)


class Intake:
    """Files that arrive, and workers that take them."""

    def __init__(self, settings: Settings, pool: Pool, items: Items) -> None:
        self.settings, self.pool, self.items = settings, pool, items

    async def model(self) -> dict[str, Any]:
        """What is known of the model, as soon as it is loaded."""
        await self.pool.ready.wait()
        if self.pool.info is None:
            raise RefusedError(503, f"the model could not be loaded: {self.pool.problem}")
        return self.pool.info

    @asynccontextmanager
    async def receiving(self, request: Request) -> AsyncIterator[Arriving]:
        """Make room for a file that arrives; what came of it is deleted where it is refused."""
        check_length(request, self.settings.max_bytes)
        if self.pool.n_waiting >= self.settings.max_waiting:
            raise RefusedError(429, "too many files are waiting")
        if self.pool.ready.is_set() and self.pool.info is None:
            raise RefusedError(503, f"the model could not be loaded: {self.pool.problem}")
        arriving = Arriving(self.settings, self.items)
        try:
            yield arriving
        except BaseException:
            shutil.rmtree(arriving.folder, ignore_errors=True)
            raise
        finally:
            arriving.end()

    async def done(
        self, message: dict[str, Any], session: str, seconds: float, *, long: bool
    ) -> dict[str, Any]:
        """Have a worker do something, and give what comes of it; a refusal where it fails."""
        answers: dict[str, dict[str, Any]] = {}
        task = Task(message, session, long, seconds, answers.__setitem__)
        self.pool.submit(task)
        try:
            await task.finished.wait()
        except asyncio.CancelledError:
            # Whoever asked has gone.
            self.pool.cancel(task)
            await task.finished.wait()
            raise
        if "result" not in answers:
            raise RefusedError(422, answers.get("failed", {}).get("error", "it was cancelled"))
        return answers["result"]
