"""Inkeep: many conversations logged at once, versions of one in their order."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialytics import errors
from dialytics.sandbox import Fault, FaultPlan, Sandbox, faults
from dialytics.testing import no_waits
from dialytics.vendors.inkeep.logs import may_be_same, prepare_log

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Scripted, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def version(number: int, **ids: str) -> dict[str, Any]:
    """Return a version of a conversation."""
    message = {"role": "user", "content": f"version {number}"}
    return {**ids, "type": "openai", "messages": [message]}


def test_newest_version_stays(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Failed and retried, an older version never comes after a newer one of the same key."""
    kept: dict[str, str] = {}
    tries: dict[tuple[str, str], int] = defaultdict(int)
    lock = threading.Lock()

    def script(asked: Asked) -> Answer:
        body = json.loads(asked.body)
        key, text = body["id"], body["messages"][0]["content"]
        with lock:
            tries[key, text] += 1
            # Older versions fail more often: without order they would arrive last.
            if tries[key, text] <= 2 - int(text[-1]):
                return answer(status=503, headers={"retry-after": "0"})
            kept[key] = text
        return answer.json({"id": key})

    scripted = serve(script)
    versions = [version(number, id=key) for number in range(3) for key in "abcde"]
    with twin.open("Inkeep", api_key="key", base_url=scripted.url, max_retries=2) as client:
        outcomes = twin.collect(client.log_conversations(versions, concurrency=8))
    assert [outcome.position for outcome in outcomes] == list(range(15))
    assert all(outcome.item is sent for outcome, sent in zip(outcomes, versions, strict=True))
    assert [outcome.result.id for outcome in outcomes] == list("abcde") * 3
    assert kept == dict.fromkeys("abcde", "version 2")
    assert len(scripted.asked) == 5 * (3 + 2 + 1)


