"""Runs the server: binds its port, starts the workers, ends cleanly on Ctrl+C and on SIGTERM."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from facespectra.errors import FacespectraError, ModelError
from facespectra.serve.app import make_application
from facespectra.serve.folders import private_folder
from facespectra.serve.guard import Guard
from facespectra.serve.pool import Pool
from facespectra.serve.settings import Settings

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE = 2


class Server(uvicorn.Server):
    """Uvicorn's server, which leaves the process to us when a signal ends it."""

    def __init__(self, config: uvicorn.Config, before_end: Callable[[], Any]) -> None:
        super().__init__(config)
        self._before_end = before_end

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on a signal, and do not raise it again afterwards: the folder is still to be deleted."""
        before = {number: signal.signal(number, self.handle_exit) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End; a second Ctrl+C waits for nobody."""
        self.force_exit = self.should_exit
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End workers and streams of events, which would keep connections open, and then the connections."""
        await self._before_end()
        await super().shutdown(sockets)


def bind(host: str, port: int, *, any_port: bool = False) -> socket.socket:
    """Open the port; with `any_port`, another one where it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            if any_port:
                return bind(host, 0)
            raise FacespectraError(
                f"port {port} is taken by another program; add --port 0 to use any free one"
            ) from error
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise FacespectraError(f"{host} is no address of this machine; leave --host out") from error
        if error.errno == errno.EACCES:
            raise FacespectraError(
                f"port {port} may not be used without rights; add --port 0 to use any free one"
            ) from error
        raise
    return listener


def address_of(settings: Settings, port: int) -> str:
    """The address that opens the page, with the token."""
    host = settings.host
    try:
        if ipaddress.ip_address(host).is_unspecified:
            host = socket.gethostname()
    except ValueError:
        # A name stands for itself.
        return f"http://{host}:{port}/?token={settings.token}"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/?token={settings.token}"


def run(
    settings: Settings,
    listener: socket.socket,
    on_ready: Callable[[str], None],
    *,
    stderr: int | None = None,
) -> None:
    """Serve until a signal comes. `on_ready` is called with the address when the model is loaded."""
    with listener, private_folder() as folder:
        asyncio.run(_serve(settings, listener, folder, on_ready, stderr))


async def _serve(
    settings: Settings,
    listener: socket.socket,
    folder: Path,
    on_ready: Callable[[str], None],
    stderr: int | None,
) -> None:
    port = listener.getsockname()[1]
    pool = Pool(settings, stderr=stderr)
    app, application = make_application(settings, folder, pool)
    config = uvicorn.Config(
        Guard(app, settings, port),
        log_level="critical",
        access_log=False,
        lifespan="off",
        server_header=False,
        date_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=GRACE,
        h11_max_incomplete_event_size=64 << 10,
    )

    async def before_end() -> None:
        await application.items.close()
        await pool.close()

    server = Server(config, before_end)
    failure: list[str] = []

    async def when_ready() -> None:
        await pool.ready.wait()
        if pool.info is None:
            failure.append(pool.problem)
            server.should_exit = True
        else:
            on_ready(address_of(settings, port))

    pool.start()
    tasks = [asyncio.create_task(when_ready()), asyncio.create_task(application.items.expire())]
    try:
        await server.serve([listener])
    finally:
        for task in tasks:
            task.cancel()
        await before_end()
        await asyncio.gather(*tasks, return_exceptions=True)
    if failure:
        raise ModelError(failure[0])
