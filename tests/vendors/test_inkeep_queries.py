"""Inkeep: queries and reports, and results that are longer than what came."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dialytics import errors
from dialytics.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Scripted, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EXAMPLES = Path(__file__).parent / "examples"
CONVERSATIONS = 130
VIEWS = ("conversations", "events", "feedback", "semantic_threads")
IDS = {"select": [{"type": "field", "field": "id"}]}
COUNT = {"select": [{"type": "aggregation", "field": "id", "aggregation": "count"}]}


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A sandbox with more conversations than a page of a query holds."""
    with Sandbox(now=NOW, conversations=CONVERSATIONS) as running:
        yield running
        assert running.violations == []


@pytest.fixture(scope="module")
def lenient() -> Iterator[Sandbox]:
    """A sandbox that is sent what the specification does not allow."""
    with Sandbox(now=NOW, conversations=1) as running:
        yield running


def result(rows: int, **facts: Any) -> dict[str, Any]:
    """Return a query's response."""
    return {"status": "ok", "data": {"result": [{"id": n} for n in range(rows)], **facts}}


# Queries


@pytest.mark.parametrize("view", VIEWS)
def test_queries(twin: Twin, serve: Serve, answer: type[Answer], view: str) -> None:
    """A query is sent as it is to its view; rows and figures come back, in the vendor's order."""
    scripted = serve(lambda _: answer.json(result(3, total=3, pageSize=100, count=3)))
    query = {**IDS, "where": {"condition": {"field": "createdAt", "operator": "gt", "value": NOW}}}
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        found = twin.wait(getattr(client, f"query_{view}")(query))
    (asked,) = scripted.asked
    assert (asked.method, asked.path) == ("POST", f"/query/{view.replace('_', '-')}")
    sent = json.loads(asked.body)
    assert sent["where"]["condition"].pop("value") == "2026-11-20T12:00:00Z"
    assert sent["select"] == query["select"]
    assert (list(found), len(found)) == ([{"id": 0}, {"id": 1}, {"id": 2}], 3)
    assert (found.total, found.page_size, found.truncated) == (3, 100, False)
    assert "{" not in repr(found)


@pytest.mark.parametrize("view", VIEWS)
def test_long_results_are_refused(twin: Twin, box: Sandbox, view: str) -> None:
    """A result that is longer than the page raises and names the export; one request is made."""
    most = 44 if view == "feedback" else CONVERSATIONS
    box.clear_requests()
    with twin.open("Inkeep", api_key="key", base_url=box.url("inkeep"), max_retries=2) as client:
        query = getattr(client, f"query_{view}")
        (whole,) = twin.wait(query(COUNT))
        assert whole == {"count_id": most}
        if view == "feedback":
            assert len(twin.wait(query(IDS))) == most
            return
        with pytest.raises(errors.InvalidResponse, match=rf"100 rows of 130.*export_{view}\(\)"):
            twin.wait(query(IDS))
        assert len(box.requests) == 2
        cut = twin.wait(query(IDS, allow_truncated=True))
    assert (len(cut), cut.total, cut.page_size, cut.truncated) == (100, CONVERSATIONS, 100, True)


