"""Work of asynchronous code in threads."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import closing
from contextvars import ContextVar
from functools import partial
from typing import Any

import anyio
import pytest

from dialytics._tasks import (
    AsyncJob,
    AsyncWorkers,
    Crew,
    async_stop_jobs,
    async_undivided,
    async_work,
)
from dialytics._threads import Workers, start_thread
from dialytics.errors import ConfigurationError
from tests.conftest import PATIENCE


@pytest.mark.parametrize("fails", [True, False])
def test_work_is_seen_through_when_its_task_is_cancelled(*, fails: bool) -> None:
    """What is under way uses what is closed next, so that is waited for; then the task ends."""
    started, release, done = threading.Event(), threading.Event(), []
    problems: list[object] = []

    def work() -> None:
        started.set()
        release.wait(PATIENCE)
        done.append(True)
        if fails:
            raise ValueError("nobody asks any more")

    async def cancel() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, what: problems.append(what))
        task = asyncio.create_task(async_work(work))
        await asyncio.to_thread(started.wait, PATIENCE)
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0.01)
            assert not task.done()
        release.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert done == [True]

    asyncio.run(cancel())
    assert problems == []


class CountingLoop(asyncio.SelectorEventLoop):
    """A loop that counts what it is asked to do."""

    count = 0

    def call_soon(self, *args: Any, **options: Any) -> asyncio.Handle:  # type: ignore[override]  # whatever it is
        self.count += 1
        return super().call_soon(*args, **options)


async def wait_shielded(release: asyncio.Event) -> None:
    with anyio.CancelScope(shield=True):
        await release.wait()


@pytest.mark.parametrize("kind", ["work", "request"])
def test_a_cancelled_scope_keeps_no_loop_busy(kind: str) -> None:
    """A scope asks again at each turn; what is seen through is not woken by it."""

    async def cancel(loop: CountingLoop) -> None:
        thread, task = threading.Event(), asyncio.Event()
        counts: list[int] = []

        def release() -> None:
            counts.append(loop.count)
            thread.set()
            task.set()

        with anyio.CancelScope() as scope:
            loop.call_later(0.01, scope.cancel)
            loop.call_later(0.05, lambda: counts.append(loop.count))
            loop.call_later(0.25, release)
            if kind == "work":
                await async_work(thread.wait, PATIENCE)
            else:
                await async_undivided(partial(wait_shielded, task))
            raise AssertionError
        assert scope.cancelled_caught
        assert counts[1] - counts[0] < 50

    with asyncio.Runner(loop_factory=CountingLoop) as runner:
        loop: Any = runner.get_loop()
        runner.run(cancel(loop))


def test_requests_keep_what_their_task_knows() -> None:
    """A call in a task of its own has its caller's context, and gives back what it raises."""
    known: ContextVar[str] = ContextVar("known")

    async def tell() -> str:
        return known.get()

    async def fail() -> None:
        raise ValueError(known.get())

    async def ask() -> None:
        known.set("told")
        assert await async_undivided(tell) == "told"
        with pytest.raises(ValueError, match="told"):
            await async_undivided(fail)

    asyncio.run(ask())


def test_a_request_whose_task_never_begins_ends() -> None:
    """Nobody waits for a task that others have cancelled before its first step."""

    async def ask() -> None:
        calling = asyncio.create_task(async_undivided(asyncio.Event().wait))
        before = asyncio.all_tasks()
        await asyncio.sleep(0)
        (task,) = asyncio.all_tasks() - before
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling

    asyncio.run(ask())


def test_work_returns_and_raises() -> None:
    """What the call gives, or raises, is what is awaited."""
    assert asyncio.run(async_work(divmod, 7, 2)) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(async_work(divmod, 7, 0))


@pytest.mark.parametrize("own", [False, True])
def test_work_that_no_thread_can_do_ends_in_an_error(
    monkeypatch: pytest.MonkeyPatch, *, own: bool
) -> None:
    """Where the system starts no more threads, that is said in our own words."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def ask() -> object:
        with closing(AsyncWorkers(2)) as workers, monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", refuse)
            return await (workers.work(divmod, 7, 2) if own else async_work(divmod, 7, 2))

    with pytest.raises(ConfigurationError, match="no more threads"):
        asyncio.run(ask())


def test_few_threads_do_the_work_of_many_tasks() -> None:
    """However many tasks have work at once, no more threads do it than there may be."""

    async def ask() -> list[int]:
        with closing(AsyncWorkers(2)) as workers:
            return await asyncio.gather(*[workers.work(threading.get_ident) for _ in range(32)])

    assert 1 <= len({*asyncio.run(ask())} - {threading.get_ident()}) <= 2


def test_few_threads_do_the_work_of_many_threads() -> None:
    """Likewise where threads ask for it, which wait until it is done."""
    asked, did = threading.Barrier(8), set[threading.Thread]()

    def ask(workers: Workers) -> None:
        asked.wait(PATIENCE)
        did.update(workers.work(threading.current_thread) for _ in range(4))

    with closing(Workers(2)) as workers:
        threads = [start_thread(ask, workers) for _ in range(8)]
        for thread in threads:
            thread.join(PATIENCE)
        assert 1 <= len(did) <= 2
        assert did.isdisjoint(threads)


def test_workers_return_and_raise() -> None:
    """What the call gives, or raises, is what their caller gets, of either kind."""

    async def ask() -> None:
        with closing(AsyncWorkers(1)) as workers:
            assert await workers.work(divmod, 7, 2) == (3, 1)
            with pytest.raises(ZeroDivisionError):
                await workers.work(divmod, 7, 0)

    asyncio.run(ask())
    with closing(Workers(1)) as workers:
        assert workers.work(divmod, 7, 2) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            workers.work(divmod, 7, 0)


def test_who_comes_too_late_works_alone() -> None:
    """A thread that reads on after the listing was closed fails with nothing of a pool."""
    with closing(Workers(1)) as workers:
        pass
    assert workers.work(threading.get_ident) == threading.get_ident()


class Hands(Crew):
    """A crew, and what it is told to do."""

    def begin(self, *works: Coroutine[Any, Any, None]) -> None:
        for work in works:
            self._spawn(work)


@pytest.mark.parametrize("of", ["jobs", "crew"])
def test_who_stops_others_sees_their_end(of: str) -> None:
    """What is cancelled while it stops others waits for their end all the same."""
    ended = list[int]()

    async def work(_sleep: object) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            # As what gives a connection back does.
            for _ in range(20):
                await asyncio.sleep(0)
            ended.append(len(ended))

    async def stop() -> None:
        if of == "jobs":
            jobs = [AsyncJob(work, asyncio.sleep) for _ in range(3)]
            await asyncio.sleep(0)
            await async_stop_jobs(jobs)
            return
        hands = Hands()
        hands.begin(*map(work, range(3)))
        await asyncio.sleep(0)
        await hands.stop()

    async def cancel() -> None:
        task = asyncio.create_task(stop())
        for _ in range(5):
            await asyncio.sleep(0)
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
        await asyncio.wait([task])
        assert task.cancelled()
        assert ended == [0, 1, 2]

    asyncio.run(cancel())
