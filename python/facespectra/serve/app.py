"""The application: what each address gives. It decodes nothing; that is the workers' part."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from facespectra._kinds import IMAGE_SUFFIXES, VIDEO_SUFFIXES, Medium
from facespectra._version import __version__
from facespectra.serve import openapi, scoring
from facespectra.serve.intake import Intake
from facespectra.serve.items import Item, Items
from facespectra.serve.pool import Pool
from facespectra.serve.reports import FORMS, as_json
from facespectra.serve.samples import SAMPLES
from facespectra.serve.settings import Settings
from facespectra.serve.uploads import (
    MEDIA_TYPES,
    RefusedError,
    clean_name,
    receive_raw,
)

STATIC = Path(__file__).with_name("static")
STATIC_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".html": "text/html; charset=utf-8",
}
SANDBOX = "sandbox; default-src 'none'"
ANONYMOUS = "anonymous"
LONGEST_SESSION = 100

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Application:
    """The handlers, and what they share."""

    def __init__(self, settings: Settings, pool: Pool, folder: Path) -> None:
        self.settings, self.pool, self.folder = settings, pool, folder
        self.items = Items(settings, pool, folder)
        self.intake = Intake(settings, pool, self.items)

    def routes(self) -> list[Route]:
        """Every address."""
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/", self.page),
            ("GET", "/static/{name}", self.static),
            ("GET", "/openapi.json", self.openapi),
            ("GET", "/api/info", self.info),
            ("POST", "/api/score", self.score),
            ("GET", "/api/samples", self.samples),
            ("GET", "/api/samples/{name}", self.sample),
            ("POST", "/api/close", self.close_page),
            ("POST", "/api/items", self.add),
            ("DELETE", "/api/items/{key}", self.remove),
            ("GET", "/api/items/{key}/events", self.events),
            ("GET", "/api/items/{key}/picture", self.picture),
            ("GET", "/api/items/{key}/media", self.media),
            ("GET", "/api/items/{key}/frames/{number:int}", self.frame),
            ("GET", "/api/items/{key}/report.{form}", self.report),
        ]
        return [Route(path, _answered(handler), methods=[method]) for method, path, handler in table]

    async def page(self, request: Request) -> Response:
        """The page itself."""
        if request.query_params:
            return RedirectResponse("/", 303)
        return FileResponse(STATIC / "index.html", media_type=STATIC_TYPES[".html"])

    async def static(self, request: Request) -> Response:
        """A file of the page."""
        name = request.path_params["name"]
        path = STATIC / name
        # The names are those of this folder alone: nothing that was sent becomes a path.
        if name not in {one.name for one in STATIC.iterdir()} or path.suffix not in STATIC_TYPES:
            raise RefusedError(404, "there is no such file")
        return FileResponse(path, media_type=STATIC_TYPES[path.suffix])

    async def openapi(self, _: Request) -> Response:
        """The description of this interface."""
        return JSONResponse(openapi.document())

    async def info(self, request: Request) -> Response:
        """What the page says of model and limits."""
        self._session(request)
        settings, model = self.settings, dict(await self.intake.model())
        suffixes = IMAGE_SUFFIXES | VIDEO_SUFFIXES
        if find_spec("pillow_heif") is not None:
            suffixes |= {".heic", ".heif"}
        limits = {
            "bytes": settings.max_bytes,
            "pixels": model.pop("pixels"),
            "seconds": settings.video_seconds,
            "files": settings.max_files,
        }
        accept = ",".join([*sorted(suffixes), "image/*", "video/*"])
        return JSONResponse({"version": __version__, **model, "limits": limits, "accept": accept})

    async def score(self, request: Request) -> Response:
        """Judge a file for another program."""
        return await scoring.score(self.intake, request)

    async def samples(self, _: Request) -> Response:
        """The samples by name."""
        from facespectra.serve.samples import SIDE

        rows = [
            {"name": one.name, "title": one.title, "width": SIDE, "height": SIDE} for one in SAMPLES.values()
        ]
        return JSONResponse(rows)

    async def sample(self, request: Request) -> Response:
        """One sample."""
        sample = SAMPLES.get(request.path_params["name"])
        if sample is None:
            raise RefusedError(404, "there is no such sample")
        return FileResponse(sample.file, media_type="image/jpeg")

    async def close_page(self, request: Request) -> Response:
        """Delete what a page has sent: it was closed."""
        await self.items.close_session(self._session(request))
        return Response(status_code=204)

    async def add(self, request: Request) -> Response:
        """Take a file, and begin to judge it."""
        session = self._session(request)
        if self.items.count(session) >= self.settings.max_files:
            raise RefusedError(429, f"there are {self.settings.max_files} files already")
        name = clean_name(request.query_params.get("name", ""))
        async with self.intake.receiving(request) as arriving:
            target = arriving.target(name)
            stored = await receive_raw(request.stream(), target)
            video = stored.kind is not None and stored.kind.medium in (Medium.VIDEO, Medium.SOUND)
            item = Item(
                token_hex(16), name, "video" if video else "image", session, arriving.folder, stored.path
            )
            item.size, item.sha256 = stored.size, stored.sha256
            if stored.kind is not None:
                item.media_type = MEDIA_TYPES.get(stored.kind.name, item.media_type)
            self.items.add(item)
        return JSONResponse({"id": item.key, "name": item.name, "kind": item.kind}, 201)

    async def remove(self, request: Request) -> Response:
        """Stop and delete."""
        await self.items.remove(self._item(request))
        return Response(status_code=204)

    async def events(self, request: Request) -> Response:
        """Tell what becomes of a file, from the start."""
        item = self._item(request)
        last = request.headers.get("last-event-id", "")
        after = int(last) if last.isascii() and last.isdecimal() and len(last) < 10 else 0

        async def lines() -> AsyncIterator[str]:
            async for event in item.listen(after):
                self.items.touch(item.session)
                if event is None:
                    yield ": still here\n\n"
                    continue
                number, name, data = event
                yield f"id: {number}\nevent: {name}\ndata: {json.dumps(data)}\n\n"

        return StreamingResponse(lines(), media_type="text/event-stream")

    async def picture(self, request: Request) -> Response:
        """A photograph, upright, as JPEG."""
        side = _side(request, (400, 1600, 4096))
        return await self._written(self._item(request), f"picture-{side}.jpg")

    async def frame(self, request: Request) -> Response:
        """A frame of a video that was judged, as JPEG."""
        side, number = _side(request, (400, 1600)), request.path_params["number"]
        return await self._written(self._item(request), f"frame-{number}-{side}.jpg")

    async def _written(self, item: Item, name: str) -> Response:
        """A picture that a worker writes; it may not have come to that yet."""
        path = item.folder / name
        while not path.is_file():
            if item.gone or item.task is None or item.task.finished.is_set():
                if path.is_file():
                    break
                raise RefusedError(404, "there is no such picture")
            await asyncio.sleep(0.05)
        return FileResponse(path, media_type="image/jpeg")

    async def media(self, request: Request) -> Response:
        """A video as it was sent, for the player."""
        item = self._item(request)
        return FileResponse(
            item.path, media_type=item.media_type, headers={"content-security-policy": SANDBOX}
        )

    async def report(self, request: Request) -> Response:
        """A result as a file to keep."""
        item, form = self._item(request), request.path_params["form"]
        if form not in FORMS:
            raise RefusedError(404, f"there is no such report; there are {', '.join(FORMS)}")
        if item.result is None:
            raise RefusedError(409, "there is no result yet" if not item.over else "there is no result")
        stem = "".join(letter if letter.isalnum() else "-" for letter in Path(item.name).stem)[:60]
        headers = {
            "content-security-policy": SANDBOX,
            "content-disposition": f'attachment; filename="{_ascii(stem)}-facespectra.{form}"',
        }
        if form == "json":
            model = (await self.intake.model())["model"]
            return Response(as_json(item, model), media_type=FORMS[form], headers=headers)
        path = item.folder / f"report.{form}"
        if not path.is_file():
            await self._draw(item, path)
        return FileResponse(path, media_type=FORMS[form], headers=headers)

    async def _draw(self, item: Item, path: Path) -> None:
        message = {
            "job": token_hex(8),
            "do": "report",
            "path": str(item.path),
            "name": item.name,
            "frames": self.settings.frames,
            "sha256": item.sha256,
            "out": str(path),
        }
        await self.intake.done(message, item.session, self.settings.video_seconds, long=item.kind == "video")

    def _item(self, request: Request) -> Item:
        item = self.items.get(request.path_params["key"])
        if item is None:
            raise RefusedError(404, "there is no such file, or no longer")
        return item

    def _session(self, request: Request) -> str:
        session = request.query_params.get("session") or request.headers.get("x-session") or ANONYMOUS
        if len(session) > LONGEST_SESSION:
            raise RefusedError(400, f"a session has at most {LONGEST_SESSION} letters")
        self.items.touch(session)
        return session


def make_application(settings: Settings, folder: Path, pool: Pool) -> tuple[Starlette, Application]:
    """Give the application behind the guard, and what it holds."""
    application = Application(settings, pool, folder)
    app = Starlette(
        routes=application.routes(),
        exception_handlers={404: _not_found, 405: _not_found},
    )
    return app, application


def _answered(handler: Handler) -> Handler:
    """Turn refusals into answers of one line."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except RefusedError as refusal:
            # What else is sent of a file that was refused is not read.
            headers = {"connection": "close"} if refusal.status in (400, 413, 415, 507) else None
            return JSONResponse(refusal.data(), refusal.status, headers)
        except ClientDisconnect:
            return Response(status_code=400)
        except OSError as error:
            # A full disk, mostly. No names: the folder is nobody's business.
            return JSONResponse({"error": f"the file could not be stored: {error.strerror}"}, 507)

    return answer


async def _not_found(_: Request, error: Exception) -> Response:
    status = int(getattr(error, "status_code", 404))
    text = "there is nothing at this address" if status == 404 else "this address takes another method"
    return JSONResponse({"error": text}, status)


def _side(request: Request, known: tuple[int, ...]) -> str:
    side = request.query_params.get("side", "1600")
    if side not in map(str, known):
        raise RefusedError(400, f"side is one of {', '.join(map(str, known))}")
    return side


def _ascii(text: str) -> str:
    return text.encode("ascii", "ignore").decode().strip("-") or "result"
