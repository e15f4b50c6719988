"""Reading several windows at once: order, budget, errors, cancellation, and no leftovers."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import aclosing, closing
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

import pytest
from attrs import define, field, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from dialytics._ahead import Shelf
from dialytics._task_readers import AsyncLookAhead
from dialytics._thread_readers import LookAhead
from dialytics._threads import Sleep, Stopped, thread_sleep, within
from dialytics.errors import ConfigurationError

if TYPE_CHECKING:
    from tests.conftest import Twin

PLENTY = 1 << 30
PATIENCE = 5.0


@frozen
class Sheet:
    """A page of known size."""

    job: int
    number: int
    size: int = 10


@define
class Source:
    """Pages as they are read, after the delays that it is given."""

    delays: Sequence[Sequence[float]]
    size: int = 10
    fails: dict[tuple[int, int], Exception] = field(factory=dict)
    gate: Callable[[int, int], None] = lambda job, number: None
    must_wait: Callable[[int], bool] = lambda job: False
    read: list[Sheet] = field(factory=list)
    running: int = 0
    most: int = 0
    closed: int = 0
    lock: threading.Lock = field(factory=threading.Lock)

    @property
    def truth(self) -> list[Sheet]:
        """All pages in their order."""
        return [
            Sheet(job, number, self.size)
            for job, delays in enumerate(self.delays)
            for number in range(len(delays))
        ]

    def reader(self, twin: Twin) -> Any:
        """Return the function that a look-ahead of this kind reads a job with."""
        return self.read_in_task if twin.is_async else self.read_in_thread

    def read_in_thread(self, job: int, sleep: Callable[[float], None]) -> Generator[Sheet]:
        """Yield a job's pages."""
        self._begin()
        try:
            for number, delay in enumerate(self.delays[job]):
                sleep(delay)
                while self.must_wait(job):
                    sleep(0.001)
                self.gate(job, number)
                yield self._give(job, number)
        finally:
            self._end()

    async def read_in_task(self, job: int, sleep: Callable[[float], Any]) -> AsyncGenerator[Sheet]:
        """Yield a job's pages."""
        self._begin()
        try:
            for number, delay in enumerate(self.delays[job]):
                await sleep(delay)
                while self.must_wait(job):
                    await sleep(0.001)
                yield self._give(job, number)
        finally:
            self._end()

    def _begin(self) -> None:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)

    def _end(self) -> None:
        with self.lock:
            self.running -= 1
            self.closed += 1

    def _give(self, job: int, number: int) -> Sheet:
        if (job, number) in self.fails:
            raise self.fails[job, number]
        sheet = Sheet(job, number, self.size)
        with self.lock:
            self.read.append(sheet)
        return sheet


def look_ahead(twin: Twin, source: Source, concurrency: int = 4, budget: int = PLENTY) -> Any:
    """Return the pages of a look-ahead of this kind."""
    kind: Any = AsyncLookAhead if twin.is_async else LookAhead
    jobs = range(len(source.delays))
    return kind(jobs, source.reader(twin), Shelf(len(jobs), concurrency, budget)).pages()


def rest(twin: Twin, source: Source) -> int:
    """Let the readers go on until they stand still; return how many pages have been read."""
    give_up = time.monotonic() + PATIENCE
    before = -1
    while before != len(source.read) and time.monotonic() < give_up:
        before = len(source.read)
        twin.pause(0.03)
    return len(source.read)


delay = st.sampled_from([0.0, 0.0, 0.001, 0.003])


@settings(max_examples=40)
@given(
    delays=st.lists(st.lists(delay, max_size=4), max_size=7),
    concurrency=st.integers(1, 9),
    budget=st.sampled_from([1, 10, 25, PLENTY]),
)
def test_order_whatever_the_latencies(
    twin: Twin, delays: list[list[float]], concurrency: int, budget: int
) -> None:
    """Pages come in the order of the jobs, each once, whatever takes how long."""
    source = Source(delays)
    assert twin.collect(look_ahead(twin, source, concurrency, budget)) == source.truth
    assert source.most <= concurrency
    assert source.closed == len(delays)
    assert twin.leftovers() == []


