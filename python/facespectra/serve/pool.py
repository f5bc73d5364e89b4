"""Which worker takes which file, and when: fair to all pages, and short files do not wait for long ones."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from facespectra.serve.settings import Settings
from facespectra.serve.workers import BrokenWorkerError, OnEvent, Worker

MOST_WORKERS = 2
FINAL = ("result", "failed")


@dataclass(eq=False, slots=True)
class Task:
    """One job that waits or runs."""

    message: dict[str, Any]
    session: str
    long: bool  # a video: it leaves one worker to the others
    seconds: float
    on_event: OnEvent
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    answered: bool = False  # the result, or a failure, was told
    cancelled: bool = False
    worker: Worker | None = None

    @property
    def name(self) -> str:
        """Its name in messages."""
        return str(self.message["job"])


class Pool:
    """One worker that is always there, and a second one while there is work for it."""

    def __init__(self, settings: Settings, *, stderr: int | None = None) -> None:
        self.settings = settings
        self.info: dict[str, Any] | None = None
        self.problem = ""
        self.ready = asyncio.Event()  # the model was loaded, or could not be
        self._stderr = asyncio.subprocess.DEVNULL if stderr is None else stderr
        self._waiting: OrderedDict[str, deque[Task]] = OrderedDict()  # by session, whose turn it is first
        self._idle: list[Worker] = []
        self._busy: dict[Task, Worker] = {}
        self._starting = 0
        self._closing = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._retire: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Start the first worker."""
        self._start_worker()

    async def close(self) -> None:
        """End all workers."""
        self._closing = True
        if self._retire is not None:
            self._retire.cancel()
        for worker in [*self._idle, *self._busy.values()]:
            await worker.kill()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._idle.clear()

    def submit(self, task: Task) -> None:
        """Put a job at the end of its session's queue."""
        self._waiting.setdefault(task.session, deque()).append(task)
        self._dispatch()

    def ahead(self, task: Task) -> int:
        """How many jobs come before one that waits."""
        own = self._waiting.get(task.session)
        if own is None or task not in own:
            return 0
        place = list(own).index(task)
        # One of each of the others comes between two of one session.
        others = sum(min(len(queue), place + 1) for queue in self._waiting.values() if queue is not own)
        return place + others + len(self._busy)

    @property
    def n_waiting(self) -> int:
        """Jobs that no worker has yet."""
        return sum(map(len, self._waiting.values()))

    @property
    def processes(self) -> list[int]:
        """Numbers of the worker processes."""
        return [worker.process.pid for worker in (*self._idle, *self._busy.values())]

    def cancel(self, task: Task) -> None:
        """Stop a job: at once where it waits, soon where it runs, by force where it does not listen."""
        if task.finished.is_set() or task.cancelled:
            return
        task.cancelled = True
        queue = self._waiting.get(task.session)
        if queue is not None and task in queue:
            queue.remove(task)
            if not queue:
                del self._waiting[task.session]
            self._end(task, "cancelled", {})
            return
        if task.worker is not None:
            task.worker.cancel(task.name)
            self._spawn(self._kill_later(task, task.worker))

    async def _kill_later(self, task: Task, worker: Worker) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self.settings.cancel_seconds):
                await task.finished.wait()
        if not task.finished.is_set():
            await worker.kill()

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _start_worker(self) -> None:
        self._starting += 1
        self._spawn(self._started())

    async def _started(self) -> None:
        try:
            worker = await Worker.start(self.settings, self._stderr)
        except (BrokenWorkerError, OSError) as error:
            self.problem = str(error)
            self._starting -= 1
            self.ready.set()
            # What waits would wait for ever.
            if not (self._idle or self._busy or self._starting):
                for task in [task for queue in self._waiting.values() for task in queue]:
                    self._end(task, "failed", {"error": f"nothing can be judged: {error}"})
                self._waiting.clear()
            return
        self._starting -= 1
        self.info, self.problem = worker.info, ""
        self._idle.append(worker)
        self.ready.set()
        self._dispatch()
        # Where it is to replace another, that one goes at once.
        self._slim_down()

    def _dispatch(self) -> None:
        """Give waiting jobs to idle workers, and start a worker where that helps."""
        if self._closing:
            return
        self._idle = [worker for worker in self._idle if worker.alive]
        while self._idle and (task := self._next()) is not None:
            worker = self._idle.pop(0)
            task.worker = worker
            self._busy[task] = worker
            self._spawn(self._run(task, worker))
        total = len(self._idle) + len(self._busy) + self._starting
        wanted = 1 if not self._busy else min(MOST_WORKERS, len(self._busy) + 1)
        # A second one is made ready as soon as a video keeps the first one busy, or somebody waits.
        if total < 1 or (total < wanted and (self.n_waiting or any(task.long for task in self._busy))):
            self._start_worker()
        if self._retire is not None:
            self._retire.cancel()
            self._retire = None
        if not self._busy and not self.n_waiting:
            loop = asyncio.get_running_loop()
            self._retire = loop.call_later(self.settings.idle_seconds, self._slim_down)

    def _slim_down(self) -> None:
        """With nothing to do, keep one worker, and replace it where files have left it large."""
        if self._busy or self.n_waiting or self._starting:
            return
        self._idle.sort(key=lambda worker: worker.resident)
        keep = self._idle[:1]
        for worker in self._idle[1:]:
            self._spawn(worker.kill())
        self._idle = keep
        if keep and keep[0].resident > keep[0].fresh + self.settings.idle_growth:
            # When it is there, the larger one goes, above.
            self._start_worker()

    def _next(self) -> Task | None:
        """Take the job whose turn it is, and put its session at the end of the row."""
        # One worker never takes a video while the other is at one.
        long_allowed = not any(task.long for task in self._busy)
        for session, queue in self._waiting.items():
            for task in queue:
                if task.long and not long_allowed:
                    continue
                queue.remove(task)
                self._waiting.move_to_end(session)
                if not queue:
                    del self._waiting[session]
                return task
        return None

    async def _run(self, task: Task, worker: Worker) -> None:
        reason = "it ended the process that judged it (a damaged or hostile file)"

        def on_event(event: str, data: dict[str, Any]) -> None:
            # What comes after a cancellation is of no interest, and the end of it is told below.
            if not task.cancelled:
                task.answered = task.answered or event in FINAL
                task.on_event(event, data)

        task.on_event("started", {})
        try:
            async with asyncio.timeout(task.seconds):
                survived = await worker.run(task.message, on_event)
        except TimeoutError:
            survived, reason = False, f"it took longer than {task.seconds:g} seconds"
        except ConnectionError:
            survived = False
        del self._busy[task]
        if survived:
            self._idle.append(worker)
        else:
            await worker.kill()
        if task.cancelled:
            self._end(task, "cancelled", {})
        elif not task.answered:
            self._end(task, "failed", {"error": reason})
        else:
            task.finished.set()
        self._dispatch()

    def _end(self, task: Task, event: str, data: dict[str, Any]) -> None:
        task.on_event(event, data)
        task.answered = True
        task.finished.set()