@pytest.mark.parametrize(
    ("rows", "facts", "truncated"),
    [
        (2, {"total": 2, "pageSize": 100}, False),
        (2, {"total": 2, "pageSize": 2}, False),
        (2, {"total": "2"}, False),
        (2, {"total": 2.0, "pageSize": None}, False),
        (0, {"total": 0, "pageSize": 0}, False),
        (2, {"total": 3, "pageSize": 2}, True),
        (2, {"total": 3, "pageSize": 100}, True),
        (2, {"total": 3.0}, True),
        (2, {"total": 2, "count": 2}, False),
        (2, {"total": 2, "pageSize": 2, "count": 5}, True),
        (2, {"pageSize": 100, "count": "5"}, True),
        (2, {"total": 1, "pageSize": 2}, True),
        (2, {"total": 1, "pageSize": 100}, False),
        (2, {"pageSize": 3, "count": 2}, False),
        (2, {"pageSize": 3}, False),
        (2, {"pageSize": 2}, True),
        (2, {"total": None, "pageSize": "2"}, True),
        (2, {"total": "many", "pageSize": 1}, True),
        (2, {}, True),
    ],
)
def test_truncation(
    twin: Twin,
    serve: Serve,
    answer: type[Answer],
    *,
    rows: int,
    facts: dict[str, Any],
    truncated: bool,
) -> None:
    """Rows are missing if the total says so, or if it is unknown and the page may be full."""
    scripted = serve(lambda _: answer.json(result(rows, **facts)))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        assert twin.wait(client.query_events({}, allow_truncated=True)).truncated is truncated
        if truncated:
            with pytest.raises(errors.InvalidResponse, match="is cut"):
                twin.wait(client.query_events({}))
        else:
            assert len(twin.wait(client.query_events({}))) == rows


@pytest.mark.parametrize(
    "body", [{}, {"data": None}, {"data": []}, {"data": {"result": {}}}, {"data": {"result": [7]}}]
)
def test_other_bodies_are_refused(
    twin: Twin, serve: Serve, answer: type[Answer], body: dict[str, Any]
) -> None:
    """A response without rows is no empty result."""
    scripted = serve(lambda _: answer.json(body))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        for call in (client.query_events, client.query_feedback):
            with pytest.raises(errors.InvalidResponse):
                twin.wait(call({}, allow_truncated=True))
        with pytest.raises(errors.InvalidResponse):
            twin.wait(client.weekly_search_users(allow_truncated=True))


