"""Around the schemas: answers, media types, headers, servers, schemes, lifecycle and choices."""

from __future__ import annotations

from typing import Any

import pytest

from dialytics.contracts import compare

TEXT = {"type": "string"}
B, R, C = "breaking", "risky", "compatible"
Table = list[tuple[Any, Any, dict[str, str]]]


def answer(content: Any = None, **more: Any) -> dict[str, Any]:
    return {"description": "fine", **({"content": content} if content else {}), **more}


def media(*names: str, schema: Any = None) -> dict[str, Any]:
    return {name: {} if schema is None else {"schema": schema} for name in names}


RESPONSES: Table = [
    ({"200": answer()}, {"200": answer(), "201": answer()}, {"response-success-status-added": R}),
    ({"200": answer(), "201": answer()}, {"200": answer()}, {"response-success-status-removed": B}),
    ({}, {"404": answer()}, {"response-non-success-status-added": R}),
    ({"404": answer()}, {}, {"response-non-success-status-removed": R}),
    ({"default": answer()}, {}, {"response-default-removed": C}),
    ({}, {"default": answer()}, {"response-default-added": R}),
    ({"2XX": answer()}, {"2xx": answer()}, {}),
    ({"weird": answer()}, {}, {}),
    ({"200": answer(media("a/b"))}, {"200": answer()}, {"response-media-type-removed": B}),
    ({"200": answer()}, {"200": answer(media("a/b"))}, {"response-media-type-added": R}),
    ({"200": answer(media("a/b; c=d"))}, {"200": answer(media("A/B;c=d"))}, {}),
    (
        {"200": answer(media("application/json"))},
        {"200": answer(media("application/hal+json"))},
        {"response-media-type-name-specialized": C},
    ),
    (
        {"200": answer(media("application/hal+json"))},
        {"200": answer(media("application/json"))},
        {"response-media-type-name-generalized": B},
    ),
    (
        {"200": answer(media("a/b", schema=TEXT))},
        {"200": answer(media("a/b"))},
        {"response-body-media-type-schema-removed": B},
    ),
    (
        {"200": answer(media("a/b"))},
        {"200": answer(media("a/b", schema=TEXT))},
        {"response-body-media-type-schema-added": C},
    ),
    (
        {"200": answer(media("application/xml", schema=TEXT))},
        {"200": answer(media("application/xml", schema={"type": "integer"}))},
        {"response-body-type-compatible": C},
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), RESPONSES)
def test_responses(old: Any, new: Any, expected: Any, api: Any, changed: Any) -> None:
    """Statuses, media types and schemas come and go, each with its own level."""
    assert changed(api(responses=old), api(responses=new)) == expected


HEADERS: Table = [
    ({"A": {"required": True}}, {}, {"required-response-header-removed": "error"}),
    ({"A": {}}, {}, {"optional-response-header-removed": "warning"}),
    ({}, {"A": {}}, {"response-header-added": "info"}),
    ({"A": {"required": True}}, {"a": {}}, {"response-header-became-optional": "error"}),
    (
        {"A": {"schema": {"type": "integer"}}},
        {"A": {"schema": TEXT}},
        {"response-header-type-changed": "error"},
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), HEADERS)
def test_headers(old: Any, new: Any, expected: Any, api: Any, changed: Any) -> None:
    """Headers of answers matter to oasdiff, and not to clients that do not model them."""
    olds, news = ({"200": answer(headers=one)} for one in (old, new))
    assert changed(api(responses=olds), api(responses=news), "oasdiff") == expected
    levels = changed(api(responses=olds), api(responses=news)).values()
    assert set(levels) == {C}


