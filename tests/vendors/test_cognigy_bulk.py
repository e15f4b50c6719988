"""Cognigy.AI: many updates, their order, their outcomes, and going on after a break."""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dialytics
from dialytics import errors
from dialytics.vendors.cognigy.records import may_be_one, prepare_update

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Raw, Scripted, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]
    ServeRaw = Callable[[Callable[[Asked], Answer | Iterable[bytes | float | str]]], Raw]

ROOM = 8
PATIENCE = 5.0
TRUST = ssl.create_default_context()


class Store:
    """A vendor that keeps the newest update of each record, and who was there at once."""

    def __init__(self, answer: type[Answer]) -> None:
        self.answer = answer
        self.records: dict[str, int] = {}
        self.inside: set[str] = set()
        self.overlaps: list[str] = []
        self.most = 0
        self.delays: dict[tuple[str, int], float] = {}
        self.statuses: dict[tuple[str, int], list[int]] = {}
        self.lock = threading.Lock()

    def __call__(self, asked: Asked) -> Answer:
        """Carry out an update after its delay, or refuse it."""
        if not is_whole(asked):
            return self.answer(status=400)
        body = json.loads(asked.body)
        contact, version = body["contactId"], body["properties"]["rating"]
        with self.lock:
            if contact in self.inside:
                self.overlaps.append(contact)
            self.inside.add(contact)
            self.most = max(self.most, len(self.inside))
        time.sleep(self.delays.get((contact, version), 0.0))
        with self.lock:
            self.inside.discard(contact)
            refusals = self.statuses.get((contact, version), [])
            if refusals:
                return self.answer(status=refusals.pop(0))
            self.records[contact] = version
        return self.answer(status=204)


@pytest.fixture
def store(answer: type[Answer]) -> Store:
    """An empty store."""
    return Store(answer)


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries come at once."""
    monkeypatch.setattr("random.random", lambda: 0.0)


def update(contact: str, version: int) -> dict[str, Any]:
    """Return one record for the store."""
    ids = {"project_id": "p", "contact_id": contact, "session_id": "s", "input_id": "i"}
    return {**ids, "properties": {"rating": version}}


def is_whole(asked: Asked) -> bool:
    """Return whether a request came whole: a close may cut one off in the middle."""
    return len(asked.body) == int(asked.headers["content-length"])


def sent(scripted: Scripted) -> list[tuple[str, int]]:
    """Return contact and version of each request."""
    bodies = [json.loads(asked.body) for asked in scripted.asked if is_whole(asked)]
    return [(body["contactId"], body["properties"]["rating"]) for body in bodies]


def open_for(twin: Twin, scripted: Scripted, **settings: Any) -> Any:
    """Return a client of the scripted server, as a context manager."""
    return twin.open("Cognigy", api_key="key", base_url=scripted.url, **settings)


async def as_async(items: Iterable[Any]) -> AsyncIterator[Any]:
    """Yield items asynchronously."""
    for item in items:
        yield item


def test_newest_version_wins(twin: Twin, serve: Serve, store: Store) -> None:
    """Slow and failing older versions never end up over newer ones; other keys run meanwhile."""
    contacts = [f"c{number}" for number in range(4)]
    records = [update(contact, version) for version in range(1, 5) for contact in contacts]
    store.delays = {("c0", 1): 0.05, ("c2", 2): 0.03}
    store.statuses = {("c1", 1): [503, 502], ("c0", 2): [429], ("c3", 3): [500]}
    scripted = serve(store)
    with open_for(twin, scripted, max_retries=3) as client:
        outcomes = client.update_records(records, concurrency=8)
        got = twin.collect(outcomes)
    assert store.records == dict.fromkeys(contacts, 4)
    assert store.overlaps == []
    assert store.most > 1
    for contact in contacts:
        versions = [version for one, version in sent(scripted) if one == contact]
        assert versions == sorted(versions)
    assert [outcome.position for outcome in got] == [*range(16)]
    assert all(outcome.item is records[outcome.position] for outcome in got)
    assert {(outcome.result, outcome.error) for outcome in got} == {(None, None)}
    stats = outcomes.stats
    assert (stats.read, stats.succeeded, stats.failed) == (16, 16, 0)
    assert (stats.requests, stats.retries, len(scripted.asked)) == (20, 4, 20)


def test_slow_first_record_holds_up_no_others(twin: Twin, serve: Serve, store: Store) -> None:
    """While one record's update takes long, those of other records are sent behind it."""
    store.delays = {("c0", 1): 0.1}
    scripted = serve(store)
    with open_for(twin, scripted) as client:
        records = [update(f"c{number}", 1) for number in range(6)]
        steps = twin.step(client.update_records(records, concurrency=2))
        assert next(steps).item["contact_id"] == "c0"
        # The other worker had sent all of them by the time the first was done.
        assert len(scripted.asked) == 6
        assert [outcome.position for outcome in steps] == [1, 2, 3, 4, 5]


