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


def save_report(detector: Detector, job: Job, form: str, context: dict[str, Any], out: Path) -> None:
    """Draw a result, in a worker; `context` has the frame of a video that is explained."""
    from facespectra.report.explanation import explain
    from facespectra.serve.judging import page_faces
    from facespectra.videos import Frame

    frame = context.get("frame")
    source = job.path if frame is None else Frame(str(job.path), frame)
    explanation = explain(source, detector, faces=page_faces(detector))
    name = job.name if frame is None else f"{job.name} (frame {frame})"
    replace(explanation, path=name).save(out.with_suffix(f".{form}"))


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
