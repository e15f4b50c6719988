"""Inkeep's conversations, feedback and events in the sandbox, over real sockets."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from dialytics.sandbox import Sandbox

from .conftest import NOW

API = {"authorization": "Bearer api-key"}
WEB = {"authorization": "Bearer web-key"}
OPENAI = {"type": "openai", "messages": [{"role": "user", "content": "Hi"}]}


def ask(
    box: Sandbox, http: httpx.Client, path: str, method: str = "GET", **request: Any
) -> httpx.Response:
    """Send a request, with an API key unless told otherwise."""
    request.setdefault("headers", API)
    return http.request(method, f"{box.url('inkeep')}{path}", **request)


def log(box: Sandbox, http: httpx.Client, **body: Any) -> dict[str, Any]:
    """Log an OpenAI conversation."""
    response = ask(box, http, "/conversations", "POST", json={**OPENAI, **body})
    assert response.status_code == 200, response.text
    return dict(response.json())


@pytest.mark.parametrize("limit", [1, 7, 45, 100])
def test_pages_sum_to_the_total(http: httpx.Client, limit: int) -> None:
    """Offsets by any limit give every conversation once, newest first; after the end: none."""
    with Sandbox(now=NOW) as box:
        found: list[dict[str, Any]] = []
        while True:
            query = {"limit": limit, "offset": len(found)}
            body = ask(box, http, "/conversations", params=query).json()
            assert (body["total"], body["pageSize"]) == (45, limit)
            assert body["count"] == len(body["conversations"])
            if not body["conversations"]:
                break
            found += body["conversations"]
    assert len({item["id"] for item in found}) == 45
    times = [item["createdAt"] for item in found]
    assert times == sorted(times, reverse=True)


def test_defaults_and_bounds(box: Sandbox, http: httpx.Client) -> None:
    """The default limit is 20; 0 and 100 are allowed, 101 and negatives are answered with 422."""
    assert ask(box, http, "/conversations").json()["count"] == 20
    assert ask(box, http, "/conversations?limit=0").json()["conversations"] == []
    assert ask(box, http, "/conversations?limit=100").status_code == 200
    assert ask(box, http, "/conversations?limit=null&offset=null").json()["count"] == 20
    for query in ("limit=101", "limit=-1", "offset=-1", "limit=ten"):
        assert ask(box, http, f"/conversations?{query}").status_code == 422


def test_log_and_read_back(box: Sandbox, http: httpx.Client) -> None:
    """A conversation logged with ids is found by both, as it was answered."""
    logged = log(box, http, id="mine", externalId="theirs", tags=["a"], properties={"n": 1})
    assert logged["id"] == "mine"
    assert logged["messages"][0]["conversationId"] == "mine"
    assert logged["messagesOpenAIFormat"] == [{"role": "user", "content": "Hi"}]
    assert ask(box, http, "/conversations/mine").json() == logged
    assert ask(box, http, "/conversations/external/theirs").json() == logged
    assert ask(box, http, "/conversations?limit=1").json()["conversations"] == [logged]


def test_conversations_from_the_start_are_found(box: Sandbox, http: httpx.Client) -> None:
    """What is listed is found by its id and by its external id."""
    listed = ask(box, http, "/conversations?limit=2&offset=10").json()["conversations"]
    for item in listed:
        assert ask(box, http, f"/conversations/{item['id']}").json() == item
        assert ask(box, http, f"/conversations/external/{item['externalId']}").json() == item


def test_upsert_replaces_messages(http: httpx.Client) -> None:
    """The same id, or else the same external id, updates; messages are replaced as a whole."""
    answer = {"role": "assistant", "content": "Yes"}
    with Sandbox(now=NOW) as box:
        first = log(box, http, externalId="e", tags=["kept"])
        second = log(box, http, externalId="e", messages=[*OPENAI["messages"], answer])
        third = log(box, http, id=first["id"], messages=[answer])
        total = ask(box, http, "/conversations").json()["total"]
    assert first["id"] == second["id"] == third["id"]
    assert [len(item["messages"]) for item in (first, second, third)] == [1, 2, 1]
    assert third["externalId"] == "e"
    assert third["tags"] == ["kept"]
    assert total == 46


def test_minted_ids_differ(box: Sandbox, http: httpx.Client) -> None:
    """Without any id, each logged conversation is a new one."""
    assert log(box, http)["id"] != log(box, http)["id"]


def test_update_of_one_from_the_start(http: httpx.Client) -> None:
    """A conversation that was there at the start can be updated by its external id."""
    with Sandbox(now=NOW) as box:
        before = ask(box, http, "/conversations?limit=1").json()["conversations"][0]
        after = log(box, http, externalId=before["externalId"])
        total = ask(box, http, "/conversations").json()["total"]
    assert after["id"] == before["id"]
    assert after["createdAt"] == before["createdAt"]
    assert total == 45


def test_delete(http: httpx.Client) -> None:
    """A deleted conversation is gone from every way to find it, and cannot be deleted again."""
    with Sandbox(now=NOW) as box:
        logged = log(box, http, externalId="e")
        for identifier, external in ((logged["id"], "e"), ("conv_00000003", "ticket-3")):
            path = f"/conversations/{identifier}"
            assert ask(box, http, path, "DELETE").json()["success"] is True
            assert ask(box, http, path, "DELETE").status_code == 404
            assert ask(box, http, path).status_code == 404
            assert ask(box, http, f"/conversations/external/{external}").status_code == 404
        body = ask(box, http, "/conversations?limit=100").json()
    assert body["total"] == body["count"] == 44


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"type": "openai"},
        {"type": "openai", "messages": []},
        {"type": "other", "messages": [{"role": "user"}]},
        {"type": "openai", "messages": [{"role": "bot", "content": "Hi"}]},
        {"type": "openai", "messages": [{"role": "user"}]},
        {"type": "support_ticket", "messages": [{"content": "no role"}]},
        {**OPENAI, "visibility": "secret"},
        {**OPENAI, "createdAt": "2026-11-01T00:00:00"},
        {**OPENAI, "id": ""},
    ],
)
def test_invalid_conversations(box: Sandbox, http: httpx.Client, body: dict[str, Any]) -> None:
    """A body that breaks a documented rule is a 422 problem with the legacy error beside it."""
    response = ask(box, http, "/conversations", "POST", json=body)
    problem = response.json()
    assert response.status_code == problem["status"] == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["title"] == "Unprocessable Entity"
    assert problem["code"] == problem["error"]["code"] == "unprocessable_entity"
    assert problem["instance"] == "/conversations"
    assert problem["requestId"].startswith("req_")


def test_refusals_never_quote_the_text(box: Sandbox, http: httpx.Client) -> None:
    """Neither a problem nor a violation repeats what was in the conversation."""
    messages = [{"role": "user", "content": {"hush": "hush-hush"}}]
    body = {"type": "openai", "visibility": "hush-hush", "messages": messages}
    response = ask(box, http, "/conversations", "POST", json=body)
    assert response.status_code == 422
    assert "hush-hush" not in response.text + repr(box.violations) + repr(box.requests)


def test_other_types_are_freer(box: Sandbox, http: httpx.Client) -> None:
    """Tickets take any role and no content, and have no OpenAI form."""
    body = {"type": "support_ticket", "messages": [{"role": "agent", "content": None}]}
    logged = ask(box, http, "/conversations", "POST", json=body).json()
    assert logged["messages"][0]["role"] == "agent"
    assert "messagesOpenAIFormat" not in logged


def test_body_that_is_no_json(box: Sandbox, http: httpx.Client) -> None:
    """Malformed JSON is a 400."""
    response = ask(box, http, "/conversations", "POST", content=b"{")
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")


def test_body_limit(box: Sandbox, http: httpx.Client) -> None:
    """More than 2 MB is a 413."""
    messages = [{"role": "user", "content": "x" * 2_100_000}]
    response = ask(box, http, "/conversations", "POST", json={**OPENAI, "messages": messages})
    assert response.status_code == 413


def test_vendor_example(box: Sandbox, http: httpx.Client) -> None:
    """A body with every field of the documented example is taken and answered whole."""
    user = {"id": "u", "identificationType": "COOKIED", "userId": 5, "userType": "x", "more": 1}
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    message = {
        "id": "m",
        "role": "assistant",
        "content": [{"type": "text", "text": "Hi"}],
        "name": "n",
        "createdAt": "2019-08-24T14:15:22Z",
        "links": [{"label": "l", "url": "https://a.example", "type": "documentation"}],
        "userProperties": user,
        "tool_calls": [call],
    }
    logged = log(
        box, http, messages=[message], userProperties=user, createdAt="2019-08-24T14:15:22Z"
    )
    assert logged["userProperties"] == user
    assert {**logged["messages"][0], **message} == logged["messages"][0]
    assert logged["messagesOpenAIFormat"][0]["tool_calls"] == [call]


@pytest.mark.parametrize("value", ["", "Bearer invalid", "Bearer expired", "key", "Basic YTpi"])
def test_refused_keys(box: Sandbox, http: httpx.Client, value: str) -> None:
    """Missing, malformed and reserved keys are a 401 problem."""
    response = ask(box, http, "/conversations", headers={"authorization": value})
    assert (response.status_code, response.json()["code"]) == (401, "unauthorized")


def test_web_keys(box: Sandbox, http: httpx.Client) -> None:
    """A Web key may log and read one conversation, delete it, log an event, and nothing else."""
    logged = ask(box, http, "/conversations", "POST", json=OPENAI, headers=WEB).json()
    one = f"/conversations/{logged['id']}"
    event = {"entityType": "conversation", "conversationId": logged["id"], "type": "t"}
    assert ask(box, http, one, headers=WEB).status_code == 200
    assert ask(box, http, "/events", "POST", json=event, headers=WEB).status_code == 200
    assert ask(box, http, one, "DELETE", headers=WEB).status_code == 200
    feedback = {"type": "positive", "messageId": "m"}
    for method, path, body in (
        ("GET", "/conversations", None),
        ("GET", "/conversations/external/x", None),
        ("GET", "/feedback", None),
        ("POST", "/feedback", feedback),
        ("POST", "/query/events", {}),
        ("GET", "/query/top-search-queries", None),
    ):
        response = ask(box, http, path, method, json=body, headers=WEB)
        assert (response.status_code, response.json()["code"]) == (403, "forbidden")


def test_feedback(http: httpx.Client) -> None:
    """Feedback is logged, listed by kind with its conversation and message, read and deleted."""
    with Sandbox(now=NOW) as box:
        logged = log(box, http)
        message = logged["messages"][0]
        before = ask(box, http, "/feedback").json()
        reason = {"label": "l", "details": "d"}
        body = {"type": "negative", "messageId": message["id"], "reasons": [reason]}
        given = ask(box, http, "/feedback", "POST", json=body).json()
        after = ask(box, http, "/feedback").json()
        path = f"/feedback/{given['id']}"
        read = ask(box, http, path).json()
        deleted = ask(box, http, path, "DELETE").json()
        gone = [ask(box, http, path, method).status_code for method in ("GET", "DELETE")]
    assert (before["positiveFeedbackCount"], before["negativeFeedbackCount"]) == (10, 5)
    assert after["negativeFeedbackCount"] == 6
    assert after["negativeFeedback"][0] == {**given, "conversation": logged, "message": message}
    assert read == given
    assert deleted["success"] is True
    assert gone == [404, 404]


def test_feedback_pages(box: Sandbox, http: httpx.Client) -> None:
    """Limit and offset apply to each list; the default limit is 10."""
    whole = ask(box, http, "/feedback?limit=100").json()["positiveFeedback"]
    parts = [
        item
        for offset in range(0, len(whole), 4)
        for item in ask(box, http, f"/feedback?limit=4&offset={offset}").json()["positiveFeedback"]
    ]
    assert parts == whole
    assert len(ask(box, http, "/feedback").json()["positiveFeedback"]) == 10


@pytest.mark.parametrize(
    "body", [{"type": "neutral", "messageId": "m"}, {"type": "positive"}, {"messageId": "m"}]
)
def test_invalid_feedback(box: Sandbox, http: httpx.Client, body: dict[str, Any]) -> None:
    """Feedback needs a kind and a message."""
    assert ask(box, http, "/feedback", "POST", json=body).status_code == 422


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"entityType": "message", "messageId": "m", "type": "t"}, 200),
        ({"entityType": "search", "searchQuery": "q", "type": "t", "id": "chosen"}, 200),
        ({"entityType": "message", "conversationId": "m", "type": "t"}, 422),
        ({"entityType": "page", "type": "t"}, 422),
        ({"entityType": "search", "searchQuery": "q"}, 422),
        ({"entityType": "search", "searchQuery": "q", "type": "t", "id": ""}, 422),
    ],
)
def test_events(box: Sandbox, http: httpx.Client, body: dict[str, Any], status: int) -> None:
    """An event needs a type and the id of its entity; what was sent comes back with an id."""
    response = ask(box, http, "/events", "POST", json=body)
    assert response.status_code == status
    if status == 200:
        assert {**response.json(), **body} == response.json()
        assert response.json()["createdAt"] == "2026-11-20T12:00:00.000Z"


def test_unknown_paths(box: Sandbox, http: httpx.Client) -> None:
    """Unknown paths and methods are problems too."""
    for method, path, status in (("GET", "/nothing", 404), ("PUT", "/conversations", 405)):
        response = ask(box, http, path, method)
        assert response.status_code == response.json()["status"] == status
        assert response.headers["content-type"] == "application/problem+json"