def test_failures_are_outcomes(twin: Twin, serve: Serve, store: Store) -> None:
    """What fails or cannot be sent has its error in its own outcome, and the rest goes on."""
    store.statuses = {("b", 1): [400], ("d", 1): [503] * 9}
    big = {**update("e", 1), "properties": {"rating": 1, "state": object()}}
    records: list[Any] = [
        update("a", 1),
        update("b", 1),
        {"projectId": "p"},
        "record",
        update("d", 1),
        None,
        {},
        {1: 2},
        {"project_id": 5},
        {"properties": "text"},
        big,
        update("b", 2),
    ]
    scripted = serve(store)
    with open_for(twin, scripted, max_retries=2) as client:
        outcomes = client.update_records(records)
        got = twin.collect(outcomes)
    kinds = [type(outcome.error).__name__ for outcome in got]
    wrong = ["ArgumentError"] * 6
    assert kinds == [
        "NoneType",
        "BadRequest",
        *wrong[:2],
        "Unavailable",
        *wrong,
        "NoneType",
    ]
    assert [outcome.position for outcome in got] == [*range(12)]
    assert all(outcome.item is records[outcome.position] for outcome in got)
    assert (outcomes.stats.succeeded, outcomes.stats.failed) == (2, 10)
    failed = [outcome.error for outcome in got if outcome.error]
    assert {(one.vendor, one.operation) for one in failed} == {("cognigy", "update_record")}
    assert "did you mean project_id?" in str(got[2].error)
    assert sorted(sent(scripted)) == [("a", 1), ("b", 1), ("b", 2), *[("d", 1)] * 3]
    assert store.records == {"a": 1, "b": 2}


def test_tracked_goals_are_sent_once(twin: Twin, serve: Serve, answer: type[Answer]) -> None:
    """With tracked goals an update is not repeated; the outcome says what became of it."""
    scripted = serve(lambda _: answer(status=503))
    records = [{"project_id": "p", "properties": {"trackedGoals": ["g"]}}]
    with open_for(twin, scripted, max_retries=3) as client:
        (outcome,) = twin.collect(client.update_records(records))
    assert isinstance(outcome.error, errors.Unavailable)
    assert len(scripted.asked) == 1


@pytest.mark.parametrize("concurrency", [1, 3])
def test_endless_records_in_bounded_memory(
    twin: Twin, serve: Serve, store: Store, concurrency: int
) -> None:
    """Records are read as outcomes are taken: never more ahead than eight for each worker."""
    read = 0

    def endless() -> Iterator[dict[str, Any]]:
        nonlocal read
        for read in itertools.count(1):
            assert read < 1000
            yield update(f"c{read}", read)

    scripted = serve(store)
    with open_for(twin, scripted) as client:
        outcomes = client.update_records(endless(), concurrency=concurrency)
        assert (read, scripted.asked) == (0, [])
        steps = twin.step(outcomes)
        for taken in range(1, 60):
            assert next(steps).position == taken - 1
            assert read - taken <= ROOM * concurrency
        twin.pause(0.05)
        assert read - 59 <= ROOM * concurrency
        assert len(scripted.asked) <= read
        twin.close(outcomes)
        assert list(steps) == []
    assert twin.leftovers() == []
    assert scripted.settle() == 0


