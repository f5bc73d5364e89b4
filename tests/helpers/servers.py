"""Servers to ask, each a process of its own on a free port, with small limits where a test wants them."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

_RUN = """
import json, sys
from facespectra.serve.running import bind, run
from facespectra.serve.settings import Settings
settings = Settings(**json.loads(sys.argv[1]))
run(settings, bind(settings.host, 0), lambda address: print(address, flush=True))
"""
LAST = ("result", "failed", "cancelled")
PATIENCE = 300.0


class Served:
    """A server that runs: its process, its address, its token and a client that has it."""

    def __init__(self, process: subprocess.Popen[str], address: str, folder: Path) -> None:
        found = re.fullmatch(r"(http://[^/]+)/\?token=(.+)", address.strip())
        assert found, f"no address but {address!r}"
        self.process, self.folder = process, folder
        self.base, self.token = found.groups()
        self.client = self.make_client({"authorization": f"Bearer {self.token}"})

    def make_client(self, headers: dict[str, str] | None = None) -> httpx.Client:
        """A client with other headers."""
        # No proxy of the environment stands between it and the server.
        return httpx.Client(base_url=self.base, headers=headers, timeout=PATIENCE, trust_env=False)

    @property
    def workers(self) -> list[int]:
        """The processes that judge."""
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(number) for number in found]

    def stored(self) -> list[Path]:
        """What is in the server's folder but its lock."""
        return [path for path in self.folder.glob("facespectra-serve-*/*") if path.name != "lock"]

    def post(self, content: bytes, name: str, session: str = "s") -> httpx.Response:
        """Send a file as the page does."""
        return self.client.post("/api/items", params={"name": name, "session": session}, content=content)

    def add(self, content: bytes, name: str, session: str = "s") -> str:
        """Send a file that is taken, and give its name here."""
        answer = self.post(content, name, session)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def events(self, key: str, last: int | None = None) -> Iterator[tuple[int, str, dict[str, Any]]]:
        """What becomes of a file: number, name and data of each event, as they come."""
        headers = {} if last is None else {"last-event-id": str(last)}
        number, name = 0, ""
        with self.client.stream("GET", f"/api/items/{key}/events", headers=headers) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            for line in answer.iter_lines():
                field, _, value = line.partition(": ")
                if field == "id":
                    number = int(value)
                elif field == "event":
                    name = value
                elif field == "data":
                    yield number, name, json.loads(value)

    def last(self, key: str) -> tuple[str, dict[str, Any]]:
        """How a file ends: the name and data of its last event."""
        *_, (_, name, data) = self.events(key)
        assert name in LAST
        return name, data


@contextmanager
def serving(folder: Path, **settings: Any) -> Iterator[Served]:
    """Run a server with its temporary folder in `folder`, and end it as a user does."""
    command = [sys.executable, "-c", _RUN, json.dumps(settings)]
    with running(command, folder) as served:
        yield served


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[Served]:
    """Run a command that prints the address of a server."""
    import os

    environment = dict(os.environ) | {"TMPDIR": str(folder)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            served = Served(process, process.stdout.readline(), folder)
            with served.client:
                yield served
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)


def eventually(condition: Any) -> bool:
    """Whether something becomes true in the time that a loaded machine may take."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
