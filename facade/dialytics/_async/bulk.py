"""Sending many records, and what became of each."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, Generic, TypeAlias

from .._bulk import Bulk, Doubts, I, Line, Outcome, R, Write, may_be_done, stand_at
from .._calls import forget_foreign
from .._checkpoints import Checkpoint
from .._messages import Reply
from .._stats import BulkStats, Tries
from .._task_workers import AsyncItems, AsyncSource, AsyncWorkers
from .._tasks import AsyncSleep, async_outwait
from ..errors import CheckpointMismatch, DeadlineExceeded, DialyticsError
from .iteration import AsyncIteration
from .transport import AsyncTransport

Job: TypeAlias = tuple[int, I, Write]
Settled: TypeAlias = tuple[Outcome[I, R], Any]
"""An outcome, and the key of what was sent."""


class _Delivery(Generic[I, R]):
    """What an iteration of outcomes holds; like a pager's, it does not know its owner."""

    def __init__(
        self,
        bulk: Bulk[I],
        items: AsyncItems[I],
        read: Callable[[Reply], R],
        *,
        transport: AsyncTransport,
        concurrency: int,
        position: int,
    ) -> None:
        self.bulk = bulk
        self.stats = BulkStats()
        self.position = position
        self._passed = position
        self._items = items
        self._read_reply = read
        self._transport = transport
        self._line = Line[Job[I], Settled[I, R]](bulk.overlaps, concurrency)
        self._doubts = Doubts[I, R](bulk.overlaps)
        self._workers = AsyncWorkers(self._line, self._send, concurrency)
        self._ended = False
        self._failure: Exception | None = None

    async def hand_out(self) -> AsyncGenerator[Outcome[I, R]]:
        stragglers = self._transport.stragglers
        await async_outwait(stragglers)
        async with aclosing(AsyncSource(self._items)) as source:
            await self._pass_over(source)
            try:
                while await self._fill(source):
                    outcome, key = await self._workers.take_result()
                    if isinstance(outcome.error, DeadlineExceeded):
                        raise self._locate(outcome.error)
                    yield self._count(self._doubts.mark(outcome, key))
            finally:
                stragglers.extend(await self._workers.stop())
        if self._failure is not None:
            raise self._failure

    async def _pass_over(self, source: AsyncSource[I]) -> None:
        for number in range(self._passed):
            try:
                await source.read(self._workers)
            except StopAsyncIteration:
                raise CheckpointMismatch(
                    f"the checkpoint stands after {self._passed} records, and the iterable ends "
                    f"after {number}; resume with the same records",
                    vendor=self.bulk.operation.vendor.name,
                    operation=self.bulk.operation.bulk,
                ) from None

    async def _fill(self, source: AsyncSource[I]) -> bool:
        """Read ahead as far as there is room; tell whether there is anything to hand out."""
        # What is ready goes out first, since the next record may be long in coming.
        while not (self._ended or self._line.full or self._line.head_is_settled):
            try:
                items = await source.read(self._workers)
            except StopAsyncIteration:
                self._ended = True
            except Exception as error:  # noqa: BLE001  # raised once what was read is handed out
                self._ended, self._failure = True, error
            else:
                for item in items:
                    self._accept(item)
        return len(self._line) > 0

    def _accept(self, item: I) -> None:
        position = self._passed + self.stats.read
        self.stats.read += 1
        size = 0
        try:
            write = self.bulk.prepare(item)
            size = write.size
            self._transport.check(write.request, write.operation)
        except Exception as error:  # noqa: BLE001  # it is the outcome
            self._workers.add_settled((self._fail(position, item, error), None), size)
        else:
            self._workers.add((position, item, write), write.key, size)

    async def _send(self, job: Job[I], sleep: AsyncSleep) -> Settled[I, R]:
        position, item, write = job
        tries = Tries(call=self.stats)
        send = self._transport.send
        try:
            result = await send(write.request, write.operation, self._read_reply, sleep, tries)
        except Exception as error:  # noqa: BLE001  # it is the outcome
            uncertain = tries.unanswered or may_be_done(error, write.operation)
            outcome = self._fail(position, item, error, uncertain=uncertain)
        else:
            outcome = Outcome(position, item, result, uncertain=tries.unanswered)
        return outcome, write.key

    def _fail(
        self, position: int, item: I, error: Exception, *, uncertain: bool = False
    ) -> Outcome[I, R]:
        if isinstance(error, DialyticsError):
            forget_foreign(error)
            operation = self.bulk.operation
            error.vendor = error.vendor or operation.vendor.name
            error.operation = error.operation or operation.name
        return Outcome(position, item, error=error, uncertain=uncertain)

    def _locate(self, error: DeadlineExceeded) -> DeadlineExceeded:
        """Make a record's error the call's: it says where to resume."""
        error.operation = self.bulk.operation.bulk
        error.checkpoint = stand_at(self.bulk.id, self.position)
        return error

    def _count(self, outcome: Outcome[I, R]) -> Outcome[I, R]:
        self.position += 1
        if outcome.error is None:
            self.stats.succeeded += 1
        else:
            self.stats.failed += 1
        return outcome


