"""Listings as plain values: requests, pages, arguments."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from attrs import evolve

from dialytics._body import Body
from dialytics._checkpoints import Partition
from dialytics._declarations import Operation, Vendor, window_query
from dialytics._listings import (
    Held,
    Listing,
    Place,
    check_page_size,
    digest_arguments,
)
from dialytics._messages import Reply, Request
from dialytics._options import check_count
from dialytics._paging import HeaderToken, LimitOffset, OnePage, PageToken
from dialytics._ranges import WindowRule
from dialytics._replies import read_nothing, read_row
from dialytics._retry import Replay
from dialytics._windows import Window
from dialytics.errors import ArgumentError, IncompleteBody, InvalidResponse
from dialytics.vendors.chatlayer.declarations import SUBSCRIPTIONS, choose_intents
from dialytics.vendors.digitalcx.declarations import INTERACTIONS
from dialytics.vendors.inkeep.declarations import CONVERSATIONS, EXPORT_EVENTS
from dialytics.vendors.inkeep.results import ExportRow
from dialytics_clients.chatlayer.rows import EchoResponse, TrackingEvent
from dialytics_clients.digitalcx.rows import Interaction

START: Final = datetime(2026, 10, 1, tzinfo=UTC)
DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)
WINDOW: Final = Window(START, START + DAY)
NEXT: Final = Window(START + DAY, START + 2 * DAY)
RULE: Final = WindowRule(resolution=SECOND, max_span=DAY)
VENDOR: Final = Vendor(name="acme")
LOGS: Final = Operation(
    vendor=VENDOR,
    name="logs",
    method="GET",
    path="/logs",
    replay=Replay.READ,
    success=frozenset({200, 204}),
    paging=HeaderToken("token", "Next-Token", fixed={"paged": "true"}, end_status=204),
    key="log_id",
    time="timestamp_start",
    window=RULE,
    window_query=("startDate", "endDate"),
)
EVENTS: Final = Operation(
    vendor=VENDOR,
    name="events",
    method="GET",
    path="/events",
    replay=Replay.READ,
    paging=PageToken("page_token", "next", "page_size"),
    items="events",
    total="total",
    key="id",
    max_page_size=100,
)
THINGS: Final = evolve(EVENTS, name="things", paging=LimitOffset("limit", "offset", most=100))
EXPORTS: Final = evolve(LOGS, name="exports", paging=OnePage())
WHOLE: Final = Partition(0)
PLACE: Final = Place(WHOLE, None)


def listing(
    operation: Operation, row_class: type[Any] = TrackingEvent, **more: Any
) -> Listing[Any]:
    base = Request("GET", operation.path, {"filter": "x"})
    return Listing(operation, row_class, base, (WHOLE,), **more)


def json_reply(value: object) -> Reply:
    return Reply(200, {"content-type": "application/json"}, Body(json.dumps(value).encode()))


def csv_reply(
    text: str, media_type: str | None = "text/csv", status: int = 200, token: str | None = None
) -> Reply:
    headers = {"content-type": media_type, "next-token": token}
    given_headers = {name: value for name, value in headers.items() if value is not None}
    return Reply(status, given_headers, Body(gzip.compress(text.encode()), "gzip"))


# Requests


def test_requests_hold_filters_page_window_and_key() -> None:
    """Each page's request has the call's filters, the page's cursor, its window and its culture."""
    logs = listing(LOGS, Interaction, key_parameter="culture")
    request = logs.request(Place(Partition(0, "en", WINDOW), NEXT, "t1", 1))
    assert request.query == {
        "filter": "x",
        "paged": "true",
        "token": "t1",
        "startDate": "2026-10-02T00:00:00Z",
        "endDate": "2026-10-03T00:00:00Z",
        "culture": "en",
    }
    assert logs.base.query == {"filter": "x"}


def test_requests_hold_no_more_than_is_there() -> None:
    """A listing without window, culture or wanted size sends none of them."""
    assert listing(EVENTS).request(PLACE).query == {"filter": "x"}
    sized = listing(EVENTS, page_size=7, key_parameter="culture")
    assert sized.request(PLACE).query == {"filter": "x", "page_size": "7"}


def test_windows_are_sent_in_the_vendors_resolution() -> None:
    """A window's bounds are written as finely as the vendor's clock, and only where declared."""
    fine = Window(START + timedelta(milliseconds=605), START + DAY)
    assert window_query(LOGS, WINDOW) == {
        "startDate": "2026-10-01T00:00:00Z",
        "endDate": "2026-10-02T00:00:00Z",
    }
    rule = WindowRule(resolution=timedelta(milliseconds=1))
    assert window_query(evolve(LOGS, window=rule), fine) == {
        "startDate": "2026-10-01T00:00:00.605Z",
        "endDate": "2026-10-02T00:00:00.000Z",
    }
    assert window_query(LOGS, None) == window_query(EVENTS, WINDOW) == {}
    assert window_query(evolve(LOGS, window_query=None), WINDOW) == {}


# Pages


def flat(batches: Iterable[list[Any]]) -> list[Any]:
    return [row for batch in batches for row in batch]


