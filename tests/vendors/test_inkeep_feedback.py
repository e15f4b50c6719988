"""Inkeep: feedback in two lists, events, deletions, and what may be sent twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from dialytics import errors
from dialytics.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Scripted, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CONVERSATIONS = 130
# Every third conversation has feedback, every third of these is negative.
POSITIVE, NEGATIVE = 30, 14


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    """A sandbox with feedback of both kinds."""
    with Sandbox(now=NOW, conversations=CONVERSATIONS) as running:
        yield running
        assert running.violations == []


# The listing


@pytest.mark.parametrize("page_size", [None, 1, 7, 13, 14, 15, 30, 31, 100])
def test_feedback_is_the_truth(twin: Twin, box: Sandbox, page_size: int | None) -> None:
    """All feedback comes once, at the cost of the longer list's pages and an empty one."""
    box.clear_requests()
    with twin.open("Inkeep", api_key="key", base_url=box.url("inkeep")) as client:
        pager = client.feedback(page_size=page_size)
        rows = twin.collect(pager)
        one = twin.wait(client.feedback_by_id(rows[0].id))
    assert sorted(row.id for row in rows) == [f"feedback_{n:08}" for n in range(44)]
    assert [row.type for row in rows].count("negative") == NEGATIVE
    # Each list shares a row with the page before; the other's room is for one row more.
    size = page_size or 100
    pages = 1 + -(-max(0, POSITIVE - size) // min(99, size + 1))
    assert len(box.requests) - 1 == pager.stats.requests == pages + 1
    assert pager.stats.duplicates == 0
    assert all(row.message.id == row.message_id for row in rows)
    assert (one.id, one.conversation) == (rows[0].id, None)


def page_of(items: list[dict[str, str]]) -> dict[str, Any]:
    """Return a response with the items in their two lists."""
    lists = {kind: [item for item in items if item["type"] == kind] for kind in KINDS}
    body: dict[str, Any] = {f"{kind}Feedback": lists[kind] for kind in KINDS}
    return {**body, **{f"{kind}FeedbackCount": len(lists[kind]) for kind in KINDS}}


KINDS = ("positive", "negative")
MIXES = {
    "alternating": [KINDS[n % 2] for n in range(23)],
    "positive first": ["positive"] * 12 + ["negative"] * 11,
    "negative first": ["negative"] * 11 + ["positive"] * 12,
    "rare": ["negative" if n % 9 == 4 else "positive" for n in range(23)],
    "one kind": ["positive"] * 23,
    "none": [],
}


@pytest.mark.parametrize("mix", MIXES)
@pytest.mark.parametrize("page_size", [1, 2, 3, 7, 22, 23, 24, 100])
@pytest.mark.parametrize("cap", [4, 100])
def test_limit_over_both_lists(
    twin: Twin, serve: Serve, answer: type[Answer], *, mix: str, page_size: int, cap: int
) -> None:
    """If the limit counts both lists together, capped or not, nothing is skipped or doubled."""
    every = [{"id": f"f{n}", "type": kind} for n, kind in enumerate(MIXES[mix])]

    def script(asked: Asked) -> Answer:
        offset, limit = int(asked.query["offset"]), int(asked.query["limit"])
        return answer.json(page_of(every[offset : offset + min(limit, cap)]))

    scripted = serve(script)
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        rows = twin.collect(client.feedback(page_size=page_size))
    assert sorted(row.id for row in rows) == sorted(item["id"] for item in every)


@pytest.mark.parametrize("mix", MIXES)
@pytest.mark.parametrize("page_size", [3, 100])
def test_limit_over_each_list_with_a_cap(
    twin: Twin, serve: Serve, answer: type[Answer], mix: str, page_size: int
) -> None:
    """If the limit counts each list and the vendor gives fewer than asked for, all come once."""
    every = [{"id": f"f{n}", "type": kind} for n, kind in enumerate(MIXES[mix])]

    def script(asked: Asked) -> Answer:
        offset, limit = int(asked.query["offset"]), min(2, int(asked.query["limit"]))
        lists = [[item for item in every if item["type"] == kind] for kind in KINDS]
        return answer.json(page_of([i for one in lists for i in one[offset : offset + limit]]))

    scripted = serve(script)
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        pager = client.feedback(page_size=page_size)
        rows = twin.collect(pager)
    assert sorted(row.id for row in rows) == sorted(item["id"] for item in every)
    assert pager.stats.duplicates == 0


def test_feedback_resumes(twin: Twin, box: Sandbox) -> None:
    """A listing that is stopped anywhere goes on with exactly the rest."""
    with twin.open("Inkeep", api_key="key", base_url=box.url("inkeep")) as client:
        whole = [row.id for row in twin.collect(client.feedback(page_size=7))]
        for stop in (1, 6, 7, 8, 13, 14, 15, 28, 44):
            pager = client.feedback(page_size=7)
            got = twin.collect(pager, stop)
            got += twin.collect(client.feedback(page_size=7, resume=pager.checkpoint.to_json()))
            assert [row.id for row in got] == whole


def test_ignored_offset_is_a_loop(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """A vendor that gives the same page for ever is noticed, also where it has one row."""
    scripted = serve(lambda _: answer.json(page_of([{"id": "f", "type": "positive"}])))
    with (
        twin.open("Inkeep", api_key="key", base_url=scripted.url) as client,
        pytest.raises(errors.PaginationLoop),
    ):
        twin.collect(client.feedback())
    assert [asked.query["offset"] for asked in scripted.asked] == ["0", "0", "1"] * 4


@pytest.mark.parametrize("body", [{}, {"positiveFeedback": []}, {"negativeFeedback": {}}])
def test_other_bodies_are_refused(
    twin: Twin, serve: Serve, answer: type[Answer], body: dict[str, Any]
) -> None:
    """A response without its two lists is no empty page."""
    scripted = serve(lambda _: answer.json(body))
    with (
        twin.open("Inkeep", api_key="key", base_url=scripted.url) as client,
        pytest.raises(errors.InvalidResponse),
    ):
        twin.collect(client.feedback())


# Single calls


def test_feedback_is_logged(twin: Twin, box: Sandbox) -> None:
    """What is logged is stored as it is, and can be read and deleted."""
    body = {
        "id": "mine",
        "type": "negative",
        "messageId": "conv_00000003-m1",
        "createdAt": NOW,
        "reasons": [{"label": "wrong", "details": "It is not so"}],
        "sources": [{"type": "new", "title": "Here", "url": "https://help.example/1"}],
        "userProperties": {"id": 7, "plan": "pro"},
    }
    with twin.open("Inkeep", api_key="key", base_url=box.url("inkeep")) as client:
        stored = twin.wait(client.log_feedback(body))
        sent = {**body, "createdAt": "2026-11-20T12:00:00Z"}
        assert {name: stored.to_dict()[name] for name in sent} == sent
        assert twin.wait(client.feedback_by_id("mine")) == stored
        assert (stored.reasons[0].details, stored.sources[0].type) == ("It is not so", "new")
        assert stored.user_properties.extra == {"plan": "pro"}
        assert twin.wait(client.delete_feedback("mine")) is None
        with pytest.raises(errors.NotFound):
            twin.wait(client.feedback_by_id("mine"))


EVENTS = [
    {"type": "copied", "entityType": "message", "messageId": "m"},
    {"type": "shared", "entityType": "conversation", "conversationId": "c"},
    {"type": "search:performed", "entityType": "search", "searchQuery": "install"},
]


@pytest.mark.parametrize("event", EVENTS, ids=[one["entityType"] for one in EVENTS])
def test_events_are_logged(twin: Twin, box: Sandbox, event: dict[str, str]) -> None:
    """An event of each kind is stored and has an id, also with a web key."""
    with twin.open("Inkeep", web_key="web-1", base_url=box.url("inkeep")) as client:
        stored = twin.wait(client.log_event(event))
    assert stored.id
    assert event.items() <= stored.to_dict().items()


def test_external_ids_are_quoted(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """An external id is one part of the path, whatever it holds."""
    scripted = serve(lambda _: answer.json({"id": "c"}))
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        twin.wait(client.conversation_by_external_id("a/b c"))
    assert [one.path for one in scripted.asked] == ["/conversations/external/a%2Fb%20c"]


def test_conversation_by_external_id(twin: Twin, box: Sandbox) -> None:
    """The same conversation comes by either id, odd ones too, until it is deleted."""
    odd = "a b?c#d%é"
    message = {"role": "customer", "content": None}
    with twin.open("Inkeep", api_key="key", base_url=box.url("inkeep")) as client:
        body = {"externalId": odd, "type": "support_ticket", "messages": [message]}
        stored = twin.wait(client.log_conversation(body))
        assert twin.wait(client.conversation_by_external_id(odd)) == stored
        assert twin.wait(client.conversation(stored.id)) == stored
        twin.wait(client.delete_conversation(stored.id))
        with pytest.raises(errors.NotFound):
            twin.wait(client.conversation_by_external_id(odd))


METHODS = (
    "conversation_by_external_id",
    "delete_conversation",
    "feedback_by_id",
    "delete_feedback",
)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("given", ["", ".", "..", None, 7])
def test_ids_must_be_texts(twin: Twin, box: Sandbox, name: str, given: Any) -> None:
    """An id that would change the path is refused before anything is sent."""
    box.clear_requests()
    with (
        twin.open("Inkeep", api_key="key", base_url=box.url("inkeep")) as client,
        pytest.raises(errors.ArgumentError, match="_id"),
    ):
        twin.wait(getattr(client, name)(given))
    assert box.requests == []


# A second time

MESSAGE = {"role": "user", "content": "hi"}
CREATIONS: dict[str, dict[str, Any]] = {
    "log_conversation": {"type": "openai", "messages": [MESSAGE]},
    "log_event": {"type": "copied", "entityType": "message", "messageId": "m"},
    "log_feedback": {"type": "positive", "messageId": "m"},
}


@pytest.mark.parametrize("name", CREATIONS)
@pytest.mark.parametrize("key", [{}, {"id": None}, {"id": ""}, {"id": "a"}, {"externalId": "a"}])
def test_only_keyed_creations_are_repeated(
    twin: Twin, serve: Serve, answer: type[Answer], *, name: str, key: dict[str, Any]
) -> None:
    """What may have been carried out is repeated only where its id is documented to update."""
    tries = 2 if name == "log_conversation" and (key.get("id") or not key) else 1
    scripted = serve(lambda _: answer(status=503, headers={"retry-after": "0"}))
    with (
        twin.open("Inkeep", api_key="key", base_url=scripted.url, max_retries=1) as client,
        pytest.raises(errors.Unavailable),
    ):
        twin.wait(getattr(client, name)({**CREATIONS[name], **key}))
    assert len(scripted.asked) == tries
    assert len({asked.body for asked in scripted.asked}) == 1


def follow(*answers: Answer) -> Callable[[Asked], Answer]:
    """Return a script that gives one answer after the other."""
    rest = iter(answers)
    return lambda _: next(rest)


@pytest.mark.parametrize("name", ["delete_conversation", "delete_feedback"])
def test_deletions_are_repeated(twin: Twin, serve: Serve, answer: type[Answer], name: str) -> None:
    """A deletion is tried again; that it then finds nothing is told as it is."""
    lost, gone = answer(status=503, headers={"retry-after": "0"}), answer.json({}, 404)
    done = answer.json({"success": True, "message": "deleted"})
    for last in (done, gone):
        scripted = serve(follow(lost, last))
        with twin.open("Inkeep", api_key="key", base_url=scripted.url, max_retries=1) as client:
            if last is done:
                assert twin.wait(getattr(client, name)("x")) is None
            else:
                with pytest.raises(errors.NotFound):
                    twin.wait(getattr(client, name)("x"))
        assert [asked.method for asked in scripted.asked] == ["DELETE", "DELETE"]


@pytest.mark.parametrize("name", ["delete_conversation", "delete_feedback"])
def test_deletions_that_failed_are_told(
    twin: Twin, serve: Serve, answer: type[Answer], name: str
) -> None:
    """A success whose body says otherwise is none."""
    scripted = serve(lambda _: answer.json({"success": False, "message": "locked"}))
    with (
        twin.open("Inkeep", api_key="key", base_url=scripted.url) as client,
        pytest.raises(errors.InvalidResponse, match="not deleted"),
    ):
        twin.wait(getattr(client, name)("x"))
