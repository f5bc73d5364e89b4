"""The description of the HTTP interface, and that the interface is as described."""

from __future__ import annotations

from typing import Any

from schemas import problems
from servers import Served

METHODS = {"get", "post", "delete"}


def references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [one for value in part.values() for one in references(value)]
    return [one for value in part for one in references(value)] if isinstance(part, list) else []


def resolve(document: dict[str, Any], reference: str) -> Any:
    part: Any = document
    for name in reference.removeprefix("#/").split("/"):
        part = part[name]
    return part


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """Whether a value is of the schema's type, with what it requires, and nothing undescribed."""
    kinds = schema.get("type")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    name = {
        dict: "object",
        list: "array",
        str: "string",
        bool: "boolean",
        int: "integer",
        float: "number",
        type(None): "null",
    }[type(value)]
    if kinds is not None and name not in kinds and not (name == "integer" and "number" in kinds):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return set(schema.get("required", ())) <= set(value) <= set(known) and all(
            fits(one, known[key]) for key, one in value.items()
        )
    return not isinstance(value, list) or all(fits(one, schema["items"]) for one in value)


def test_the_document_holds_together(server: Served) -> None:
    document = server.client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1.")
    assert document["info"]["title"] == "facespectra"
    names = []
    for path, operations in document["paths"].items():
        assert path.startswith("/")
        assert operations.keys() <= METHODS
        for operation in operations.values():
            names.append(operation["operationId"])
            assert operation["responses"]
            assert all(len(code) == 3 and one["description"] for code, one in operation["responses"].items())
            of_path = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
            assert of_path == {piece[1:-1] for piece in path.split("/") if piece.startswith("{")}
    assert len(names) == len(set(names))
    assert references(document)
    for reference in references(document):
        assert resolve(document, reference)
    scheme = document["components"]["securitySchemes"]["token"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")


def test_answers_are_as_described(server: Served, portrait: bytes, clip: Any) -> None:
    document = server.client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    described = document["paths"]["/api/score"]["post"]["responses"]
    for name, content in (("a.jpg", portrait), ("clip.mp4", clip.read_bytes()), ("wrong.jpg", b"x")):
        answer = server.client.post("/api/score", params={"name": name}, content=content)
        assert str(answer.status_code) in described
        assert fits(answer.json(), schemas["Verdict"]) == (answer.status_code == 200)
        if answer.status_code == 200:
            assert problems("verdict", answer.json()) == []
        else:
            assert answer.json()["error"]
    made = document["paths"]["/api/items"]["post"]["responses"]["201"]["content"]["application/json"][
        "schema"
    ]
    answer = server.post(portrait, "a.jpg")
    assert fits(answer.json(), made)


def test_every_described_address_is_there(server: Served) -> None:
    document = server.client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method in operations:
            answer = server.client.request(method, path.replace("{id}", "x"))
            assert answer.status_code != 405
            if answer.status_code == 404:
                assert answer.json()["error"] == "there is no such file, or no longer"