def test_json_pages_give_items_cursor_and_total() -> None:
    """Of a JSON page paging learns the next cursor, the number of items and the vendor's total."""
    events = listing(EVENTS)
    items = [{"id": "a", "new": 1}, {"id": "b"}]
    page = events.read(PLACE, json_reply({"events": items, "next": "t1", "total": 9}))
    assert (page.following, page.total, page.place) == ("t1", 9, PLACE)
    assert page.size > len(page.reply.body.raw)
    assert [row.to_dict() for row in flat(events.rows(page))] == items


@pytest.mark.parametrize(
    "value", [{}, {"events": None}, {"events": []}, {"events": [], "next": ""}]
)
def test_absent_lists_are_empty_pages(value: object) -> None:
    """A page whose list is absent, null or empty has no rows and no next page."""
    events = listing(EVENTS)
    page = events.read(PLACE, json_reply(value))
    assert (page.following, page.total, flat(events.rows(page))) == (None, None, [])


@pytest.mark.parametrize("operation", [EVENTS, THINGS], ids=["token", "offset"])
def test_objects_of_another_shape_are_garbled(operation: Operation) -> None:
    """A page with fields but no documented one is none; one of them beside others will do."""
    wrong: list[object] = [{"error": "x"}, {"code": 1, "details": []}, {"result": {"events": [{}]}}]
    for value in wrong:
        with pytest.raises(InvalidResponse, match="none of the fields") as caught:
            listing(operation).read(PLACE, json_reply(value))
        assert caught.value.garbled
    good: list[object] = [{}, {"total": 0}, {"events": [], "message": "x"}]
    for value in good:
        page = listing(operation).read(PLACE, json_reply(value))
        assert flat(listing(operation).rows(page)) == []


@pytest.mark.parametrize("total", ["9", None, [], {}])
def test_odd_totals_are_no_totals(total: object) -> None:
    """A total is only reported, so what is none is passed over."""
    page = listing(EVENTS).read(PLACE, json_reply({"total": total}))
    assert page.total is None


def test_items_are_counted_not_rows() -> None:
    """The next page begins with the last item that the vendor sent, also where it sent nulls."""
    things = listing(THINGS)
    page = things.read(Place(WHOLE, None, "4:0:"), json_reply({"events": [None, {"id": "a"}]}))
    assert page.following == "5:1:"


def test_bad_items_are_located_when_they_are_read() -> None:
    """One bad item does not lose the page's other rows: those before it are handed out."""
    events = listing(EVENTS)
    rows = events.rows(events.read(PLACE, json_reply({"events": [{"id": "a"}, None, {}]})))
    assert [row.id for row in next(rows)] == ["a"]
    with pytest.raises(InvalidResponse, match="row 1: not an object") as caught:
        next(rows)
    assert caught.value.position == 1


@pytest.mark.parametrize(
    ("events", "keys"),
    [
        ([{"id": "a"}, None, {}], ["a", None, None]),
        ([None, {"id": "b"}], [None, "b"]),
        ([0], [None]),
    ],
)
def test_each_row_has_its_key(events: list[Any], keys: list[str | None]) -> None:
    """Bad rows count too, wherever they are: a position counts them."""
    each = listing(EVENTS)
    assert [*each.keys(each.read(PLACE, json_reply({"events": events})))] == keys


@pytest.mark.parametrize(
    "media_type",
    [
        "text/csv",
        "text/csv; charset=utf-8",
        "text/x-csv",
        "text/comma-separated-values",
        "text/plain",
        "application/csv",
        "application/x-csv",
        "application/vnd.ms-excel",
        "application/octet-stream",
        None,
    ],
)
def test_csv_pages_give_their_token_before_their_rows(media_type: str | None) -> None:
    """A CSV page's next cursor is in its header; its rows are read from the packed body."""
    logs = listing(LOGS, Interaction)
    page = logs.read(PLACE, csv_reply("LogId,New\n1,a\n2,b\n", media_type, token="t1"))
    assert (page.following, page.held, page.total) == ("t1", Held(), None)
    assert [(row.log_id, row.extra) for row in flat(logs.rows(page))] == [
        (1, {"New": "a"}),
        (2, {"New": "b"}),
    ]


@pytest.mark.parametrize("media_type", ["text/html", "application/json"])
def test_other_media_types_are_no_csv(media_type: str) -> None:
    """A login page or JSON in the place of CSV is refused before paging goes on."""
    with pytest.raises(InvalidResponse, match="not the CSV"):
        listing(LOGS, Interaction).read(PLACE, csv_reply("LogId\n1\n", media_type, token="t1"))


def test_plain_text_needs_a_known_column() -> None:
    """Where no column is known and no row came, only what says that it is CSV is taken for it."""
    plain, labelled = csv_reply("id\n", "text/plain"), csv_reply("id\n")
    for asked, reply in (((), labelled), (("id",), plain), (("id",), labelled)):
        exports = listing(EXPORTS, ExportRow, asked=asked)
        assert flat(exports.rows(exports.read(PLACE, reply))) == []
    for asked, reply in (((), plain), (("type",), plain), (("type",), labelled)):
        with pytest.raises(InvalidResponse):
            listing(EXPORTS, ExportRow, asked=asked).read(PLACE, reply)


