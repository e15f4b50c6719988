"""Requests and replies: what builders return becomes what is sent, and nothing else."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics._body import Body
from dialytics._messages import Reply, Request, encode_body, payload
from dialytics._messages import given as pass_on
from dialytics.errors import ArgumentError

MARK: Final = "quasimodo"
ROOT: Final = "https://vendor.example/api"
# What urlencode can encode: any text but halves of surrogate pairs.
QUERIES: Final = st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=8), max_size=4)
JSON: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(QUERIES, QUERIES)
def test_any_query_survives_the_url(query: dict[str, str], credentials: dict[str, str]) -> None:
    """Whatever a query holds, a server reads the same names and values from the URL."""
    url = Request("GET", "/v1/things", query).url(ROOT, credentials)
    parts = urlsplit(url)
    assert url.isascii()
    assert " " not in url
    assert "+" not in parts.query
    assert (parts.netloc, parts.path, parts.fragment) == ("vendor.example", "/api/v1/things", "")
    found = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    assert found == list({**query, **credentials}.items())


@given(st.lists(st.text(max_size=5), min_size=1))
def test_lists_repeat_their_parameter(values: list[str]) -> None:
    """A parameter with several values is sent once for each, in order."""
    url = Request("GET", "/", {"path": values}).url(ROOT, {})
    assert parse_qsl(urlsplit(url).query, keep_blank_values=True) == [("path", v) for v in values]


def test_urls_without_query_have_no_question_mark() -> None:
    """A request without parameters is the plain address."""
    assert Request("GET", "/v1/things").url(ROOT, {}) == f"{ROOT}/v1/things"


@given(QUERIES, QUERIES)
def test_added_parameters_replace_those_of_the_same_name(
    query: dict[str, str], more: dict[str, str]
) -> None:
    """Adding parameters makes another request, with theirs in the place of equal names."""
    request = Request("GET", "/", query, b"{}")
    added = request.with_query(more)
    assert added.query == {**query, **more}
    assert request.query == query
    assert (added.method, added.path, added.content) == ("GET", "/", b"{}")


def test_builders_are_taken_over() -> None:
    """A builder's parameters become texts as the vendors write them, its json the body."""
    built = {
        "method": "post",
        "url": "/a%2Fb",
        "params": {"flag": True, "off": False, "size": 7, "many": [1, "b"], "text": "é"},
        "json": {"a": None},
    }
    request = Request.from_builder(built)
    assert (request.method, request.path) == ("POST", "/a%2Fb")
    assert request.query == {
        "flag": "true",
        "off": "false",
        "size": "7",
        "many": ["1", "b"],
        "text": "é",
    }
    assert request.content == b'{"a":null}'


def test_builders_without_json_have_no_body() -> None:
    """No body is not the same as an empty one."""
    assert Request.from_builder({"method": "get", "url": "/"}).content is None
    assert Request.from_builder({"method": "post", "url": "/", "json": {}}).content == b"{}"


@given(JSON)
def test_any_json_is_encoded(value: Any) -> None:
    """Whatever JSON can hold is sent as it is, nulls included."""
    assert json.loads(encode_body({"a": value})) == {"a": value}


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 3, 25, 9, 30, 22, 605000, UTC), "2026-03-25T09:30:22.605000Z"),
        (
            datetime(2026, 3, 25, 9, 30, tzinfo=timezone(timedelta(hours=2))),
            "2026-03-25T09:30:00+02:00",
        ),
        (date(2026, 3, 25), "2026-03-25"),
    ],
)
def test_times_become_iso_8601(moment: object, text: str) -> None:
    """Aware times and dates are sent in ISO 8601, each at its own offset."""
    assert json.loads(encode_body([moment])) == [text]


def nested(value: object) -> list[object]:
    return [value, {"a": value}, [value], ({"a": [{"b": (value,)}]},)]