def test_nothing_is_left_behind(twin: Twin, serve: Serve, store: Store) -> None:
    """A break, or an exception in the loop, ends tasks and threads, also without a close."""
    store.delays = {(f"c{number}", 1): 0.01 for number in range(40)}
    scripted = serve(store)
    records = [update(f"c{number}", 1) for number in range(40)]
    with open_for(twin, scripted) as client:
        assert len(twin.collect(client.update_records(records), 2)) == 2
        assert twin.leftovers() == []
        steps = twin.step(client.update_records(records))
        next(steps)
        steps.close()  # type: ignore[attr-defined]  # a generator
        del steps
        gc.collect()
        assert twin.leftovers() == []
        count = len(scripted.asked)
        twin.pause(0.03)
        assert len(scripted.asked) == count < 80


def test_close_sends_nothing_more(twin: Twin, serve: Serve, store: Store) -> None:
    """What was read ahead and not yet sent is not sent any more after a close."""
    store.delays = {(f"c{number}", 1): 0.05 for number in range(1, 8)}
    scripted = serve(store)
    with open_for(twin, scripted) as client:
        records = [update(f"c{number}", 1) for number in range(8)]
        outcomes = client.update_records(records, concurrency=1)
        twin.collect(outcomes, 1)
        # One for what was in flight, and one for what the close came too late for.
        assert len(scripted.asked) <= 3
        assert outcomes.checkpoint.positions[0].rows == 1


def test_outcomes_wait_for_one_record_at_most(serve: Serve, store: Store) -> None:
    """Where a plain iterable is slow, an outcome is handed out before a second next is awaited."""
    scripted = serve(store)

    def settled(number: int) -> bool:
        return number == 0 or outcomes._delivery._line.head_is_settled

    def slowly() -> Iterator[Any]:
        for number in range(6):
            give_up = time.monotonic() + PATIENCE
            while not settled(number) and time.monotonic() < give_up:
                time.sleep(0.001)
            yield update(f"c{number}", 1)

    with dialytics.Cognigy(api_key="key", base_url=scripted.url, verify=TRUST) as client:
        outcomes = client.update_records(slowly(), concurrency=1)
        for outcome in outcomes:
            assert outcomes.stats.read <= outcome.position + 2
    assert len(scripted.asked) == 6


def test_resume_after_a_break(twin: Twin, serve: Serve, store: Store) -> None:
    """Outcomes handed out are not sent again; what was in flight is, in order; newest wins."""
    records = [update(f"c{number % 5}", number) for number in range(60)]
    scripted = serve(store)
    handed: list[int] = []
    resume = None
    with open_for(twin, scripted) as client:
        for take in (1, 7, 20, None):
            outcomes = client.update_records(records, concurrency=4, resume=resume)
            before = len(sent(scripted))
            got = twin.collect(outcomes, take)
            handed += [outcome.position for outcome in got]
            again = sent(scripted)[before:]
            assert min(version for _, version in again) == handed[-len(got)]
            resume = outcomes.checkpoint.to_json()
            assert json.loads(resume)["operation"] == "cognigy.update_records"
        assert outcomes.stats.succeeded == len(got) == outcomes.stats.read
        # All is done: nothing is sent any more.
        before = len(scripted.asked)
        assert twin.collect(client.update_records(records, resume=resume)) == []
        assert len(scripted.asked) == before
    assert handed == [*range(60)]
    assert store.records == {f"c{number}": 55 + number for number in range(5)}


def test_resume_needs_the_same_records(twin: Twin, serve: Serve, store: Store) -> None:
    """An iterable that ends before the checkpoint is another one, and is refused."""
    scripted = serve(store)
    with open_for(twin, scripted) as client:
        outcomes = client.update_records([update("c", 1), update("c", 2)])
        twin.collect(outcomes)
        shorter = client.update_records([update("c", 1)], resume=outcomes.checkpoint)
        with pytest.raises(errors.CheckpointMismatch, match="ends after 1"):
            twin.collect(shorter)
    assert len(scripted.asked) == 2


