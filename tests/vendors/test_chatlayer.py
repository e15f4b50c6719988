"""Chatlayer: events, definitions, subscriptions, intents, series and echo against the sandbox."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from dialytics import SeriesPoint, errors
from dialytics.sandbox import Sandbox
from dialytics_clients.chatlayer.rows import TrackingEvent

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Scripted, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
START, END = date(2026, 11, 1), date(2026, 11, 8)
FIRST, LAST = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 8, tzinfo=UTC)
INTENTS = 37
REGIONS = {
    "eu": "https://analytics.api.chatlayer.ai",
    "us": "https://analytics.api.prod.us-east4.gcp.chatlayer.ai",
    "apac": "https://analytics.api.prod.asia-south1.gcp.chatlayer.ai",
    "sa": "https://analytics.api.prod.sa-east1.gcp.chatlayer.ai",
}


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A sandbox with pages that do not divide its days."""
    with Sandbox(now=NOW, events_per_day=33) as running:
        yield running
        assert running.violations == []


def reach(url: str) -> dict[str, Any]:
    """Return the settings of a client of a server."""
    return {"token_id": "id", "token_secret": "secret", "base_url": url, "now": lambda: NOW}


def sandbox(box: Sandbox) -> dict[str, Any]:
    """Return the settings of a client of the sandbox."""
    return reach(box.url("chatlayer"))


@pytest.mark.parametrize("region", REGIONS)
def test_regions(twin: Twin, region: str) -> None:
    """Each region has its own URL; another name is refused, saying which there are."""
    with twin.open("Chatlayer", token_id="i", token_secret="s", region=region) as client:
        assert repr(client) == f"<{type(client).__name__} {REGIONS[region]}>"
    with pytest.raises(errors.ConfigurationError, match="eu, us, apac, sa"):
        twin.find("Chatlayer")(token_id="i", token_secret="s", region="mars")


def test_europe_is_the_default(twin: Twin) -> None:
    """Without a region a client asks in Europe."""
    with twin.open("Chatlayer", token_id="i", token_secret="s") as client:
        assert REGIONS["eu"] in repr(client)


