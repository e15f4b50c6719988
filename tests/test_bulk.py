"""Bulk calls without a network: which jobs may run, in which order, and the workers' ends."""

from __future__ import annotations

import asyncio
import itertools
import pickle
import random
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialytics._bulk import Doubts, Line, Outcome, Slot, check_items, read_position, stand_at
from dialytics._checkpoints import Checkpoint
from dialytics._stats import BulkStats
from dialytics._task_workers import AsyncSource, AsyncWorkers
from dialytics._thread_workers import Workers
from dialytics.errors import ArgumentError, CheckpointMismatch, ConfigurationError

if TYPE_CHECKING:
    from tests.conftest import Twin

PATIENCE = 5.0
Key = tuple[int | None, int | None]

# An id that is left out may mean any, so keys overlap without being equal.
keys = st.tuples(st.none() | st.integers(0, 2), st.none() | st.integers(0, 2))


def overlap(one: Key, other: Key) -> bool:
    """Return whether two keys may mean the same."""
    return all(a is None or b is None or a == b for a, b in zip(one, other, strict=True))


def drain(line: Line[int, int]) -> list[int]:
    """Return the results at the front that can be handed out."""
    results = []
    while line.head_is_settled:
        results.append(line.pop())
    return results


@settings(max_examples=200)
@given(
    every=st.lists(keys, max_size=30),
    concurrency=st.integers(1, 4),
    seed=st.integers(0, 2**32),
)
def test_jobs_of_one_key_run_one_after_the_other(
    every: list[Key], concurrency: int, seed: int
) -> None:
    """Whatever ends when: overlapping jobs never run at once nor overtake, results keep order."""
    chance = random.Random(seed)
    line = Line[int, int](overlap, concurrency)
    waiting, running, done, handed = [*enumerate(every)], list[Slot[int, int]](), set[int](), []
    while waiting or len(line):
        if waiting and not line.full and (not running or chance.random() < 0.7):
            number, key = waiting.pop(0)
            line.add(number, key)
        while len(running) < concurrency and (slot := line.take()) is not None:
            earlier = range(slot.job)
            assert all(one in done for one in earlier if overlap(every[one], every[slot.job]))
            assert not any(overlap(every[one.job], every[slot.job]) for one in running)
            running.append(slot)
        assert running or not len(line)
        assert len(line) <= 8 * concurrency
        if running and chance.random() < 0.5:
            ended = running.pop(chance.randrange(len(running)))
            done.add(ended.job)
            line.settle(ended, ended.job)
        handed += drain(line)
    assert handed == [*range(len(every))]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=16))
def test_whatever_may_run_is_offered(every: list[int]) -> None:
    """The first job of each key is ready at once, the oldest first, and no other is."""
    line = Line[int, int](int.__eq__, 4)
    for number, key in enumerate(every):
        line.add(number, key)
    firsts = sorted(every.index(key) for key in set(every))
    assert line.ready == len(firsts)
    taken = [line.take() for _ in range(len(firsts) + 1)]
    assert [slot and slot.job for slot in taken] == [*firsts, None]


def test_bytes_bound_the_line() -> None:
    """Over 16 MB only as many jobs are held as may run at once; a settled job is let go."""
    line = Line[list[int], int](lambda one, other: False, 2)
    line.add([0], "a", 8 << 20)
    assert not line.full
    line.add([1], "b", 8 << 20)
    assert line.full
    slot = line.take()
    assert slot is not None
    line.settle(slot, 0)
    assert (slot.job, line.full) == (None, True)
    assert line.pop() == 0
    line.add([2], "c")
    assert not line.full
    line.add_settled(3, 8 << 20)
    assert line.full


def test_doubts_are_bounded() -> None:
    """Each key in doubt is kept once, the last thousand of them; unsent records have none."""
    doubts = Doubts[None, None](int.__eq__)
    for key in (*range(1001), *[1000] * 5):
        assert doubts.mark(Outcome(0, None, uncertain=True), key).uncertain
    told = [doubts.mark(Outcome(0, None), key).uncertain for key in (0, 1, 1000, 1001, None)]
    assert told == [False, True, True, False, False]


def test_settled_results_block_nobody() -> None:
    """A result that there is nothing to do for takes a place in the line, and waits for none."""
    line = Line[int, int](lambda one, other: True, 1)
    line.add_settled(0)
    line.add(1, "key")
    slot = line.take()
    assert slot is not None
    assert (len(line), line.head_is_settled) == (2, True)
    line.settle(slot, 1)
    assert drain(line) == [0, 1]


# Workers, of both kinds