def test_own_exception_comes_after_the_outcomes(twin: Twin, serve: Serve, store: Store) -> None:
    """What the iterable raises comes through as it is, when all read before was handed out."""
    own = KeyError("own")

    def broken() -> Iterator[dict[str, Any]]:
        yield from (update(f"c{number}", 1) for number in range(5))
        raise own

    scripted = serve(store)
    got: list[Any] = []
    with open_for(twin, scripted) as client:
        outcomes = client.update_records(broken(), concurrency=2)
        with pytest.raises(KeyError) as caught:
            got.extend(twin.step(outcomes))
        assert caught.value is own
        assert [outcome.position for outcome in got] == [*range(5)]
        assert (outcomes.stats.succeeded, outcomes.checkpoint.positions[0].rows) == (5, 5)
    assert len(scripted.asked) == 5
    assert twin.leftovers() == []


def test_iterables_of_both_kinds(twin: Twin, serve: Serve, store: Store) -> None:
    """The asynchronous client takes async iterables too; the synchronous one refuses them."""
    scripted = serve(store)
    records = [update("c", number) for number in range(3)]
    with open_for(twin, scripted) as client:
        if not twin.is_async:
            with pytest.raises(errors.ArgumentError, match=r"iterable of records.*async_generator"):
                client.update_records(as_async(records))
            return
        for given_ in (as_async(records), iter(records), tuple(records)):
            assert len(twin.collect(client.update_records(given_))) == 3
    assert len(scripted.asked) == 9


def test_iterables_stay_open(twin: Twin, serve: Serve, store: Store) -> None:
    """A generator that was not read to its end is left to its owner."""
    source = (update("c", number) for number in range(100))
    with open_for(twin, serve(store)) as client:
        outcomes = client.update_records(source, concurrency=1)
        twin.collect(outcomes, 1)
        assert next(source)["properties"]["rating"] == outcomes.stats.read


def test_records_are_sent_as_they_were_read(twin: Twin, serve: Serve, store: Store) -> None:
    """A mapping that the iterable changes and yields again is sent in each of its states."""
    record = update("c", 0)

    def reusing() -> Iterator[dict[str, Any]]:
        for version in range(5):
            record["properties"]["rating"] = version
            yield record

    scripted = serve(store)
    with open_for(twin, scripted) as client:
        twin.collect(client.update_records(reusing()))
    assert sent(scripted) == [("c", version) for version in range(5)]


def test_outcomes_are_iterated_once(twin: Twin, serve: Serve, store: Store) -> None:
    """A second iteration is refused, and so is one after a close; a close before sends nothing."""
    scripted = serve(store)
    with open_for(twin, scripted) as client:
        outcomes = client.update_records([update("c", 1)])
        twin.collect(outcomes)
        closed = client.update_records([update("c", 1)])
        with twin.enter(closed):
            pass
        for used in (outcomes, closed):
            with pytest.raises(errors.ArgumentError, match=r"resume=outcomes\.checkpoint"):
                twin.collect(used)
        name = "AsyncOutcomes" if twin.is_async else "Outcomes"
        assert repr(outcomes) == f"<{name} cognigy.update_records succeeded=1 failed=0>"
    assert len(scripted.asked) == 1


@pytest.mark.parametrize(
    ("records", "options", "message"),
    [
        ({"project_id": "p"}, {}, "got dict"),
        ("p", {}, "got str"),
        (None, {}, "got NoneType"),
        ([], {"concurrency": 0}, "concurrency"),
        ([], {"concurency": 2}, "did you mean concurrency?"),
        ([], {"max_retries": -1}, "max_retries"),
        ([], {"resume": "{}"}, "checkpoint"),
        ([], {"resume": b"{}"}, "checkpoint"),
    ],
)
def test_wrong_arguments_raise_at_the_call(
    twin: Twin, records: Any, options: dict[str, Any], message: str
) -> None:
    """Wrong arguments are refused before the iteration begins."""
    with (
        twin.open("Cognigy", api_key="key") as client,
        pytest.raises(errors.DialyticsError, match=message) as caught,
    ):
        client.update_records(records, **options)
    assert isinstance(caught.value, (errors.ArgumentError, errors.CheckpointMismatch))


