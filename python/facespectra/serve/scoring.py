"""``POST /api/score``: a file in, a verdict out, the same JSON as of ``score --format jsonl``."""

from __future__ import annotations

import shutil
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from facespectra._kinds import Medium
from facespectra.serve.multipart import Form
from facespectra.serve.uploads import RefusedError, Stored, Target, clean_name, receive_raw

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from facespectra.serve.intake import Arriving, Intake

FACES = ("largest", "all", "whole")
FRAMES = 10
MOST_FRAMES = 1000
PROGRAMS = "programs"
"""All programs wait in one queue, beside those of the pages."""


async def score(intake: Intake, request: Request) -> Response:
    """Take a file, wait for its verdict, delete the file."""
    from starlette.responses import JSONResponse

    query = request.query_params
    faces, frames = query.get("faces"), query.get("frames", str(FRAMES))
    if faces is not None and faces not in FACES:
        raise RefusedError(400, f"faces must be {', '.join(FACES)}")
    if not (frames.isascii() and frames.isdecimal() and 0 < int(frames[:9]) <= MOST_FRAMES):
        raise RefusedError(400, f"frames must be a whole number from 1 to {MOST_FRAMES}")
    model = (await intake.model())["model"]
    async with intake.receiving(request) as arriving:
        stored, name = await _received(arriving, request, query.get("name"))
        try:
            verdict = await _verdict(intake, stored, name, faces, int(frames))
        finally:
            shutil.rmtree(arriving.folder, ignore_errors=True)
    return JSONResponse(verdict | {"model": model["name"], "model_sha256": model["sha256"]})


async def _verdict(
    intake: Intake, stored: Stored, name: str, faces: str | None, frames: int
) -> dict[str, Any]:
    settings = intake.settings
    video = stored.kind is not None and stored.kind.medium is Medium.VIDEO
    message = {
        "job": token_hex(8),
        "do": "score",
        "path": str(stored.path),
        "name": name,
        "faces": faces,
        "frames": frames,
    }
    return await intake.done(message, PROGRAMS, settings.video_seconds, long=video)


async def _received(arriving: Arriving, request: Request, name: str | None) -> tuple[Stored, str]:
    """Store the file of a form, or the body as it is; also give the name that it has in the verdict."""
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() == "multipart/form-data":

        def target(sent: str) -> Target:
            return arriving.target(clean_name(name or sent))

        form = Form(content_type, target)
        stored = await form.receive(request.stream())
        return stored, clean_name(name or form.name)
    own = clean_name(name or "")
    return await receive_raw(request.stream(), arriving.target(own)), own
