"""JSON Schema's rarer keywords, in both directions, with oasdiff's levels."""

from __future__ import annotations

from typing import Any

import pytest

from dialytics.contracts import compare

TEXT, INTEGER = {"type": "string"}, {"type": "integer"}
LIST = {"type": "array"}
E, W, I = "error", "warning", "info"  # noqa: E741  # oasdiff's levels

# What a property gains, what it is called, and its level in a request and in a response; taking it
# away again is called the same with "removed", and turns the levels round.
GAINED: list[tuple[dict[str, Any], str]] = [
    ({"if": TEXT}, "if"),
    ({"then": TEXT}, "then"),
    ({"else": TEXT}, "else"),
    ({"contains": TEXT, "minContains": 2}, "contains"),
    ({"propertyNames": TEXT}, "property-names"),
    ({"unevaluatedItems": False}, "unevaluated-items"),
    ({"unevaluatedProperties": TEXT}, "unevaluated-properties"),
    ({"contentSchema": TEXT}, "content-schema"),
    ({"patternProperties": {"^x": TEXT}}, "pattern-property"),
    ({"dependentSchemas": {"a": TEXT}}, "dependent-schema"),
    ({"dependentRequired": {"a": ["b"]}}, "dependent-required"),
    ({"const": 5}, "const"),
    ({"const": None}, "const"),
]


@pytest.mark.parametrize(("more", "name"), GAINED)
def test_keywords_come_and_go(more: Any, name: str, api: Any, changed: Any) -> None:
    """A new condition narrows: an error for who sends, nothing for who reads."""
    plain, bound = {"properties": {"a": LIST}}, {"properties": {"a": {**LIST, **more}}}
    for way, added, removed in (("request", E, I), ("response", I, E)):
        old, new = api(**{way: plain}), api(**{way: bound})
        assert changed(old, new, "oasdiff") == {f"{way}-property-{name}-added": added}
        assert changed(new, old, "oasdiff") == {f"{way}-property-{name}-removed": removed}


CHANGED: list[tuple[Any, Any, str, str, str]] = [
    ({"const": 1}, {"const": 2}, "const-changed", E, E),
    ({"contentEncoding": "a"}, {"contentEncoding": "b"}, "content-encoding-changed", E, E),
    ({"contentMediaType": "a/b"}, {}, "content-media-type-changed", E, E),
    (
        {"dependentRequired": {"a": ["b"]}},
        {"dependentRequired": {"a": ["c"]}},
        "dependent-required-changed",
        E,
        E,
    ),
    (
        {"contains": {}, "minContains": 1},
        {"contains": {}, "minContains": 2},
        "min-contains-increased",
        E,
        I,
    ),
    (
        {"contains": {}, "maxContains": 1},
        {"contains": {}, "maxContains": 2},
        "max-contains-increased",
        I,
        E,
    ),
    ({"contains": {}}, {"contains": {}, "maxContains": 2}, "max-contains-decreased", E, I),
    ({"prefixItems": [TEXT]}, {"prefixItems": [TEXT, TEXT]}, "prefix-items-added", I, E),
    (
        {"discriminator": {"propertyName": "a"}},
        {"discriminator": {"propertyName": "b"}},
        "discriminator-property-name-changed",
        I,
        I,
    ),
    ({}, {"discriminator": {"propertyName": "a"}}, "discriminator-added", I, I),
    (
        {"discriminator": {"mapping": {"a": "A"}}},
        {"discriminator": {"mapping": {"a": "B"}}},
        "discriminator-mapping-changed",
        I,
        I,
    ),
    (
        {"discriminator": {"mapping": {"a": "#/components/schemas/A"}}},
        {"discriminator": {"mapping": {"a": "A", "b": "B"}}},
        "discriminator-mapping-added",
        I,
        I,
    ),
    ({}, {"allOf": [{"minItems": 1}]}, "all-of-added", E, I),
    ({"allOf": [{"minItems": 1}]}, {}, "all-of-removed", W, I),
    ({}, {"allOf": [{"title": "x"}]}, "all-of-added-annotation-only", I, I),
    ({}, {"anyOf": [LIST, {"items": TEXT}]}, "any-of-added", I, I),
    ({"type": ["array", "null"]}, {}, "became-not-nullable", E, I),
    ({"default": [1]}, {"default": [2]}, "default-value-changed", I, I),
    ({"maxItems": 3, "readOnly": False}, {"maxItems": 3}, "", I, I),
]


@pytest.mark.parametrize("case", CHANGED)
def test_keywords_change(case: Any, api: Any, changed: Any) -> None:
    """A keyword's change has its level in each direction, and is the only one reported."""
    old, new, name, *levels = case
    for way, level in zip(("request", "response"), levels, strict=True):
        olds, news = ({"properties": {"a": {**LIST, **one}}} for one in (old, new))
        expected = {f"{way}-property-{name}": level} if name else {}
        assert changed(api(**{way: olds}), api(**{way: news}), "oasdiff") == expected


