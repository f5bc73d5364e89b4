"""The process that decodes and judges what strangers send: one file at a time, with limits.

It talks to the server in lines of JSON: jobs come on stdin, events go to what was stdout. When the server is
gone, stdin ends, and so does this process. :mod:`facespectra.serve.workers` is the other side.
"""

from __future__ import annotations

import json
import os
import queue
import resource
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facespectra.detector import Detector
    from facespectra.serve.judging import Tell

NOT_NEEDED = ("pandas", "pyarrow")
"""What scikit-learn and others load where it is there, and nothing here uses: a quarter of the memory."""


class CancelledError(Exception):
    """The page wants no more of a file."""


class Inbox:
    """Jobs in their order, and the names of those that were cancelled, read by a thread of its own."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.cancelled: set[str] = set()
        self._stream = stream
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._stream:
            message = json.loads(line)
            if "cancel" in message:
                self.cancelled.add(message["cancel"])
            else:
                self.jobs.put(message)
        # The server has gone: nobody waits for what is being computed.
        os._exit(0)


class Outbox:
    """Sends events, a line each."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream

    def send(self, event: str, data: Any, job: str | None = None) -> None:
        """Send one event."""
        line = json.dumps({"event": event, "data": data, "job": job}, allow_nan=False)
        self._stream.write(line.encode() + b"\n")
        self._stream.flush()


def main() -> None:
    """Run until stdin ends."""
    options = json.loads(sys.argv[1])
    inbox, outbox = _streams()
    _limit_processes()
    for name in NOT_NEEDED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # makes importing it an ImportError
    try:
        detector = _ready(options, outbox)
    except Exception as error:  # noqa: BLE001 - whatever it is, the server tells its user
        outbox.send("broken", {"error": _line(error)})
        return
    _limit_memory(options["memory"])
    while True:
        message = inbox.jobs.get()
        _work(detector, message, inbox, outbox)
        give_back_memory()
        outbox.send("idle", {"bytes": resident_bytes()})


def _streams() -> tuple[Inbox, Outbox]:
    """Keep stdin and stdout for messages, whatever libraries print."""
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)
    return Inbox(source), Outbox(target)


def _ready(options: dict[str, Any], outbox: Outbox) -> Detector:
    """Load the model, judge a sample so that the next file is judged at once, and say so."""
    from facespectra.detector import load
    from facespectra.serve.judging import Job, Judging, page_faces
    from facespectra.serve.model_info import model_info
    from facespectra.serve.samples import SAMPLES

    detector = load(options["model"])
    sample = next(iter(SAMPLES.values()))
    job = Job(path=sample.file, name=sample.name, faces=page_faces(detector))
    Judging(detector, job, lambda *_: None).run()
    give_back_memory()
    outbox.send("ready", {"info": model_info(detector, options["model"]), "bytes": resident_bytes()})
    return detector


def _work(detector: Detector, message: dict[str, Any], inbox: Inbox, outbox: Outbox) -> None:
    from facespectra.errors import FacespectraError
    from facespectra.serve.judging import UnjudgedError

    name = message["job"]

    def tell(event: str, data: dict[str, Any]) -> None:
        if name in inbox.cancelled:
            raise CancelledError
        outbox.send(event, data, name)

    try:
        if name not in inbox.cancelled:
            _TASKS[message["do"]](detector, message, tell)
    except CancelledError:
        outbox.send("cancelled", {}, name)
    except MemoryError:
        outbox.send("failed", {"error": "it needs more memory than one file may take"}, name)
    except (UnjudgedError, FacespectraError) as error:
        outbox.send("failed", {"error": _line(error, message)}, name)
    except Exception as error:  # noqa: BLE001 - decoders raise anything; it costs this file and no other
        outbox.send("failed", {"error": f"it could not be judged ({_line(error, message)})"}, name)
    inbox.cancelled.discard(name)


def _judge(detector: Detector, message: dict[str, Any], tell: Tell) -> None:
    from facespectra.serve.file_facts import file_facts
    from facespectra.serve.judging import Judging, page_faces

    job = _job(message, faces=page_faces(detector))
    judging = Judging(detector, job, tell)
    result = judging.run()
    tell("result", result | {"file": {"details": file_facts(job.path)}})
    judging.save_pictures()
    tell("done", {})


def _score(detector: Detector, message: dict[str, Any], tell: Tell) -> None:
    from facespectra.serve.judging import verdict_on

    tell("result", verdict_on(detector, _job(message, faces=message["faces"])).to_dict())


def _report(detector: Detector, message: dict[str, Any], tell: Tell) -> None:
    from facespectra.serve.judging import page_faces
    from facespectra.serve.reports import save_report

    job = _job(message, faces=page_faces(detector))
    save_report(detector, job, message["sha256"], Path(message["out"]))
    tell("result", {})


_TASKS = {"judge": _judge, "score": _score, "report": _report}


def _job(message: dict[str, Any], *, faces: str | None) -> Any:
    from facespectra.serve.judging import Job

    folder = message.get("folder")
    return Job(
        path=Path(message["path"]),
        name=message["name"],
        folder=None if folder is None else Path(folder),
        faces=faces,
        frames=message["frames"],
    )


def _line(error: BaseException, message: dict[str, Any] | None = None) -> str:
    """One line about an error, which says nothing of the folders of this machine."""
    from facespectra._files import one_line

    text = str(error) or type(error).__name__
    if message is not None:
        text = text.replace(message["path"], message["name"])
    return one_line(text)


def _limit_processes() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_memory(extra: int) -> None:
    """Let the process take so many bytes more than it has now; an allocation beyond is a MemoryError."""
    mapped = _mapped_bytes()
    if mapped:
        limit = mapped + extra
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _mapped_bytes() -> int:
    """What the process has mapped; 0 where the system does not say."""
    return _statm(0)


def resident_bytes() -> int:
    """What the process has in memory; 0 where the system does not say."""
    return _statm(1)


def _statm(field: int) -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[field])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def give_back_memory() -> None:
    """Give the system back what the last file took, where the C library can."""
    import ctypes
    import gc

    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
