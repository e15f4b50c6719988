"""Iterations that are given up half-way: no connection, file, thread or task is left behind.

Warnings are errors here, those of what was not closed among them.
"""

from __future__ import annotations

import asyncio
import gc
import random
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from attrs import evolve

from dialytics import AsyncDigitalCX, ClientCredentials, DigitalCX
from dialytics.sandbox import Sandbox
from tests.clients import NOW, reach

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Raw, Scripted, Step, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]
    ServeRaw = Callable[[Callable[[Asked], Answer | Iterable[Step]]], Raw]

DAYS: dict[str, Any] = {"culture": "en", "start": date(2026, 11, 1), "end": date(2026, 11, 11)}
HEADER = "LogId,TimestampStart"
_FILES = Path("/proc/self/fd")


def endless(answer: type[Answer], pages: int = 100) -> Callable[[Asked], Answer]:
    """Return a script whose days have many pages of three rows."""

    def script(asked: Asked) -> Answer:
        page = int(asked.query.get("continuationToken", "0"))
        day = asked.query["startDate"][:10]
        first = int(day[8:10]) * 10_000 + page * 3
        rows = [f"{first + row},{day}T00:{page // 2:02}:{row:02}Z" for row in range(3)]
        return answer.csv(HEADER, *rows, token=str(page + 1) if page + 1 < pages else None)

    return script


@pytest.fixture
def rounds(*, soak: bool) -> int:
    """How many iterations are given up."""
    return 200 if soak else 40


def open_files() -> int:
    return len([*_FILES.iterdir()]) if _FILES.exists() else 0


def running() -> int:
    """Return how many threads there are, besides those that asyncio keeps for its next work."""
    return sum(not thread.name.startswith("asyncio_") for thread in threading.enumerate())