def test_queries_are_repeated(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A query changes nothing, so it is tried again though it is a POST."""
    lost = answer(status=503, headers={"retry-after": "0"})
    answers = iter([lost, answer.json(result(0, total=0))])
    scripted = serve(lambda _: next(answers))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url, max_retries=1) as client:
        assert len(twin.wait(client.query_events(COUNT))) == 0
    assert len({asked.body for asked in scripted.asked}) == 1
    assert len(scripted.asked) == 2


# Properties


def test_property_keys(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Keys come with how often they occur; what is not given is not sent."""
    results = [{"key": "theme", "count": 7}, {"key": "page", "count": "3"}]
    scripted = serve(lambda _: answer.json({"results": results}))
    where = {"condition": {"field": "id", "operator": "isNotNull"}}
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        keys = twin.wait(client.property_keys("properties"))
        twin.wait(client.property_keys("userProperties", views="events_view", where=where))
    assert [(one.key, one.count) for one in keys] == [("theme", 7), ("page", 3)]
    assert [json.loads(asked.body) for asked in scripted.asked] == [
        {"field": "properties"},
        {"field": "userProperties", "views": ["events_view"], "where": where},
    ]


@pytest.mark.parametrize(
    ("count", "limit", "refused"),
    [(99, None, False), (100, None, True), (101, None, True), (100, 100, False), (5, 5, False)],
)
def test_property_values(
    twin: Twin,
    serve: Serve,
    answer: type[Answer],
    *,
    count: int,
    limit: int | None,
    refused: bool,
) -> None:
    """As many values as the vendor gives unasked may not be all, unless so many were asked for."""
    results = [{"value": n, "count": 1} for n in range(count)]
    scripted = serve(lambda _: answer.json({"results": results}))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        if refused:
            with pytest.raises(errors.InvalidResponse, match="pass limit="):
                twin.wait(client.property_values("properties", "page", limit=limit))
        else:
            values = twin.wait(client.property_values("properties", "page", limit=limit))
            assert [one.value for one in values] == list(range(count))
    asked = {"field": "properties", "key": "page"} | ({} if limit is None else {"limit": limit})
    assert [json.loads(one.body) for one in scripted.asked] == [asked]


def test_properties_in_the_sandbox(twin: Twin, box: Sandbox) -> None:
    """Keys and values agree with what the views hold."""
    views = ["conversations_view"]
    with twin.open("Inkeep", api_key="key", base_url=box.url("inkeep")) as client:
        keys = twin.wait(client.property_keys("properties", views=views))
        values = twin.wait(client.property_values("properties", "theme", views=views))
        for limit in (0, -1, 1.5, True, "7"):
            with pytest.raises(errors.ArgumentError, match="limit"):
                twin.wait(client.property_values("properties", "theme", limit=limit))
    assert {one.key: one.count for one in keys} == {"theme": CONVERSATIONS, "page": CONVERSATIONS}
    assert sum(one.count for one in values) == CONVERSATIONS


# Reports


def test_reports_have_numbers(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Counts that the vendor writes as text are whole numbers, under names in snake_case."""

    def script(asked: Asked) -> Answer:
        top = [{"search_query": "install", "count": "12"}]
        weeks = [{"week": "2026-11-02", "unique_users": "7"}]
        rows = top if asked.path.endswith("top-search-queries") else weeks
        return answer.json({"data": {"result": rows, "total": 1}})

    scripted = serve(script)
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        (top,) = twin.wait(client.top_search_queries(after=NOW, project_id="p"))
        (week,) = twin.wait(client.weekly_search_users(after="yesterday"))
        twin.wait(client.weekly_search_users())
        twin.wait(client.weekly_search_users(after=date(2026, 1, 1)))
        for after in (NOW.replace(tzinfo=None), 7):
            with pytest.raises(errors.ArgumentError):
                twin.wait(client.weekly_search_users(after=after))
    assert (top.search_query, top.count) == ("install", 12)
    assert (week.week, week.unique_users) == ("2026-11-02", 7)
    assert [(asked.path, asked.query) for asked in scripted.asked] == [
        ("/query/top-search-queries", {"after": "2026-11-20T12:00:00.000000Z", "project_id": "p"}),
        ("/query/weekly-search-users", {"after": "yesterday"}),
        ("/query/weekly-search-users", {}),
        ("/query/weekly-search-users", {"after": "2026-01-01T00:00:00.000000Z"}),
    ]


@pytest.mark.parametrize("name", ["top_search_queries", "weekly_search_users"])
def test_long_reports_are_refused(
    twin: Twin, serve: Serve, answer: type[Answer], name: str
) -> None:
    """A report that says there are more rows than came raises, unless that is allowed."""
    row = {"search_query": "a", "count": "1", "week": "w", "unique_users": "1"}
    scripted = serve(lambda _: answer.json({"data": {"result": [row], "total": 2}}))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        with pytest.raises(errors.InvalidResponse, match="1 rows of 2"):
            twin.wait(getattr(client, name)())
        assert twin.wait(getattr(client, name)(allow_truncated=True)).truncated


# What holds for all operations

Use = Callable[["Twin", Any], object]


def calling(name: str, *arguments: Any) -> Use:
    """Return what calls an operation."""
    return lambda twin, client: twin.wait(getattr(client, name)(*arguments))


def listing(name: str, *arguments: Any) -> Use:
    """Return what reads a listing."""
    return lambda twin, client: twin.collect(getattr(client, name)(*arguments))


CALLS: dict[str, Use] = {
    "log_conversation": calling("log_conversation", {"id": "c"}),
    "conversation": calling("conversation", "c"),
    "conversation_by_external_id": calling("conversation_by_external_id", "c"),
    "conversations": listing("conversations"),
    "delete_conversation": calling("delete_conversation", "c"),
    "log_event": calling("log_event", {"id": "e"}),
    "log_feedback": calling("log_feedback", {"id": "f"}),
    "feedback_by_id": calling("feedback_by_id", "f"),
    "feedback": listing("feedback"),
    "delete_feedback": calling("delete_feedback", "f"),
    "property_keys": calling("property_keys", "properties"),
    "property_values": calling("property_values", "properties", "k"),
    "top_search_queries": calling("top_search_queries"),
    "weekly_search_users": calling("weekly_search_users"),
    **{f"query_{view}": calling(f"query_{view}", {}) for view in VIEWS},
    **{f"export_{view}": listing(f"export_{view}", {}) for view in VIEWS},
}
LISTINGS = {"conversations", "feedback", *(f"export_{view}" for view in VIEWS)}
# What a web key may do according to the vendor's document.
WEB = {"log_conversation", "conversation", "delete_conversation", "log_event"}


def test_every_operation_is_called() -> None:
    """The table above has all twenty-two operations."""
    assert len(CALLS) == 22


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.BadRequest),
        (401, errors.Unauthorized),
        (403, errors.Forbidden),
        (422, errors.Unprocessable),
        (500, errors.ServerError),
    ],
)
@pytest.mark.parametrize("name", CALLS)
def test_documented_errors(
    twin: Twin,
    serve: Serve,
    answer: type[Answer],
    *,
    name: str,
    status: int,
    kind: type[errors.StatusError],
) -> None:
    """Each documented error comes out of each operation as its class, with all it says."""
    text = (EXAMPLES / f"inkeep-log-conversation.{status}.json").read_text(encoding="utf-8")
    body = json.loads(text)
    scripted = serve(lambda _: answer.json(body, status, "application/problem+json"))
    with (
        twin.open("Inkeep", api_key="key", base_url=scripted.url) as client,
        pytest.raises(kind) as caught,
    ):
        CALLS[name](twin, client)
    error = caught.value
    assert type(error) is kind
    assert (error.vendor, error.operation) == ("inkeep", name)
    assert (error.code, error.request_id) == (body["code"], body["requestId"])
    assert (error.checkpoint is not None) == (name in LISTINGS)
    assert len(scripted.asked) == 1


@pytest.mark.parametrize("name", CALLS)
def test_web_keys_are_sent(twin: Twin, serve: Serve, answer: type[Answer], name: str) -> None:
    """Nothing is refused for a web key before the vendor does: its documents contradict."""
    scripted = serve(lambda _: answer.json({}, 403))
    with (
        twin.open("Inkeep", web_key="web-1", base_url=scripted.url) as client,
        pytest.raises(errors.Forbidden),
    ):
        CALLS[name](twin, client)
    assert scripted.asked[0].headers["authorization"] == "Bearer web-1"


@pytest.mark.parametrize("name", CALLS)
def test_web_keys_in_the_sandbox(twin: Twin, lenient: Sandbox, name: str) -> None:
    """The sandbox takes a web key where the vendor's document does."""
    with twin.open("Inkeep", web_key="web-1", base_url=lenient.url("inkeep")) as client:
        with pytest.raises(errors.StatusError) as caught:
            CALLS[name](twin, client)
        assert isinstance(caught.value, errors.Forbidden) != (name in WEB)


LARGE = {"notes": "x" * 2_100_000}
SENDERS: dict[str, Use] = {
    **{name: calling(name, LARGE) for name in ("log_conversation", "log_event", "log_feedback")},
    **{f"query_{view}": calling(f"query_{view}", LARGE) for view in VIEWS},
    **{f"export_{view}": listing(f"export_{view}", LARGE) for view in VIEWS},
    "property_keys": lambda twin, client: twin.wait(client.property_keys("k", where=LARGE)),
    "property_values": lambda twin, client: twin.wait(
        client.property_values("properties", "k", where=LARGE)
    ),
}


@pytest.mark.parametrize("name", SENDERS)
def test_large_bodies_are_not_sent(twin: Twin, box: Sandbox, name: str) -> None:
    """A body over 2 MB is refused without a request, whichever operation it is for."""
    box.clear_requests()
    with (
        twin.open("Inkeep", api_key="key", base_url=box.url("inkeep")) as client,
        pytest.raises(errors.PayloadTooLarge),
    ):
        SENDERS[name](twin, client)
    assert box.requests == []