class Jobs:
    """What workers do: jobs that last, fail or wait for a gate; who ran beside whom is noted."""

    def __init__(self, twin: Twin, delays: dict[int, float] | None = None) -> None:
        self.is_async = twin.is_async
        self.delays = delays or {}
        self.running: set[int] = set()
        self.started: list[int] = []
        self.most = 0
        self.lock = threading.Lock()

    def work(self, job: int, sleep: Callable[[float], Any]) -> Any:
        """Do a job in the way of its kind."""
        return self._in_task(job, sleep) if self.is_async else self._in_thread(job, sleep)

    def _in_thread(self, job: int, sleep: Callable[[float], Any]) -> int:
        self._begin(job)
        try:
            sleep(self.delays.get(job, 0.0))
        finally:
            self._end(job)
        return job

    async def _in_task(self, job: int, sleep: Callable[[float], Awaitable[None]]) -> int:
        self._begin(job)
        try:
            await sleep(self.delays.get(job, 0.0))
        finally:
            self._end(job)
        return job

    def _begin(self, job: int) -> None:
        with self.lock:
            self.started.append(job)
            self.running.add(job)
            self.most = max(self.most, len(self.running))

    def _end(self, job: int) -> None:
        with self.lock:
            self.running.discard(job)


def workers(jobs: Jobs, line: Line[int, int], concurrency: int) -> Any:
    """Return workers of a kind."""
    kind: Any = AsyncWorkers if jobs.is_async else Workers
    return kind(line, jobs.work, concurrency)


def run_all(
    twin: Twin,
    jobs: Jobs,
    every: list[int],
    concurrency: int,
    overlaps: Callable[[Any, Any], bool] = lambda one, other: False,
) -> list[int]:
    """Run jobs, which are their own keys, as fast as they are taken; return their results."""
    line = Line[int, int](overlaps, concurrency)
    crew = workers(jobs, line, concurrency)

    async def in_tasks() -> list[int]:
        results, rest = [], [*every]
        while rest or len(line):
            while rest and not line.full:
                crew.add(rest[0], rest.pop(0))
            results.append(await crew.take_result())
        await crew.stop()
        return results

    if jobs.is_async:
        return twin.wait(in_tasks())  # type: ignore[no-any-return]
    results, rest = [], [*every]
    while rest or len(line):
        while rest and not line.full:
            crew.add(rest[0], rest.pop(0))
        results.append(crew.take_result())
    crew.stop()
    return results


@settings(max_examples=25)
@given(
    delays=st.lists(st.sampled_from([0.0, 0.0, 0.001, 0.003]), max_size=40),
    concurrency=st.integers(1, 6),
)
def test_results_keep_the_order(twin: Twin, delays: list[float], concurrency: int) -> None:
    """Results come in the order of the jobs, and no more run at once than asked for."""
    jobs = Jobs(twin, dict(enumerate(delays)))
    every = [*range(len(delays))]
    assert run_all(twin, jobs, every, concurrency) == every
    assert jobs.most <= concurrency
    assert sorted(jobs.started) == every
    assert twin.leftovers() == []


@pytest.mark.parametrize("concurrency", [1, 3])
def test_as_many_at_once_as_asked(twin: Twin, concurrency: int) -> None:
    """So many jobs run at once where there is enough to do."""
    jobs = Jobs(twin, dict.fromkeys(range(20), 0.005))
    run_all(twin, jobs, [*range(20)], concurrency)
    assert jobs.most == concurrency


def test_what_waited_for_one_job_runs_at_once(twin: Twin) -> None:
    """When a job is done that all others waited for, as many of them run as may."""
    jobs = Jobs(twin, dict.fromkeys(range(9), 0.01))
    assert run_all(twin, jobs, [*range(9)], 3, lambda one, other: 0 in (one, other)) == [*range(9)]
    assert jobs.started[0] == 0
    assert jobs.most == 3


def test_one_worker_after_the_other(twin: Twin) -> None:
    """Jobs that come one by one, each when all before are done, are all worked off."""
    jobs = Jobs(twin)
    line = Line[int, int](lambda one, other: False, 1)
    crew = workers(jobs, line, 1)

    async def in_tasks() -> list[int]:
        results = []
        for number in range(50):
            crew.add(number, None)
            results.append(await asyncio.wait_for(crew.take_result(), PATIENCE))
        await crew.stop()
        return results

    if twin.is_async:
        assert twin.wait(in_tasks()) == [*range(50)]
        return
    for number in range(50):
        crew.add(number, None)
        assert crew.take_result() == number
    crew.stop()


def test_stop_does_not_wait_for_a_sleep(twin: Twin) -> None:
    """A job that waits, before a retry say, is ended by a stop, and what is left never starts."""
    jobs = Jobs(twin, dict.fromkeys(range(6), 60.0))
    line = Line[int, int](lambda one, other: False, 2)
    crew = workers(jobs, line, 2)

    async def in_tasks() -> None:
        for number in range(6):
            crew.add(number, None)
        await asyncio.sleep(0.01)
        await crew.stop()

    began = time.monotonic()
    if twin.is_async:
        twin.wait(in_tasks())
    else:
        for number in range(6):
            crew.add(number, None)
        twin.pause(0.01)
        crew.stop()
    assert time.monotonic() - began < 2
    assert sorted(jobs.started) == [0, 1]
    assert jobs.running == set()
    assert twin.leftovers() == []


