"""Chatlayer in the sandbox, over real sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from dialytics.sandbox import Sandbox

START = datetime(2026, 11, 2, tzinfo=UTC)
END = START + timedelta(days=7)
RANGE = {"version": "LIVE", "start_time": "2026-11-02", "end_time": "2026-11-09T00:00:00.000Z"}
BASIC = ("token-id", "token-secret")


def ask(
    box: Sandbox, http: httpx.Client, path: str, method: str = "GET", **request: Any
) -> httpx.Response:
    """Send a request with a good credential."""
    return http.request(method, f"{box.url('chatlayer')}{path}", auth=BASIC, **request)


def read_report(box: Sandbox, http: httpx.Client, path: str, **query: Any) -> dict[str, Any]:
    """Return a report's SeriesData, checking what must hold for any."""
    response = ask(box, http, path, params={**RANGE, **query})
    assert response.status_code == 200, response.text
    data: dict[str, Any] = response.json()["data"]
    assert len(data["series"]) == len(data["series_labels"])
    for serie in data["series"]:
        values = serie["values"]
        assert len(values) == len(data["x_values"])
        assert serie["sum"] == sum(values)
        assert (serie["max"], serie["min"]) == (max(values), min(values))
        assert serie["mean"] == sum(values) // len(values)
    return data


def read_pages(
    box: Sandbox, http: httpx.Client, path: str, name: str, **query: Any
) -> Iterator[list[dict[str, Any]]]:
    """Follow page tokens to the end."""
    token = ""
    while True:
        body = ask(box, http, path, params={**query, "page_token": token}).json()
        assert body[name] or not token
        yield body[name]
        token = body.get("next_page_token", "")
        if not token:
            assert "next_page_token" not in body
            return


@pytest.mark.parametrize("page_size", [1, 33, 100, 1000])
def test_events_sum_to_the_truth(http: httpx.Client, page_size: int) -> None:
    """Pages of any size give each event once, ascending, at most 100 a page."""
    with Sandbox(now=END, events_per_day=15) as box:
        path = "/v1/bots/bot/events/stream"
        pages = list(read_pages(box, http, path, "events", **RANGE, page_size=page_size))
        truth = box.events("bot", "LIVE", START, END)
        violations = box.violations
    assert [event for page in pages for event in page] == truth
    assert len(truth) == 105
    assert len(pages) == -(-105 // min(page_size, 100))
    times = [event["timestamp"] for event in truth]
    assert times == sorted(times)
    assert violations == []


def test_events_window_is_half_open(box: Sandbox, http: httpx.Client) -> None:
    """start_time is inclusive, end_time exclusive, to the millisecond."""
    first, second = box.events("bot", "LIVE", START, END)[:2]
    query = {"start_time": first["timestamp"], "end_time": second["timestamp"]}
    path = "/v1/bots/bot/events/stream"
    assert ask(box, http, path, params={**RANGE, **query}).json()["events"] == [first]


def test_events_default_page(box: Sandbox, http: httpx.Client) -> None:
    """Without page_size, or with 0, a page has 50 events."""
    path = "/v1/bots/bot/events/stream"
    for query in ({}, {"page_size": "0"}):
        assert len(ask(box, http, path, params={**RANGE, **query}).json()["events"]) == 50


def test_attributes_come_in_both_forms(box: Sandbox) -> None:
    """Attributes are an object in LIVE and JSON text in DRAFT."""
    live = box.events("bot", "LIVE", START, END)[0]
    draft = box.events("bot", "DRAFT", START, END)[0]
    assert isinstance(live["attributes"], dict)
    assert set(json.loads(draft["attributes"])) == set(live["attributes"])


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/bots/b/events/stream", {"version": "NEWEST"}),
        ("/v1/bots/b/events/stream", {"version": ""}),
        ("/v1/bots/b/events/stream", {"page_size": "-1"}),
        ("/v1/bots/b/events/stream", {"page_size": "many"}),
        ("/v1/bots/b/events/stream", {"page_token": "forged"}),
        ("/v1/bots/b/events/stream", {"start_time": "yesterday"}),
        ("/v1/bots/b/events/stream", {"start_time": "2026-12-01"}),
        ("/v1/bots/b/conversations", {"bucket": "1m"}),
        ("/v1/bots/b/conversations", {"bucket": "1w", "end_time": "2026-11-03"}),
        ("/v1/bots/b/conversations", {"group_by": "bot_id"}),
        ("/v1/bots/b/conversations", {"end_time": ""}),
        ("/v1/bots/b/conversations", {"start_time": "1980-01-01"}),
        ("/v1/bots/b/conversations/insights", {"stat": "age"}),
        ("/v1/bots/b/conversations/insights", {}),
        ("/v1/bots/b/intents", {"first": "1", "last": "1"}),
        ("/v1/bots/b/intents", {"after": "forged"}),
        ("/v1/bots/b/LIVE/flows/menu/edges", {"type": "both"}),
        ("/v1/teams/t/conversations", {"bucket": "1h"}),
        ("/v1/teams/t/conversations", {"group_by": "bot_id,age"}),
        ("/v1beta1/teams/t/knowledge_base", {}),
    ],
)
def test_bad_requests(box: Sandbox, http: httpx.Client, path: str, query: dict[str, str]) -> None:
    """What the documentation rules out is answered with 400 in grpc-gateway's form."""
    response = ask(box, http, path, params={**RANGE, **query})
    assert response.status_code == 400
    assert response.json()["code"] == 3
    assert response.json()["details"] == []


