"""Schemas in one form: what means the same is the same."""

from __future__ import annotations

from typing import Any

import pytest

from dialytics.contracts import compare
from dialytics.contracts._document import Document, Place
from dialytics.contracts._load import Source
from dialytics.contracts._merge import Schemas
from dialytics.contracts._schema import Schema

TEXT = {"type": "string"}
NULLABLE: list[dict[str, Any]] = [
    {"type": "string", "nullable": True},
    {"type": ["string", "null"]},
    {"type": ["null", "string"]},
    {"oneOf": [{"type": "null"}, TEXT]},
    {"anyOf": [TEXT, {"type": "null"}]},
    {"anyOf": [{"$ref": "#/components/schemas/Text"}, {"type": "null"}]},
    {"allOf": [{"$ref": "#/components/schemas/Text"}], "nullable": True},
    {"$ref": "#/components/schemas/Text", "nullable": True},
]


def read(node: Any, *, merge: bool = True, **schemas: Any) -> Schema:
    root = {"openapi": "3.1.0", "components": {"schemas": {"Text": TEXT, **schemas}}}
    document = Document(Source("test", root))
    return Schemas(document, merge=merge).read(Place(node, "/x"))


@pytest.mark.parametrize("node", NULLABLE)
@pytest.mark.parametrize("merge", [True, False])
def test_null_is_one_thing(node: dict[str, Any], *, merge: bool) -> None:
    """A text that may be null is that in all its spellings."""
    if not merge and "allOf" in node:
        pytest.skip("an allOf stays one")
    schema = read(node, merge=merge)
    assert (schema.types, schema.nullable) == (frozenset({"string"}), True)
    assert not schema.lists


@pytest.mark.parametrize("old", NULLABLE)
@pytest.mark.parametrize("new", NULLABLE)
def test_spellings_of_null_do_not_differ(old: Any, new: Any, api: Any) -> None:
    """From one spelling of null to another nothing changes; from none to any one thing does."""
    both = [api(response={"properties": {"a": one}}, schemas={"Text": TEXT}) for one in (old, new)]
    assert not compare(*both).changes
    plain = api(response={"properties": {"a": TEXT}}, schemas={"Text": TEXT})
    (change,) = compare(plain, both[1]).changes
    assert (change.id, change.level) == ("response-property-became-nullable", "breaking")


def test_bounds_of_both_versions_are_one() -> None:
    """``exclusiveMinimum: true`` of 3.0 is the number of 3.1."""
    old = read({"type": "integer", "minimum": 3, "exclusiveMinimum": True})
    assert old.values == read({"type": "integer", "exclusiveMinimum": 3}).values


def test_all_of_is_merged() -> None:
    """Members of an allOf are one schema: all properties, the tighter bound, the common type."""
    parts = [
        {"type": "object", "properties": {"a": {"type": "number"}}, "minProperties": 1},
        {
            "properties": {"a": {"type": "integer"}, "b": TEXT},
            "required": ["b"],
            "minProperties": 2,
        },
    ]
    schema = read({"allOf": parts})
    assert set(schema.properties) == {"a", "b"}
    assert (schema.required, schema.values["minProperties"]) == (frozenset("b"), 2)
    inner = read({"allOf": [parts[0]["properties"]["a"], {"type": "integer"}]})  # type: ignore[index]
    assert inner.types == frozenset({"integer"})


def test_cycles_come_to_an_end() -> None:
    """Schemas that hold themselves, through any keyword, are read and compared."""
    node = {"$ref": "#/components/schemas/Node"}
    cycle = {"allOf": [node, {"properties": {"next": {"allOf": [node, {"$ref": "#/x"}]}}}]}
    schema = read(node, Node=cycle)
    for _ in range(20):
        schema = read(schema.properties["next"].node, Node=cycle)
    assert read({"oneOf": [node]}, Node={"oneOf": [node]}).types is None


@pytest.mark.parametrize(
    "node",
    [
        *(None, True, False, 5, "x", [], {"type": 5}, {"type": [None]}, {"enum": {}}, {"$ref": []}),
        *({"$ref": "#/none"}, {"properties": []}, {"required": True}, {"allOf": {}}),
        *({"minimum": "3"}, {"format": []}, {"discriminator": 1}, {"oneOf": [None]}),
        {"items": [{}]},
    ],
)
def test_malformed_schemas_are_read(node: Any, api: Any) -> None:
    """Whatever stands for a schema, it is read and compared as far as it can be."""
    assert isinstance(read(node), Schema)
    for profile in ("consumer", "oasdiff"):
        compare(api(request=node), api(request=TEXT), profile=profile)
        compare(api(response=TEXT), api(response=node), profile=profile)


def test_references_to_nothing_are_read_alike_each_time() -> None:
    """What is known of a schema that leads nowhere is never taken for another's."""

    def whole(kind: str) -> dict[str, Any]:
        properties: dict[str, Any] = {}
        for number in range(12):
            nothing = {"$ref": f"#/nothing{number}"}
            texts = {"k": nothing, "z": {"type": "string"}}
            kinds = {"k": {"type": kind}, "z": {"type": kind, "maxLength": number + 1}}
            kept = {"type": "object", "properties": texts}
            added = {"type": "object", "properties": kinds}
            properties[f"d{number}"] = nothing
            properties[f"j{number}"] = {"allOf": [kept, added]}
            other = {"$ref": f"#/other{number}"}
            choice = {"$ref": "#/components/schemas/M", "maxLength": number + 2}
            properties[f"r{number}"] = {"oneOf": [other, choice]}
        body = {"application/json": {"schema": {"type": "object", "properties": properties}}}
        answer = {"200": {"description": "fine", "content": body}}
        return {
            "openapi": "3.1.0",
            "paths": {"/a": {"post": {"requestBody": {"content": body}, "responses": answer}}},
            "components": {"schemas": {"M": {"type": kind}}},
        }

    counts = set()
    for number in range(100):
        # Memory differs from one reading to the next.
        room: list[dict[str, Any]] = [{} for _ in range(37 * number % 300)]
        assert compare(whole("string"), whole("string")).changes == []
        counts.add(len(compare(whole("string"), whole("integer")).changes))
        del room
    assert len(counts) == 1
