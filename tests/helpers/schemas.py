"""The published schemas, and whether what we write follows them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"


@cache
def schema_of(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8"))


def _closed(part: Any) -> Any:
    """The same schema without room for keys that it does not know: ours must all be told of."""
    if isinstance(part, list):
        return [_closed(one) for one in part]
    if not isinstance(part, dict):
        return part
    closed = {key: _closed(value) for key, value in part.items()}
    return {"additionalProperties": False} | closed if isinstance(part.get("properties"), dict) else closed


def problems(name: str, document: Any) -> list[str]:
    """What a document has that the schema does not allow."""
    validator = pytest.importorskip("jsonschema").Draft202012Validator
    validator.check_schema(schema_of(name))
    found = validator(_closed(schema_of(name))).iter_errors(document)
    return [f"{one.json_path}: {one.message}" for one in found]