def test_tokens_are_bound_to_the_query(box: Sandbox, http: httpx.Client) -> None:
    """An event token goes on only for its own bot, version and range."""
    path = "/v1/bots/bot/events/stream"
    token = ask(box, http, path, params=RANGE).json()["next_page_token"]
    good = {**RANGE, "page_token": token, "page_size": "3"}
    assert ask(box, http, path, params=good).status_code == 200
    assert ask(box, http, path, params={**good, "version": "DRAFT"}).status_code == 400
    assert ask(box, http, "/v1/bots/other/events/stream", params=good).status_code == 400


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Bearer token-id:token-secret",
        "token-id:token-secret",
        "Basic dG9rZW4taWQ=",
        "Basic !",
        "Basic aW52YWxpZDp4",
        "Basic eDpleHBpcmVk",
    ],
)
def test_refused_credentials(box: Sandbox, http: httpx.Client, authorization: str | None) -> None:
    """Only Basic with an id and a secret is taken; the reserved words are refused."""
    headers = {"authorization": authorization} if authorization else {}
    url = f"{box.url('chatlayer')}/v1/bots/b/subscriptions"
    response = http.get(url, headers=headers)
    assert (response.status_code, response.json()["code"]) == (401, 16)


@pytest.mark.parametrize(
    "path", ["/v1/bots/unknown/users", "/v1/teams/unknown/voice_minutes", "/v1/nothing"]
)
def test_unknown_things(box: Sandbox, http: httpx.Client, path: str) -> None:
    """The reserved ids and unknown paths answer 404."""
    response = ask(box, http, path, params=RANGE)
    assert (response.status_code, response.json()["code"]) == (404, 5)


BOT_REPORTS = [
    "/v1/bots/b/conversations",
    "/v1/bots/b/messages",
    "/v1/bots/b/users",
    "/v1/bots/b/intents/insights",
    "/v1/teams/t/voice_minutes",
]