BODIES: Table = [
    (None, {"required": True}, {"request-body-added-required": B}),
    (None, {}, {"request-body-added-optional": C}),
    ({}, None, {"request-body-removed": B}),
    ({}, {"required": True}, {"request-body-became-required": B}),
    ({"required": True}, {}, {"request-body-became-optional": C}),
    (
        {"content": media("a/b", "c/d")},
        {"content": media("a/b")},
        {"request-body-media-type-removed": B},
    ),
    (
        {"content": media("a/b")},
        {"content": media("a/b", "c/d")},
        {"request-body-media-type-added": C},
    ),
    (
        {"content": media("a/b")},
        {"content": media("a/b", schema=TEXT)},
        {"request-body-media-type-schema-added": B},
    ),
    (
        {"content": media("a/b", schema=TEXT)},
        {"content": media("a/b")},
        {"request-body-media-type-schema-removed": C},
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), BODIES)
def test_bodies(old: Any, new: Any, expected: Any, api: Any, changed: Any) -> None:
    """A body comes, goes, is needed, or may be written otherwise."""
    both = [api(**({} if one is None else {"requestBody": one})) for one in (old, new)]
    assert changed(*both) == expected


IDENTITY: Table = [
    ({"operationId": "a"}, {"operationId": "b"}, {"api-operation-id-removed": C}),
    ({}, {"operationId": "b"}, {"api-operation-id-added": C}),
    ({"tags": ["a"]}, {"tags": ["b"]}, {"api-tag-removed": C, "api-tag-added": C}),
    ({"tags": ["a", "b"]}, {"tags": ["b", "a"]}, {}),
    ({"deprecated": True}, {}, {"endpoint-reactivated": C}),
    ({}, {"deprecated": True}, {"endpoint-deprecated": R}),
    ({}, {"deprecated": True, "x-sunset": "2099-01-01"}, {"endpoint-deprecated-with-sunset": R}),
    ({}, {"deprecated": True, "x-sunset": "soon"}, {"api-deprecated-sunset-parse": R}),
    ({"x-stability-level": "beta"}, {"x-stability-level": "alpha"}, {"api-stability-decreased": R}),
    (
        {"x-stability-level": "beta"},
        {"x-stability-level": "stable"},
        {"api-stability-increased": C},
    ),
    ({}, {"x-stability-level": "new"}, {"api-invalid-stability-level": R}),
]


@pytest.mark.parametrize(("old", "new", "expected"), IDENTITY)
def test_identity_and_lifecycle(old: Any, new: Any, expected: Any, api: Any, changed: Any) -> None:
    """What an operation is called, and how long it will be there."""
    assert changed(api(**old), api(**new)) == expected


def sunset(day: str | None) -> dict[str, Any]:
    return {"deprecated": True, **({"x-sunset": day} if day else {})}


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("2099-01-01", None, "sunset-deleted"),
        ("2099-01-01", "soon", "api-path-sunset-parse"),
        ("2099-01-01", "2020-01-01", "api-sunset-date-changed-too-small"),
        ("2099-01-01", "2098-01-01", None),
        ("2019-01-01", "2020-01-01", None),
        (None, "2020-01-01", None),
    ],
)
def test_sunsets(old: Any, new: Any, name: Any, api: Any, changed: Any) -> None:
    """An end that was promised may move, but not into the past, and not away."""
    expected = {name: "error"} if name else {}
    assert changed(api(**sunset(old)), api(**sunset(new)), "oasdiff") == expected
    parameter = {"name": "q", "in": "query"}
    found = changed(
        api(parameters=[{**parameter, **sunset(old)}]),
        api(parameters=[{**parameter, **sunset(new)}]),
        "oasdiff",
    )
    known = str(name).removeprefix("api-path-").removeprefix("api-")
    assert found == ({f"request-parameter-{known}": "error"} if name else {})


@pytest.mark.parametrize(
    ("day", "name", "level"),
    [
        ("2019-01-01", "sunset-date-too-small", "error"),
        ("2099-01-01", "deprecated", "info"),
        ("soon", "sunset-parse", "error"),
    ],
)
def test_new_sunsets(day: str, name: str, level: str, api: Any, changed: Any) -> None:
    """What is announced today does not end in the past."""
    operation = {
        "sunset-parse": "api-deprecated-sunset-parse",
        "deprecated": "endpoint-deprecated-with-sunset",
    }.get(name, f"api-{name}")
    assert changed(api(), api(**sunset(day)), "oasdiff") == {operation: level}
    parameter = {"name": "q", "in": "query"}
    pair = (api(parameters=[{**parameter, **one}]) for one in ({}, sunset(day)))
    assert changed(*pair, "oasdiff") == {f"request-parameter-{name}": level}


