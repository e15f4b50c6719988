"""Inkeep's query operations in the sandbox."""

from __future__ import annotations

import csv
import io
from typing import Any

import httpx
import pytest

from dialytics.sandbox import Sandbox

from .conftest import NOW

API = {"authorization": "Bearer api-key"}
VIEWS = ["conversations", "events", "feedback", "semantic-threads"]
COUNT = {"type": "aggregation", "aggregation": "count"}


def query(box: Sandbox, http: httpx.Client, path: str, **body: Any) -> httpx.Response:
    """Post a query."""
    return http.post(f"{box.url('inkeep')}/query/{path}", json=body, headers=API)


def read_rows(box: Sandbox, http: httpx.Client, view: str, **body: Any) -> list[dict[str, Any]]:
    """Return a query's rows."""
    response = query(box, http, view, **body)
    assert response.status_code == 200, response.text
    rows: list[dict[str, Any]] = response.json()["data"]["result"]
    return rows


def where(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    """Write one condition."""
    return {"condition": {"field": field, "operator": operator, "value": value}}


@pytest.mark.parametrize("view", VIEWS)
def test_page_and_export(http: httpx.Client, view: str) -> None:
    """A query shows 100 rows and the total; its export has all of them under the same columns."""
    with Sandbox(now=NOW, conversations=400) as box:
        body = query(box, http, view).json()
        export = query(box, http, f"{view}/export")
        violations = box.violations
    data, expected = body["data"], 134 if view == "feedback" else 400
    rows = list(csv.DictReader(io.StringIO(export.text, newline="")))
    assert body["status"] == "ok"
    assert (data["total"], data["pageSize"], data["count"]) == (expected, 100, 100)
    assert export.headers["content-type"].startswith("text/csv")
    assert len(rows) == expected
    assert [row["id"] for row in rows[:100]] == [row["id"] for row in data["result"]]
    assert list(rows[0]) == list(data["result"][0])
    assert violations == []


def test_filters_agree_with_the_rows(box: Sandbox, http: httpx.Client) -> None:
    """Each operator keeps exactly the rows it should."""
    rows = read_rows(box, http, "conversations")
    middle = rows[20]["firstMessageTime"]
    cases: list[tuple[dict[str, Any], Any]] = [
        (where("type", "eq", "openai"), lambda r: r["type"] == "openai"),
        (where("type", "neq", "openai"), lambda r: r["type"] != "openai"),
        (where("userMessageCount", "gt", 1), lambda r: r["userMessageCount"] > 1),
        (where("userMessageCount", "gte", 2), lambda r: r["userMessageCount"] >= 2),
        (where("userMessageCount", "gt", "text"), lambda r: False),
        (where("firstMessageTime", "lte", middle), lambda r: r["firstMessageTime"] <= middle),
        (where("type", "in", ["support_ticket"]), lambda r: r["type"] == "support_ticket"),
        (where("type", "notIn", ["support_ticket"]), lambda r: r["type"] != "support_ticket"),
        (
            where("properties", "jsonContains", {"theme": "dark"}),
            lambda r: r["properties"]["theme"] == "dark",
        ),
        (where("properties", "jsonHasKey", "theme"), lambda r: True),
        (where("properties", "jsonHasAnyKey", ["theme", "x"]), lambda r: True),
        (where("properties", "jsonHasAllKeys", ["theme", "x"]), lambda r: False),
        (where("projectId", "isNull"), lambda r: False),
        (where("projectId", "isNotNull"), lambda r: True),
        (
            {"and": [where("type", "eq", "openai"), where("userMessageCount", "lt", 3)]},
            lambda r: r["type"] == "openai" and r["userMessageCount"] < 3,
        ),
        (
            {"or": [where("type", "eq", "openai"), where("type", "eq", "support_ticket")]},
            lambda r: r["type"] != "support_copilot",
        ),
    ]
    for condition, fits in cases:
        expected = [row for row in rows if fits(row)]
        assert read_rows(box, http, "conversations", where=condition) == expected, condition


def test_array_operators(box: Sandbox, http: httpx.Client) -> None:
    """Operators on arrays look into them."""
    rows = read_rows(box, http, "feedback")
    label = {"label": "incomplete"}
    found = read_rows(
        box, http, "feedback", where=where("reasons", "jsonArrayContainsObject", label)
    )
    assert found == [row for row in rows if row["reasons"]]
    threads = read_rows(
        box, http, "semantic-threads", where=where("languages", "arrayContains", "en")
    )
    assert len(threads) == 45


def test_grouping(box: Sandbox, http: httpx.Client) -> None:
    """Groups have their keys and aggregations, and their counts add up."""
    total = {"type": "aggregation", "aggregation": "sum", "field": "userMessageCount"}
    rows = read_rows(box, http, "conversations")
    grouped = read_rows(
        box,
        http,
        "conversations",
        select=[COUNT, total],
        groupBy=[{"field": "type"}],
        orderBy=[{"field": "count", "direction": "desc"}],
    )
    assert [row["count"] for row in grouped] == [27, 9, 9]
    assert set(grouped[0]) == {"type", "count", "sum_userMessageCount"}
    assert sum(row["sum_userMessageCount"] for row in grouped) == sum(
        row["userMessageCount"] for row in rows
    )


@pytest.mark.parametrize(
    ("unit", "start"),
    [
        ("hour", "2026-11-20T09:00:00Z"),
        ("day", "2026-11-20T00:00:00Z"),
        ("week", "2026-11-16T00:00:00Z"),
        ("month", "2026-11-01T00:00:00Z"),
    ],
)
def test_grouping_by_time(box: Sandbox, http: httpx.Client, unit: str, start: str) -> None:
    """A time group is named after field and unit, and holds the unit's start."""
    time = {"type": "time", "timeUnit": unit, "field": "firstMessageTime"}
    rows = read_rows(box, http, "conversations", select=[COUNT], groupBy=[time])
    assert sum(row["count"] for row in rows) == 45
    assert rows[0][f"firstMessageTime_{unit}"] == start


def test_aggregation_without_groups(box: Sandbox, http: httpx.Client) -> None:
    """Aggregations without groups give one row, also over nothing."""
    select = [
        COUNT,
        {"type": "aggregation", "aggregation": "countDistinct", "field": "type"},
        {"type": "aggregation", "aggregation": "max", "field": "userMessageCount"},
    ]
    assert read_rows(box, http, "conversations", select=select) == [
        {"count": 45, "countDistinct_type": 3, "max_userMessageCount": 3}
    ]
    nothing = where("id", "eq", "none")
    assert read_rows(box, http, "conversations", select=select, where=nothing) == [
        {"count": 0, "countDistinct_type": 0, "max_userMessageCount": None}
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"where": where("age", "eq", 1)},
        {"where": where("type", "like", "x")},
        {"where": {"not": []}},
        {"select": [{"type": "aggregation", "aggregation": "median"}]},
        {"select": [{"type": "field"}]},
        {"groupBy": [{"type": "time", "timeUnit": "year"}]},
        {"orderBy": [{"field": "id", "direction": "up"}]},
        {"notes": "x" * 81},
    ],
)
def test_invalid_queries(box: Sandbox, http: httpx.Client, body: dict[str, Any]) -> None:
    """A query that names what does not exist is a 422 problem."""
    assert query(box, http, "conversations", **body).status_code == 422