@pytest.mark.parametrize("path", BOT_REPORTS)
def test_buckets_add_up(box: Sandbox, http: httpx.Client, path: str) -> None:
    """Hours add up to days, days to the week; x values are the buckets' starts."""
    hours = read_report(box, http, path, bucket="1h")
    days = read_report(box, http, path, bucket="1d")
    weeks = read_report(box, http, path, bucket="1w")
    assert hours["x_values"][:2] == ["2026-11-02T00:00:00Z", "2026-11-02T01:00:00Z"]
    assert days["x_values"][-1] == "2026-11-08T00:00:00Z"
    assert weeks["x_values"] == ["2026-11-02T00:00:00Z"]
    values = hours["series"][0]["values"]
    sums = [sum(values[day * 24 : day * 24 + 24]) for day in range(7)]
    assert days["series"][0]["values"] == sums
    assert weeks["series"][0]["values"] == [sum(sums)]


def test_adjacent_ranges_concatenate(box: Sandbox, http: httpx.Client) -> None:
    """Two ranges that meet on a bucket boundary give together what the whole gives."""
    path = "/v1/bots/b/messages"
    whole = read_report(box, http, path)["series"][0]["values"]
    first = read_report(box, http, path, end_time="2026-11-05")["series"][0]["values"]
    second = read_report(box, http, path, start_time="2026-11-05")["series"][0]["values"]
    assert first + second == whole


@pytest.mark.parametrize(
    ("path", "group", "labels"),
    [
        ("/v1/bots/b/conversations", "channel_type", {"web", "whatsapp", "facebook"}),
        ("/v1/bots/b/conversations", "language", {"en", "nl", "fr"}),
        ("/v1/teams/t/conversations", "team_id", {"t"}),
        ("/v1/teams/t/conversations", "bot_id,bot_version", None),
    ],
)
def test_groups_add_up(
    box: Sandbox, http: httpx.Client, path: str, group: str, labels: set[str] | None
) -> None:
    """The series of a grouping add up to the ungrouped one."""
    whole = read_report(box, http, path, bucket="1d")["series"][0]["values"]
    grouped = read_report(box, http, path, bucket="1d", group_by=group)
    columns = zip(*(serie["values"] for serie in grouped["series"]), strict=True)
    assert [sum(column) for column in columns] == whole
    assert labels is None or set(grouped["series_labels"]) == labels


def test_filters_pick_groups(box: Sandbox, http: httpx.Client) -> None:
    """A language filter gives the series that grouping by language gives."""
    path = "/v1/bots/b/conversations"
    grouped = read_report(box, http, path, group_by="language")
    one = read_report(box, http, path, language="nl", group_by="language")
    at = grouped["series_labels"].index("nl")
    assert one["series"] == [grouped["series"][at]]


def test_months(box: Sandbox, http: httpx.Client) -> None:
    """Team reports have months; the parts of a month at the ends are only partly counted."""
    query = {"start_time": "2026-09-15", "end_time": "2026-11-10", "bucket": "1m"}
    path = "/v1beta1/teams/t/knowledge_base"
    months = read_report(box, http, path, **query)
    days = read_report(box, http, path, **{**query, "bucket": "1d"})
    assert months["x_values"] == [f"2026-{month}-01T00:00:00Z" for month in ("09", "10", "11")]
    values = days["series"][0]["values"]
    assert months["series"][0]["values"] == [sum(values[:16]), sum(values[16:47]), sum(values[47:])]


def test_user_activity(box: Sandbox, http: httpx.Client) -> None:
    """User activity is seven weekdays by 24 hours and adds up to the users."""
    data = read_report(box, http, "/v1/bots/b/users/activity")
    users = read_report(box, http, "/v1/bots/b/users", bucket="1h")
    assert len(data["series"]) == 7
    assert data["x_values"] == [str(hour) for hour in range(24)]
    assert data["series"][0]["values"] == users["series"][0]["values"][:24]


@pytest.mark.parametrize("stat", ["num_conversations", "duration_seconds", "num_messages"])
def test_conversation_insights(box: Sandbox, http: httpx.Client, stat: str) -> None:
    """Each statistic is one series in its name."""
    data = read_report(box, http, "/v1/bots/b/conversations/insights", stat=stat)
    assert data["series_labels"] == [stat]