STABILITIES: Table = [
    (None, "beta", {"api-stability-decreased": "error"}),
    ("beta", None, {"api-stability-increased": "info"}),
    ("stable", None, {}),
    (None, "stable", {}),
    ("draft", "stable", {}),
    ("alpha", "beta", {}),
    ("stable", "draft", {"api-stability-decreased": "error"}),
    ("ga", "stable", {"api-invalid-stability-level": "error"}),
    ("stable", ["ga"], {"api-invalid-stability-level": "error"}),
]


@pytest.mark.parametrize(("old", "new", "expected"), STABILITIES)
def test_stabilities(old: Any, new: Any, expected: Any, api: Any, changed: Any) -> None:
    """What says nothing is stable; what promises nothing may become anything."""
    levels = [{"x-stability-level": one} if one else {} for one in (old, new)]
    assert changed(api(**levels[0]), api(**levels[1]), "oasdiff") == expected
    both = api(operationId="a", **levels[0]), api(operationId="b", **levels[1])
    renamed = {} if new == "draft" else {"api-operation-id-removed": "info"}
    assert changed(*both, "oasdiff") == {**expected, **renamed}
    gone = changed(api(**levels[0]), {**api(), "paths": {}}, "oasdiff")
    assert gone == {
        "ga": {"api-invalid-stability-level": "error"},
        "draft": {},
        "alpha": {},
    }.get(old, {"api-path-removed-without-deprecation": "error"})


def test_unstable_operations_may_go(api: Any, changed: Any) -> None:
    """To oasdiff a draft promises nothing; to a client it is gone all the same."""
    draft = {"x-stability-level": "draft"}
    empty = {**api(), "paths": {}}
    assert changed(api(**draft), empty, "oasdiff") == {}
    assert changed(api(operationId="a", **draft), api(operationId="b", **draft), "oasdiff") == {}
    assert changed(api(**draft), empty) == {"api-path-removed-without-deprecation": B}


SERVERS: Table = [
    (["https://a.test"], ["https://a.test/"], {}),
    (["https://a.test"], ["https://a.test", "https://b.test"], {"api-server-added": C}),
    (["https://a.test"], ["https://b.test"], {"api-server-removed": B, "api-server-added": C}),
]


@pytest.mark.parametrize(("old", "new", "expected"), SERVERS)
def test_servers(old: Any, new: Any, expected: Any, api: Any, changed: Any) -> None:
    """An address that went breaks who calls it, wherever it was written."""
    olds, news = ([{"url": url} for url in one] for one in (old, new))
    assert changed({**api(), "servers": olds}, {**api(), "servers": news}) == expected
    assert changed(api(servers=olds), api(servers=news)) == expected
    filled = [{"url": "https://{h}.test", "variables": {"h": {"default": "a"}}}]
    assert changed({**api(), "servers": filled}, {**api(), "servers": news}) == expected
    # An operation that names the document's servers has no others than before.
    assert changed({**api(), "servers": olds}, {**api(servers=olds), "servers": olds}) == {}
    both = {**api(), "servers": olds}, {**api(servers=news), "servers": olds}
    assert changed(*both) == expected


def scheme(**more: Any) -> dict[str, Any]:
    return {"type": "apiKey", "in": "header", "name": "X-Key", **more}


def oauth(**flow: Any) -> dict[str, Any]:
    return {"type": "oauth2", "flows": {"implicit": {"scopes": {}, **flow}}}


