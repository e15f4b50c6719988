"""The wire: what breaks a running client, by table."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from typing import Any

import pytest

from dialytics.contracts import ContractError, compare

TEXT = {"type": "string"}
B, R, C = "breaking", "risky", "compatible"


def an_object(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


NUMBER, INTEGER, OBJECT, LIST = ({"type": one} for one in ("number", "integer", "object", "array"))
AB = {**TEXT, "enum": ["a", "b"]}

# A property before and after, and what that is in a request and in a response.
FACETS: list[tuple[Any, Any, str, str]] = [
    (TEXT, INTEGER, "type-changed B", "type-changed B"),
    (INTEGER, NUMBER, "type-generalized C", "type-generalized B"),
    (NUMBER, INTEGER, "type-changed B", "type-specialized C"),
    (TEXT, {**TEXT, "maxLength": 5}, "max-length-set R", "max-length-set C"),
    ({**TEXT, "maxLength": 9}, {**TEXT, "maxLength": 5}, *("max-length-decreased B", "… C")),
    (TEXT, {**TEXT, "minLength": 5}, "min-length-increased B", "… C"),
    (AB, {**TEXT, "maxLength": 1}, "became-not-enum C", "became-not-enum B, max-length-set C"),
    (TEXT, AB, "became-enum B", "… C"),
    (AB, TEXT, "became-not-enum C", "… B"),
    (AB, {**TEXT, "enum": ["a"]}, "enum-value-removed B", "… C"),
    ({**TEXT, "enum": ["a"]}, AB, "enum-value-added C", "… B"),
    (TEXT, {**TEXT, "pattern": "a"}, "pattern-added B", "… C"),
    ({**TEXT, "pattern": "a"}, {**TEXT, "pattern": "b"}, "pattern-changed R", "… C"),
    (LIST, {**LIST, "uniqueItems": True}, "unique-items-set B", "… C"),
    (INTEGER, {**INTEGER, "multipleOf": 5}, "multiple-of-set B", "… C"),
    (TEXT, {**TEXT, "default": "a"}, "default-value-added R", "… C"),
    (TEXT, {**TEXT, "const": "a"}, "const-added B", "… C"),
    (OBJECT, {**OBJECT, "additionalProperties": False}, "additional-properties-closed B", "… C"),
    (OBJECT, {**OBJECT, "maxProperties": 1}, "max-properties-set B", "… C"),
    (TEXT, {**TEXT, "deprecated": True}, "deprecated R", "… R"),
]

LEVELS = {"B": B, "R": R, "C": C}


def read_expected(text: str, prefix: str = "") -> dict[str, str]:
    pairs = [one.split() for one in text.split(", ") if one]
    return {f"{prefix}{name}": LEVELS[level] for name, level in pairs}


@pytest.mark.parametrize("case", FACETS, ids=[f"{one[2]} {one[3]}" for one in FACETS])
def test_facets_of_a_property(case: tuple[Any, Any, str, str], api: Any, changed: Any) -> None:
    """A keyword's change has its level in each direction, and only that change is reported."""
    old, new, sent, got = case
    got = got.replace("…", sent.split()[0])
    olds, news = an_object(a=old), an_object(a=new)
    expected = read_expected(sent, "request-property-")
    assert changed(api(request=olds), api(request=news)) == expected
    expected = read_expected(got, "response-property-")
    assert changed(api(response=olds), api(response=news)) == expected


NEEDED, KNOWN, EMPTY = an_object("a", a=TEXT), an_object(a=TEXT), an_object()
PROPERTIES: list[tuple[Any, Any, str, str]] = [
    (EMPTY, KNOWN, "new-optional-request-property C", "response-optional-property-added C"),
    (EMPTY, NEEDED, "new-required-request-property B", "response-required-property-added C"),
    (KNOWN, EMPTY, "request-property-removed R", "response-optional-property-removed R"),
    (NEEDED, EMPTY, "request-property-removed R", "response-required-property-removed B"),
    (KNOWN, NEEDED, "request-property-became-required B", "response-property-became-required C"),
    (NEEDED, KNOWN, "request-property-became-optional C", "response-property-became-optional B"),
]


@pytest.mark.parametrize("case", PROPERTIES)
def test_properties_come_and_go(case: tuple[Any, Any, str, str], api: Any, changed: Any) -> None:
    """A property that comes, goes, or is needed now means its own in each direction."""
    old, new, sent, got = case
    assert changed(api(request=old), api(request=new)) == read_expected(sent)
    assert changed(api(response=old), api(response=new)) == read_expected(got)


def parameter(name: str, where: str = "query", **more: Any) -> dict[str, Any]:
    return {"name": name, "in": where, "schema": TEXT, **more}