def test_last_job_first(twin: Twin) -> None:
    """Jobs that finish in the opposite order are handed out in theirs."""
    source = Source([[0.0]] * 4)
    source.must_wait = lambda job: len(source.read) < 3 - job
    assert twin.collect(look_ahead(twin, source)) == source.truth
    assert [sheet.job for sheet in source.read] == [3, 2, 1, 0]


def test_as_many_at_once_as_asked(twin: Twin) -> None:
    """So many jobs run at once, and no more."""
    for concurrency in (1, 2, 5):
        source = Source([[0.005]] * 10)
        twin.collect(look_ahead(twin, source, concurrency))
        assert source.most == concurrency


def test_all_jobs_are_read_before_they_are_wanted(twin: Twin) -> None:
    """While the first job's page is being used, the others go on reading."""
    source = Source([[0.0] * 3] * 4)
    pages = look_ahead(twin, source)
    steps = twin.step(pages)
    assert next(steps) == Sheet(0, 0)
    assert rest(twin, source) == 12
    assert [Sheet(0, 0), *steps] == source.truth


@pytest.mark.parametrize("concurrency", [1, 2, 4])
@pytest.mark.parametrize("budget", [1, 30, 100])
def test_slow_consumer_slows_the_readers(twin: Twin, concurrency: int, budget: int) -> None:
    """What is read and not yet handed out stays within the budget, plus a page for each job."""
    source = Source([[0.0] * 60] * 5)
    pages = look_ahead(twin, source, concurrency, budget)
    steps = twin.step(pages)
    for taken in range(1, 6):
        next(steps)
        held = (rest(twin, source) - taken) * source.size
        assert held <= budget + concurrency * source.size
    twin.close(pages)
    assert twin.leftovers() == []


def test_budget_does_not_stop_the_listing(twin: Twin) -> None:
    """A page that is larger than the whole budget is read and handed out all the same."""
    source = Source([[0.0] * 5] * 5, size=1000)
    assert twin.collect(look_ahead(twin, source, 4, budget=1)) == source.truth


@pytest.mark.parametrize("at", [(0, 0), (2, 1), (4, 3)])
@pytest.mark.parametrize("concurrency", [1, 3, 5])
def test_error_waits_for_its_turn(twin: Twin, at: tuple[int, int], concurrency: int) -> None:
    """An error comes out after the pages before it, and ends the reading."""
    broken = ValueError("broken")
    source = Source([[0.003] * 4] * at[0] + [[0.0] * 4] * (5 - at[0]), fails={at: broken})
    got: list[Sheet] = []
    pages = look_ahead(twin, source, concurrency)
    with pytest.raises(ValueError, match="broken") as caught:
        got.extend(twin.step(pages))
    assert caught.value is broken
    assert got == [sheet for sheet in source.truth if (sheet.job, sheet.number) < at]
    assert twin.leftovers() == []


def test_nothing_is_started_after_an_error_was_raised(twin: Twin) -> None:
    """Once an error has come out, no further job begins."""
    source = Source([[0.0]] * 50, fails={(0, 0): ValueError("broken")})
    with pytest.raises(ValueError, match="broken"):
        twin.collect(look_ahead(twin, source, 2, budget=1))
    begun = source.closed
    rest(twin, source)
    assert source.closed == begun < 50


@pytest.mark.parametrize("taken", [0, 1, 5])
def test_close_midway_stops_the_readers(twin: Twin, taken: int) -> None:
    """A close ends the readers wherever they are, waiting or with pages that nobody took."""
    for budget in (1, 40, PLENTY):
        source = Source([[0.0, 0.001] * 200] * 6)
        pages = look_ahead(twin, source, 4, budget)
        steps = twin.step(pages)
        for _ in range(taken):
            next(steps)
        twin.close(pages)
        assert twin.leftovers() == []
        assert source.running == 0
        assert list(steps) == []