PREFIX = "api-security-component"
SCHEMES: Table = [
    (scheme(), scheme(name="X-Other"), {f"{PREFIX}-name-changed": B}),
    (scheme(), scheme(name="x-key"), {}),
    (
        scheme(**{"in": "query"}),
        scheme(**{"in": "query", "name": "x-key"}),
        {f"{PREFIX}-name-changed": B},
    ),
    (
        scheme(**{"in": "cookie"}),
        scheme(**{"in": "cookie", "name": "x-key"}),
        {f"{PREFIX}-name-changed": B},
    ),
    ({"type": "http", "scheme": "Basic"}, {"type": "http", "scheme": "basic"}, {}),
    (
        {"type": "openIdConnect", "openIdConnectUrl": "https://a.test/a"},
        {"type": "openIdConnect", "openIdConnectUrl": "https://a.test/A"},
        {f"{PREFIX}-openid-url-changed": B},
    ),
    (
        {"type": "oauth2", "flows": {"implicit": {}, "password": {}}},
        {"type": "oauth2", "flows": {"implicit": {}}},
        {f"{PREFIX}-oauth-flow-removed": B},
    ),
    (
        {"type": "oauth2", "flows": {"implicit": {}}},
        {"type": "oauth2", "flows": {"implicit": {}, "password": {}}},
        {f"{PREFIX}-oauth-flow-added": C},
    ),
    (scheme(), scheme(**{"in": "query"}), {f"{PREFIX}-in-changed": B}),
    (scheme(), {"type": "http", "scheme": "basic"}, {f"{PREFIX}-type-changed": B}),
    (
        {"type": "http", "scheme": "basic"},
        {"type": "http", "scheme": "bearer"},
        {f"{PREFIX}-scheme-changed": B},
    ),
    (oauth(tokenUrl="a"), oauth(tokenUrl="b"), {f"{PREFIX}-oauth-token-url-changed": B}),
    (oauth(authorizationUrl="a"), oauth(authorizationUrl="b"), {f"{PREFIX}-oauth-url-changed": B}),
    (oauth(), oauth(scopes={"a": "b"}), {f"{PREFIX}-oauth-scope-added": C}),
    (oauth(scopes={"a": "b"}), oauth(), {f"{PREFIX}-oauth-scope-removed": R}),
    (oauth(scopes={"a": "b"}), oauth(scopes={"a": "c"}), {f"{PREFIX}-oauth-scope-changed": C}),
    (None, scheme(), {f"{PREFIX}-added": C}),
    (scheme(), None, {f"{PREFIX}-removed": C}),
]


@pytest.mark.parametrize(("old", "new", "expected"), SCHEMES)
def test_schemes(old: Any, new: Any, expected: Any, api: Any, changed: Any) -> None:
    """How credentials are sent is part of the contract."""
    both = [api(security=[{"k": []}]) for _ in range(2)]
    for document, one in zip(both, (old, new), strict=True):
        document["components"]["securitySchemes"] = {"k": one} if one else {}
    assert changed(*both) == expected
    for asked, level in (({"other": []}, C), (None, R)):
        for document in both:
            document["paths"]["/bots"]["post"]["security"] = [asked] if asked else []
        levels = {name: level if found in (B, R) else found for name, found in expected.items()}
        assert changed(*both) == levels, asked


def test_oasdiff_looks_into_one_flow(api: Any, changed: Any) -> None:
    """To oasdiff only the implicit flow has scopes and addresses."""
    for flow, name in (("implicit", f"{PREFIX}-oauth-token-url-changed"), ("password", None)):
        both = [api(), api()]
        for document, url in zip(both, "ab", strict=True):
            flows = {flow: {"tokenUrl": url, "scopes": {}}}
            document["components"]["securitySchemes"] = {"k": {"type": "oauth2", "flows": flows}}
        assert changed(*both, "oasdiff") == ({name: "info"} if name else {})


def secured(
    schemes: dict[str, Any], asked: Any = None, own: Any = None, *, build: Any
) -> dict[str, Any]:
    """A document with security schemes, what it asks for, and what its operation does."""
    document: dict[str, Any] = build(**({} if own is None else {"security": own}))
    document["components"]["securitySchemes"] = schemes
    return {**document, **({} if asked is None else {"security": asked})}