PARAMETERS: list[tuple[list[Any], list[Any], dict[str, str]]] = [
    ([], [parameter("a")], {"new-optional-request-parameter": C}),
    ([], [parameter("a", required=True)], {"new-required-request-parameter": B}),
    ([parameter("a")], [], {"request-parameter-removed": R}),
    ([parameter("a")], [parameter("a", required=True)], {"request-parameter-became-required": B}),
    ([parameter("a")], [parameter("a", deprecated=True)], {"request-parameter-deprecated": R}),
    (
        [parameter("a")],
        [parameter("a", schema={**TEXT, "maxLength": 3})],
        {"request-parameter-max-length-set": R},
    ),
    (
        [parameter("a", schema=LIST)],
        [parameter("a", schema=LIST, style="pipeDelimited")],
        {"request-parameter-style-changed": B},
    ),
    (
        [parameter("a", schema=LIST)],
        [parameter("a", schema=LIST, explode=False)],
        {"request-parameter-explode-changed": B},
    ),
    ([parameter("a", explode=True)], [parameter("a")], {}),
    ([parameter("a", "header")], [parameter("A", "header")], {}),
    ([parameter("a"), parameter("b")], [parameter("b"), parameter("a")], {}),
    (
        [parameter("a"), parameter("b")],
        [parameter("x", schema=an_object(a=TEXT, b=TEXT))],
        {},
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), PARAMETERS)
def test_parameters(old: Any, new: Any, expected: Any, api: Any, changed: Any) -> None:
    """A parameter's change has its level; other spellings of the same request are no change."""
    assert changed(api(parameters=old), api(parameters=new)) == expected


def test_parameters_of_a_path_are_those_of_its_operations(api: Any, changed: Any) -> None:
    """To a client it is all the same where a parameter is written."""
    old, new = api(parameters=[parameter("a")]), api()
    new["paths"]["/bots"]["parameters"] = [{"$ref": "#/components/parameters/A"}]
    new["components"]["parameters"] = {"A": parameter("a")}
    assert changed(old, new) == {}
    assert changed(new, old) == {}
    assert changed(old, new, "oasdiff") != {}  # which does not look there by default


def test_path_parameters_may_be_renamed(api: Any, changed: Any) -> None:
    """A path is the same whatever its parameters are called, and named as in the old document."""
    old, new = api(parameters=[parameter("bot", "path")]), api(parameters=[parameter("id", "path")])
    old["paths"] = {"/bots/{bot}": old["paths"]["/bots"]}
    new["paths"] = {"/bots/{id}": new["paths"]["/bots"]}
    assert changed(old, new) == {}
    new["paths"]["/bots/{id}"]["post"]["operationId"] = "x"
    (change,) = compare(old, new).changes
    assert change.operations == ["POST /bots/{bot}"]


def test_a_component_is_reported_once(api: Any) -> None:
    """A change in a component is one change, with each operation that it reaches."""
    bot = {"$ref": "#/components/schemas/Bot"}
    old = api(response={"type": "array", "items": bot}, schemas={"Bot": an_object(a=TEXT, b=bot)})
    old["paths"]["/all"] = {"get": old["paths"]["/bots"]["post"]}
    new = copy.deepcopy(old)
    new["components"]["schemas"]["Bot"]["properties"]["a"] = {"type": "integer"}
    (change,) = compare(old, new).changes
    assert change.operations == ["POST /bots", "GET /all"]
    assert change.pointer == "/components/schemas/Bot/properties/a"


def test_moving_a_schema_is_no_change(api: Any, changed: Any) -> None:
    """An inline schema that becomes a component, or an allOf of one, is the same schema."""
    inline = an_object("a", a=TEXT)
    named = {"$ref": "#/components/schemas/Bot"}
    for wrapped in (
        named,
        {"allOf": [named]},
        {"oneOf": [named]},
        {"allOf": [named, {"title": "x"}]},
    ):
        new = api(request=wrapped, schemas={"Bot": inline})
        assert changed(api(request=inline), new) == {"api-schema-added": C}


def test_read_only_properties_are_not_sent(api: Any, changed: Any) -> None:
    """A property that only answers have is no new duty of requests."""
    new = an_object("a", a={**TEXT, "readOnly": True})
    assert changed(api(request=an_object()), api(request=new)) == {}


def security(*alternatives: dict[str, list[str]]) -> dict[str, Any]:
    return {"security": list(alternatives)}