def test_close_does_not_wait_for_a_sleep(twin: Twin) -> None:
    """A reader that waits before a retry is woken by a close."""
    source = Source([[0.0], [60.0], [60.0]])
    started = time.monotonic()
    pages = look_ahead(twin, source)
    steps = twin.step(pages)
    next(steps)
    twin.close(pages)
    assert time.monotonic() - started < 30
    assert source.running == 0


def test_cancelling_the_consumer_is_clean() -> None:
    """A consumer's task that is cancelled at any moment leaves no task behind."""
    chance = random.Random(7)

    async def consume(source: Source) -> None:
        ahead = AsyncLookAhead(range(5), source.read_in_task, Shelf(5, 3, 25))
        async with aclosing(ahead.pages()) as pages:
            async for _ in pages:
                await asyncio.sleep(0.0005)

    async def main() -> None:
        for _ in range(40):
            source = Source([[0.0, 0.001, 0.0] * 4] * 5)
            task = asyncio.create_task(consume(source))
            await asyncio.sleep(chance.random() * 0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert source.running == 0
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_interrupt_in_the_consumer_stops_the_threads() -> None:
    """KeyboardInterrupt while a page is being used ends the readers' threads too."""
    source = Source([[0.0, 0.001] * 100] * 5)

    def consume() -> None:
        with closing(LookAhead(range(5), source.read_in_thread, Shelf(5, 3, 25)).pages()) as pages:
            for _ in pages:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        consume()
    assert source.running == 0
    assert not [one for one in threading.enumerate() if one.name == "dialytics"]


def test_close_waits_no_longer_than_a_request() -> None:
    """A thread in the middle of a request ends with it, and is waited for."""
    release = threading.Event()

    def gate(job: int, _: int) -> None:
        if job:
            release.wait(PATIENCE)

    source = Source([[0.0], [0.0], [0.0]], gate=gate)
    pages = LookAhead(range(3), source.read_in_thread, Shelf(3, 3, PLENTY)).pages()
    next(pages)
    threading.Timer(0.05, release.set).start()
    pages.close()
    assert release.is_set()
    assert source.running == 0


def test_waits_beyond_what_the_system_counts() -> None:
    """A wait of centuries is one, and ends when it is stopped."""
    sleep = thread_sleep.make()
    threading.Timer(0.05, sleep.stop).start()
    with pytest.raises(Stopped):
        sleep(1e11)


def test_threads_that_cannot_start_end_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system starts no more threads, iterating raises instead of waiting for ever."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    def read(job: int, sleep: object) -> Generator[Sheet]:
        yield Sheet(job, 0)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(ConfigurationError, match="no more threads"):
        list(LookAhead([0, 1], read, Shelf(2, 2, PLENTY)).pages())


def test_exits_in_readers_reach_the_consumer() -> None:
    """What a reader's thread ends with is raised to the consumer, a SystemExit too."""

    def read(job: int, sleep: object) -> Generator[Sheet]:
        yield Sheet(job, 0)
        raise SystemExit(3)

    pages = LookAhead([0, 1], read, Shelf(2, 2, PLENTY)).pages()
    assert next(pages) == Sheet(0, 0)
    with pytest.raises(SystemExit):
        next(pages)


def test_what_sleeps_ends_what_is_under_way() -> None:
    """A sleep that is stopped, or whose maker is, calls what was to end; each only inside."""
    told: list[str] = []
    outer = Sleep()
    inner = outer.make()
    with within(inf, outer, partial(told.append, "over")):
        pass
    with within(inf, outer, partial(told.append, "outer")):
        with within(inf, inner, partial(told.append, "inner")):
            outer.stop()
        assert sorted(told) == ["inner", "outer"]
        with within(inf, inner, partial(told.append, "late")), pytest.raises(Stopped):
            inner(0)
    assert sorted(told) == ["inner", "late", "outer"]
