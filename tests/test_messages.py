"""Requests and replies: what builders return becomes what is sent, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics._body import Body
from dialytics._messages import Reply, Request
from dialytics.errors import ArgumentError

MARK: Final = "quasimodo"
ROOT: Final = "https://vendor.example/api"
# What urlencode can encode: any text but halves of surrogate pairs.
QUERIES: Final = st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=8), max_size=4)


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