def test_own_timeout_and_retries(twin: Twin, serve: Serve, store: Store) -> None:
    """A call's own timeout and retries hold for each record; a later version goes all the same."""
    store.statuses = {("c", 1): [503] * 9}
    scripted = serve(store)
    timeouts: list[dict[str, float]] = []

    def note(request: httpx.Request) -> None:
        timeouts.append(request.extensions["timeout"])

    async def note_in_task(request: httpx.Request) -> None:
        note(request)

    kind = httpx.AsyncClient if twin.is_async else httpx.Client
    hooks: Any = {"request": [note_in_task if twin.is_async else note]}
    with twin.enter(kind(event_hooks=hooks)) as wire:
        client = twin.find("Cognigy")(api_key="key", base_url=scripted.url, http_client=wire)
        records = [update("c", 1), update("c", 2)]
        first, second = twin.collect(client.update_records(records, timeout=7.5, max_retries=1))
    assert isinstance(first.error, errors.Unavailable)
    assert (second.error, first.uncertain, second.uncertain) == (None, False, False)
    assert sent(scripted) == [("c", 1), ("c", 1), ("c", 2)]
    assert [one["read"] for one in timeouts] == [7.5] * 3


@pytest.mark.parametrize("lost", ["close", 502, 504, 524])
@pytest.mark.parametrize("retries", [0, 1])
def test_tries_without_an_answer_make_uncertain(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer], lost: str | int, retries: int
) -> None:
    """What an unanswered try may still change is told, also of what was repeated or came later."""
    failed = False

    def script(asked: Asked) -> Any:
        nonlocal failed
        if b'"contactId":"a"' in asked.body and not failed:
            failed = True
            return answer(status=lost) if isinstance(lost, int) else [lost]
        return answer(status=400 if b'"contactId":"c"' in asked.body else 204)

    raw = serve_raw(script)
    contacts: list[Any] = ["b", "a", "b", "c", None, "a", {}]
    records: list[Any] = [
        {"project_id": "p"} if one is None else one if one == {} else update(one, at)
        for at, one in enumerate(contacts)
    ]
    with twin.open("Cognigy", api_key="key", base_url=raw.url, max_retries=retries) as client:
        outcomes = twin.collect(client.update_records(records, concurrency=1))
        assert [one.uncertain for one in outcomes] == [False, True, False, False, True, True, False]
        assert (outcomes[1].error is None) is bool(retries)
        assert [type(outcomes[at].error).__name__ for at in (3, 6)] == [
            "BadRequest",
            "ArgumentError",
        ]
        # Not so what surely was answered, or never left.
        assert not any(one.uncertain for one in twin.collect(client.update_records(records)))
    with twin.open("Cognigy", api_key="key", base_url="http://127.0.0.1:9") as client:
        (outcome,) = twin.collect(client.update_records([update("a", 1)]))
        assert (outcome.error.sent, outcome.uncertain) == (False, False)


def test_a_login_that_cannot_be_read_makes_nothing_uncertain(
    twin: Twin, serve_raw: ServeRaw, answer: type[Answer]
) -> None:
    """Where there was no token, nothing was sent of the record."""
    raw = serve_raw(lambda _: answer(b"<html>", headers={"content-type": "text/html"}))
    grant = dialytics.PasswordGrant("me", "word", "client", "secret")
    with twin.open("Cognigy", oauth=grant, base_url=raw.url) as client:
        (outcome,) = twin.collect(client.update_records([update("a", 1)]))
    assert outcome.error.operation == "token"
    assert not outcome.uncertain


def test_large_records_are_not_read_far_ahead(twin: Twin, serve: Serve, store: Store) -> None:
    """Where bodies are large, no more are held than may be sent at once, or than 16 MB."""
    read = 0

    def endless() -> Iterator[dict[str, Any]]:
        nonlocal read
        for read in itertools.count(1):
            large = {"rating": read, "custom1": "x" * (6 << 20)}
            yield {**update(f"c{read}", read), "properties": large}

    with open_for(twin, serve(store)) as client:
        for concurrency, most in ((1, 3), (2, 3), (6, 6)):
            read = 0
            outcomes = client.update_records(endless(), concurrency=concurrency)
            steps = twin.step(outcomes)
            for taken in range(1, 5):
                assert next(steps).error is None
                assert read - taken < most
            twin.close(outcomes)