def test_future_counts_nothing(box: Sandbox, http: httpx.Client) -> None:
    """Buckets after the sandbox's clock are there and zero."""
    query = {"start_time": "2026-11-20", "end_time": "2026-11-23", "bucket": "1d"}
    values = read_report(box, http, "/v1/bots/b/users", **query)["series"][0]["values"]
    assert values[0] > 0
    assert values[1:] == [0, 0]


def test_flows(box: Sandbox, http: httpx.Client) -> None:
    """Flows name steps and the drop-off; both spellings of path are one; details are consistent."""
    plain = ask(box, http, "/v1/bots/b/flows", params=RANGE).json()["nodes"]
    repeated = {**RANGE, "path": ["welcome", "menu"]}
    indexed = {**RANGE, "path[0]": "welcome", "path[1]": "menu"}
    after = ask(box, http, "/v1/bots/b/flows", params=repeated).json()["nodes"]
    assert {node["id"] for node in plain} >= {"DROPOFF", "welcome"}
    assert after == ask(box, http, "/v1/bots/b/flows", params=indexed).json()["nodes"]
    assert "welcome" not in {node["id"] for node in after}
    step = ask(box, http, "/v1/bots/b/flows/menu", params=RANGE).json()
    assert step["message_count"] >= step["conversation_count"] >= step["drop_off_count"] > 0
    for direction in ("sources", "targets"):
        query = {**RANGE, "type": direction}
        query.pop("version")
        edges = ask(box, http, "/v1/bots/b/LIVE/flows/menu/edges", params=query).json()["edges"]
        assert edges
        assert all(edge["count"] > 0 and edge["id"] != "menu" for edge in edges)


@pytest.mark.parametrize("size", [1, 10, 36, 37, 50])
def test_intents_both_ways(box: Sandbox, http: httpx.Client, size: int) -> None:
    """Cursors forwards and backwards give every intent once, by rank, and say when to stop."""
    path = "/v1/bots/b/intents"
    found: dict[str, list[dict[str, Any]]] = {"after": [], "before": []}
    for name, count, edge in (("after", "first", "end"), ("before", "last", "start")):
        query: dict[str, Any] = {**RANGE, count: size}
        more = True
        while more:
            body = ask(box, http, path, params=query).json()
            page, pagination = body["data"], body["pagination"]
            found[name] = found[name] + page if name == "after" else page + found[name]
            more = pagination["has_more"]
            query[name] = pagination[f"{edge}_cursor"]
    assert found["after"] == found["before"]
    assert [intent["rank"] for intent in found["after"]] == list(range(1, 38))
    counts = [intent["count"] for intent in found["after"]]
    assert counts == sorted(counts, reverse=True)


def test_event_definitions(http: httpx.Client, box: Sandbox) -> None:
    """Created definitions are listed after those from the start, over pages."""
    path = "/v1/bots/definer/events/definitions"
    created = [
        ask(box, http, path, "POST", json={"event": f"e{n}", "description": "d"}).json()
        for n in range(3)
    ]
    pages = list(read_pages(box, http, path, "event_definitions", page_size=4))
    assert [len(page) for page in pages] == [4, 4, 2]
    listed = [item for page in pages for item in page]
    assert listed[-3:] == [body["event_definition"] for body in created]
    assert len({item["id"] for item in listed}) == 10
    assert ask(box, http, path, "POST", json={"description": "d"}).status_code == 400


