"""What means the same is no change, however it is written; what differs is one."""

from __future__ import annotations

from typing import Any

import pytest

from dialytics.contracts import compare

TEXT, NUMBER, INTEGER, NULL = ({"type": one} for one in ("string", "number", "integer", "null"))
B, R, C = "breaking", "risky", "compatible"


def an_object(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def both(one: Any, other: Any, api: Any, way: str, versions: tuple[str, str]) -> list[Any]:
    """Two documents that differ in a property of a request, or of a response."""
    return [
        api(**{way: an_object(p=node)}, version=version)
        for node, version in zip((one, other), versions, strict=True)
    ]


A, AB = {**TEXT, "enum": ["a"]}, {**TEXT, "enum": ["a", "b"]}
CAT, DOG = an_object("cat", cat=TEXT), an_object("dog", dog=TEXT)
SAME: list[tuple[Any, Any]] = [
    ({"oneOf": [TEXT, INTEGER]}, {"type": ["string", "integer"]}),
    ({"anyOf": [TEXT, INTEGER]}, {"type": ["integer", "string"]}),
    ({"anyOf": [{**TEXT, "description": "a"}, INTEGER]}, {"oneOf": [INTEGER, TEXT]}),
    ({"anyOf": [NUMBER, INTEGER]}, NUMBER),
    ({"type": ["number", "integer"]}, NUMBER),
    ({"oneOf": [TEXT, INTEGER, NULL]}, {"type": ["string", "integer", "null"]}),
    ({"oneOf": [NULL]}, NULL),
    ({"enum": [None]}, NULL),
    ({"type": "string", "const": "a"}, A),
    ({"const": "a"}, {"enum": ["a"]}),
    ({"enum": ["a"]}, A),
    ({"const": 1}, {"type": "integer", "enum": [1]}),
    ({"enum": [1, 2]}, {"type": "number", "enum": [1, 2]}),
    ({"oneOf": [{"const": "a"}, {"const": "b"}]}, AB),
    ({"type": "string", "oneOf": [{"const": "a"}, {"const": "b", "title": "B"}]}, AB),
    ({"anyOf": [A, {**TEXT, "enum": ["b"]}]}, AB),
    ({"anyOf": [A, TEXT]}, TEXT),
    ({"anyOf": [{}, TEXT]}, {}),
    ({"properties": {"a": TEXT}}, an_object(a=TEXT)),
    ({"items": TEXT}, {"type": "array", "items": TEXT}),
    ({"oneOf": [CAT, DOG]}, {"anyOf": [DOG, CAT]}),
    ({"type": "integer", "maximum": 9}, {"type": "integer", "exclusiveMaximum": 10}),
    ({"type": "integer", "minimum": 3}, {"type": "integer", "exclusiveMinimum": 2}),
    ({**INTEGER, "maximum": 5.0, "default": 1}, {**INTEGER, "maximum": 5, "default": 1.0}),
    ({**TEXT, "contentEncoding": "base64"}, {**TEXT, "format": "byte"}),
    (
        {**TEXT, "contentMediaType": "application/octet-stream"},
        {**TEXT, "format": "binary"},
    ),
]


@pytest.mark.parametrize("pair", SAME, ids=str)
@pytest.mark.parametrize("way", ["request", "response"])
def test_other_words_for_the_same(pair: tuple[Any, Any], way: str, api: Any) -> None:
    """Two ways to write the same do not differ, in either order and direction."""
    for one, other in (pair, pair[::-1]):
        old, new = both(one, other, api, way, ("3.0.3", "3.1.0"))
        assert compare(old, new).changes == []


# A property before and after, what that is called, and its level in a request and in a response.
DIFFERENT: list[tuple[Any, Any, str, str, str]] = [
    (TEXT, NULL, "type-changed", B, "…"),
    ({}, NULL, "type-changed", B, "type-specialized"),
    ({"enum": [0, 1]}, {"enum": [False, True]}, "enum-value-added", C, B),
    ({"enum": [0, 1]}, {"enum": [False, True]}, "enum-value-removed", B, C),
    ({"const": 1}, {"const": True}, "const-changed", B, B),
    ({"default": 1}, {"default": True}, "default-value-changed", R, C),
    ({"const": "a"}, {"enum": ["a", "b"]}, "enum-value-added", C, B),
    ({"enum": ["a", "b"]}, {"const": "a"}, "enum-value-removed", B, C),
    ({"oneOf": [{"const": "a"}, {"const": "b"}]}, A, "enum-value-removed", B, C),
    (TEXT, {"type": ["string", "integer"]}, "list-of-types-widened", C, B),
    ({"oneOf": [TEXT, INTEGER]}, TEXT, "list-of-types-narrowed", B, C),
    ({"type": ["string", "integer"]}, {"type": ["string", "number"]}, "…-widened", C, B),
    ({"anyOf": [CAT, DOG]}, {}, "type-generalized", C, B),
    ({}, {"anyOf": [CAT, DOG]}, "type-changed", B, "type-specialized"),
    (CAT, {"oneOf": [CAT, DOG]}, "one-of-added", C, R),
    ({"anyOf": [CAT, DOG]}, DOG, "any-of-removed", B, C),
    ({**NUMBER, "maximum": 10}, {**NUMBER, "exclusiveMaximum": 10}, "…-max-decreased", B, C),
    ({**NUMBER, "maximum": 10}, {**NUMBER, "exclusiveMaximum": 99}, "…-max-increased", C, C),
    ({**NUMBER, "exclusiveMaximum": 10}, {**NUMBER, "maximum": 5}, "…-max-decreased", B, C),
    ({**NUMBER, "minimum": 5}, {**NUMBER, "exclusiveMinimum": 5}, "…-min-increased", B, C),
    ({**INTEGER, "exclusiveMinimum": 5}, {**INTEGER, "minimum": 5}, "…-min-decreased", C, C),
    (
        {**NUMBER, "maximum": 9, "exclusiveMaximum": 20},
        {**NUMBER, "exclusiveMaximum": 12},
        "…-max-increased",
        C,
        C,
    ),
    ({**INTEGER, "multipleOf": 10}, {**INTEGER, "multipleOf": 5}, "multiple-of-relaxed", C, "…"),
    ({**INTEGER, "multipleOf": 2}, {**INTEGER, "multipleOf": 3}, "multiple-of-changed", B, C),
    (an_object(), an_object("a"), "became-required", B, C),
    (an_object(a=TEXT), {"items": TEXT}, "type-generalized", C, "type-changed"),
    (an_object("a"), an_object(), "became-optional", C, B),
    ({**TEXT, "contentEncoding": "base64"}, {**TEXT, "format": "binary"}, "type-changed", B, "…"),
]


@pytest.mark.parametrize("case", DIFFERENT, ids=str)
def test_alike_but_different(case: Any, api: Any) -> None:
    """What takes more or less than before is told, with its level in each direction."""
    old, new, name, *levels = case
    for way, level in zip(("request", "response"), levels, strict=True):
        report = compare(*both(old, new, api, way, ("3.1.0", "3.1.0")), axes=["wire"])
        found = {
            change.id.removeprefix(f"{way}-property-"): change.level for change in report.changes
        }
        if level in (B, R, C):
            told = [found[one] for one in found if one.endswith(name.lstrip("…"))]
            assert told == [level], found
        else:
            assert level == "…" or level in found, found


def parameter(schema: Any = None, where: str = "query", **more: Any) -> dict[str, Any]:
    return {"name": "q", "in": where, **({} if schema is None else {"schema": schema}), **more}


LIST = {"type": "array", "items": TEXT}
JSON: dict[str, Any] = {"content": {"application/json": {"schema": TEXT}}}
XML: dict[str, Any] = {"content": {"application/xml": {"schema": TEXT}}}
PARAMETERS: list[tuple[Any, Any, dict[str, str]]] = [
    (parameter(TEXT), parameter(TEXT, explode=False), {}),
    (parameter(TEXT), parameter(TEXT, style="pipeDelimited"), {}),
    (parameter(TEXT, "path"), parameter(TEXT, "path", explode=True), {}),
    (parameter(TEXT, "path"), parameter(TEXT, "path", style="label"), {"style-changed": B}),
    (parameter(LIST), parameter(LIST, explode=False), {"explode-changed": B}),
    (parameter(LIST), parameter(LIST, style="pipeDelimited"), {"style-changed": B}),
    (parameter(TEXT), parameter(**JSON), {"content-changed": B}),
    (parameter(**JSON), parameter(TEXT), {"content-changed": B}),
    (parameter(**JSON), parameter(**XML), {"content-changed": B}),
    (
        parameter(**JSON),
        parameter(content={"application/json": {"schema": INTEGER}}),
        {"type-changed": B},
    ),
    (parameter(TEXT), parameter({**TEXT, "default": "a"}), {"default-value-added": R}),
    (parameter(TEXT, required=True), parameter({**TEXT, "default": "a"}, required=True), {}),
]


@pytest.mark.parametrize(("old", "new", "expected"), PARAMETERS)
def test_parameters_by_what_is_sent(
    old: Any, new: Any, expected: Any, api: Any, changed: Any
) -> None:
    """What a request looks like decides, not how a parameter says it."""
    found = changed(api(parameters=[old]), api(parameters=[new]))
    assert found == {f"request-parameter-{name}": level for name, level in expected.items()}


RESPONSES: list[tuple[Any, Any, dict[str, str]]] = [
    (["200"], ["2XX"], {"response-success-status-added": R}),
    (["2XX"], ["200"], {}),
    (["200", "404"], ["200", "4XX"], {}),
    (["200", "404", "500"], ["200", "default"], {}),
    (["200", "4XX"], ["200", "404"], {}),
    (["200", "404"], ["200", "5XX"], {"response-non-success-status-…": R}),
    (["200"], ["default"], {"response-success-status-removed": B, "response-default-added": R}),
]


@pytest.mark.parametrize(("old", "new", "expected"), RESPONSES)
def test_statuses_and_their_ranges(
    old: Any, new: Any, expected: Any, api: Any, changed: Any
) -> None:
    """A range of statuses holds each of them, and the default each error."""
    olds, news = ({one: {"description": "a"} for one in names} for names in (old, new))
    found = changed(api(responses=olds), api(responses=news))
    if any("…" in name for name in expected):
        expected = {name: R for name in found if name.startswith("response-non-success")}
        assert len(expected) == 2
    assert found == expected


def test_bodies_are_compared_across_ranges(api: Any, changed: Any) -> None:
    """What an error's answer holds is compared with what the range's answer does."""

    def answer(status: str, schema: Any) -> dict[str, Any]:
        content = {"application/json": {"schema": schema}}
        return api(responses={status: {"description": "a", "content": content}})  # type: ignore[no-any-return]

    old, new = answer("404", an_object("a", a=TEXT)), answer("4XX", an_object(a=TEXT))
    assert changed(old, new) == {"response-property-became-optional": B}


HIDDEN = {"readOnly": True}
UNSEEN: list[tuple[Any, Any, set[str]]] = [
    (an_object(p={**TEXT, **HIDDEN}), an_object(p={**INTEGER, **HIDDEN}), {C}),
    (an_object(p={**TEXT, **HIDDEN}), an_object(), {C}),
    (
        an_object(p={**an_object(a=TEXT), **HIDDEN}),
        an_object(p={**an_object(a=INTEGER), **HIDDEN}),
        {C},
    ),
    (an_object(p=TEXT), an_object(p=INTEGER), {B}),
]


@pytest.mark.parametrize(("old", "new", "expected"), UNSEEN)
def test_what_nobody_sends(old: Any, new: Any, expected: Any, api: Any) -> None:
    """A read-only property breaks no request, and a write-only one no response."""
    levels = {change.level for change in compare(api(request=old), api(request=new)).changes}
    assert levels == expected
    turn = {"readOnly": "writeOnly"}
    olds, news = (_rename(one, turn) for one in (old, new))
    if new["properties"]:
        levels = {one.level for one in compare(api(response=olds), api(response=news)).changes}
        assert levels == expected


def _rename(node: Any, names: dict[str, str]) -> Any:
    if not isinstance(node, dict):
        return node
    return {names.get(key, key): _rename(value, names) for key, value in node.items()}


BODY = {"content": {"application/json": {"schema": TEXT}}}
INBOUND: list[tuple[Any, Any, dict[str, str]]] = [
    (None, {**BODY, "required": True}, {"response-body-added-required": C}),
    (None, BODY, {"response-body-added-optional": C}),
    (BODY, None, {"response-body-removed": B}),
    (BODY, {**BODY, "required": True}, {"response-body-became-required": C}),
    ({**BODY, "required": True}, BODY, {"response-body-became-optional": B}),
    (BODY, {"content": {"application/json": {}}}, {"response-body-media-type-schema-removed": B}),
    ({"content": {"application/json": {}}}, BODY, {"response-body-media-type-schema-added": C}),
    (
        BODY,
        {"content": {**BODY["content"], "text/csv": {}}},
        {"response-body-media-type-added": R},
    ),
    (
        {"content": {**BODY["content"], "text/csv": {}}},
        BODY,
        {"response-body-media-type-removed": B},
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), INBOUND)
def test_bodies_that_the_client_gets(
    old: Any, new: Any, expected: Any, api: Any, changed: Any
) -> None:
    """The body of a webhook, and of a callback, is read: more of it breaks nobody."""
    pair = [
        {"post": {"responses": {}, **({"requestBody": one} if one else {})}} for one in (old, new)
    ]
    olds, news = ({**api(), "webhooks": {"event": item}} for item in pair)
    assert changed(olds, news) == expected
    olds, news = (api(callbacks={"event": {"{$url}": item}}) for item in pair)
    assert changed(olds, news) == expected


def test_encoding_of_parts(api: Any, changed: Any) -> None:
    """How a form's part is written matters; a default that is written out changes nothing."""

    def form(**encoding: Any) -> Any:
        media = {"schema": an_object(a=TEXT), "encoding": {"a": encoding}}
        return api(requestBody={"content": {"multipart/form-data": media}})

    name = "request-body-encoding-changed"
    assert changed(form(contentType="text/csv"), form(contentType="text/xml")) == {name: B}
    assert changed(form(style="form"), form(style="pipeDelimited")) == {name: B}
    assert changed(form(allowReserved=True), form()) == {name: B}
    assert changed(form(), form(style="form", explode=True, allowReserved=False)) == {}


def test_variants_under_another_name(api: Any, changed: Any) -> None:
    """A variant that has another name now is compared with what it was; another one is not."""

    def choice(name: str, schema: Any) -> Any:
        variants = [{"$ref": f"#/components/schemas/{name}"}, DOG]
        return api(response={"oneOf": variants}, schemas={name: schema})

    old = choice("Cat", an_object("a", "b", a=TEXT, b=TEXT))
    names = {"api-schema-removed": C, "api-schema-added": C}
    found = changed(old, choice("Tom", an_object("a", a=TEXT, b=TEXT)))
    assert found == {**names, "response-property-became-optional": B}
    found = changed(old, choice("Tom", an_object("a", a=TEXT, c=TEXT)))
    assert found == {**names, "response-body-one-of-removed": C, "response-body-one-of-added": R}


def test_nullable_in_swagger(api: Any) -> None:
    """Swagger 2 has no null; the extension that everybody writes instead is one."""

    def swagger(**more: Any) -> dict[str, Any]:
        schema = {**TEXT, **more}
        answer = {"200": {"description": "a", "schema": schema}}
        return {"swagger": "2.0", "paths": {"/bots": {"post": {"responses": answer}}}}

    (change,) = compare(swagger(), swagger(**{"x-nullable": True})).changes
    assert (change.id, change.level) == ("response-body-became-nullable", B)


DOCS: list[tuple[Any, Any, list[str]]] = [
    ({**TEXT, "example": "x"}, {**TEXT, "examples": ["x"]}, []),
    (
        {**TEXT, "example": "x"},
        {**TEXT, "examples": ["y"]},
        ["example-changed", "examples-changed"],
    ),
    ({**TEXT, "example": 1}, {**TEXT, "example": True}, ["example-changed"]),
    ({"default": {"title": "a"}}, {"default": {"title": "b"}}, []),
    ({"enum": [{"title": "a"}]}, {"enum": [{"title": "b"}]}, []),
    ({"x-more": {"title": "a"}}, {"x-more": {"title": "b"}}, []),
    (an_object(title={"title": "a"}), an_object(title={"title": "b"}), ["title-changed"]),
    ({"patternProperties": {"title": TEXT}}, {"patternProperties": {"title": INTEGER}}, []),
    ({"dependentSchemas": {"example": TEXT}}, {"dependentSchemas": {"example": INTEGER}}, []),
]


@pytest.mark.parametrize(("old", "new", "expected"), DOCS)
def test_documentation_is_told_from_data(old: Any, new: Any, expected: Any, api: Any) -> None:
    """A text is one where the document says it, not inside a value, and not where names stand."""
    report = compare(api(request=old), api(request=new), axes=["docs"])
    assert [change.id for change in report.changes] == expected


@pytest.mark.parametrize(
    "kind",
    [
        "parameters",
        "requestBodies",
        "securitySchemes",
        "links",
        "callbacks",
        "pathItems",
        "headers",
    ],
)
def test_components_may_be_called_as_texts_are(kind: str, api: Any) -> None:
    """A component called ``title`` is no title."""
    old, new = api(), api()
    old["components"][kind], new["components"][kind] = {"title": {"a": 1}}, {"title": {"a": 2}}
    assert compare(old, new, axes=["docs"]).changes == []


def test_examples_of_bodies(api: Any) -> None:
    """One example and a map of one are the same."""

    def body(**media: Any) -> Any:
        return api(requestBody={"content": {"application/json": media}})

    old, new = body(example={"a": 1}), body(examples={"first": {"value": {"a": 1}}})
    assert compare(old, new, axes=["docs"]).changes == []


def test_documentation_names_the_operation(api: Any) -> None:
    """A text of an operation is told with the operation, and one of the document with none."""
    old, new = api(summary="a"), api(summary="b")
    new["info"]["title"] = "other"
    found = {one.pointer: one.operations for one in compare(old, new).changes}
    assert found == {"/info/title": [], "/paths/~1bots/post/summary": ["POST /bots"]}


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ({"minimum": 5}, False),
        ({"minimum": 6}, True),
        ({"exclusiveMinimum": 5}, True),
        ({"minimum": 1, "exclusiveMinimum": 5}, True),
        ({"minimum": 6, "exclusiveMinimum": 1}, True),
        ({"maximum": 7}, False),
        ({"maximum": 6}, True),
        ({"exclusiveMaximum": 7}, True),
        ({"exclusiveMaximum": 8}, False),
    ],
)
def test_bounds_of_listed_values(bounds: Any, api: Any, *, told: bool) -> None:
    """A bound that each of the values keeps binds nobody who sends them."""
    values = {**INTEGER, "enum": [5, 7]}
    old, new = both(values, {**values, **bounds}, api, "request", ("3.1.0", "3.1.0"))
    assert bool(compare(old, new).changes) == told