def test_outcomes_come_before_the_next_record(serve: Serve, store: Store) -> None:
    """An async iterable may give its next record only once the outcome before it is known."""
    scripted = serve(store)

    async def main() -> None:
        known = asyncio.Event()
        tasks = set[Any]()

        async def dependent() -> AsyncIterator[Any]:
            for number in range(5):
                tasks.add(asyncio.current_task())
                yield update("c", number)
                await asyncio.wait_for(known.wait(), PATIENCE)
                known.clear()
            raise KeyError("own")

        client = dialytics.AsyncCognigy(api_key="key", base_url=scripted.url, verify=TRUST)
        async with client, client.update_records(dependent()) as outcomes:
            steps = aiter(outcomes)
            for position in range(5):
                assert (await anext(steps)).position == position
                assert outcomes.stats.read == position + 1
                known.set()
            with pytest.raises(KeyError, match="own"):
                await anext(steps)
        assert outcomes.stats.succeeded == 5
        # Cancel scopes and the like, held over a yield, need one and the same task.
        assert len(tasks) == 1

    asyncio.run(main())
    assert sent(scripted) == [("c", number) for number in range(5)]


def test_waiting_for_a_record_ends_with_a_close(serve: Serve, store: Store) -> None:
    """A close or a break ends the wait for the next record, and leaves no task."""
    ended: list[str] = []

    async def main() -> None:
        async def stuck() -> AsyncIterator[Any]:
            yield update("c", 1)
            try:
                await asyncio.sleep(60)
            finally:
                ended.append("stuck")

        client = dialytics.AsyncCognigy(api_key="key", base_url=url, verify=TRUST)
        async with client:
            outcomes = client.update_records(stuck())
            async with outcomes:
                async for outcome in outcomes:
                    assert outcome.error is None
                    break
            assert asyncio.all_tasks() == {asyncio.current_task()}
            resumed = client.update_records(stuck(), resume=outcomes.checkpoint)
            waiting = asyncio.ensure_future(anext(aiter(resumed)))
            await asyncio.sleep(0.01)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            await resumed.aclose()
            assert asyncio.all_tasks() == {asyncio.current_task()}

    url = serve(store).url
    asyncio.run(main())
    assert ended == ["stuck", "stuck"]


def test_resumed_calls_wait_for_what_is_in_flight(
    serve: Serve, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a closed call left in its request is over before the next call sends anything."""
    monkeypatch.setattr("dialytics._threads._JOIN_SECONDS", 0.0)
    gate, held, landed = threading.Event(), threading.Event(), list[int]()

    def script(asked: Asked) -> Answer:
        version = json.loads(asked.body)["properties"]["rating"]
        if version == 1 and not held.is_set():
            held.set()
            assert gate.wait(PATIENCE)
        landed.append(version)
        return store.answer(status=204)

    records: list[Any] = [update("q", 0), update("p", 1), update("p", 2)]
    with dialytics.Cognigy(api_key="key", base_url=serve(script).url, verify=TRUST) as client:
        with client.update_records(records) as outcomes:
            next(iter(outcomes))
            assert held.wait(PATIENCE)
        opening = threading.Timer(0.1, gate.set)
        opening.start()
        again = list(client.update_records(records, resume=outcomes.checkpoint))
        opening.join()
    assert [outcome.error for outcome in again] == [None, None]
    assert landed == [0, 1, 1, 2]


def key(*ids: str | None) -> Any:
    """Return the key of a record with these ids."""
    names = ("project_id", "contact_id", "session_id", "input_id")
    return prepare_update(dict(zip(names, ids, strict=True))).key  # type: ignore[arg-type]


ids = st.none() | st.sampled_from(["", "a", "b"])
four = st.tuples(st.just("p"), ids, ids, ids)


@given(four, four)
def test_absent_ids_may_mean_any(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    """Two updates may be about one record unless an id that both name differs."""
    differs = any(a and b and a != b for a, b in zip(one, other, strict=True))
    assert may_be_one(key(*one), key(*other)) is not differs
    assert may_be_one(key(*other), key(*one)) is not differs