def test_no_content_is_the_end() -> None:
    """A 204 has no rows, no media type and no next page."""
    logs = listing(LOGS, Interaction)
    page = logs.read(PLACE, Reply(204, {"next-token": "t1"}, Body(b"")))
    assert (page.following, list(logs.rows(page))) == (None, [])


def test_cut_bodies_raise_in_any_format() -> None:
    """A packed body that was cut raises, for JSON at once and for CSV while its rows are read."""
    packed = gzip.compress(b'{"events": []}')
    with pytest.raises(IncompleteBody):
        listing(EVENTS).read(PLACE, Reply(200, {}, Body(packed[:-3], "gzip")))
    logs = listing(LOGS, Interaction)
    packed = gzip.compress(b"LogId\n1\n")
    page = logs.read(PLACE, Reply(200, {}, Body(packed[:-3], "gzip")))
    with pytest.raises(IncompleteBody):
        list(logs.rows(page))


def test_single_objects_are_rows() -> None:
    """A response that is one object is one row; where the status says it all, nothing is read."""
    row = read_row(EchoResponse)(json_reply({"message": "a", "new": 1}))
    assert row.to_dict() == {"message": "a", "new": 1}
    assert read_row(EchoResponse)(json_reply({})).to_dict() == {}
    others: list[object] = [[], {"new": 1}]
    for wrong in others:
        with pytest.raises(InvalidResponse):
            read_row(EchoResponse)(json_reply(wrong))
    read_nothing(Reply(204, {}, Body(b"junk")))


# Arguments


def test_digests_tell_calls_apart() -> None:
    """Any change of operation, paging, path, filters or range is another call."""
    base = Request("GET", "/logs", {"a": "1", "b": ["2", "3"]})
    digests = [
        digest_arguments(LOGS, base, START, "en"),
        digest_arguments(evolve(LOGS, name="other"), base, START, "en"),
        digest_arguments(evolve(LOGS, paging=None), base, START, "en"),
        digest_arguments(LOGS, Request("GET", "/log", base.query), START, "en"),
        digest_arguments(LOGS, Request("GET", "/logs", {"a": "1"}), START, "en"),
        digest_arguments(LOGS, base.with_query({"a": "2"}), START, "en"),
        digest_arguments(LOGS, base, START + SECOND, "en"),
        digest_arguments(LOGS, base, START, "nl"),
        digest_arguments(LOGS, base, START, "en", None),
        digest_arguments(LOGS, base, "en", START),
    ]
    assert len(set(digests)) == len(digests)


def test_digests_are_those_of_another_process() -> None:
    """Equal calls have equal digests, whatever the order of filters and the objects' addresses."""
    first = digest_arguments(LOGS, Request("GET", "/", {"a": "1", "b": "2"}), START)
    again = copy.deepcopy(LOGS)
    assert again.paging is not LOGS.paging
    assert digest_arguments(again, Request("GET", "/", {"b": "2", "a": "1"}), START) == first


@pytest.mark.parametrize(
    ("operation", "digest"),
    [
        (INTERACTIONS, "109c29ce85ac1fc3ab9ca142"),
        (SUBSCRIPTIONS, "65377c896bb94deba12e1277"),
        (choose_intents("backward"), "370d59f48c3f55145721da61"),
        (CONVERSATIONS, "328e72436ca37e623aaf6c16"),
        (EXPORT_EVENTS, "303b297b11326e8143919f95"),
    ],
)
def test_digests_outlive_a_release(operation: Operation, digest: str) -> None:
    """Checkpoints that were kept fit the same call, however its declaration is written now."""
    assert digest_arguments(operation, Request("GET", "/log", {"a": "1"}), "en") == digest


def test_digests_tell_nothing() -> None:
    """A digest has the same short form whatever it is made of."""
    digest = digest_arguments(LOGS, Request("GET", "/quasimodo", {"q": "quasimodo"}), "quasimodo")
    assert len(digest) == 24
    int(digest, 16)


@pytest.mark.parametrize("value", [0, -1, True, False, 1.0, "7", "quasimodo"])
def test_counts_are_positive_whole_numbers(value: Any) -> None:
    """Sizes and counts of any other kind raise at the call."""
    with pytest.raises(ArgumentError, match="page_size must be a whole number"):
        check_page_size(value, EVENTS)
    with pytest.raises(ArgumentError, match="concurrency must be a whole number"):
        check_count("concurrency", value, 4)


def test_page_sizes_stay_within_the_vendors() -> None:
    """The vendor's largest page is the default, and no larger one can be asked for."""
    assert [check_page_size(size, EVENTS) for size in (None, 1, 100)] == [100, 1, 100]
    assert [check_page_size(size, LOGS) for size in (None, 10**6)] == [None, 10**6]
    with pytest.raises(ArgumentError, match="at most 100, the vendor's limit; got 101"):
        check_page_size(101, EVENTS)
    assert [check_count("concurrency", count, 4) for count in (None, 1, 99)] == [4, 1, 99]
