"""What calls reach: callbacks, media types, servers and the schemes they are asked for."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from dialytics.contracts import compare
from dialytics.contracts._lifecycle import judge_removal

TEXT, INTEGER = {"type": "string"}, {"type": "integer"}
B, R, C = "breaking", "risky", "compatible"
EVENT = {"$ref": "#/components/schemas/Event"}


def callback(schema: Any, *methods: str) -> dict[str, Any]:
    body = {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": {}}
    return {"done": {"{$request.body#/url}": dict.fromkeys(methods or ("post",), body)}}


def test_callbacks_through_references(api: Any, changed: Any) -> None:
    """What changed in a component reaches the callbacks that refer to it."""
    old, new = (api(callbacks=callback(EVENT), schemas={"Event": one}) for one in (TEXT, INTEGER))
    assert changed(old, new) == {"response-body-type-changed": B}
    (change,) = compare(old, new).changes
    assert change.operations == ["POST /bots"]


def test_callbacks_that_hold_themselves(api: Any, changed: Any) -> None:
    """A callback whose operation has it again is compared once."""

    def build(schema: Any) -> Any:
        shared = callback(EVENT)["done"]
        again = {"done": {"$ref": "#/components/callbacks/Done"}}
        (item,) = shared.values()
        item["post"] = {**item["post"], "callbacks": again}
        document = api(callbacks=again, schemas={"Event": schema})
        document["components"]["callbacks"] = {"Done": shared}
        return document

    assert changed(build(TEXT), build(INTEGER)) == {"response-body-type-changed": B}


def test_methods_of_callbacks(api: Any) -> None:
    """A call that is not made any more breaks who waits for it."""
    old, new = (api(callbacks=callback(TEXT, *names)) for names in (("post", "put"), ("post",)))
    (change,) = compare(old, new).changes
    assert (change.id, change.level) == ("callback-removed", B)
    assert change.before == "PUT done {$request.body#/url}"
    (change,) = compare(new, old).changes
    assert (change.id, change.level) == ("callback-added", C)


JSON = "application/json"
MEDIA: list[tuple[str, str, dict[str, str]]] = [
    (JSON, "application/*", {}),
    (JSON, "*/*", {}),
    (JSON, f"{JSON};charset=utf-8", {}),
    (f"{JSON}; charset=UTF-8", JSON, {}),
    (f"{JSON};v=1", JSON, {}),
    (JSON, f"{JSON};v=1", {"removed": B, "added": C}),
    (f"{JSON};v=1", f"{JSON};v=2", {"removed": B, "added": C}),
    ("application/*", JSON, {"removed": B, "added": C}),
    (JSON, "text/*", {"removed": B, "added": C}),
]


@pytest.mark.parametrize(("old", "new", "expected"), MEDIA)
def test_wider_media_types(old: str, new: str, expected: Any, api: Any, changed: Any) -> None:
    """A request body that still may be sent breaks nobody; oasdiff compares the names."""

    def build(name: str, schema: Any = TEXT) -> Any:
        return api(requestBody={"content": {name: {"schema": schema}}})

    told = {f"request-body-media-type-{kind}": level for kind, level in expected.items()}
    assert changed(build(old), build(new)) == told
    assert "request-body-media-type-removed" in changed(build(old), build(new), "oasdiff")
    if not expected:
        found = changed(build(old, {"enum": ["a"]}), build(new, {"enum": ["b"]}))
        assert found["request-body-enum-value-removed"] == B


def test_wider_media_types_that_the_client_gets(api: Any, changed: Any) -> None:
    """To who reads a callback's body, a wider type is another one."""

    def build(name: str) -> Any:
        content: dict[str, Any] = {name: {}}
        item = {"post": {"requestBody": {"content": content}, "responses": {}}}
        return api(callbacks={"done": {"{$url}": item}})

    found = changed(build(JSON), build("*/*"))
    assert found == {"response-body-media-type-removed": B, "response-body-media-type-added": R}


def server(*values: str, url: str = "https://{h}.test", default: str = "a") -> dict[str, Any]:
    variable = {"default": default, **({"enum": list(values)} if values else {})}
    return {"url": url, "variables": {"h": variable}}


SERVERS: list[tuple[Any, Any, dict[str, str]]] = [
    ([server("a", "b")], [server("a")], {"api-server-removed": B}),
    ([server("a")], [server("a", "b")], {"api-server-added": C}),
    ([server("a", "b")], [{"url": f"https://{one}.test"} for one in "ab"], {}),
    ([server()], [server("a")], {}),
    (None, [{"url": "/"}], {}),
    ([], [{"url": ""}], {}),
    (None, [{"url": "https://a.test"}], {"api-server-added": C}),
]


@pytest.mark.parametrize(("old", "new", "expected"), SERVERS)
def test_addresses(old: Any, new: Any, expected: Any, api: Any, changed: Any) -> None:
    """Each value of a variable is an address; no server is one at the root, if it is any."""
    olds, news = ({**api(), **({} if one is None else {"servers": one})} for one in (old, new))
    assert changed(olds, news) == expected
    back = {"api-server-removed": B, "api-server-added": C}
    turned = {"api-server-removed": "api-server-added", "api-server-added": "api-server-removed"}
    assert changed(news, olds) == {turned[name]: back[turned[name]] for name in expected}


def test_schemes_asked_for_anywhere(api: Any, changed: Any) -> None:
    """A scheme that only a shared path item, or a callback, asks for is asked for."""
    asking: dict[str, Any] = {"post": {"security": [{"k": []}], "responses": {}}}

    def build(place: str, where: str) -> Any:
        own = {"callbacks": {"done": {"{$url}": asking}}} if place == "callback" else {}
        document = api(security=[{"other": []}], **own)
        if place == "item":
            document["paths"]["/more"] = {"$ref": "#/components/pathItems/Shared"}
            document["components"]["pathItems"] = {"Shared": asking}
        schemes = {"k": {"type": "apiKey", "in": where, "name": "k"}, "other": {"type": "http"}}
        document["components"]["securitySchemes"] = schemes
        return document

    name = "api-security-component-in-changed"
    for place, level in (("item", B), ("callback", B), ("nowhere", C)):
        assert changed(build(place, "query"), build(place, "header")) == {name: level}


def test_security_of_the_document_is_told_once(api: Any, changed: Any) -> None:
    """What holds for all operations is not told again for each that changed otherwise."""
    old, new = api(operationId="a"), {**api(operationId="b"), "security": [{"k": []}]}
    found = changed(old, new)
    assert found.pop("api-operation-id-removed")
    assert found == {"api-global-security-added": B}


def test_scopes_are_compared_where_one_became_one(api: Any) -> None:
    """Of several alternatives with one scheme nobody knows which became which."""
    many, one, other = [{"k": ["a"]}, {"k": ["b"]}], [{"k": ["c"]}], [{"k": ["a"]}]
    for old, new, kinds in (
        (many, one, ["added", "removed", "removed"]),
        (one, many, ["added", "added", "removed"]),
        (one, other, ["scope-added", "scope-removed"]),
    ):
        changes = compare(api(security=old), api(security=new)).changes
        assert sorted(change.id for change in changes) == [f"api-security-{kind}" for kind in kinds]


def test_last_day_before_a_sunset() -> None:
    """On its last day something may go; before, that is too soon."""
    today = date(2026, 11, 20)
    for day, expected in (("2026-11-20", "with-deprecation"), ("2026-11-21", "before-sunset")):
        assert judge_removal({"deprecated": True, "x-sunset": day}, today) == expected