def test_either_id_makes_them_one(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """Conversations that share one of their two ids are sent one after the other."""
    running, most = set[str](), 0
    lock, met = threading.Lock(), threading.Event()

    def script(asked: Asked) -> Answer:
        nonlocal most
        text = json.loads(asked.body)["messages"][0]["content"]
        with lock:
            running.add(text)
            most = max(most, len(running))
            if {"version 0", "version 3"} <= running:
                met.set()
            assert not {"version 0", "version 1"} <= running
            assert not {"version 1", "version 2"} <= running
        if text in {"version 0", "version 3"}:
            # The unrelated one is sent while the first is being answered.
            assert met.wait(10)
        with lock:
            running.discard(text)
        return answer.json({"id": text})

    scripted = serve(script)
    records = [
        version(0, id="a"),
        version(1, id="a", externalId="x"),
        version(2, id="b", externalId="x"),
        version(3, id="x", externalId="a"),
    ]
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        outcomes = twin.collect(client.log_conversations(records, concurrency=4))
    assert [outcome.error for outcome in outcomes] == [None] * 4
    texts = [json.loads(asked.body)["messages"][0]["content"] for asked in scripted.asked]
    assert sorted(texts, key=texts.index) == texts
    assert texts.index("version 0") < texts.index("version 1") < texts.index("version 2")
    assert most == 2


def test_different_kinds_of_ids_may_be_one(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """What has only an id waits for what has only an external id, since a third may tie them."""
    running: list[str] = []
    met = threading.Barrier(2)

    def script(asked: Asked) -> Answer:
        text = json.loads(asked.body)["messages"][0]["content"]
        running.append(text)
        if text in {"version 0", "version 1"}:
            # Those of one kind are sent at once.
            met.wait(10)
        alone = len(running)
        if text not in {"version 0", "version 1"}:
            assert alone == 1
        running.remove(text)
        return answer.json({"id": text})

    scripted = serve(script)
    records = [
        version(0, id="x"),
        version(1, id="y"),
        version(2, id="x", externalId="e"),
        version(3, externalId="e"),
        version(4, id="x"),
    ]
    with twin.open("Inkeep", api_key="key", base_url=scripted.url) as client:
        outcomes = twin.collect(client.log_conversations(records, concurrency=4))
    assert [outcome.error for outcome in outcomes] == [None] * 5
    texts = [json.loads(asked.body)["messages"][0]["content"] for asked in scripted.asked]
    assert texts[2:] == ["version 2", "version 3", "version 4"]


def test_conversations_without_ids_are_given_some(
    twin: Twin, serve: Serve, answer: type[Answer]
) -> None:
    """Each that has neither id gets one of its own, kept when it is repeated; others stay as is."""
    failing = iter([503])

    def script(asked: Asked) -> Answer:
        status = next(failing, 200)
        return answer.json({"id": json.loads(asked.body).get("id")}, status)

    scripted = serve(script)
    records = [version(0), version(0), version(1, externalId="e"), version(2, id="")]
    with (
        no_waits(),
        twin.open("Inkeep", api_key="key", base_url=scripted.url, max_retries=1) as client,
    ):
        outcomes = twin.collect(client.log_conversations(records, concurrency=1))
        alone = twin.wait(client.log_conversation(version(0)))
    assert [outcome.error for outcome in outcomes] == [None] * 4
    sent = [json.loads(asked.body).get("id") for asked in scripted.asked]
    assert sent[0] == sent[1]
    assert len({*sent}) == 5
    assert sent[3:5] == [None, ""]
    assert [str(UUID(one)) for one in (sent[0], sent[2], sent[5])] == [sent[0], sent[2], alone.id]
    assert records[0] == version(0)
    # An id that nobody else has makes none of them wait.
    plain: Any = version(0)
    assert prepare_log(plain).key == (None, None)


pairs = st.tuples(*[st.sampled_from(["", None, "a", "b"])] * 2)


@given(pairs, pairs)
def test_which_may_be_one(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Two are told apart only by an id that both have; one without ids is always new."""
    common = [(a, b) for a, b in zip(one, other, strict=True) if a and b]
    expected = any(a == b for a, b in common) if common else any(one) and any(other)
    assert may_be_same(one, other) is expected
    assert may_be_same(other, one) is expected


def test_failures_are_in_their_outcomes(twin: Twin) -> None:
    """What cannot be sent and what is refused fails alone; nothing is sent for the former."""
    naive = {**version(1, id="b"), "createdAt": datetime(2026, 1, 1)}  # noqa: DTZ001  # the fault
    large = version(1, id="c")
    large["messages"][0]["content"] *= 300_000
    wrong = {"id": "d", "type": "openai", "messages": []}
    records: list[Any] = [version(1, id="a"), naive, large, wrong, None, version(2, id="a")]
    with (
        Sandbox(now=NOW, conversations=0, validate=False) as box,
        twin.open("Inkeep", api_key="key", base_url=box.url("inkeep")) as client,
    ):
        outcomes = client.log_conversations(iter(records), concurrency=3)
        kinds = [type(outcome.error) for outcome in twin.collect(outcomes)]
        sent = len(box.requests)
        stored = twin.wait(client.conversation("a"))
    assert kinds == [
        type(None),
        errors.ArgumentError,
        errors.PayloadTooLarge,
        errors.Unprocessable,
        errors.ArgumentError,
        type(None),
    ]
    assert (outcomes.stats.succeeded, outcomes.stats.failed, sent) == (2, 4, 3)
    assert stored.messages[0].content == "version 2"


@pytest.mark.parametrize("effect", [faults.Truncation(), faults.Reset(0.5), faults.ErrorPage(200)])
def test_answers_that_cannot_be_read_make_uncertain(twin: Twin, effect: Any) -> None:
    """A record that failed only in its answer may be stored; its outcome does not deny it."""
    with Sandbox(now=NOW) as box:
        box.set_faults(FaultPlan(Fault(effect, operation="logConversation", times=None)))
        url = box.url("inkeep")
        with no_waits(), twin.open("Inkeep", api_key="key", base_url=url) as client:
            (outcome,) = twin.collect(client.log_conversations([version(1, id="a")]))
            with pytest.raises(errors.InvalidResponse) as caught:
                twin.wait(client.log_conversation(version(1, id="a")))
    assert isinstance(outcome.error, errors.InvalidResponse)
    assert outcome.uncertain
    # To say it again is safe under one's own id.
    assert "again" not in caught.value.message


def test_too_large_ones_wait_for_nobody(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """What is over the limit is settled when it is read, though an earlier one is under way."""
    settled: list[bool] = []

    def every() -> Iterator[dict[str, Any]]:
        yield version(1, id="a")
        yield version(1, id="a", externalId="x" * 2_200_000)
        settled.extend(slot.settled for slot in outcomes._delivery._line._slots)
        gate.set()

    def script(_asked: Asked) -> Answer:
        assert gate.wait(10)
        return answer.json({"id": "a"})

    gate = threading.Event()
    with twin.open("Inkeep", api_key="key", base_url=serve(script).url) as client:
        outcomes = client.log_conversations(every())
        first, second = twin.collect(outcomes)
    assert settled == [False, True]
    assert (first.error, type(second.error)) == (None, errors.PayloadTooLarge)


def test_endless_iterables_and_resuming(twin: Twin) -> None:
    """Only some are read ahead of what is taken; a resumed call sends the rest, once."""
    read = 0

    def every(most: int | None = None) -> Iterator[dict[str, Any]]:
        nonlocal read
        number = 0
        while number != most:
            read += 1
            yield version(1, id=f"c{number}")
            number += 1

    with (
        Sandbox(now=NOW, conversations=0) as box,
        twin.open("Inkeep", api_key="key", base_url=box.url("inkeep")) as client,
    ):
        outcomes = client.log_conversations(every(), concurrency=2)
        first = twin.collect(outcomes, 10)
        assert 10 <= read <= 10 + 8 * 2
        rest = client.log_conversations(every(30), resume=outcomes.checkpoint.to_json())
        second = twin.collect(rest)
        assert [outcome.position for outcome in (*first, *second)] == list(range(30))
        assert len(twin.collect(client.conversations())) == 30
        assert box.violations == []


@pytest.mark.parametrize("wrong", [None, 7, "text", {"id": "one"}])
def test_only_iterables_are_taken(twin: Twin, wrong: Any) -> None:
    """One conversation, or no iterable at all, is refused at the call."""
    with (
        twin.open("Inkeep", api_key="key", base_url="http://127.0.0.1:9") as client,
        pytest.raises(errors.ArgumentError, match="iterable"),
    ):
        client.log_conversations(wrong)
