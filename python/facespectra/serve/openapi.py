"""The description of the HTTP interface, OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from facespectra._version import __version__

_TEXT = {"type": "string"}
_TEXT_OR_NONE = {"type": ["string", "null"]}
_NUMBER_OR_NONE = {"type": ["number", "null"]}
_LABELS = ["swap", "no-swap-found", "fake", "real", "cannot-tell", None]

_FRAME = {
    "type": "object",
    "required": ["path", "score", "label", "status"],
    "properties": {
        "path": _TEXT,
        "score": _NUMBER_OR_NONE,
        "label": {"type": ["string", "null"], "enum": _LABELS},
        "status": _TEXT,
    },
}
_VERDICT_PROPERTIES: dict[str, Any] = {
    "path": {"type": "string", "description": "The name of the file."},
    "score": {"type": ["number", "null"], "description": "Higher means more likely fake; null: no face."},
    "label": {
        "type": ["string", "null"],
        "enum": _LABELS,
        "description": "swap, no-swap-found: of models of face swaps; fake, real: of others; null: no face.",
    },
    "threshold": {"type": "number", "description": "Scores from here on are labelled swap or fake."},
    "box": {
        "type": ["array", "null"],
        "items": {"type": "integer"},
        "minItems": 4,
        "maxItems": 4,
        "description": "x0, y0, x1, y1 of the face in pixels of the upright picture, half-open.",
    },
    "faces": {"type": "integer", "minimum": 0},
    "status": {"type": "string", "description": "ok, no-face, or cannot-tell: and why."},
    "reason": _TEXT_OR_NONE,
    "feature": _TEXT_OR_NONE,
    "expert": _TEXT_OR_NONE,
    "note": _TEXT_OR_NONE,
    "checked_for": {"type": "array", "items": _TEXT},
    "not_checked_for": {"type": "array", "items": _TEXT},
}


def document() -> dict[str, Any]:
    """Give the document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "facespectra",
            "version": __version__,
            "description": "Looks for face swaps in photographs and videos, on this machine.",
        },
        "security": [{"token": []}],
        "paths": {
            "/api/score": {"post": _score()},
            "/api/info": {"get": _info()},
            "/api/items": {"post": _post_item()},
            "/api/items/{id}": {"delete": _remove_item()},
            "/api/items/{id}/events": {"get": _events()},
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Verdict": {
                    "type": "object",
                    "required": [*_VERDICT_PROPERTIES, "model", "model_sha256"],
                    "properties": _VERDICT_PROPERTIES
                    | {
                        "frames": {"type": "array", "items": _FRAME, "description": "Of a video."},
                        "model": {"type": "string", "description": "Its name."},
                        "model_sha256": _TEXT,
                    },
                },
                "Error": {
                    "type": "object",
                    "required": ["error"],
                    "properties": {"error": {"type": "string", "description": "One line."}},
                },
            },
        },
    }


_ID = {"name": "id", "in": "path", "required": True, "schema": _TEXT}
_NAME = {"name": "name", "in": "query", "schema": _TEXT, "description": "What the file is called."}
_WHY = {
    "400": "The request is wrong",
    "401": "The token is missing or wrong",
    "403": "Another host or page",
    "404": "There is no such file",
    "413": "The file is too large",
    "415": "No photograph or video",
    "422": "The file cannot be judged",
    "429": "Too many files at once",
    "503": "The model could not be loaded",
    "507": "There is no room for it",
}


def _score() -> dict[str, Any]:
    parameters = [
        _NAME,
        {
            "name": "faces",
            "in": "query",
            "schema": {"type": "string", "enum": ["largest", "all", "whole"]},
            "description": "Which face counts; default: as the model was trained.",
        },
        {
            "name": "frames",
            "in": "query",
            "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 10},
            "description": "Frames of a video, evenly spread.",
        },
    ]
    answers = {
        "200": _json("The verdict", {"$ref": "#/components/schemas/Verdict"}),
        **_errors("400", "401", "403", "413", "415", "422", "429", "503", "507"),
    }
    operation = _operation("score", "Judge a photograph or a video", answers, parameters)
    form = {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary"}},
    }
    operation["requestBody"] = _body({"multipart/form-data": {"schema": form}})
    return operation


def _post_item() -> dict[str, Any]:
    session = {"name": "session", "in": "query", "schema": _TEXT, "description": "The page it belongs to."}
    made = {
        "type": "object",
        "required": ["id", "name", "kind"],
        "properties": {"id": _TEXT, "name": _TEXT, "kind": {"type": "string", "enum": ["image", "video"]}},
    }
    answers = {"201": _json("It is being judged", made), **_errors("400", "413", "415", "429", "503", "507")}
    operation = _operation("addItem", "Have a file judged step by step", answers, [_NAME, session])
    operation["requestBody"] = _body({})
    return operation


def _info() -> dict[str, Any]:
    return _operation("info", "The model and the limits", {"200": _json("Both", {"type": "object"})})


def _remove_item() -> dict[str, Any]:
    answers = {"204": {"description": "It is gone"}, **_errors("404")}
    return _operation("removeItem", "Stop and delete", answers, [_ID])


def _events() -> dict[str, Any]:
    stream = {"description": "Server-sent events", "content": {"text/event-stream": {"schema": _TEXT}}}
    return _operation("events", "What becomes of a file", {"200": stream, **_errors("404")}, [_ID])


def _operation(
    name: str, summary: str, answers: dict[str, Any], parameters: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    return {"operationId": name, "summary": summary, "parameters": parameters or [], "responses": answers}


def _body(content: dict[str, Any]) -> dict[str, Any]:
    raw = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    return {"required": True, "content": raw | content}


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _errors(*codes: str) -> dict[str, Any]:
    return {code: _json(_WHY[code], {"$ref": "#/components/schemas/Error"}) for code in codes}
