"""What an iteration has done so far."""

from __future__ import annotations

import threading
from typing import Any

from attrs import define, field, fields

from ._checkpoints import Checkpoint
from .errors import ConnectionFailed, DialyticsError, StatusError

# What a gateway says when the server behind it has not answered.
_GATEWAY_STATUSES = frozenset({502, 504, 520, 522, 524})


@define
class Effort:
    """What an iteration has cost so far."""

    requests: int = 0
    retries: int = 0
    waited: float = 0.0
    _lock: threading.Lock = field(factory=threading.Lock, repr=False, eq=False, init=False)

    def count_request(self) -> None:
        """Count a request; several are sent at once."""
        with self._lock:
            self.requests += 1

    def count_retry(self, waited: float) -> None:
        """Count a retry and the wait before it."""
        with self._lock:
            self.retries += 1
            self.waited += waited

    def count_wait(self, waited: float) -> None:
        """Count a wait before a request's start."""
        with self._lock:
            self.waited += waited

    def count_failure(self, error: DialyticsError) -> None:
        """Take note of why a try failed; most do not need to."""

    def __getstate__(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(type(self)) if one.init}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
        self._lock = threading.Lock()


@define(getstate_setstate=False)
class BulkStats(Effort):
    """What a bulk call has done so far.

    Attributes:
        read: Records taken from the iterable; those that a resume passes over are not counted.
        succeeded: Outcomes handed out without an error.
        failed: Outcomes handed out with one.
        requests: Tries of requests, the repeated ones included; those for tokens are not.
        retries: How many of them repeated a failed one.
        waited: Seconds waited before retries, and for rate limits, by all requests together.
    """

    read: int = 0
    succeeded: int = 0
    failed: int = 0


@define
class Tries(Effort):
    """The tries of one record, which count for the whole call too."""

    call: BulkStats = field(kw_only=True)
    unanswered: bool = False

    def count_request(self) -> None:
        """Count a request."""
        self.call.count_request()

    def count_retry(self, waited: float) -> None:
        """Count a retry and the wait before it."""
        self.call.count_retry(waited)

    def count_wait(self, waited: float) -> None:
        """Count a wait before a request's start."""
        self.call.count_wait(waited)

    def count_failure(self, error: DialyticsError) -> None:
        """Note whether the vendor may still be carrying out what failed."""
        if isinstance(error, ConnectionFailed):
            self.unanswered |= error.sent is not False
        elif isinstance(error, StatusError):
            self.unanswered |= error.status in _GATEWAY_STATUSES


@define(getstate_setstate=False)
class Stats(Effort):
    """What an iteration has done so far.

    It is of one pager. After a resume everything begins at 0 again, but for ``partitions``,
    ``partitions_done`` and ``provisional``, which are of the whole plan.

    Attributes:
        partitions: Windows (times cultures) that were planned.
        partitions_done: How many of them are finished, those before a resume included.
        partitions_failed: How many of them have failed for good (``on_window_error="continue"``).
        provisional: How many of them touch now, or end later, so that rows may still be added.
        requests: Tries of requests, the repeated ones included; those for tokens are not.
        retries: How many of them repeated a failed one.
        waited: Seconds waited before retries, and for rate limits, by all requests together.
        halved: Windows cut in two, since the vendor did not answer for the whole in time, or called
            it too long or too large.
        restarts: Windows read again from their start, since the vendor did not accept a
            continuation any longer.
        pages: Responses read, those without rows too.
        rows: Rows handed out.
        duplicates: Rows dropped because they repeat across a seam of pages or windows.
        not_filtered: Rows that a filter should have excluded, so the vendor ignored it.
        withheld: Whether columns that were asked for were empty in every row so far, so that the
            vendor withholds them; ``None``: none were asked for, or no row has come.
        clipped: Whether ``clip=True`` moved the start, when the plan was made.
        total: How many items the vendor says there are; ``None`` where it does not say.
        drifts: How often a list that is paged by limit and offset had moved while it was read, so
            that it was read from its start again.
        missing: How many items of the vendor's total a list that is paged by limit and offset did
            not have when its end was reached, and was asked for once more.
        bad_rows: Rows that could not be read and were given to ``on_bad_row``.
    """

    partitions: int = 0
    partitions_done: int = 0
    partitions_failed: int = 0
    provisional: int = 0
    halved: int = 0
    restarts: int = 0
    pages: int = 0
    rows: int = 0
    duplicates: int = 0
    not_filtered: int = 0
    withheld: bool | None = None
    clipped: bool = False
    total: int | None = None
    drifts: int = 0
    missing: int = 0
    bad_rows: int = 0

    def count_halved(self) -> None:
        """Count a window that was cut in two; several are read at once."""
        with self._lock:
            self.halved += 1

    def count_restart(self) -> None:
        """Count a window that is read again."""
        with self._lock:
            self.restarts += 1

    def count_drift(self) -> None:
        """Count a round in which a list had moved."""
        with self._lock:
            self.drifts += 1

    def count_page(self, total: int | None) -> None:
        """Count a response and take over what it says about the listing."""
        self.pages += 1
        self.total = self.total if total is None else total

    def count_partitions(self, start: Checkpoint) -> None:
        """Take over the plan that an iteration starts with."""
        self.partitions = len(start.partitions)
        self.partitions_done = start.count_done
        self.provisional = sum(
            1 for partition in start.partitions if partition.window and partition.window.provisional
        )
