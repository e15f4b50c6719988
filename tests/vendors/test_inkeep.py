"""Inkeep: the documented request, response and errors, and the listing of conversations."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
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
CONVERSATIONS = 45


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A sandbox with the default number of conversations."""
    with Sandbox(now=NOW, conversations=CONVERSATIONS) as running:
        yield running
        assert running.violations == []


def example(name: str) -> Any:
    """Return one of the documentation's examples."""
    text = (EXAMPLES / f"inkeep-log-conversation.{name}.json").read_text(encoding="utf-8")
    return json.loads(text)


def test_example_goes_both_ways_unchanged(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """The documented request arrives as it is, and the documented response comes back as it is."""
    scripted = serve(lambda _: answer.json(example("response")))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        stored = twin.wait(client.log_conversation(example("request")))
        read = twin.wait(client.conversation("a/b c"))
    assert json.loads(scripted.asked[0].body) == example("request")
    assert stored.to_dict() == read.to_dict() == example("response")
    assert stored == read
    assert stored.extra == {}
    assert [(asked.method, asked.path) for asked in scripted.asked] == [
        ("POST", "/conversations"),
        ("GET", "/conversations/a%2Fb%20c"),
    ]
    for asked in scripted.asked:
        assert asked.headers["authorization"] == "Bearer key"
        assert asked.headers["accept"] == "application/json"


def test_example_in_the_rows_types(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """The documented response is a conversation with typed messages, links and tool calls."""
    scripted = serve(lambda _: answer.json(example("response")))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        stored = twin.wait(client.conversation("c"))
    (message,) = stored.messages
    assert (message.role, message.conversation_id) == ("system", "string")
    assert message.links[0].breadcrumbs == ("string",)
    assert message.tool_calls[0].function.arguments == "string"
    assert stored.user_properties.identification_type == "COOKIED"
    assert stored.messages_open_ai_format[0].content == "string"


def test_example_in_the_sandbox(twin: Twin) -> None:
    """The documented request is stored and can be read again; logging it twice makes one."""
    with Sandbox(now=NOW, conversations=2) as fresh:
        with twin.open("Inkeep", api_key="key", base_url=fresh.url("inkeep")) as client:
            twin.wait(client.log_conversation(example("request")))
            stored = twin.wait(client.log_conversation(example("request")))
            assert twin.wait(client.conversation(stored.id)) == stored
            assert len(twin.collect(client.conversations())) == 3
        assert fresh.violations == []
        sent, back = example("request"), stored.to_dict()
    message = back["messages"][0]
    assert {name: message[name] for name in sent["messages"][0]} == sent["messages"][0]
    kept = {*sent} - {"messages", "updatedAt"}
    assert {name: back[name] for name in kept} == {name: sent[name] for name in kept}


ERRORS = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    422: errors.Unprocessable,
    500: errors.ServerError,
}

CALLS: dict[str, Callable[[Twin, Any], object]] = {
    "log": lambda twin, client: twin.wait(client.log_conversation(example("request"))),
    "one": lambda twin, client: twin.wait(client.conversation("123")),
    "all": lambda twin, client: twin.collect(client.conversations()),
}


@pytest.mark.parametrize("status", ERRORS)
@pytest.mark.parametrize("call", CALLS)
def test_example_errors(
    twin: Twin, serve: Serve, answer: type[Answer], status: int, call: str
) -> None:
    """Each documented error comes out of each operation as its class, with all it says."""
    body = example(str(status))
    scripted = serve(lambda _: answer.json(body, status, "application/problem+json"))
    with (
        twin.open("Inkeep", api_key="key", base_url=scripted.url) as client,
        pytest.raises(errors.StatusError) as caught,
    ):
        CALLS[call](twin, client)
    error = caught.value
    assert type(error) is ERRORS[status]
    assert (error.status, error.title, error.detail) == (status, body["title"], body["detail"])
    assert (error.code, error.request_id) == (body["code"], body["requestId"])
    assert error.vendor == "inkeep"
    assert (error.checkpoint is not None) == (call == "all")
    assert len(scripted.asked) == 1


def test_times_and_nulls_are_sent(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Aware times become ISO 8601 and null stays null; a naive time is refused unsent."""
    scripted = serve(lambda _: answer.json({"id": "c"}))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        body = {"id": "c", "type": "openai", "messages": [], "createdAt": NOW, "tags": None}
        twin.wait(client.log_conversation(body))
        with pytest.raises(errors.ArgumentError):
            twin.wait(client.log_conversation({"createdAt": NOW.replace(tzinfo=None)}))
    sent = [json.loads(asked.body) for asked in scripted.asked]
    assert sent == [{**body, "createdAt": "2026-11-20T12:00:00Z"}]


@pytest.mark.parametrize("wrong", [None, [], "text", 1])
def test_body_must_be_a_mapping(twin: Twin, box: Sandbox, wrong: Any) -> None:
    """A conversation that is no mapping is refused before it is sent."""
    box.clear_requests()
    with (
        twin.open("Inkeep", api_key="key", base_url=box.url("inkeep")) as client,
        pytest.raises(errors.ArgumentError, match="mapping"),
    ):
        twin.wait(client.log_conversation(wrong))
    assert box.requests == []


@pytest.mark.parametrize("reply", ["<html>hello</html>", '{"eventId": "e'])
def test_answers_that_cannot_be_read_do_not_deny_the_event(
    twin: Twin, serve: Serve, answer: type[Answer], reply: str
) -> None:
    """What makes a second event when it is sent again warns of that."""
    scripted = serve(lambda _: answer(reply.encode()))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        with pytest.raises(errors.InvalidResponse, match="look before you send it again"):
            twin.wait(client.log_event({"type": "chat_share_button_clicked"}))
        with pytest.raises(errors.InvalidResponse) as caught:
            twin.wait(client.conversation("c"))
    assert "again" not in caught.value.message


def test_large_body_is_not_sent(twin: Twin, box: Sandbox) -> None:
    """A body over 2 MB is PayloadTooLarge without a request."""
    box.clear_requests()
    with twin.open("Inkeep", api_key="key", base_url=box.url("inkeep")) as client:
        message = {"role": "user", "content": "x" * 2_100_000}
        with pytest.raises(errors.PayloadTooLarge):
            twin.wait(client.log_conversation({"type": "openai", "messages": [message]}))
    assert box.requests == []


@pytest.mark.parametrize("conversation_id", ["", " ", ".", "..", None, 7])
def test_ids_must_be_texts(twin: Twin, box: Sandbox, conversation_id: Any) -> None:
    """An id that would change the path is refused before anything is sent."""
    box.clear_requests()
    with (
        twin.open("Inkeep", api_key="key", base_url=box.url("inkeep")) as client,
        pytest.raises(errors.ArgumentError, match="conversation_id"),
    ):
        twin.wait(client.conversation(conversation_id))
    assert box.requests == []


def test_conversation_that_is_not_there(twin: Twin, box: Sandbox) -> None:
    """An unknown id is NotFound."""
    with (
        twin.open("Inkeep", api_key="key", base_url=box.url("inkeep")) as client,
        pytest.raises(errors.NotFound),
    ):
        twin.wait(client.conversation("nobody"))


@pytest.mark.parametrize("page_size", [None, 1, 7, 9, 44, 45, 46, 100])
def test_conversations_are_the_truth(twin: Twin, box: Sandbox, page_size: int | None) -> None:
    """Every conversation comes once, newest first, at the cost of the pages and an empty one."""
    box.clear_requests()
    with twin.open("Inkeep", api_key="key", base_url=box.url("inkeep")) as client:
        pager = client.conversations(page_size=page_size)
        rows = twin.collect(pager)
        one = twin.wait(client.conversation(rows[3].id))
    assert [row.id for row in rows] == [f"conv_{n:08}" for n in reversed(range(CONVERSATIONS))]
    assert one == rows[3]
    size = page_size or 100
    assert pager.stats.requests == len(box.requests) - 1 == -(-CONVERSATIONS // size) + 1
    assert pager.stats.total == CONVERSATIONS
    first, *others = [int(dict(request.query)["limit"]) for request in box.requests[:-1]]
    assert first == size
    assert {*others} == {min(100, size + 1)}


def test_conversations_resume(twin: Twin, box: Sandbox) -> None:
    """A listing that is stopped anywhere goes on with exactly the rest."""
    with twin.open("Inkeep", api_key="key", base_url=box.url("inkeep")) as client:
        whole = [row.id for row in twin.collect(client.conversations())]
        for stop in (1, 6, 7, 8, 30, CONVERSATIONS):
            pager = client.conversations(page_size=7)
            got = twin.collect(pager, stop)
            resumed = client.conversations(page_size=7, resume=pager.checkpoint.to_json())
            got += twin.collect(resumed)
            assert [row.id for row in got] == whole


def test_conversations_that_move_are_not_doubled(twin: Twin) -> None:
    """What is logged while a listing is read moves rows to later pages; all come, once."""
    with Sandbox(now=NOW, conversations=20) as box:
        with twin.open("Inkeep", api_key="key", base_url=box.url("inkeep")) as client:
            pager = client.conversations(page_size=5)
            got = []
            for row in twin.step(pager):
                got.append(row.id)
                if len(got) in (3, 9):
                    message = {"role": "user", "content": "hi"}
                    body = {"type": "openai", "messages": [message]}
                    twin.wait(client.log_conversation(body))
        assert len(got) == len({*got}) == 22
        assert [one for one in got if one.startswith("conv_")] == [
            f"conv_{n:08}" for n in reversed(range(20))
        ]
        assert (pager.stats.drifts, pager.stats.duplicates, pager.stats.total) == (2, 0, 22)


def test_web_key(twin: Twin) -> None:
    """A web key may log and read one conversation, and not list them."""
    message = {"role": "user", "content": "hi"}
    with (
        Sandbox(now=NOW, conversations=1) as box,
        twin.open("Inkeep", web_key="web-1", base_url=box.url("inkeep")) as client,
    ):
        body = {"id": "w", "type": "openai", "messages": [message]}
        assert twin.wait(client.log_conversation(body)).id == "w"
        assert twin.wait(client.conversation("w")).messages[0].content == "hi"
        with pytest.raises(errors.Forbidden):
            twin.collect(client.conversations())
