"""Worker processes, as the server sees them: started, given one file at a time, and killed where need be."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from facespectra.serve.settings import Settings

# A line holds all that is known of a file.
LONGEST_LINE = 64 << 20
_START = "import sys; sys.path.append(sys.argv.pop(1)); from facespectra.serve.worker import main; main()"

OnEvent = Callable[[str, dict[str, Any]], None]
"""Takes the name of an event of a job, and its data."""


class BrokenWorkerError(Exception):
    """A worker could not be started; the text says why."""


class Worker:
    """One process, which is ready for a file, or busy with one."""

    def __init__(self, process: Process, info: dict[str, Any]) -> None:
        self.process = process
        self.info = info
        self.fresh = self.resident = 0  # bytes in memory at first, and now
        self.job: str | None = None

    @classmethod
    async def start(cls, settings: Settings, stderr: int | None = DEVNULL) -> Worker:
        """Start a process and wait until it has loaded the model."""
        options = json.dumps({"model": settings.model, "memory": settings.memory})
        package = str(Path(__file__).parents[2])
        # Memory that one thread gave back is there for all; names in the working directory are not imported.
        environment = {"MALLOC_ARENA_MAX": "2"} | dict(os.environ)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-c", _START, package, options),
            stdin=PIPE,
            stdout=PIPE,
            stderr=stderr,
            env=environment,
            limit=LONGEST_LINE,
            # Ctrl+C in the terminal is for the server, which then ends its workers.
            start_new_session=True,
        )
        worker = cls(process, {})
        try:
            async with asyncio.timeout(settings.start_seconds):
                message = await worker._read()
        except BaseException as error:
            await worker.kill()
            if isinstance(error, TimeoutError):
                raise BrokenWorkerError("the model was not loaded in time") from error
            raise
        if message is None or message["event"] != "ready":
            await worker.kill()
            reason = message["data"]["error"] if message else "its process ended"
            raise BrokenWorkerError(str(reason))
        worker.info = message["data"]["info"]
        worker.fresh = worker.resident = message["data"]["bytes"]
        return worker

    async def run(self, message: dict[str, Any], on_event: OnEvent) -> bool:
        """Give it a job and pass on the events of it; False where the process died of it."""
        self.job = message["job"]
        try:
            self._write(message)
            while True:
                event = await self._read()
                if event is None:
                    return False
                if event["event"] == "idle":
                    self.resident = event["data"]["bytes"]
                    return True
                if event["job"] == self.job:
                    on_event(event["event"], event["data"])
        finally:
            self.job = None

    def cancel(self, job: str) -> None:
        """Ask it to stop a job."""
        with suppress(ConnectionError):
            self._write({"cancel": job})

    async def kill(self) -> None:
        """End the process."""
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        return self.process.returncode is None

    def _write(self, message: dict[str, Any]) -> None:
        if self.process.stdin is None:
            raise RuntimeError("a worker without stdin")
        self.process.stdin.write(json.dumps(message).encode() + b"\n")

    async def _read(self) -> dict[str, Any] | None:
        if self.process.stdout is None:
            raise RuntimeError("a worker without stdout")
        try:
            line = await self.process.stdout.readline()
            message = json.loads(line) if line.endswith(b"\n") else None
        except ValueError:
            # A process that a file has taken over may write anything; it is worth no more than a dead one.
            message = None
        return message if isinstance(message, dict) else None
