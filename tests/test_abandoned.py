"""Iterations that are given up half-way: no connection, file, thread or task is left behind.

Warnings are errors here, those of what was not closed among them.
"""

from __future__ import annotations

import asyncio
import gc
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dialytics import AsyncDigitalCX
from dialytics.sandbox import Sandbox

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Scripted, Twin

    Serve = Callable[[Callable[[Asked], Answer]], Scripted]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
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


def reach(url: str) -> dict[str, Any]:
    return {
        "customer": "acme",
        "project": "shop",
        "auth": "token",
        "base_url": url,
        "now": lambda: NOW,
    }


@pytest.fixture
def rounds(*, soak: bool) -> int:
    """How many iterations are given up."""
    return 200 if soak else 40


def open_files() -> int:
    return len([*_FILES.iterdir()]) if _FILES.exists() else 0


@pytest.fixture
def nothing_left(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """See that as many files are open and threads running afterwards as before."""
    gc.collect()
    files, threads = open_files(), threading.active_count()
    yield
    gc.collect()
    assert open_files() <= files
    assert threading.active_count() <= threads
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


@pytest.mark.usefixtures("nothing_left")
def test_cancelled_tasks_are_gone_and_can_be_resumed(
    serve: Serve, answer: type[Answer], rounds: int
) -> None:
    """Cancelled anywhere, a task ends as cancelled, alone; its checkpoint leads to the rest."""
    scripted = serve(endless(answer, pages=6))
    chance = random.Random(7)
    three_days = {**DAYS, "end": date(2026, 11, 4)}
    truth = [day * 10_000 + row for day in (1, 2, 3) for row in range(18)]

    async def give_up(client: AsyncDigitalCX, number: int) -> None:
        got: list[int] = []
        pager = client.interactions(**three_days, concurrency=1 + number % 4)

        async def collect() -> None:
            async for row in pager:
                got.append(row.log_id)

        task = asyncio.create_task(collect())
        for _ in range(chance.randint(0, 60)):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        if number % 4 == 0:
            rest = client.interactions(**three_days, resume=pager.checkpoint.to_json())
            got += [row.log_id async for row in rest]
            assert got == truth

    async def run() -> None:
        async with AsyncDigitalCX(**reach(scripted.url)) as client:
            for number in range(rounds):
                await give_up(client, number)

    asyncio.run(run())
    assert scripted.settle() == 0