def test_token_goes_as_basic(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Id and secret are sent as HTTP Basic, a ready value as it is."""
    scripted = serve(lambda _: answer.json({"message": "x"}))
    pair = base64.b64encode(b"id:secret").decode()
    with twin.open("Chatlayer", **reach(scripted.url)) as client:
        twin.wait(client.echo("x"))
    with twin.open("Chatlayer", auth="Token abc", base_url=scripted.url) as client:
        twin.wait(client.echo("x"))
    sent = [asked.headers["authorization"] for asked in scripted.asked]
    assert sent == [f"Basic {pair}", "Token abc"]


@pytest.mark.parametrize("message", ["hello", "", 'Größe 42 🙂 \u2028 "quoted"', "x" * 10_000])
def test_echo(twin: Twin, box: Sandbox, message: str) -> None:
    """What is sent comes back as it was."""
    with twin.open("Chatlayer", **sandbox(box)) as client:
        assert twin.wait(client.echo(message)) == message


def as_row(event: dict[str, Any]) -> dict[str, Any]:
    """Return what a row's attributes must be for what the generator says of it."""
    return {**event, "timestamp": datetime.fromisoformat(event["timestamp"])}


def attributes(row: TrackingEvent) -> dict[str, Any]:
    """Return a row's attributes."""
    assert row.extra == {}
    return {column.attribute: getattr(row, column.attribute) for column in TrackingEvent.COLUMNS}


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize(("page_size", "pages"), [(None, 1), (100, 1), (33, 1), (32, 2), (10, 4)])
def test_week_of_events_is_the_truth(
    twin: Twin, box: Sandbox, concurrency: int, page_size: int | None, pages: int
) -> None:
    """A week holds every event in order, whole, at the cost of each day's pages."""
    truth = box.events("bot", "LIVE", FIRST, LAST)
    box.clear_requests()
    with twin.open("Chatlayer", **sandbox(box)) as client:
        pager = client.events(
            "bot", start=START, end=END, concurrency=concurrency, page_size=page_size
        )
        rows = twin.collect(pager)
    assert [attributes(row) for row in rows] == [as_row(event) for event in truth]
    assert len(box.requests) == pager.stats.requests == 7 * pages
    assert {dict(request.query)["page_size"] for request in box.requests} == {str(page_size or 100)}


def test_draft_events_have_attributes_as_text(twin: Twin, box: Sandbox) -> None:
    """The two editions' attributes, an object and JSON in text, both come as they are."""
    with twin.open("Chatlayer", **sandbox(box)) as client:
        for version, kind in (("LIVE", dict), ("DRAFT", str)):
            pager = client.events("bot", version=version, start=START, end=END)
            rows = twin.collect(pager)
            truth = box.events("bot", version, FIRST, LAST)
            assert [row.attributes for row in rows] == [one["attributes"] for one in truth]
            assert {type(row.attributes) for row in rows} == {kind}


def test_events_of_a_part_of_a_day(twin: Twin, box: Sandbox) -> None:
    """Cuts fall on milliseconds: ranges that touch at an event hold each event once."""
    truth = box.events("bot", "LIVE", FIRST, LAST)
    cut = datetime.fromisoformat(truth[50]["timestamp"])
    with twin.open("Chatlayer", **sandbox(box)) as client:
        before = twin.collect(client.events("bot", start=START, end=cut))
        after = twin.collect(client.events("bot", start=cut, end=END))
    assert [row.id for row in before] == [event["id"] for event in truth[:50]]
    assert [row.id for row in after] == [event["id"] for event in truth[50:]]


def test_events_resume(twin: Twin, box: Sandbox) -> None:
    """A listing of events that is stopped anywhere goes on with exactly the rest."""
    truth = [event["id"] for event in box.events("bot", "LIVE", FIRST, LAST)]
    asked = {"start": START, "end": END, "page_size": 10}
    with twin.open("Chatlayer", **sandbox(box)) as client:
        for stop in (1, 9, 10, 11, 33, 34, 100, len(truth)):
            pager = client.events("bot", **asked)
            got = twin.collect(pager, stop)
            got += twin.collect(client.events("bot", **asked, resume=pager.checkpoint.to_json()))
            assert [row.id for row in got] == truth


def test_events_have_no_horizon(twin: Twin, box: Sandbox) -> None:
    """No limit is documented, so old ranges are sent; reversed ones are not."""
    with twin.open("Chatlayer", **sandbox(box)) as client:
        pager = client.events("bot", start=date(2020, 1, 1), end=date(2020, 1, 3))
        assert len(twin.collect(pager)) == 66
        box.clear_requests()
        with pytest.raises(errors.WindowError):
            client.events("bot", start=END, end=START)
        with pytest.raises(errors.WindowError, match="time zone"):
            client.events("bot", start=datetime(2026, 11, 1))  # noqa: DTZ001
    assert box.requests == []


@pytest.mark.parametrize("page_size", [None, 1, 3, 7])
def test_event_definitions(twin: Twin, box: Sandbox, page_size: int | None) -> None:
    """Every definition comes once, in order, whatever the page."""
    with twin.open("Chatlayer", **sandbox(box)) as client:
        pager = client.event_definitions("bot", page_size=page_size)
        rows = twin.collect(pager)
    assert len(rows) == len({row.id for row in rows}) == 7
    assert rows[0].event == "order_placed"
    assert (rows[0].bot_id, rows[0].volume_30_day) == ("bot", 30)
    assert rows[0].created_at == NOW - timedelta(days=60)
    assert pager.stats.requests == -(-7 // (page_size or 100))


def test_page_size_has_a_limit(twin: Twin, box: Sandbox) -> None:
    """A page larger than the vendor gives is refused at the call."""
    with (
        twin.open("Chatlayer", **sandbox(box)) as client,
        pytest.raises(errors.ArgumentError, match="at most 100"),
    ):
        client.event_definitions("bot", page_size=101)


def test_subscriptions(twin: Twin, box: Sandbox) -> None:
    """Subscriptions come with their fields and over several pages; a bot may have none."""
    bot = f"subscribed-{twin.kind}"
    url = f"{box.url('chatlayer')}/v1/bots/{bot}/subscriptions"
    names = ["order_placed", "login"]
    with httpx.Client(auth=("id", "secret")) as http:
        for number in range(5):
            body = {
                "target": f"https://hooks.example/{number}",
                "event_type": "TRACKING_EVENT",
                "secret": "hush",
                "event_names": names if number else [],
            }
            assert http.post(url, json=body).status_code == 200
    with twin.open("Chatlayer", **sandbox(box)) as client:
        pager = client.subscriptions(bot, page_size=2)
        rows = twin.collect(pager)
        assert twin.collect(client.subscriptions("nobody")) == []
    assert [row.target for row in rows] == [f"https://hooks.example/{n}" for n in range(5)]
    assert [row.event_names for row in rows] == [()] + [tuple(names)] * 4
    assert {(row.bot_id, row.status, row.created_at) for row in rows} == {(bot, "enabled", NOW)}
    assert pager.stats.requests == 3


# Intents: cursors, both ways.


@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("page_size", [None, 1, 2, 10, 36, 37, 100])
def test_intents_come_once_each(
    twin: Twin, box: Sandbox, direction: str, page_size: int | None
) -> None:
    """Forward and backward, every intent comes exactly once, whatever the page."""
    with twin.open("Chatlayer", **sandbox(box)) as client:
        pager = client.intents(
            "bot", start=START, end=END, direction=direction, page_size=page_size
        )
        pages = twin.collect(pager.pages())
    ranks = [row.rank for page in pages for row in page]
    assert sorted(ranks) == list(range(1, INTENTS + 1))
    assert all(list(one) == sorted(one) for one in ([row.rank for row in page] for page in pages))
    if direction == "forward":
        assert ranks == sorted(ranks)
    else:
        assert [page.rows[-1].rank for page in pages] == sorted(
            (page.rows[-1].rank for page in pages), reverse=True
        )
    if page_size:
        assert pager.stats.requests == -(-INTENTS // page_size)


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_intents_resume(twin: Twin, box: Sandbox, direction: str) -> None:
    """A listing of intents that is stopped anywhere goes on with exactly the rest."""
    asked = {"start": START, "end": END, "direction": direction, "page_size": 5}
    with twin.open("Chatlayer", **sandbox(box)) as client:
        whole = [row.rank for row in twin.collect(client.intents("bot", **asked))]
        for stop in (1, 4, 5, 6, 20, 36):
            pager = client.intents("bot", **asked)
            got = twin.collect(pager, stop)
            got += twin.collect(client.intents("bot", **asked, resume=pager.checkpoint))
            assert [row.rank for row in got] == whole
        pager = client.intents("bot", **asked)
        twin.collect(pager, 3)
        other = {"forward": "backward", "backward": "forward"}[direction]
        with pytest.raises(errors.CheckpointMismatch):
            client.intents("bot", **{**asked, "direction": other}, resume=pager.checkpoint)


def test_intents_filters(twin: Twin, box: Sandbox) -> None:
    """Filters of one or several values go out as a comma-separated list, on every page."""
    box.clear_requests()
    with twin.open("Chatlayer", **sandbox(box)) as client:
        pager = client.intents(
            "bot",
            start=START,
            end=END,
            channel_type=["web", "whatsapp"],
            language="nl",
            bucket="1d",
            page_size=20,
        )
        assert len(twin.collect(pager)) == INTENTS
    assert len(box.requests) == 2
    for request in box.requests:
        query = dict(request.query)
        assert (query["channel_type"], query["language"]) == ("web,whatsapp", "nl")
        assert (query["bucket"], query["version"], query["first"]) == ("1d", "LIVE", "20")
        assert query["start_time"] == "2026-11-01T00:00:00.000Z"
        assert query["end_time"] == "2026-11-08T00:00:00.000Z"


@pytest.mark.parametrize(
    "wrong",
    [
        {"direction": "sideways"},
        {"direction": ["forward"]},
        {"channel_type": []},
        {"channel_type": ["a,b"]},
        {"language": ["en", 1]},
    ],
)
def test_wrong_arguments_of_intents(twin: Twin, box: Sandbox, wrong: dict[str, Any]) -> None:
    """An argument that cannot be sent is refused at the call, naming it."""
    box.clear_requests()
    with (
        twin.open("Chatlayer", **sandbox(box)) as client,
        pytest.raises(errors.ArgumentError, match=next(iter(wrong))),
    ):
        client.intents("bot", start=START, end=END, **wrong)
    assert box.requests == []


# Series.


def ask_raw(box: Sandbox, **query: str) -> Any:
    """Return the data of a series as the server sends it."""
    query = {
        "version": "LIVE",
        "start_time": "2026-11-01T00:00:00.000Z",
        "end_time": "2026-11-08T00:00:00.000Z",
        **query,
    }
    url = f"{box.url('chatlayer')}/v1/bots/bot/conversations"
    return httpx.get(url, params=query, auth=("id", "secret")).json()["data"]


def test_series_of_conversations(twin: Twin, box: Sandbox) -> None:
    """A series has the server's axis, labels and values, and gives back its data unchanged."""
    data = ask_raw(box, bucket="1d", group_by="channel_type")
    box.clear_requests()
    with twin.open("Chatlayer", **sandbox(box)) as client:
        series = twin.wait(
            client.conversations("bot", start=START, end=END, bucket="1d", group_by="channel_type")
        )
    assert len(box.requests) == 1
    assert series.to_dict() == data
    assert series.x_values == tuple(data["x_values"])
    assert series.labels == tuple(data["series_labels"])
    assert [one.values for one in series.series] == [tuple(one["values"]) for one in data["series"]]
    assert [one.sum for one in series.series] == [sum(one["values"]) for one in data["series"]]
    points = [
        SeriesPoint(x, label, value)
        for label, one in zip(data["series_labels"], data["series"], strict=True)
        for x, value in zip(data["x_values"], one["values"], strict=True)
    ]
    assert list(series) == list(series) == points
    assert len(series) == len(points) == 21


def test_series_filters(twin: Twin, box: Sandbox) -> None:
    """Filters and the bucket reach the server: the parts add up to the whole."""
    asked = {"start": START, "end": END, "bucket": "1h"}
    with twin.open("Chatlayer", **sandbox(box)) as client:
        whole = twin.wait(client.conversations("bot", **asked))
        parts = [
            twin.wait(client.conversations("bot", **asked, channel_type=channels))
            for channels in ("web", ["whatsapp", "facebook"])
        ]
        draft = twin.wait(client.conversations("bot", **asked, version="DRAFT"))
    assert len(whole) == 7 * 24
    summed = [sum(point.value for point in points) for points in zip(*parts, strict=True)]
    assert [point.value for point in whole] == summed
    assert [point.value for point in draft] != summed


@pytest.mark.parametrize(
    ("data", "points"),
    [
        ({"x_values": ["a", "b"], "series": [{"values": [1, 2]}]}, [1, 2]),
        (
            {"x_values": ["a", "b"], "series": [{"values": ["1"]}], "series_labels": ["l", "m"]},
            [1, None],
        ),
        ({"x_values": ["a"], "series": [{}]}, [None]),
        ({"x_values": [*"abc"], "series": [{"values": [1, None, 2]}]}, [1, None, 2]),
        (
            {"x_values": ["a"], "series": [None, {"values": [1]}], "series_labels": [None, "l"]},
            [None, 1],
        ),
        ({"x_values": ["a"]}, []),
        ({}, []),
    ],
)
def test_series_with_gaps(
    twin: Twin,
    serve: Serve,
    answer: type[Answer],
    data: dict[str, Any],
    points: list[int | None],
) -> None:
    """Missing labels and values are None, and int64 as text is a number."""
    scripted = serve(lambda _: answer.json({"data": data}))
    with twin.open("Chatlayer", **reach(scripted.url)) as client:
        series = twin.wait(client.conversations("bot", start=START, end=END))
    assert [point.value for point in series] == points
    assert len(series.labels) == len(series.series)


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"x_values": ["a"], "series": [{"values": [1, 2]}]}},
        {"data": {"x_values": ["a", None], "series": [{"values": [1, 2]}]}},
    ],
)
def test_series_that_is_none(
    twin: Twin, serve: Serve, answer: type[Answer], body: dict[str, Any]
) -> None:
    """A response with more values than its axis, or a null in that, is InvalidResponse."""
    scripted = serve(lambda _: answer.json(body))
    with (
        twin.open("Chatlayer", **reach(scripted.url)) as client,
        pytest.raises(errors.InvalidResponse),
    ):
        twin.wait(client.conversations("bot", start=START, end=END))


