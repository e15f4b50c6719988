"""Changes of Swagger 2 documents, named where the documents have them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dialytics.contracts import compare

TEXT = {"type": "string"}
DOCUMENT: dict[str, Any] = {
    "swagger": "2.0",
    "host": "a.test",
    "parameters": {"sent": {"name": "sent", "in": "body", "schema": {"$ref": "#/definitions/Bot"}}},
    "definitions": {"Bot": {"properties": {"name": TEXT}}},
    "responses": {"Bad": {"description": "bad", "schema": {"properties": {"why": TEXT}}}},
    "paths": {
        "/bots": {
            "post": {
                "parameters": [
                    {"name": "bot", "in": "body", "schema": {"properties": {"size": TEXT}}},
                    {"name": "dry", "in": "query", **TEXT},
                ],
                "responses": {
                    "200": {
                        "schema": {"properties": {"id": TEXT}},
                        "headers": {"X-Left": TEXT},
                    },
                    "400": {"$ref": "#/responses/Bad"},
                },
            },
            "patch": {
                "parameters": [
                    {"name": "x", "in": "header", **TEXT},
                    {"name": "f", "in": "formData", **TEXT},
                ],
                "responses": {},
            },
        },
        "/all": {
            "parameters": [
                {"name": "all", "in": "body", "schema": {}},
                {"name": "q", "in": "query", **TEXT},
            ],
            "put": {"responses": {}},
        },
        "/sent": {"put": {"parameters": [{"$ref": "#/parameters/sent"}], "responses": {}}},
    },
}


@pytest.mark.parametrize(
    "place",
    [
        "/definitions/Bot/properties/name",
        "/responses/Bad/schema/properties/why",
        "/paths/~1all/parameters/0/schema",
        "/paths/~1all/parameters/1",
        "/paths/~1bots/post/parameters/0/schema/properties/size",
        "/paths/~1bots/post/parameters/1",
        "/paths/~1bots/post/responses/200/schema/properties/id",
        "/paths/~1bots/post/responses/200/headers/X-Left",
        "/paths/~1bots/patch/parameters/1",
    ],
)
def test_places_are_those_of_the_given_document(place: str, tmp_path: Path) -> None:
    """A pointer leads to what changed in the document as it was given, and so does the line."""
    document: Any = json.loads(json.dumps(DOCUMENT))
    node: Any = document
    for part in place.split("/")[1:]:
        node = node[int(part) if isinstance(node, list) else part.replace("~1", "/")]
    node["type"] = "integer"
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps(DOCUMENT, indent=1), "utf-8")
    new.write_text(json.dumps(document, indent=1), "utf-8")
    changes = compare(old, new).changes
    assert changes
    texts = new.read_text("utf-8").splitlines()
    line = 1 + next(n for n, text in enumerate(texts) if "integer" in text)
    for change in changes:
        assert change.pointer.removesuffix("/type") == place
        number = int(str(change.location).split(":")[-2])
        assert line - 3 <= number <= line


def test_what_went_is_placed_in_the_old_document() -> None:
    """Of what went, the pointer is one of the old document, whatever the new one is written in."""
    new = {"openapi": "3.0.0", "paths": {}, "servers": [{"url": "https://a.test"}]}
    places = {change.id: change.pointer for change in compare(DOCUMENT, new).changes}
    assert places["api-path-removed-without-deprecation"].startswith("/paths/~1")
    moved = compare(DOCUMENT, {**DOCUMENT, "host": "b.test"}).changes
    assert {change.pointer for change in moved} == {"/host"}