def test_logged_items_are_queried(http: httpx.Client) -> None:
    """What was logged is in the views, under the vendor's names."""
    with Sandbox(now=NOW, conversations=0) as box:
        assert read_rows(box, http, "conversations") == []
        user = {"id": "u-1"}
        body = {
            "type": "openai",
            "messages": [{"role": "user", "content": "Hi", "id": "m-1"}],
            "userProperties": user,
        }
        logged = http.post(f"{box.url('inkeep')}/conversations", json=body, headers=API).json()
        for path, sent in (
            ("events", {"entityType": "search", "searchQuery": "q", "type": "t"}),
            ("feedback", {"type": "positive", "messageId": "m-1"}),
        ):
            http.post(f"{box.url('inkeep')}/{path}", json=sent, headers=API)
        row = read_rows(box, http, "conversations")[0]
        event = read_rows(box, http, "events")[0]
        feedback = read_rows(box, http, "feedback")[0]
    assert (row["id"], row["userMessageCount"]) == (logged["id"], 1)
    assert (event["searchQuery"], event["eventType"]) == ("q", "search")
    assert feedback["conversationId"] == logged["id"]


def test_property_keys_and_values(box: Sandbox, http: httpx.Client) -> None:
    """Keys and values are counted over the views asked for, the most frequent first."""
    views = ["conversations_view"]
    keys = query(box, http, "property-keys", field="properties", views=views).json()["results"]
    assert keys == [{"key": "theme", "count": 45}, {"key": "page", "count": 45}]
    asked = {"field": "properties", "key": "theme", "views": views}
    values = query(box, http, "property-values", **asked).json()["results"]
    assert {item["value"] for item in values} == {"light", "dark"}
    assert sum(item["count"] for item in values) == 45
    assert values[0]["count"] >= values[1]["count"]
    assert len(query(box, http, "property-values", **asked, limit=1).json()["results"]) == 1