@pytest.mark.parametrize(
    ("bucket", "hours"), [("1h", 1), ("1d", 24), ("1d", 23), ("1w", 168), ("1w", 24)]
)
def test_bucket_as_long_as_the_range(twin: Twin, box: Sandbox, bucket: str, hours: int) -> None:
    """A bucket that is not shorter than the range is refused before anything is sent."""
    asked = {"start": FIRST, "end": FIRST + timedelta(hours=hours), "bucket": bucket}
    box.clear_requests()
    with twin.open("Chatlayer", **sandbox(box)) as client:
        with pytest.raises(errors.WindowError, match=f"bucket of {bucket}"):
            twin.wait(client.conversations("bot", **asked))
        with pytest.raises(errors.WindowError, match=f"bucket of {bucket}"):
            client.intents("bot", **asked)
    assert box.requests == []


def test_bucket_that_nobody_knows_is_sent(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A bucket of a later edition is the vendor's to judge."""
    scripted = serve(lambda _: answer.json({"data": {}}))
    with twin.open("Chatlayer", **reach(scripted.url)) as client:
        twin.wait(client.conversations("bot", start=START, end=END, bucket="5m"))
    assert scripted.asked[0].query["bucket"] == "5m"


def test_errors_of_the_gateway(twin: Twin, box: Sandbox) -> None:
    """An unknown bot is NotFound, a bad token Unauthorized, each with vendor and operation."""
    with twin.open("Chatlayer", **sandbox(box)) as client:
        with pytest.raises(errors.NotFound) as caught:
            twin.collect(client.event_definitions("unknown"))
        assert (caught.value.vendor, caught.value.operation) == ("chatlayer", "event_definitions")
    with (
        twin.open("Chatlayer", **{**sandbox(box), "token_secret": "invalid"}) as client,
        pytest.raises(errors.Unauthorized),
    ):
        twin.wait(client.echo("x"))


def test_numbers_as_text_are_numbers(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Counts that a gateway writes as text, as it does with int64, are integers in rows."""
    body = {"data": [{"intent_id": "a", "count": "12", "rank": "1"}], "pagination": {}}
    scripted = serve(lambda _: answer(json.dumps(body).encode()))
    with twin.open("Chatlayer", **reach(scripted.url)) as client:
        row = twin.collect(client.intents("bot", start=START, end=END))[0]
    assert (row.count, row.rank) == (12, 1)


def test_objects_of_another_shape(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """An answer with none of the documented fields is asked for again; an empty one is the end."""
    wrong = ({"error": "busy"}, {"code": 13, "message": "internal", "details": []})
    answers = [*map(answer.json, wrong), answer.json({})]
    scripted = serve(lambda _: answers.pop(0))
    with twin.open("Chatlayer", **reach(scripted.url), max_retries=2) as client:
        assert twin.collect(client.subscriptions("bot")) == []
        answers += [answer.json({"result": {"subscriptions": [{"id": "1"}]}})] * 3
        with pytest.raises(errors.InvalidResponse, match="none of the fields") as caught:
            twin.collect(client.subscriptions("bot"))
    assert caught.value.garbled
    assert len(scripted.asked) == 6
