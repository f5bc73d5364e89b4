"""Results as files to keep: a page, a drawing for paper, or JSON. They hold no path of this machine."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facespectra._version import __version__

if TYPE_CHECKING:
    from facespectra.detector import Detector
    from facespectra.serve.items import Item
    from facespectra.serve.judging import Job

FORMS = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "json": "application/json",
}


def save_report(detector: Detector, job: Job, sha256: str, out: Path) -> None:
    """Draw a result, in a worker: what ``facespectra explain`` draws, under the name of the file."""
    from facespectra.report.explanation import explain
    from facespectra.report.video_explanation import explain_video
    from facespectra.serve.judging import UnjudgedError
    from facespectra.videos import is_video

    if not is_video(job.path):
        explanation = explain(job.path, detector, faces=job.faces)
        replace(explanation, path=job.name).save(out, file_sha256=sha256)
        return
    video = explain_video(job.path, detector, frames=job.frames, faces=job.faces)
    if not video.worst:
        raise UnjudgedError("no face was found, so there is no score to explain")
    replace(video, path=job.name).save(out, file_sha256=sha256)


def as_json(item: Item, model: dict[str, Any]) -> bytes:
    """A result with what it takes to find out later what it was about."""
    result = {key: value for key, value in (item.result or {}).items() if key != "id"}
    about = {
        "facespectra": __version__,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "model": model,
        "result": result,
    }
    return json.dumps(about, ensure_ascii=False, indent=2).encode("utf-8", "backslashreplace") + b"\n"