SECURITY: list[tuple[Any, Any, dict[str, str]]] = [
    ({}, security({"key": []}), {"api-security-added": B}),
    (security({"key": []}), {}, {"api-security-removed": C}),
    (security({"key": []}), security({"key": []}, {"other": []}), {"api-security-added": C}),
    (
        security({"key": []}),
        security({"other": []}),
        {"api-security-added": B, "api-security-removed": B},
    ),
    (security({"key": ["r"]}), security({"key": ["r", "w"]}), {"api-security-scope-added": B}),
    (security({"key": ["r", "w"]}), security({"key": ["r"]}), {"api-security-scope-removed": C}),
    (security({}, {"key": []}), security({"key": []}), {"api-security-removed": B}),
]


@pytest.mark.parametrize(("old", "new", "expected"), SECURITY)
def test_security(old: Any, new: Any, expected: Any, api: Any, changed: Any) -> None:
    """What matters is whether the credentials that were enough still are."""
    assert changed(api(**old), api(**new)) == expected


def test_security_of_the_document_is_inherited(api: Any, changed: Any) -> None:
    """Writing the document's security at an operation changes nothing for its callers."""
    old, new = api(), api(**security({"key": []}))
    old["security"] = new["security"] = [{"key": []}]
    assert changed(old, new) == {}


def test_webhooks_run_the_other_way(api: Any, changed: Any) -> None:
    """What a vendor calls with may grow: the client reads it."""
    old, new = api(request=an_object()), api(request=an_object("a", a=TEXT))
    for one in (old, new):
        one["webhooks"] = {"event": one.pop("paths")["/bots"]}
    assert changed(old, new) == {"response-required-property-added": C}
    (change,) = compare(old, new, profile="oasdiff").changes
    assert (change.id, change.operations) == (
        "new-required-request-property",
        ["POST webhook:event"],
    )
    new["webhooks"] = {}
    (change,) = compare(old, new).changes
    assert (change.id, change.level, change.operations) == ("webhook-removed", B, [])


def test_callbacks_are_compared(api: Any, changed: Any) -> None:
    """A callback's request is read by the client too."""
    old, new = (
        api(callbacks={"done": {"{url}": api(request=one)["paths"]["/bots"]}})
        for one in (an_object(a=TEXT), an_object(a={"type": "integer"}))
    )
    assert changed(old, new) == {"response-property-type-changed": B}


def test_removal(api: Any, changed: Any) -> None:
    """To a client an operation that is gone is gone; oasdiff asks whether it was announced."""
    tomorrow = str(date.today() + timedelta(days=2))  # noqa: DTZ011  # any day will do
    empty = {**api(), "paths": {}}
    for more, name, level in (
        ({}, "without-deprecation", "error"),
        ({"deprecated": True}, "with-deprecation", "info"),
        ({"deprecated": True, "x-sunset": tomorrow}, "before-sunset", "error"),
        ({"deprecated": True, "x-sunset": "2020-01-01"}, "with-deprecation", "info"),
    ):
        assert changed(api(**more), empty, "oasdiff") == {f"api-path-removed-{name}": level}
        assert changed(api(**more), empty) == {f"api-path-removed-{name}": B}


def test_swagger_2_is_lifted(changed: Any) -> None:
    """A Swagger 2 document equals the OpenAPI 3 document that says the same."""
    swagger = {
        "swagger": "2.0",
        "host": "api.test",
        "basePath": "/v1",
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "paths": {
            "/bots": {
                "post": {
                    "parameters": [
                        {"name": "q", "in": "query", "type": "string", "maxLength": 5},
                        {"name": "body", "in": "body", "schema": {"$ref": "#/definitions/Bot"}},
                    ],
                    "responses": {"200": {"schema": {"$ref": "#/definitions/Bot"}}},
                }
            }
        },
        "definitions": {"Bot": an_object(a=TEXT)},
    }
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/Bot"}}}
    lifted = {
        "openapi": "3.0.3",
        "servers": [{"url": "https://api.test/v1"}],
        "paths": {
            "/bots": {
                "post": {
                    "parameters": [parameter("q", schema={**TEXT, "maxLength": 5})],
                    "requestBody": {"content": body},
                    "responses": {"200": {"content": body}},
                }
            }
        },
        "components": {"schemas": {"Bot": an_object(a=TEXT)}},
    }
    assert changed(swagger, lifted) == {}
    assert changed(lifted, swagger) == {}


def test_arguments_are_checked() -> None:
    """An unknown profile or axis is refused, with those that there are."""
    wrong: list[dict[str, Any]] = [
        {"profile": "strict"},
        {"axes": ["wire", "air"]},
        {"axes": "air"},
    ]
    for arguments in wrong:
        with pytest.raises(ContractError, match="unknown; use"):
            compare({}, {}, **arguments)