@pytest.mark.parametrize(
    "path",
    [
        "items",
        "additionalProperties",
        "if",
        "then",
        "else",
        "contains",
        "propertyNames",
        "unevaluatedItems",
        "unevaluatedProperties",
        "contentSchema",
    ],
)
def test_schemas_below_keywords_are_compared(path: str, api: Any, changed: Any) -> None:
    """A change below a keyword is found wherever a schema may stand."""
    old, new = (api(request={path: {**TEXT, "minLength": size}}) for size in (1, 3))
    assert changed(old, new) == {"request-property-min-length-increased": "breaking"}


P, Q = {"properties": {"p": TEXT}}, {"properties": {"p": TEXT, "q": TEXT}}
# What is forbidden before and after, what that is called, its levels in a request and a response.
FORBIDDEN: list[tuple[Any, Any, str, str, str]] = [
    ({"maxLength": 5}, {"maxLength": 3}, "max-length-decreased", "compatible", "compatible"),
    ({"maxLength": 3}, {"maxLength": 5}, "max-length-increased", "breaking", "compatible"),
    ({"minLength": 5}, {"minLength": 3}, "min-length-decreased", "breaking", "compatible"),
    ({**P, "pattern": "a"}, P, "pattern-removed", "breaking", "compatible"),
    ({"pattern": "a"}, {"pattern": "b"}, "pattern-changed", "risky", "compatible"),
    ({"enum": ["a"]}, {"enum": ["a", "b"]}, "enum-value-added", "breaking", "compatible"),
    ({"enum": ["a", "b"]}, {"enum": ["a"]}, "enum-value-removed", "compatible", "breaking"),
    (INTEGER, {"type": "number"}, "type-generalized", "breaking", "compatible"),
    ({"type": "number"}, INTEGER, "…", "compatible", "breaking"),
    (TEXT, {"type": ["string", "null"]}, "became-nullable", "breaking", "compatible"),
    ({"anyOf": [P, LIST]}, {"anyOf": [P, LIST, INTEGER]}, "any-of-added", "breaking", "compatible"),
    ({**P, "required": ["p"]}, P, "became-optional", "breaking", "compatible"),
    (P, {**P, "required": ["p"]}, "became-required", "compatible", "breaking"),
    (P, Q, "…", "compatible", "risky"),
    (Q, P, "…", "breaking", "compatible"),
    (P, {**P, "minProperties": 2}, "min-properties-set", "compatible", "compatible"),
    ({"not": {"maxLength": 5}}, {"not": {"maxLength": 3}}, "…", "breaking", "compatible"),
    ({"multipleOf": 10}, {"multipleOf": 5}, "…", "breaking", "compatible"),
    ({"multipleOf": 5}, {"multipleOf": 10}, "…", "compatible", "compatible"),
]


@pytest.mark.parametrize("case", FORBIDDEN, ids=str)
def test_not_turns_round(case: Any, api: Any) -> None:
    """What may be is more where the forbidden is less; the id still tells where that is."""
    old, new, name, *levels = case
    for way, level in zip(("request", "response"), levels, strict=True):
        report = compare(api(**{way: {"not": old}}), api(**{way: {"not": new}}), axes=["wire"])
        (change,) = report.changes
        assert change.level == level
        assert way in change.id
        assert change.id == f"{way}-property-{name}" or name == "…"


def test_endless_schemas(api: Any, changed: Any) -> None:
    """A schema that comes to hold itself is compared as far as both sides go."""
    node = {"$ref": "#/components/schemas/Node"}
    schemas = {"Node": {"type": "object", "properties": {"next": {"type": "object"}}}}
    endless = {"Node": {"type": "object", "properties": {"next": node}}}
    old, new = api(response=node, schemas=schemas), api(response=node, schemas=endless)
    assert changed(old, new) == {"response-optional-property-added": "compatible"}
    assert changed(old, new, "oasdiff") == {}
    assert changed(new, old, "oasdiff") == {}


def test_default_makes_a_requirement_no_softer(api: Any, changed: Any) -> None:
    """A newly required property with a default is judged by the contract, not by the server."""
    optional = {"properties": {"a": {**TEXT, "default": "x"}}}
    for old, name in ((optional, "property-became-required"), ({}, "property")):
        prefix = "new-required-request-" if name == "property" else "request-"
        found = changed(api(request=old), api(request={**optional, "required": ["a"]}), "oasdiff")
        assert found == {f"{prefix}{name}-with-default": E}


def test_read_only_properties_have_their_own_ids(api: Any, changed: Any) -> None:
    """Who cannot send a property is not bound by it; who never gets one neither."""
    old: Any
    new: Any
    old, new = ({"properties": {"a": {**TEXT, "readOnly": True, "maxLength": n}}} for n in (5, 3))
    found = changed(api(request=old), api(request=new), "oasdiff")
    assert found == {"request-read-only-property-max-length-decreased": I}
    old, new = (
        {"properties": {"a": {**TEXT, "writeOnly": True, "enum": values}}}
        for values in (["a"], ["a", "b"])
    )
    found = changed(api(response=old), api(response=new), "oasdiff")
    assert found == {"response-write-only-property-enum-value-added": I}
    old, new = ({"properties": {"a": {**TEXT, "writeOnly": on}}} for on in (False, True))
    found = changed(api(response=old), api(response=new), "oasdiff")
    assert found == {"response-optional-property-became-write-only": I}