OTHER = scheme(name="X-Other")
SECURED: Table = [
    # Where it is written makes no difference to who calls.
    (({"k": scheme()}, [{"k": []}]), ({"k": scheme()}, [], [{"k": []}]), {}),
    (({"k": scheme()}, [], [{"k": []}]), ({"k": scheme()}, [{"k": []}]), {}),
    (
        ({"k": scheme()}, [{"k": []}]),
        ({"k": scheme()}, [{"k": []}], []),
        {"api-security-removed": C},
    ),
    (({"k": scheme()}, [{"k": []}], []), ({"k": scheme()}, [{"k": []}]), {"api-security-added": B}),
    (({"k": scheme()}, []), ({"k": scheme()}, [{"k": []}]), {"api-global-security-added": B}),
    (
        ({"k": scheme()}, [{"k": ["r"]}]),
        ({"k": scheme()}, [{"k": ["w"]}]),
        {"api-global-security-scope-added": B, "api-global-security-scope-removed": B},
    ),
    # Nor does what a scheme is called.
    (({"k": scheme()}, [{"k": []}]), ({"z": scheme()}, [{"z": []}]), {}),
    (
        ({"k": scheme()}, [{"k": []}]),
        ({"z": {**scheme(), "description": "a key"}}, None, [{"z": []}]),
        {},
    ),
    (
        ({"k": scheme()}, [{"k": []}]),
        ({"z": OTHER}, [{"z": []}]),
        {
            "api-global-security-added": B,
            "api-global-security-removed": B,
            f"{PREFIX}-added": C,
            f"{PREFIX}-removed": C,
        },
    ),
    (
        ({"k": scheme(), "l": scheme()}, [{"k": []}]),
        ({"z": scheme()}, [{"z": []}]),
        {
            "api-global-security-added": B,
            "api-global-security-removed": B,
            f"{PREFIX}-added": C,
            f"{PREFIX}-removed": C,
        },
    ),
    (
        ({"k": scheme(), "l": OTHER}, [{"k": [], "l": []}]),
        ({"k": scheme(), "l": OTHER}, [{"k": []}]),
        {"api-global-security-added": C, "api-global-security-removed": C},
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), SECURED)
def test_security_by_what_a_caller_sends(
    old: Any, new: Any, expected: Any, api: Any, changed: Any
) -> None:
    """What has to be sent with a call decides, not where and under which name it is written."""
    assert changed(secured(*old, build=api), secured(*new, build=api)) == expected


def test_security_that_asks_for_nothing(api: Any, changed: Any) -> None:
    """An empty alternative is told by oasdiff for the document, and not for an operation."""
    old: list[Any]
    new: list[Any]
    old, new = [{"k": []}], [{"k": []}, {}]
    assert changed(api(security=old), api(security=new), "oasdiff") == {}
    found = changed({**api(), "security": old}, {**api(), "security": new}, "oasdiff")
    assert found == {"api-global-security-added": "info"}


def test_security_where_nothing_stayed(api: Any, changed: Any) -> None:
    """Where no operation is in both documents, the document's security is compared all the same."""
    old, new = {**api(), "security": []}, {**api(), "security": [{"k": []}]}
    new["paths"] = {"/other": new["paths"].pop("/bots")}
    found = changed(old, new)
    assert found.pop("api-global-security-added") == B
    assert found == {"api-path-removed-without-deprecation": B, "endpoint-added": C}


def an_object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


CAT, DOG, COW = (
    {"type": "object", "title": name, "properties": {name: TEXT}} for name in ("cat", "dog", "cow")
)
BIG = {**CAT, "properties": {"cat": TEXT, "size": TEXT}}
CHOICES: Table = [
    ([CAT, DOG], [DOG, CAT], {}),
    ([CAT, DOG], [CAT, DOG, COW], {"request-body-one-of-added": C}),
    ([CAT, DOG, COW], [CAT, DOG], {"request-body-one-of-removed": B}),
    ([CAT, DOG], [BIG, DOG], {"new-optional-request-property": C}),
    ([CAT, DOG, COW], [BIG, DOG, COW], {"new-optional-request-property": C}),
    (
        [TEXT, {"type": "integer"}],
        [TEXT, {"type": "boolean"}],
        {"request-body-list-of-types-narrowed": B},
    ),
    (
        [TEXT, {"type": "integer"}],
        [TEXT, {"type": "integer"}, {"type": "boolean"}],
        {"request-body-list-of-types-widened": C},
    ),
    ([{"$ref": "#/components/schemas/Cat"}, DOG], [CAT, DOG], {}),
    ([{"$ref": "#/components/schemas/Cat"}, DOG], [{"$ref": "#/components/schemas/Tom"}, DOG], {}),
]