@pytest.fixture
def nothing_left(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """See that as many files are open and threads running afterwards as before."""
    gc.collect()
    files, threads = open_files(), running()
    yield
    gc.collect()
    assert open_files() <= files
    assert running() <= threads
    assert [record for record in caplog.records if record.name == "asyncio"] == []


def begin(pager: Any, number: int) -> Any:
    """Return one of the ways to iterate a pager."""
    ways = [lambda: pager, pager.pages, pager.raw_pages, pager.batches]
    return ways[number % len(ways)]()


def ask(client: Any, number: int) -> Any:
    return client.interactions(
        **DAYS, concurrency=1 + number % 4, ordered=number % 3 > 0, on_window_error="continue"
    )


def test_closing_midway_leaves_nothing(
    twin: Twin, serve: Serve, answer: type[Answer], rounds: int
) -> None:
    """After a close in the middle no thread, task or connection is left, whatever was iterated."""
    scripted = serve(endless(answer))
    with twin.open("DigitalCX", **reach(scripted.url)) as client:
        for number in range(rounds):
            pager = ask(client, number)
            with twin.enter(pager):
                steps = twin.step(begin(pager, number // 4))
                for _ in range(1 + number % 5):
                    next(steps)
            del steps
        assert twin.leftovers() == []
    assert scripted.settle() == 0


@pytest.mark.parametrize("way", range(4))
def test_pagers_that_close_what_was_dropped(
    twin: Twin, serve: Serve, answer: type[Answer], way: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A loop that is left inside of ``with pager`` cleans up once, whatever was iterated."""
    scripted = serve(endless(answer))
    with twin.open("DigitalCX", **reach(scripted.url)) as client:
        with twin.enter(client.interactions(**DAYS, concurrency=1)) as pager:
            next(twin.step(begin(pager, way)))
        assert twin.leftovers() == []
    assert scripted.settle() == 0
    gc.collect()
    assert [record for record in caplog.records if record.name == "asyncio"] == []


def test_dropped_iterations_leave_nothing(
    twin: Twin, serve: Serve, answer: type[Answer], rounds: int, caplog: pytest.LogCaptureFixture
) -> None:
    """An iteration that is dropped cleans up at once, without the garbage collector's help."""
    scripted = serve(endless(answer))
    gc.collect()
    gc.disable()
    try:
        with twin.open("DigitalCX", **reach(scripted.url)) as client:
            for number in range(rounds):
                steps = twin.step(begin(ask(client, number), number // 4))
                next(steps)
                del steps
                assert twin.leftovers() == []
    finally:
        gc.enable()
    assert scripted.settle() == 0
    assert [record for record in caplog.records if record.name == "asyncio"] == []


HUNG: dict[str, list[Step]] = {
    "before the head": ["hang"],
    "in the head": [b"HTTP/1.1 200 X\r\nContent-", "hang"],
    "in the body": [b"HTTP/1.1 200 X\r\nContent-Type: text/csv\r\n\r\nLog", "hang"],
    "in an error's body": [b"HTTP/1.1 503 X\r\nContent-Length: 9\r\n\r\nBusy", "hang"],
}


@pytest.mark.parametrize(("concurrency", "used"), [(1, False), (4, False), (4, True)])
@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("steps", HUNG.values(), ids=HUNG)
def test_closing_ends_requests_under_way(
    *,
    twin: Twin,
    serve_raw: ServeRaw,
    answer: type[Answer],
    steps: list[Step],
    concurrency: int,
    used: bool,
    own: bool,
) -> None:
    """What a hanging server owes is not waited for: a close ends its threads and connections.

    It is no failure, so nothing is asked again; also where the connection was used before.
    """
    rows, reached = endless(answer, 1 if used else 2), threading.Semaphore(0)

    def script(asked: Asked) -> Any:
        first_day = asked.query["startDate"].startswith("2026-11-01")
        if first_day and "continuationToken" not in asked.query:
            first = rows(asked)
            return (
                first if used else evolve(first, headers={**first.headers, "connection": "close"})
            )
        reached.release()
        return steps

    raw = serve_raw(script)
    make = httpx.AsyncClient if twin.is_async else httpx.Client
    with ExitStack() as stack:
        given = {"http_client": stack.enter_context(twin.enter(make()))} if own else {}
        options = {**reach(raw.url), **given, "max_retries": 3}
        client = stack.enter_context(twin.open("DigitalCX", **options))
        pager = client.interactions(**DAYS, concurrency=concurrency)
        steps_taken = twin.step(pager)
        next(steps_taken)
        for _ in range(concurrency):
            while not reached.acquire(blocking=False):
                twin.pause(0.01)
        asked = len(raw.asked)
        twin.close(pager)
        assert twin.leftovers() == []
        assert len(raw.asked) == asked
        assert pager.stats.retries == 0
        assert raw.settle() == 0


def test_closing_leaves_others_alone(serve: Serve, answer: type[Answer]) -> None:
    """Requests of other calls of the client come to their end, on connections of the same pool."""
    rows, free, reached = endless(answer, 2), threading.Event(), threading.Semaphore(0)

    def script(asked: Asked) -> Answer:
        if "continuationToken" in asked.query:
            reached.release()
            free.wait(10)
        return rows(asked)

    scripted = serve(script)
    day = {**DAYS, "end": date(2026, 11, 2)}
    with DigitalCX(**reach(scripted.url), max_retries=0) as client:
        abandoned, kept = client.interactions(**day), client.interactions(**day)
        iterators = [iter(abandoned), iter(kept)]
        before = [next(one).log_id for one in iterators]
        for _ in iterators:
            reached.acquire()
        abandoned.close()
        free.set()
        after = [row.log_id for row in iterators[1]]
    assert [*before[1:], *after] == [10_000 + row for row in range(6)]
    assert len(scripted.asked) == 4


def test_logins_come_to_their_end(serve: Serve, answer: type[Answer]) -> None:
    """A token that is being fetched when a listing is closed is there for the next call.

    Given up, a refresh token might be used up, and its successor lost.
    """
    rows, renewing, tokens = endless(answer, 2), threading.Event(), iter(("one", "two", "three"))

    def script(asked: Asked) -> Answer:
        if asked.path == "/token":
            token = next(tokens)
            if token == "two":
                renewing.set()
                time.sleep(0.3)
            return answer.json({"access_token": token, "expires_in": 9_000})
        if "continuationToken" in asked.query and asked.headers["authorization"] == "Bearer one":
            return answer(b"", 401)
        return rows(asked)

    scripted = serve(script)
    auth = ClientCredentials("id", "secret", token_url=f"{scripted.url}/token", resource="r")
    settings: dict[str, Any] = {**reach(scripted.url), "auth": auth}
    with DigitalCX(**settings) as client:
        pager = client.interactions(**DAYS, concurrency=1)
        next(iter(pager))
        assert renewing.wait(10)
        pager.close()
        assert len(list(client.interactions(**DAYS))) == 60
    assert [asked.path for asked in scripted.asked].count("/token") == 2


@pytest.mark.usefixtures("nothing_left")
def test_clients_are_closed_with_what_they_hold(
    twin: Twin, serve: Serve, answer: type[Answer], rounds: int
) -> None:
    """A client that is closed while a listing is under way leaves no socket, file or thread."""
    scripted = serve(endless(answer))
    for number in range(rounds // 4):
        with twin.open("DigitalCX", **reach(scripted.url)) as client:
            steps = twin.step(begin(ask(client, number), number))
            next(steps)
            del steps
    assert twin.leftovers() == []
    assert scripted.settle() == 0


@pytest.mark.usefixtures("nothing_left")
def test_connections_made_too_late_are_closed(
    twin: Twin, serve: Serve, answer: type[Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that is closed while it connects closes that connection, and asks nothing on it."""
    scripted, find = serve(endless(answer)), socket.getaddrinfo
    first, connecting, closed = threading.Lock(), threading.Event(), threading.Event()

    def look_up(_host: str, *arguments: Any, **options: Any) -> Any:
        if not first.acquire(blocking=False):
            connecting.set()
            closed.wait(10)
        return find("127.0.0.1", *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    url = scripted.url.replace("127.0.0.1", "localhost")
    with twin.open("DigitalCX", **reach(url)) as client:
        pager = client.interactions(**DAYS, concurrency=2, ordered=False)
        steps = twin.step(pager)
        next(steps)
        while not connecting.is_set():
            twin.pause(0.01)
        twin.close(client)
        # What was asked on the other connection had been asked before.
        assert scripted.settle() == 0
        before = len(scripted.asked)
        closed.set()
        while twin.leftovers():
            twin.pause(0.01)
        assert scripted.settle() == 0
        assert len(scripted.asked) == before
        twin.close(pager)


@pytest.mark.usefixtures("nothing_left")
def test_every_listing_can_be_given_up(twin: Twin, rounds: int) -> None:
    """Listings of all kinds are left after any number of rows, by an exception of the caller's."""
    chance = random.Random(5)
    listings: dict[str, list[tuple[str, tuple[Any, ...], dict[str, Any]]]] = {
        "Chatlayer": [
            ("events", ("bot",), {"start": date(2026, 11, 1), "end": date(2026, 11, 4)}),
            ("event_definitions", ("bot",), {}),
            ("intents", ("bot",), {"start": date(2026, 11, 1), "end": date(2026, 11, 4)}),
        ],
        "Inkeep": [("conversations", (), {"page_size": 3}), ("feedback", (), {"page_size": 3})],
    }
    with Sandbox(now=NOW, rows_per_day=30, page_rows=7) as box:
        for name, calls in listings.items():
            with twin.enter(box.client(twin.find(name))) as client:
                for number in range(rounds // 4):
                    method, arguments, options = calls[number % len(calls)]
                    pager = getattr(client, method)(*arguments, **options)
                    steps = twin.step(begin(pager, number // 3 % 2))
                    with suppress(StopIteration, KeyError):
                        for _ in range(chance.randint(1, 12)):
                            next(steps)
                        raise KeyError("the caller's own")
                    del steps
                    assert twin.leftovers() == []


async def collect_day(client: AsyncDigitalCX) -> list[int]:
    day = {**DAYS, "end": date(2026, 11, 2)}
    return [row.log_id async for row in client.interactions(**day, concurrency=1)]


def test_cancelled_requests_give_their_connection_back(serve: Serve, answer: type[Answer]) -> None:
    """Wherever a task is cancelled, the next one has the only connection that there may be."""
    scripted = serve(endless(answer, pages=2))

    async def run() -> None:
        limits = httpx.Limits(max_connections=1)
        async with httpx.AsyncClient(limits=limits, timeout=httpx.Timeout(9, pool=2)) as http:
            client = AsyncDigitalCX(**reach(scripted.url), http_client=http, max_retries=0)
            for turns in range(90):
                task = asyncio.create_task(collect_day(client))
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                assert await collect_day(client) == [10_000 + row for row in range(6)]

    asyncio.run(run())
    assert scripted.settle() == 0


@pytest.mark.usefixtures("nothing_left")
def test_cancelled_requests_that_wait_take_no_connection(
    serve_raw: ServeRaw, answer: type[Answer]
) -> None:
    """One that is cancelled in the moment that it is given a connection leaves it to the next."""
    whole, reached = threading.Event(), threading.Semaphore(0)
    rows = endless(answer, pages=1)

    def script(asked: Asked) -> Any:
        if whole.is_set():
            return rows(asked)
        reached.release()
        return ["hang"]

    raw = serve_raw(script)

    async def run() -> None:
        limits = httpx.Limits(max_connections=1)
        async with httpx.AsyncClient(limits=limits, timeout=httpx.Timeout(9, pool=2)) as http:
            client = AsyncDigitalCX(**reach(raw.url), http_client=http, max_retries=0)
            for turns in range(12):
                whole.clear()
                has, waits = (asyncio.create_task(collect_day(client)) for _ in range(2))
                await asyncio.to_thread(reached.acquire)
                has.cancel()
                for _ in range(turns):
                    await asyncio.sleep(0)
                waits.cancel()
                await asyncio.gather(has, waits, return_exceptions=True)
                whole.set()
                assert await collect_day(client) == [10_000, 10_001, 10_002]

    asyncio.run(run())
    assert raw.settle() == 0


async def collect(pager: Any, of: str, got: list[int]) -> None:
    """Take the rows' ids down as they come."""
    async for item in pager if of == "rows" else pager.batches():
        got += [item.log_id] if of == "rows" else item.column("log_id").to_pylist()


@pytest.mark.parametrize("of", ["rows", "batches"])
@pytest.mark.usefixtures("nothing_left")
def test_cancelled_tasks_are_gone_and_can_be_resumed(
    serve: Serve, answer: type[Answer], rounds: int, of: str
) -> None:
    """Cancelled anywhere, a task ends as cancelled, alone; its checkpoint leads to the rest."""
    scripted = serve(endless(answer, pages=2))
    chance = random.Random(7)
    truth = [day * 10_000 + row for day in range(1, 11) for row in range(6)]

    async def give_up(client: AsyncDigitalCX, number: int) -> None:
        got: list[int] = []
        pager = client.interactions(**DAYS, concurrency=1 + number % 4)

        task = asyncio.create_task(collect(pager, of, got))
        for _ in range(chance.randint(0, 100)):
            await asyncio.sleep(0)
        if of == "batches":
            # Decoding takes its time, in threads.
            await asyncio.sleep(chance.random() / 20)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled() or len(got) == len(truth)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        if number % 4 == 0:
            rest = client.interactions(**DAYS, resume=pager.checkpoint.to_json())
            got += [row.log_id async for row in rest]
            assert got == truth

    async def run() -> None:
        async with AsyncDigitalCX(**reach(scripted.url)) as client:
            for number in range(rounds):
                await give_up(client, number)

    asyncio.run(run())
    assert scripted.settle() == 0