def cyclic() -> dict[str, Any]:
    ring: dict[str, Any] = {}
    ring["again"] = ring
    return ring


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (datetime(2026, 3, 25), "a time has no offset"),  # noqa: DTZ001 - that is the point
        (math.nan, "not finite"),
        (math.inf, "not finite"),
        ("\ud800", "a text is not valid Unicode"),
        (object(), "unsupported"),
        (MARK + "\udfff", "a text is not valid Unicode"),
        ({"\udfff" + MARK: 1}, "the name of a field is not valid Unicode"),
        ({7: MARK}, "the name of a field must be a text; got int"),
        ({None: MARK}, "the name of a field must be a text; got NoneType"),
        ({b"a": MARK}, "the name of a field must be a text; got bytes"),
        (MARK.encode(), "bytes is no JSON"),
        (bytearray(MARK.encode()), "bytearray is no JSON"),
        (memoryview(MARK.encode()), "memoryview is no JSON"),
        ({MARK}, "set is no JSON; pass a list"),
        (frozenset({MARK}), "frozenset is no JSON; pass a list"),
        (cyclic(), "RecursionError"),
    ],
)
def test_what_json_cannot_hold_is_refused(value: object, words: str) -> None:
    """What would be lost, changed or misread on the way is refused before sending, unshown."""
    for body in nested(value):
        with pytest.raises(ArgumentError, match=f"cannot be sent as JSON: .*{words}") as caught:
            encode_body(body)
        assert MARK not in f"{caught.value!r} {vars(caught.value)}"
        assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"messages": [{"content": "fine"}, {"content": b"x"}]}, "at messages[1].content"),
        ({"a": {"b": {"c": b"x"}}}, "at a.b.c"),
        ({"a": [[b"x"]]}, "at a[0][0]"),
        ({"a": {"b": {1: 2}}}, "at a.b"),
        ({"properties": {"quasimodo@x.com": {"b": b"x"}}}, "at properties.[a field].b"),
        ({"a quasimodo": [b"x"]}, "at [a field][0]"),
        ([b"x"], "at [0]"),
    ],
)
def test_faults_are_placed(body: Any, place: str) -> None:
    """What cannot be sent is found by the names of the fields that it is in."""
    with pytest.raises(ArgumentError) as caught:
        encode_body(body)
    assert str(caught.value).endswith(f"({place})")


@pytest.mark.parametrize("query", [{"q": f"{MARK}\ud800"}, {"q": ["fine", f"{MARK}\udfff"]}])
def test_queries_are_unicode(query: dict[str, Any]) -> None:
    """A parameter that no URL can hold is refused by its name, from a builder and added later."""
    makes: list[Callable[[], object]] = [
        lambda: Request.from_builder({"method": "get", "url": "/", "params": query}),
        lambda: Request("GET", "/").with_query(query),
    ]
    for make in makes:
        with pytest.raises(ArgumentError, match="q is not valid Unicode") as caught:
            make()
        assert MARK not in f"{caught.value!r} {vars(caught.value)}"
        assert caught.value.__context__ is None


def test_payloads_are_sent_as_they_are() -> None:
    """A user's mapping reaches the builder without a model's round trip."""
    fields = {"a": None, "at": "2026-03-25T09:30:22.605+02:00", "new": [1]}
    assert payload(fields).to_dict() is fields
    assert MARK not in repr(payload({"a": MARK}))


@pytest.mark.parametrize("fields", [None, [], MARK, [("a", 1)]])
def test_payloads_are_mappings(fields: Any) -> None:
    """A body that is no mapping raises at the call, named by its type only."""
    with pytest.raises(ArgumentError, match=f"got {type(fields).__name__}$"):
        payload(fields)


def test_only_none_is_left_out() -> None:
    """An argument that is false, zero or empty is passed on; None becomes the builder's unset."""
    unset = object()
    values: list[object] = [False, 0, "", [], None]
    assert [pass_on(value, unset) for value in values] == [False, 0, "", [], unset]


@pytest.mark.parametrize(
    ("headers", "media_type"),
    [
        ({}, ""),
        ({"content-type": ""}, ""),
        ({"content-type": "text/csv"}, "text/csv"),
        ({"content-type": "Text/CSV; charset=UTF-8"}, "text/csv"),
        ({"content-type": " application/json ;x=1"}, "application/json"),
    ],
)
def test_media_types_lose_their_parameters(headers: dict[str, str], media_type: str) -> None:
    """The media type is the plain one, in lower case."""
    assert Reply(200, headers, Body(b"")).media_type == media_type


def test_repr_shows_neither_words_nor_headers() -> None:
    """Requests and replies show method or status only."""
    request = Request("GET", f"/{MARK}", {"q": MARK}, MARK.encode())
    reply = Reply(200, {"x": MARK}, Body(MARK.encode()))
    assert (repr(request), repr(reply)) == ("Request(method='GET')", "Reply(status=200)")
