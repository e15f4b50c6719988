"""Paging: each style's requests and ends, and lists that come back whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics._bookmarks import Bookmark
from dialytics._pages import PageReply, Trail
from dialytics._paging import Cursors, HeaderToken, LimitOffset, PageToken, Paging
from dialytics.errors import CheckpointMismatch, PaginationLoop

HEADER: Final = HeaderToken("token", "Next-Token", fixed={"paged": "true"}, end_status=204)
TOKEN: Final = PageToken("page_token", "next", "page_size")
CURSORS: Final = Cursors("after", "first", "pagination", "end", "more")
OFFSET: Final = LimitOffset("limit", "offset", 9)
STYLES: Final[list[Paging]] = [HEADER, TOKEN, CURSORS, OFFSET]

Answer = tuple[list[int], PageReply]
Server = Callable[[Mapping[str, str]], Answer]

PAGES: Final = st.lists(st.lists(st.integers(), max_size=3), min_size=1, max_size=6)


def reply(
    items: int = 0, headers: Mapping[str, str] | None = None, status: int = 200, **fields: object
) -> PageReply:
    return PageReply(status, headers or {}, fields, (items,))


def walk(paging: Paging, serve: Server, size: int | None = None) -> tuple[list[int], list[Any]]:
    """Follow a server to its end, as readers do; return the items and the queries."""
    trail, cursor = Trail(), None
    items: list[int] = []
    queries: list[Mapping[str, str]] = []
    while True:
        trail.follow(cursor)
        queries.append(paging.query(cursor, size))
        page, facts = serve(queries[-1])
        items += page
        cursor = paging.next_cursor(cursor, facts)
        if cursor is None:
            return items, queries


def flat(pages: list[list[int]]) -> list[int]:
    return [item for page in pages for item in page]


@given(PAGES, st.sampled_from(["absent", "empty", "status"]))
def test_header_tokens_lead_through_all_pages(pages: list[list[int]], end: str) -> None:
    """Every page is asked for once, also empty ones, until a token is missing, empty or 204."""

    def serve(query: Mapping[str, str]) -> Answer:
        assert query["paged"] == "true"
        place = int(query.get("token", "p0")[1:])
        if place < len(pages) - 1:
            return pages[place], reply(len(pages[place]), {"next-token": f"p{place + 1}"})
        last = pages[place]
        if end == "status":
            return last, reply(len(last), {"next-token": "p0"}, 204)
        return last, reply(len(last), {"next-token": ""} if end == "empty" else {})

    items, queries = walk(HEADER, serve)
    assert items == flat(pages)
    assert [query.get("token") for query in queries] == [
        None,
        *(f"p{place}" for place in range(1, len(pages))),
    ]


@given(PAGES, st.sampled_from([{}, {"next": None}, {"next": ""}]), st.none() | st.integers(1, 100))
def test_body_tokens_lead_through_all_pages(
    pages: list[list[int]], end: dict[str, Any], size: int | None
) -> None:
    """Every page is asked for once, in the size wanted, until a token is absent, null or empty."""

    def serve(query: Mapping[str, str]) -> Answer:
        place = int(query.get("page_token", "p0")[1:])
        more: dict[str, Any] = {"next": f"p{place + 1}"} if place < len(pages) - 1 else end
        return pages[place], reply(len(pages[place]), **more)

    items, queries = walk(TOKEN, serve, size)
    assert items == flat(pages)
    assert len(queries) == len(pages)
    assert {query.get("page_size") for query in queries} == {size and str(size)}


@given(
    PAGES,
    st.sampled_from(
        [{}, {"pagination": None}, {"pagination": {}}, {"pagination": {"more": False}}]
    ),
    st.sampled_from([True, "true"]),
)
def test_cursors_lead_through_all_pages(
    pages: list[list[int]], end: dict[str, Any], flag: object
) -> None:
    """Pages follow each other until the flag is off or absent, whatever cursor stands beside it."""

    def serve(query: Mapping[str, str]) -> Answer:
        place = int(query.get("after", "c0")[1:])
        info = {"pagination": {"more": flag, "end": f"c{place + 1}"}}
        return pages[place], reply(len(pages[place]), **(info if place < len(pages) - 1 else end))

    items, queries = walk(CURSORS, serve, 5)
    assert items == flat(pages)
    assert len(queries) == len(pages)
    assert all(query["first"] == "5" for query in queries)


@given(st.integers(0, 99), st.lists(st.integers(0, 9), min_size=1, max_size=3))
def test_offset_pages_share_a_row(offset: int, counts: list[int]) -> None:
    """The next page begins with the last row of the longest list; only an empty page ends."""
    facts = PageReply(200, {}, {"total": 0}, counts)
    following = OFFSET.next_cursor(Bookmark(offset).text, facts)
    if not any(counts):
        assert following is None
        return
    assert Bookmark.parse(following) == Bookmark(offset + max(counts) - 1, len(counts))


@pytest.mark.parametrize(
    ("cursor", "size", "query"),
    [
        (None, None, ("0", "9")),
        (None, 4, ("0", "4")),
        ("3:1:", 4, ("3", "5")),
        ("3:2:", 4, ("3", "6")),
        ("8:1:", 9, ("8", "9")),
        ("8:1:", None, ("8", "9")),
        ("4:0:~", 4, ("4", "4")),
        ("4:7=:", 4, ("4", "7")),
    ],
)
def test_shared_rows_are_asked_for_beside_the_others(
    cursor: str | None, size: int | None, query: tuple[str, str]
) -> None:
    """A limit leaves room for the row that each list shares, as far as the vendor gives more."""
    asked = OFFSET.query(cursor, size)
    assert (asked["offset"], asked["limit"]) == query


@pytest.mark.parametrize(
    "cursor",
    ["x", "-1", "1", "1:2", "1:1:1", ":1", "1:1:1.1..x", "1" * 40 + ":1:", "¹:1:", "1:1:~~"],
)
def test_a_damaged_offset_is_refused(cursor: str) -> None:
    """A cursor of a checkpoint that is no bookmark is an error of ours."""
    with pytest.raises(CheckpointMismatch, match="damaged"):
        OFFSET.query(cursor, None)


def test_header_end_status_beats_token() -> None:
    """At the status that means the end a token is not followed; at others it is."""
    headers = {"next-token": "x"}
    assert HEADER.next_cursor(None, reply(0, headers, 204)) is None
    assert HEADER.next_cursor(None, reply(0, headers, 200)) == "x"
    assert HeaderToken("t", "Next-Token").next_cursor(None, reply(0, headers, 204)) == "x"


@pytest.mark.parametrize("flag", [False, None, "false", 0, "", [], {}])
def test_cursor_flag_that_is_not_true_ends(flag: object) -> None:
    """Only a true flag goes on, even where a cursor is given."""
    assert CURSORS.next_cursor(None, reply(pagination={"more": flag, "end": "c"})) is None


@pytest.mark.parametrize(
    "info", [{"more": True}, {"more": True, "end": ""}, {"more": True, "end": None}]
)
def test_more_without_cursor_is_a_loop(info: dict[str, object]) -> None:
    """More to come without a way to get there raises: ending would lose rows in silence."""
    with pytest.raises(PaginationLoop, match="no end to go on with"):
        CURSORS.next_cursor("c1", reply(3, pagination=info))


@pytest.mark.parametrize(
    ("token", "cursor"), [("a", "a"), (17, "17"), (0, "0"), (True, None), (False, None)]
)
def test_tokens_become_text(token: object, cursor: str | None) -> None:
    """A token that comes as a number is a token; a truth value is none."""
    assert TOKEN.next_cursor(None, reply(next=token)) == cursor


@pytest.mark.parametrize("paging", STYLES)
@given(cursor=st.none() | st.integers(0, 99).map(str), size=st.none() | st.integers(1, 99))
def test_filters_of_a_style_are_sent_with_every_page(
    paging: Paging, cursor: str | None, size: int | None
) -> None:
    """What the first page's query holds is in every later one, with at most the cursor changed."""
    if paging.by_offset and cursor is not None:
        cursor = Bookmark(int(cursor)).text
    first, later = paging.query(None, size), paging.query(cursor, size)
    changed = {name for name in later if first.get(name) != later[name]}
    assert set(first) <= set(later)
    assert changed <= {"token", "page_token", "after", "offset", "limit"}
    assert all(isinstance(value, str) for value in later.values())


@given(st.integers(1, 5), st.integers(0, 4))
def test_a_ring_of_tokens_is_found_out(length: int, entry: int) -> None:
    """Tokens that lead back to an earlier one raise before any page is asked for twice."""
    asked: list[str | None] = []

    def serve(query: Mapping[str, str]) -> Answer:
        asked.append(query.get("page_token"))
        place = len(asked)
        return [], reply(next=str(place if place < length + entry else entry + 1))

    with pytest.raises(PaginationLoop):
        walk(TOKEN, serve)
    assert len(asked) == len(set(asked))