class AsyncOutcomes(AsyncIteration, Generic[I, R]):
    """The outcomes of a bulk call, one for each record, in the order of the records.

    Records are read and sent as outcomes are taken; once only. A few are read ahead: at most eight
    for each that is sent at once, and one each where their bodies come to 16 MB, so memory stays
    small however many there are. Records that may be about the same thing are sent one after the
    other, retries included, so that an older version does not overwrite a newer one; others are
    sent at once. A record that fails, or is none, has the error in its outcome, and later ones go
    on, those about the same thing too. What the iterable itself raises comes out after the outcomes
    of all that was read before.

    A try that got no answer, because it timed out or its connection broke, may still be carried out
    by the vendor, later than its own repetition and than newer versions: the outcomes that this can
    touch are ``uncertain``.

    With a ``deadline=`` the iteration ends in ``DeadlineExceeded`` at the first record that was not
    done in time: its ``checkpoint`` stands before that.

    A plain iterable blocks until its next record is there: an outcome that becomes ready meanwhile
    comes after that. Behind an iterable that does not block, it comes at once.

    Use it as a context manager, or ``await aclose()`` it, when you stop before the end. What was
    sent and not yet handed out by then may have been carried out, or be carried out later; resuming
    sends it again. Tasks end at once. A thread in the middle of a request ends with that: a close
    waits for it, five seconds at most, and the next bulk call of the same client for the rest.
    """

    def __init__(
        self,
        bulk: Bulk[I],
        items: AsyncItems[I],
        read: Callable[[Reply], R],
        *,
        transport: AsyncTransport,
        concurrency: int,
        position: int,
    ) -> None:
        super().__init__(
            "these outcomes have", bulk.operation.vendor.name, bulk.operation.bulk or ""
        )
        self._delivery = _Delivery(
            bulk, items, read, transport=transport, concurrency=concurrency, position=position
        )

    def __aiter__(self) -> AsyncIterator[Outcome[I, R]]:
        return self._begin(self._delivery.hand_out())

    @property
    def checkpoint(self) -> Checkpoint:
        """Where the call stands after the outcome that was last handed out.

        Pass it as ``resume=`` with the same records: those whose outcomes were handed out are
        passed over, and the others are sent in their order.
        """
        return stand_at(self._delivery.bulk.id, self._delivery.position)

    @property
    def stats(self) -> BulkStats:
        """What the call has done so far."""
        return self._delivery.stats

    def __repr__(self) -> str:
        stats = self.stats
        counts = f"succeeded={stats.succeeded} failed={stats.failed}"
        return f"<{type(self).__name__} {self._delivery.bulk.id} {counts}>"
