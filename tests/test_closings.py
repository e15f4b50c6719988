"""Generators that other generators read: who closes them, and when."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from dialytics import AsyncDigitalCX
from dialytics._closings import aclosing
from dialytics._tasks import Crew

if TYPE_CHECKING:
    from tests.conftest import Answer, Asked, Scripted


async def count(depth: int, closed: list[int]) -> AsyncGenerator[int]:
    """Count in a generator, so deep in others, each of which takes a while to close."""
    try:
        if not depth:
            for number in range(9):
                yield number
        else:
            async with aclosing(count(depth - 1, closed)) as inner:
                async for number in inner:
                    yield number
    finally:
        await asyncio.sleep(0.001)
        closed.append(depth)


def run_watched(main: Callable[[], Any]) -> list[str]:
    """Run a coroutine that fails, and let its loop end; return what the loop complained about."""
    told: list[str] = []

    async def watched() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: told.append(str(context)))
        await main()

    with pytest.raises(ZeroDivisionError):
        asyncio.run(watched())
    return told


def test_inner_generators_are_closed_by_their_outer_ones_alone() -> None:
    """A loop that ends closes what it knows all at once, and does not know the inner ones."""
    closed: list[int] = []

    async def fail() -> None:
        numbers = count(3, closed)
        async for number in numbers:
            _ = 1 // (4 - number)

    assert run_watched(fail) == []
    assert closed == [0, 1, 2, 3]


def test_inner_generators_in_a_cycle_wait_for_their_outer_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The garbage collector finds all of them at once, and ends none at that moment."""
    told: list[object] = []
    closed: list[int] = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)

    async def main() -> None:
        holder: list[object] = []
        holder.extend([holder, numbers := count(3, closed)])
        await anext(numbers)
        del holder, numbers
        gc.collect()
        assert closed == []
        async with asyncio.timeout(5):
            while len(closed) < 4 and not told:  # noqa: ASYNC110  # a generator's
                await asyncio.sleep(0.001)

    asyncio.run(main())
    assert (told, closed) == ([], [0, 1, 2, 3])


@pytest.mark.parametrize("form", ["__aiter__", "pages", "raw_pages"])
def test_an_error_in_a_loop_over_a_pager_stays_alone(
    serve: Callable[..., Scripted], answer: type[Answer], form: str
) -> None:
    """Who leaves a pager to the loop's end is told of his own error, and of no other."""

    def script(asked: Asked) -> Answer:
        day = asked.query["startDate"][:10]
        return answer.csv("LogId,TimestampStart,Culture", f"1,{day}T00:00:00Z,en")

    scripted = serve(script)

    async def main() -> None:
        async with AsyncDigitalCX(
            customer="acme",
            project="shop",
            auth="t",
            base_url=scripted.url,
            now=lambda: datetime(2026, 11, 20, tzinfo=UTC),
        ) as client:
            pager = client.interactions(
                culture="en", start=date(2026, 11, 1), end=date(2026, 11, 9), concurrency=3
            )
            async for item in getattr(pager, form)():
                raise ZeroDivisionError(item)

    assert run_watched(main) == []


def test_tasks_that_have_ended_are_not_waited_for() -> None:
    """What is left of a pager when its loop has ended is freed without a word."""
    crew = Crew()

    async def main() -> None:
        crew._spawn(asyncio.sleep(0))
        await asyncio.sleep(0.001)

    asyncio.run(main())
    with pytest.raises(StopIteration):
        crew.stop().send(None)