def test_searches(box: Sandbox, http: httpx.Client) -> None:
    """Top searches and weekly users count in text, and can be limited to a time and a project."""
    url = f"{box.url('inkeep')}/query"
    events = read_rows(box, http, "events", where=where("searchQuery", "isNotNull"))
    top = http.get(f"{url}/top-search-queries", headers=API).json()["data"]
    weeks = http.get(f"{url}/weekly-search-users", headers=API).json()["data"]
    assert sum(int(row["count"]) for row in top["result"]) == len(events) == 15
    assert top["total"] == len(top["result"])
    assert [row["week"] for row in weeks["result"]] == ["2026-11-09", "2026-11-16"]
    late = {"after": "2026-11-18T00:00:00Z"}
    expected = sum(event["createdAt"] > late["after"] for event in events)
    fewer = http.get(f"{url}/top-search-queries", params=late, headers=API).json()["data"]
    assert expected not in (0, 15 - expected)
    assert sum(int(row["count"]) for row in fewer["result"]) == expected
    other = {"project_id": "other"}
    none = http.get(f"{url}/top-search-queries", params=other, headers=API).json()["data"]
    assert none == {"result": [], "total": 0}


def test_all_twenty_two_operations(http: httpx.Client) -> None:
    """Every operation answers 200, and no request or response breaks the specification."""
    conversation = {"type": "openai", "id": "c", "messages": [{"role": "user", "content": "Hi"}]}
    event = {"entityType": "conversation", "conversationId": "c", "type": "t"}
    feedback = {"type": "positive", "messageId": "c-m0", "id": "f"}
    requests: list[tuple[str, str, Any]] = [
        ("POST", "/conversations", {**conversation, "externalId": "e"}),
        ("GET", "/conversations", None),
        ("GET", "/conversations/c", None),
        ("GET", "/conversations/external/e", None),
        ("POST", "/events", event),
        ("POST", "/feedback", feedback),
        ("GET", "/feedback", None),
        ("GET", "/feedback/f", None),
        *(("POST", f"/query/{view}", {"notes": "all"}) for view in VIEWS),
        *(("POST", f"/query/{view}/export", {}) for view in VIEWS),
        ("POST", "/query/property-keys", {"field": "properties"}),
        ("POST", "/query/property-values", {"field": "properties", "key": "theme"}),
        ("GET", "/query/top-search-queries", None),
        ("GET", "/query/weekly-search-users", None),
        ("DELETE", "/feedback/f", None),
        ("DELETE", "/conversations/c", None),
    ]
    with Sandbox(now=NOW) as box:
        for method, path, body in requests:
            url = f"{box.url('inkeep')}{path}"
            assert http.request(method, url, json=body, headers=API).status_code == 200, path
        assert len({entry.operation for entry in box.requests}) == 22
        assert box.violations == []
