"""Checking requests and responses against a specification."""

from __future__ import annotations

from typing import Any

import pytest

from dialytics.sandbox import specification
from dialytics.sandbox.exchange import Call
from dialytics.sandbox.specification import (
    Operation,
    Specification,
    convert_nullable,
    load_specification,
)

DOCUMENT: dict[str, Any] = {
    "paths": {
        "/things/{thingId}": {
            "parameters": [{"$ref": "#/components/parameters/Tag"}],
            "post": {
                "operationId": "makeThing",
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 0}},
                    {"name": "deep", "in": "query", "schema": {"type": "boolean"}},
                    {"name": "score", "in": "query", "schema": {"type": "number"}},
                    {
                        "name": "path",
                        "in": "query",
                        "schema": {"type": "array", "items": {"type": "string"}},
                    },
                    {"name": "thingId", "in": "path", "required": True, "schema": {}},
                    {"name": "Accept", "in": "header", "schema": {"enum": ["text/csv"]}},
                    {"name": "X-Kind", "in": "header", "schema": {"enum": ["a"]}},
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
                    },
                },
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}},
                            "text/csv": {"schema": {"type": "string"}},
                        }
                    },
                    "204": {},
                    "4XX": {"$ref": "#/components/responses/Problem"},
                },
            },
        }
    },
    "components": {
        "parameters": {
            "Tag": {"name": "tag", "in": "query", "required": True, "schema": {"type": "string"}}
        },
        "responses": {"Problem": {"content": {"application/problem+json": {"schema": {}}}}},
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "size": {"type": "integer", "nullable": True},
                    "inner": {"$ref": "#/components/schemas/Thing"},
                },
            }
        },
        "securitySchemes": {"Key": {"type": "apiKey", "in": "query", "name": "api_key"}},
    },
}


@pytest.fixture
def operation() -> Operation:
    """The one operation of the document, found under another variable name."""
    found = Specification(DOCUMENT).find("POST", "/things/{id}")
    assert found is not None
    return found


def call(*query: tuple[str, str], body: bytes = b'{"name": "n"}', **headers: str) -> Call:
    """Make a request."""
    known = {"content-type": "application/json"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Call("POST", "/things/1", {"id": "1"}, list(query), {**known, **named}, body)


TAG = ("tag", "t")


def test_good_request(operation: Operation) -> None:
    """A request with everything in order has no fault and no oddity."""
    given = [TAG, ("limit", "3"), ("deep", "true"), ("score", "1.5"), ("api_key", "k")]
    request = call(*given, ("path", "a"), ("path", "b"), x_kind="a", accept="any/thing")
    assert operation.request_faults(request) == []
    assert operation.request_oddities(request) == []


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        (call(), "query parameter tag is missing"),
        (call(TAG, ("limit", "-1")), "query parameter limit breaks 'minimum' at /"),
        (call(TAG, ("limit", "many")), "query parameter limit breaks 'type' at /"),
        (call(TAG, ("deep", "yes")), "query parameter deep breaks 'type' at /"),
        (call(TAG, ("score", "high")), "query parameter score breaks 'type' at /"),
        (call(TAG, x_kind="b"), "header parameter X-Kind breaks 'enum' at /"),
        (call(TAG, body=b"{}"), "request body breaks 'required' at /"),
        (
            call(TAG, body=b'{"name": "n", "inner": {"name": "hush"}, "size": "hush"}'),
            "request body breaks 'type' at /size",
        ),
    ],
)
def test_faults(operation: Operation, request_: Call, fault: str) -> None:
    """A fault names the place and the rule, never the value."""
    assert operation.request_faults(request_) == [fault]


@pytest.mark.parametrize(
    ("request_", "oddity"),
    [
        (call(TAG, ("color", "red")), "query parameter color is not declared"),
        (
            call(TAG, content_type="text/plain"),
            "request body is not declared as application/json",
        ),
        (call(TAG, body=b""), "request body is missing"),
        (call(TAG, body=b"{"), "request body is not JSON"),
    ],
)
def test_oddities(operation: Operation, request_: Call, oddity: str) -> None:
    """What only the vendor's own handler judges is an oddity, not a fault."""
    assert operation.request_oddities(request_) == [oddity]
    assert operation.request_faults(request_) == []


@pytest.mark.parametrize(
    ("status", "media", "body", "faults"),
    [
        (200, "application/json", b'{"name": "n", "size": null}', []),
        (200, "text/csv", b"anything", []),
        (204, "", b"", []),
        (404, "application/problem+json", b"{}", []),
        (200, "application/json", b"{}", ["response body of status 200 breaks 'required' at /"]),
        (
            200,
            "application/json",
            b'{"name": "n", "inner": {"name": 1}}',
            ["response body of status 200 breaks 'type' at /inner/name"],
        ),
        (200, "text/html", b"x", ["media type text/html is not declared for status 200"]),
        (500, "application/json", b"{}", ["status 500 is not declared"]),
    ],
)
def test_responses(
    operation: Operation, status: int, media: str, body: bytes, faults: list[str]
) -> None:
    """A response's status, media type and JSON body are checked; a CSV body is not."""
    assert operation.response_faults(status, media, body) == faults


def test_nullable_is_converted_everywhere() -> None:
    """OpenAPI's nullable becomes JSON Schema's null; a property of that name is left alone."""
    schema = {
        "properties": {
            "nullable": {"type": "string"},
            "a": {"type": "integer", "nullable": True},
            "b": {"$ref": "#/x", "nullable": True},
            "c": {"type": "string", "enum": ["x"], "nullable": True},
        }
    }
    assert convert_nullable(schema)["properties"] == {
        "nullable": {"type": "string"},
        "a": {"type": ["integer", "null"]},
        "b": {"anyOf": [{"$ref": "#/x"}, {"type": "null"}]},
        "c": {"anyOf": [{"type": "string", "enum": ["x"]}, {"type": "null"}]},
    }


def test_missing_specification_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the effective specification the error says what to do."""
    load_specification.cache_clear()

    def find_nothing(package: str) -> Any:
        raise ModuleNotFoundError(package)

    monkeypatch.setattr(specification, "files", find_nothing)
    with pytest.raises(FileNotFoundError, match="regenerate the clients"):
        load_specification("inkeep")
