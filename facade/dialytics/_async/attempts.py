"""Trying again: how often, after which waits, and until when."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from attrs import define, evolve, field

from .._declarations import Operation, Vendor
from .._gates import Gate
from .._options import CallOptions
from .._retry import (
    Deadline,
    DoubtedBodyError,
    Replay,
    RetryBudget,
    RetryPolicy,
    delay,
    may_retry,
)
from .._tasks import AsyncSleep, AsyncTry
from .._waiting import waiting_takes_time
from ..errors import (
    ArgumentError,
    ConnectionFailed,
    DialyticsError,
    IncompleteBody,
    InvalidResponse,
    RateLimited,
    RequestTimeout,
    StatusError,
)

if TYPE_CHECKING:
    from .._stats import Effort

R = TypeVar("R")

_HELD_BACK = "a rate limit, or a pause that the vendor asked for, lets nothing be sent before"
_NO_BUDGET = "; not tried again, since the client's retry budget is used up (RetryPolicy.budget)"


@define(eq=False)
class AsyncAttempts:
    """Tries requests until it works or there is no point, and no faster than is allowed.

    Budget and gate belong to the whole client, the deadline to one call.
    """

    vendor: Vendor
    policy: RetryPolicy
    gate: Gate
    budget: RetryBudget
    deadline: Deadline = field(factory=Deadline)

    def configured(self, options: CallOptions) -> AsyncAttempts:
        """Return these with a call's own policy and deadline."""
        policy = options.get("retry", self.policy)
        if not isinstance(policy, RetryPolicy):
            raise ArgumentError(f"retry must be a RetryPolicy; got {type(policy).__name__}")
        if policy.budget not in {self.policy.budget, RetryPolicy().budget}:
            raise ArgumentError(
                "the retry budget is the client's, for all its calls together: leave budget= out "
                "of a call's policy, and give it in the constructor's retry="
            )
        if "max_retries" in options:
            policy = evolve(policy, max_retries=options["max_retries"])
        return evolve(self, policy=policy, deadline=Deadline(options.get("deadline")))

    async def persist(
        self,
        operation: Operation,
        try_once: AsyncTry[R],
        sleep: AsyncSleep,
        stats: Effort | None,
        late: int | None = None,
    ) -> R:
        """Return what a try gives, or raise the last one's error.

        What times out is tried again ``late`` times at most, where the caller has another way.
        """
        attempt, tries, closed, may_have_arrived = 0, 1, 0, False
        while True:
            try:
                result = await try_once(attempt)
            except DialyticsError as error:
                error.vendor = error.vendor or self.vendor.name
                error.operation = error.operation or operation.name
                if error.operation != operation.name:
                    # Obtaining the token failed, and has had its own tries.
                    raise
                error.tries = tries
                may_have_arrived = _note_arrival(error, before=may_have_arrived)
                if late is not None and _timed_out(error):
                    attempt = max(attempt, self.policy.max_retries - late)
                spent = _spent(error, attempt, closed, self.policy.max_retries)
                closed += _is_closed(error)
                wait = self._decide(error, operation, spent, stats)
                if wait is None:
                    _warn(error, operation)
                    raise
            else:
                self.budget.refund()
                return result
            if stats is not None:
                stats.count_retry(wait)
            await _pause(wait, sleep)
            attempt, tries = attempt + 1, tries + 1

    async def take_turn(self, sleep: AsyncSleep, stats: Effort | None) -> None:
        """Wait until a request may start.

        Raises:
            DeadlineExceeded: There is no time left to send it in.
        """
        now = time.monotonic()
        self.deadline.begin(now)
        end = now + self.deadline.left(now)
        if self.deadline.is_over(now):
            raise self.deadline.exceeded(sent=False)
        start = self.gate.reserve(now, end) if waiting_takes_time() else now
        while start is not None and now < start:
            try:
                await sleep(start - now)
            except BaseException:
                self.gate.release(start)
                raise
            if stats is not None:
                stats.count_wait(start - now)
            now = time.monotonic()
            start = self.gate.renew(start, now, end) if waiting_takes_time() else now
        if start is None:
            raise self.deadline.exceeded(sent=False, reason=_HELD_BACK)

    def heed(self, headers: Mapping[str, str], clock: Callable[[], datetime]) -> None:
        """Slow down as a response asks for; the clock tells what time it is."""
        if waiting_takes_time():
            self.gate.heed(headers, time.monotonic(), clock)

    def left(self) -> float:
        """Return the seconds until the deadline."""
        now = time.monotonic()
        self.deadline.begin(now)
        return self.deadline.left(now)

    def _decide(
        self, error: DialyticsError, operation: Operation, attempt: int, stats: Effort | None
    ) -> float | None:
        """Return the seconds to wait before the next try; ``None``: there is none."""
        now = time.monotonic()
        if stats is not None:
            stats.count_failure(error)
        if isinstance(error, RateLimited) and error.retry_after:
            # Whatever becomes of this request, the others have to wait.
            self._pause_all(now + min(error.retry_after, self.policy.retry_after_cap))
        wait = delay(
            self.policy,
            attempt=attempt,
            error=error,
            replay=operation.replay,
            random=random.random(),  # noqa: S311  # jitter is no secret
        )
        if wait is None:
            self._explain(error, operation, attempt)
            return None
        if isinstance(error, RateLimited):
            self._pause_all(now + wait)
        if wait >= self.deadline.left(now):
            sent = error.sent if isinstance(error, ConnectionFailed) else True
            reason = f"there is no time for another try after this: {error.message}"
            late = self.deadline.exceeded(sent=sent, reason=reason)
            late.vendor, late.operation = error.vendor, error.operation
            raise late from error
        # Doubts say nothing of the vendor's health, and have one repetition each.
        if not isinstance(error, DoubtedBodyError) and not self.budget.take():
            error.message += _NO_BUDGET
            return None
        return wait

    def _explain(self, error: DialyticsError, operation: Operation, attempt: int) -> None:
        """Say so where only the wait that the vendor asks for is too long."""
        policy, replay = self.policy, operation.replay
        if isinstance(error, StatusError) and may_retry(
            policy, attempt=attempt, error=error, replay=replay
        ):
            error.message += (
                f"; not tried again, since it asks for {error.retry_after:g} s, "
                f"more than retry_after_cap ({policy.retry_after_cap:g} s)"
            )

    def _pause_all(self, until: float) -> None:
        if waiting_takes_time():
            self.gate.pause(until)


