"""The Python axis on small pairs of documents, each with the answer that the facts give."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from dialytics.contracts import Report
from dialytics.contracts._generate import PACKAGE, generate
from dialytics.contracts._python import compare_packages

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
NUMBER = {"type": "number"}
BOT = {"$ref": "#/components/schemas/Bot"}
FAULT = {"$ref": "#/components/schemas/Fault"}
POST = "paths /bots/{id} post"
GET = "paths /bots/{id} get"
MADE = f"{POST} requestBody content application/json schema"
BODY = "components schemas Made"
SEEN = "components schemas Bot"
OKAY = f"{GET} responses 200 content application/json schema"


def content(schema: Any) -> dict[str, Any]:
    return {"description": "x", "content": {"application/json": {"schema": schema}}}


def build() -> dict[str, Any]:
    """Make bots of ``Made``, read them as ``Bot``: one class for each direction."""
    path = {"name": "id", "in": "path", "required": True, "schema": TEXT}
    query = {"name": "size", "in": "query", "schema": {**WHOLE, "default": 5}}
    sort = {"name": "sort", "in": "query", "schema": TEXT}
    made = {"$ref": "#/components/schemas/Made"}
    fields = {"id": TEXT, "size": WHOLE, "kind": {"enum": ["a", "b"], "type": "string"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "bots", "version": "1"},
        "paths": {
            "/bots/{id}": {
                "get": {
                    "operationId": "getBot",
                    "tags": ["bots"],
                    "parameters": [path, query, sort],
                    "responses": {"200": content(BOT), "404": content(FAULT)},
                },
                "post": {
                    "operationId": "makeBot",
                    "tags": ["bots"],
                    "parameters": [path],
                    "requestBody": {"required": True, **content(made)},
                    "responses": {"200": content(BOT)},
                },
            }
        },
        "components": {
            "schemas": {
                "Made": {"type": "object", "required": ["id"], "properties": fields},
                "Bot": {
                    "type": "object",
                    "required": ["id"],
                    "properties": {"id": TEXT, "n": NUMBER},
                },
                "Fault": {"type": "object", "properties": {"text": TEXT}},
            }
        },
    }


def edit(document: dict[str, Any], where: str, value: Any) -> dict[str, Any]:
    """Put a value at a place (``...`` takes away what is there)."""
    changed = copy.deepcopy(document)
    *steps, last = where.split()
    node: Any = changed
    for step in steps:
        node = node[int(step)] if isinstance(node, list) else node[step]
    key: Any = int(last) if isinstance(node, list) else last
    if value is ...:
        del node[key]
    else:
        node[key] = value
    return changed


# where, what stands there then, the level there, the level on the way back
PAIRS = {
    "a request field renamed": (
        f"{BODY} properties",
        {"id": TEXT, "sizes": WHOLE, "kind": {"enum": ["a", "b"], "type": "string"}},
        "breaking",
        "breaking",
    ),
    "an answer's field renamed": (
        f"{SEEN} properties",
        {"id": TEXT, "m": NUMBER},
        "breaking",
        "breaking",
    ),
    "an answer's field added": (
        f"{SEEN} properties",
        {"id": TEXT, "n": NUMBER, "more": TEXT},
        "compatible",
        "breaking",
    ),
    "a request field needed": (f"{BODY} required", ["id", "size"], "breaking", "compatible"),
    "an answer's field needed": (f"{SEEN} required", ["id", "n"], "compatible", "breaking"),
    "an answer's field not promised": (f"{SEEN} required", [], "breaking", "compatible"),
    "a request field added last": (f"{BODY} properties last", TEXT, "compatible", "breaking"),
    "a request field added first": (
        f"{BODY} properties",
        {
            "id": TEXT,
            "first": TEXT,
            "size": WHOLE,
            "kind": {"enum": ["a", "b"], "type": "string"},
        },
        "risky",
        "breaking",
    ),
    "a request field wider": (f"{BODY} properties size", NUMBER, "compatible", "breaking"),
    "a request field anything": (f"{BODY} properties size", {}, "compatible", "breaking"),
    "request items wider": (
        f"{BODY} properties size",
        {"type": "array", "items": WHOLE},
        "breaking",
        "breaking",
    ),
    "a request field nullable": (
        f"{BODY} properties size",
        {"type": ["integer", "null"]},
        "compatible",
        "breaking",
    ),
    "an answer's field nullable": (
        f"{SEEN} properties n",
        {"type": ["number", "null"]},
        "breaking",
        "compatible",
    ),
    "an answer's field anything": (f"{SEEN} properties n", {}, "breaking", "breaking"),
    "a default of a field": (f"{BODY} properties size", {**WHOLE, "default": 3}, "risky", "risky"),
    "a default of a parameter": (f"{GET} parameters 1 schema default", 6, "risky", "risky"),
    "a default gone": (f"{GET} parameters 1 schema default", ..., "risky", "risky"),
    "a value added": (f"{BODY} properties kind enum", ["a", "b", "c"], "compatible", "breaking"),
    "a field's values free": (f"{BODY} properties kind", TEXT, "breaking", "breaking"),
    "an answer's values fixed": (
        f"{SEEN} properties id",
        {"type": "string", "enum": ["a"]},
        "breaking",
        "breaking",
    ),
    "parameters in another order": (
        f"{GET} parameters",
        [build()["paths"]["/bots/{id}"]["get"]["parameters"][n] for n in (2, 0, 1)],
        "none",
        "none",
    ),
    "a parameter needed": (f"{GET} parameters 2 required", True, "breaking", "compatible"),
    "a parameter wider": (f"{GET} parameters 1 schema", NUMBER, "risky", "breaking"),
    "a parameter from query to header": (f"{GET} parameters 2 in", "header", "none", "none"),
    "a function in another module": (f"{GET} tags", ["robots"], "breaking", "breaking"),
    "a function of another name": (f"{GET} operationId", "readBot", "breaking", "breaking"),
    "a second tag": (f"{GET} tags", ["bots", "more"], "none", "none"),
    "a success more": (f"{GET} responses 201", content(FAULT), "none", "none"),
    "a success of another type": (f"{GET} responses 201", content(TEXT), "breaking", "risky"),
    "a success without a body": (f"{GET} responses 204", {"description": "x"}, "breaking", "risky"),
    "an error of another type": (f"{GET} responses 409", content(TEXT), "risky", "risky"),
    "an error of a known type": (f"{GET} responses 409", content(FAULT), "none", "none"),
    "an error with a type of its own": (
        f"{GET} responses 404",
        content({"$ref": "#/components/schemas/Made"}),
        "breaking",
        "breaking",
    ),
    "an error without a body": (f"{GET} responses 409", {"description": "x"}, "risky", "risky"),
    "an answer of another type": (OKAY, {"type": "array", "items": BOT}, "breaking", "breaking"),
    "an answer without a schema": (f"{GET} responses 200 content", {}, "breaking", "breaking"),
    "security asked for": (f"{GET} security", [{"key": []}], "breaking", "compatible"),
    "a body no longer needed": (f"{POST} requestBody required", False, "compatible", "breaking"),
    "a title on a component": (f"{SEEN} title", "Robot", "breaking", "breaking"),
    "a bound and a text": (f"{BODY} properties size", {**WHOLE, "maximum": 5}, "none", "none"),
    "a closed answer": (f"{SEEN} additionalProperties", False, "breaking", "compatible"),
    "a function more": (
        "paths /more",
        {"get": {"operationId": "more", "tags": ["bots"], "responses": {"200": content(BOT)}}},
        "compatible",
        "breaking",
    ),
}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client of the old document."""
    folder = tmp_path_factory.mktemp("old")
    generate(build(), folder)
    return folder


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS.keys())
def test_single_changes(pair: tuple[str, Any, str, str], generated: Path, tmp_path: Path) -> None:
    """A single change and the way back are judged by what they do to code that imports."""
    where, value, there, back = pair
    assert generate(edit(build(), where, value), tmp_path).warnings == ()
    verdicts = [
        Report(compare_packages(*pair, PACKAGE), ["python"]).verdict("python")
        for pair in ((generated, tmp_path), (tmp_path, generated))
    ]
    assert verdicts == [there, back]