def test_items_are_read_when_they_are_wanted() -> None:
    """A source's next item is read once it is asked for, and one that came late is kept."""
    given: list[int] = []

    async def items() -> AsyncIterator[int]:
        for number in range(3):
            await arrived.wait()
            given.append(number)
            yield number

    async def none(job: int, sleep: object) -> int:
        raise AssertionError

    async def main() -> None:
        line = Line[int, int](lambda one, other: False, 1)
        crew = AsyncWorkers(line, none, 1)
        source = AsyncSource(items())
        line.add_settled(7)
        assert await source.read(crew) == []
        arrived.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert await crew.take_result() == 7
        for number in range(3):
            assert await source.read(crew) == [number]
            for _ in range(5):
                await asyncio.sleep(0)
            assert given == [*range(number + 1)]
        with pytest.raises(StopAsyncIteration):
            await source.read(crew)
        await source.aclose()

    arrived = asyncio.Event()
    asyncio.run(main())


def test_exits_in_workers_reach_the_consumer() -> None:
    """What ends a worker's thread ends the consumer too, instead of letting it wait for ever."""

    def work(job: int, sleep: object) -> int:
        raise SystemExit(job)

    line = Line[int, int](lambda one, other: False, 1)
    crew = Workers(line, work, 1)
    crew.add(3, None)
    with pytest.raises(SystemExit):
        crew.take_result()
    crew.stop()


def test_cancelled_worker_reaches_the_consumer() -> None:
    """A worker's task that somebody cancels ends the consumer too."""

    async def work(job: int, sleep: object) -> int:
        raise asyncio.CancelledError

    async def main() -> None:
        line = Line[int, int](lambda one, other: False, 1)
        crew = AsyncWorkers(line, work, 1)
        crew.add(3, None)
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(crew.take_result(), PATIENCE)
        await crew.stop()

    asyncio.run(main())


def test_threads_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer threads than asked for do all the work; where there is none, adding raises."""
    count = itertools.count()
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if next(count) >= allowed:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    for allowed in (1, 0):
        count = itertools.count()
        line = Line[int, int](lambda one, other: False, 4)
        gate = threading.Event()

        def work(job: int, sleep: object, gate: threading.Event = gate) -> int:
            gate.wait(PATIENCE)
            return job

        crew = Workers(line, work, 4)
        if allowed == 0:
            with pytest.raises(ConfigurationError, match="no more threads"):
                crew.add(0, None)
            continue
        for number in range(5):
            crew.add(number, None)
        gate.set()
        assert [crew.take_result() for _ in range(5)] == [*range(5)]
        crew.stop()


# Values


def test_checkpoints_tell_the_position() -> None:
    """A checkpoint, also as text, leads back to its position, and only in its own call."""
    for position in (0, 1, 10**9):
        checkpoint = stand_at("acme.writes", position)
        for form in (checkpoint, checkpoint.to_json()):
            assert read_position("acme.writes", form) == position
        assert Checkpoint.from_json(checkpoint.to_json()) == checkpoint
        with pytest.raises(CheckpointMismatch, match=r"acme\.writes"):
            read_position("acme.others", checkpoint)
    assert read_position("acme.writes", None) == 0


@pytest.mark.parametrize("items", [None, 7, "records", b"records", {"project_id": "p"}])
def test_items_are_an_iterable_of_records(items: object) -> None:
    """One record, a text, or what cannot be iterated at all is refused by its type."""
    with pytest.raises(ArgumentError, match=rf"iterable of records.*got {type(items).__name__}"):
        check_items(items, (list, tuple, dict, str, bytes), "acme", "writes")


def test_outcome_shows_nothing_of_its_record() -> None:
    """The repr names the place and the error's class, and nothing that was said."""
    outcome = Outcome(3, {"custom1": "quasimodo"}, "quasimodo", ValueError("quasimodo"))
    assert repr(outcome) == "Outcome(position=3, error=ValueError)"
    assert repr(Outcome(0, "quasimodo")) == "Outcome(position=0, error=None)"


def test_stats_pickle() -> None:
    """The counts of a bulk call can be kept, and count on."""
    stats = BulkStats(read=3, succeeded=2, failed=1)
    stats.count_retry(0.5)
    kept = pickle.loads(pickle.dumps(stats))
    assert kept == stats
    kept.count_request()
    assert (kept.requests, stats.requests) == (1, 0)