def test_subscriptions(http: httpx.Client, box: Sandbox) -> None:
    """A subscription can be created, listed and deleted once, and its secret is never shown."""
    path = "/v1/bots/hooked/subscriptions"
    body = {
        "target": "https://hooks.example/in",
        "secret": "hush-hush",
        "event_type": "TRACKING_EVENT",
        "event_names": ["nps"],
        "version": "v1",
    }
    created = ask(box, http, path, "POST", json=body)
    listed = ask(box, http, path)
    subscription = created.json()["subscription"]
    assert listed.json() == {"subscriptions": [subscription]}
    assert "hush-hush" not in created.text + listed.text
    assert ask(box, http, f"{path}/{subscription['id']}", "DELETE").status_code == 200
    assert ask(box, http, f"{path}/{subscription['id']}", "DELETE").status_code == 404
    assert ask(box, http, path).json() == {"subscriptions": []}


@pytest.mark.parametrize(
    "change",
    [
        {"target": "http://hooks.example"},
        {"secret": ""},
        {"event_type": "OTHER"},
        {"version": "v2"},
        {"event_type": "MESSAGE_EVENT", "event_names": ["nps"]},
    ],
)
def test_bad_subscriptions(box: Sandbox, http: httpx.Client, change: dict[str, Any]) -> None:
    """What the documentation does not allow in a subscription is refused."""
    body = {"target": "https://a.example", "secret": "s", "event_type": "TRACKING_EVENT", **change}
    assert ask(box, http, "/v1/bots/b/subscriptions", "POST", json=body).status_code == 400


def test_echo(box: Sandbox, http: httpx.Client) -> None:
    """Echo gives the message back and needs one."""
    assert ask(box, http, "/v1/echo", "POST", json={"message": "ü"}).json() == {"message": "ü"}
    assert ask(box, http, "/v1/echo", "POST", json={}).status_code == 400
    assert ask(box, http, "/v1/echo", "POST", content=b"{").status_code == 400


REQUESTS: list[tuple[str, str, dict[str, Any]]] = [
    *(("GET", path, {}) for path in BOT_REPORTS),
    ("GET", "/v1/bots/b/conversations/insights", {"stat": "num_messages"}),
    ("GET", "/v1/bots/b/users/activity", {}),
    ("GET", "/v1/teams/t/conversations", {"group_by": "team_id"}),
    ("GET", "/v1beta1/teams/t/knowledge_base", {"bucket": "1d"}),
    ("GET", "/v1/bots/b/events/stream", {"page_size": "9"}),
    ("GET", "/v1/bots/b/events/definitions", {}),
    ("POST", "/v1/bots/b/events/definitions", {"event": "e"}),
    ("GET", "/v1/bots/b/subscriptions", {}),
    (
        "POST",
        "/v1/bots/b/subscriptions",
        {"target": "https://a.example", "secret": "s", "event_type": "MESSAGE_EVENT"},
    ),
    ("GET", "/v1/bots/b/flows", {"path": ["welcome"]}),
    ("GET", "/v1/bots/b/flows/menu", {}),
    ("GET", "/v1/bots/b/LIVE/flows/menu/edges", {"type": "sources"}),
    ("GET", "/v1/bots/b/intents", {"first": "2"}),
    ("POST", "/v1/echo", {"message": "m"}),
]


def test_all_twenty_operations(http: httpx.Client) -> None:
    """Every operation answers 200, and no request or response breaks the specification."""
    unbounded = ("/subscriptions", "/definitions")
    with Sandbox(now=END) as box:
        for method, path, given in REQUESTS:
            times = {} if path.endswith(unbounded) else dict(RANGE)
            if path.startswith(("/v1/teams", "/v1beta1")) or path.endswith("/edges"):
                times.pop("version")
            request = {"json": given} if method == "POST" else {"params": {**times, **given}}
            assert ask(box, http, path, method, **request).status_code == 200, path
        listed = ask(box, http, "/v1/bots/b/subscriptions").json()["subscriptions"]
        ask(box, http, f"/v1/bots/b/subscriptions/{listed[0]['id']}", "DELETE")
        answered = {entry.operation for entry in box.requests if entry.status == 200}
        violations = box.violations
    assert len(answered) == 20
    assert violations == []