def _note_arrival(error: DialyticsError, *, before: bool) -> bool:
    """Tell whether a request may have arrived by now, which its later errors must not deny."""
    if not isinstance(error, ConnectionFailed):
        return True
    if error.sent is False and before:
        error.sent = None
    return before or error.sent is not False


def _warn(error: DialyticsError, operation: Operation) -> None:
    """Say so where what must not be done twice may be done already."""
    if operation.replay is Replay.NEVER and isinstance(error, InvalidResponse):
        error.message += (
            "; the answer says success, so this may have been carried out: look before you send it "
            "again"
        )


def _spent(error: DialyticsError, attempt: int, closed: int, most: int) -> int:
    """Return how many retries there were, for an error that may have one of its own.

    What looks cut is asked for once more, whatever has failed before; if nothing but a guess tells
    that it is cut, also after the last try.
    """
    if isinstance(error, DoubtedBodyError):
        return min(attempt, most - 1)
    return closed if _is_closed(error) and attempt < most else attempt


def _is_closed(error: DialyticsError) -> bool:
    return isinstance(error, IncompleteBody) and bool(error.closed)


def _timed_out(error: DialyticsError) -> bool:
    return isinstance(error, RequestTimeout) and error.sent is not False


async def _pause(seconds: float, sleep: AsyncSleep) -> None:
    # Also a wait of no time lets others go on, and ends what nobody wants any more.
    await sleep(seconds if waiting_takes_time() else 0.0)