@pytest.mark.parametrize(("old", "new", "expected"), CHOICES)
def test_choices(old: Any, new: Any, expected: Any, api: Any, changed: Any) -> None:
    """Members of a choice are matched by reference, content and title, in any order."""
    schemas = {"Cat": CAT, "Tom": {**CAT, "title": "tom", "description": "the same"}}
    both = [api(request={"oneOf": one}, schemas=schemas) for one in (old, new)]
    assert changed(*both) == expected


def test_wrapping_a_body_in_a_choice(api: Any, changed: Any) -> None:
    """A body that becomes a choice of objects is reported as that, not as its parts."""
    old, new = api(request=CAT), api(request={"oneOf": [DOG, COW]})
    assert changed(old, new, "oasdiff")["request-body-wrapped-in-one-of"] == "error"
    assert "request-body-one-of-added" not in changed(old, new, "oasdiff")


QUERY: Table = [
    (TEXT, {"type": "array", "items": TEXT}, {"type-generalized": "info"}),
    ({"type": "integer"}, {"type": "array", "items": TEXT}, {"type-generalized": "info"}),
    (TEXT, {"type": "array", "items": {"type": "integer"}}, {"type-changed": "error"}),
    (TEXT, {"type": "array", "items": {**TEXT, "pattern": "a"}}, {"type-changed": "error"}),
    (
        TEXT,
        {"type": "array", "items": TEXT, "minItems": 2},
        {"type-changed": "error", "min-items-set": "warning"},
    ),
    ({"type": "integer"}, TEXT, {"type-generalized": "info"}),
    (TEXT, {"type": "integer"}, {"type-changed": "error"}),
    (
        {"type": "integer", "format": "int32"},
        {"type": "integer", "format": "int64"},
        {"type-generalized": "info"},
    ),
    (
        {"type": "integer", "format": "int64"},
        {"type": "integer", "format": "int32"},
        {"type-changed": "error"},
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), QUERY)
def test_query_parameters_are_text(
    old: Any, new: Any, expected: Any, api: Any, changed: Any
) -> None:
    """In a query an integer is a text, and one value is a list of one."""
    both = [api(parameters=[{"name": "q", "in": "query", "schema": one}]) for one in (old, new)]
    prefixed = {f"request-parameter-{name}": level for name, level in expected.items()}
    assert changed(*both, "oasdiff") == prefixed


def test_parameters_may_be_objects(api: Any, changed: Any) -> None:
    """Properties of a parameter, and of a header, have ids of their own."""
    for where, name in (("query", "parameter-property"), ("header", "header-property")):
        old, new = (
            api(parameters=[{"name": "q", "in": where, "schema": one}])
            for one in (
                an_object(a=TEXT),
                {**an_object(a={**TEXT, "enum": ["x"]}), "required": ["a"]},
            )
        )
        assert changed(old, new) == {
            f"request-{name}-became-required": B,
            f"request-{name}-became-enum": B,
        }


def test_advice_follows_the_python_axis(api: Any) -> None:
    """New names are a minor version, lost ones a major one; without Python the wire decides."""
    old, new = api(operationId="a"), api(operationId="a")
    new["paths"]["/more"] = {"get": {"operationId": "b", "responses": {}}}
    assert compare(old, new).advice == "minor"
    assert compare(new, old).advice == "major"
    axes = ["wire", "python"]
    assert compare(old, new, axes=axes).advice == "minor"
    assert compare(api(), api(summary="x"), axes=axes).advice == "patch"
