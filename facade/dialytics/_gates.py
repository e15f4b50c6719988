"""Who may start a request when: one gate for all that count against the same limit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from math import inf
from weakref import WeakValueDictionary

from ._limits import RateLimit, Throttle, parse_allowance, says_allowance, server_time


class Gate:
    """A throttle for threads and tasks, of one client or of several on one host.

    Args:
        limit: The limit to keep; ``None`` keeps none, yet still pauses.
        heeds: Whether what responses say of the vendor's limit counts too.
        outlives: Whether it is kept without its clients, until it has nothing more to say.
    """

    def __init__(
        self, limit: RateLimit | None, *, heeds: bool = True, outlives: bool = False
    ) -> None:
        self._throttle = Throttle(limit)
        self._heeds = heeds
        self._outlives = outlives
        self._lock = threading.Lock()

    def reserve(self, now: float, latest: float = inf) -> float | None:
        """Take the next start time; ``None``, and none is taken, where it is later than that."""
        with self._lock:
            return self._reserve(now, latest)

    def renew(self, start: float, now: float, latest: float = inf) -> float | None:
        """Return the start time after having waited: another one if a pause has come meanwhile."""
        with self._lock:
            if not self._throttle.is_paused(now):
                return start
            self._throttle.give_back(start)
            return self._reserve(now, latest)

    def release(self, start: float) -> None:
        """Give back a start time at which nothing was started."""
        with self._lock:
            self._throttle.give_back(start)

    def _reserve(self, now: float, latest: float) -> float | None:
        start = self._throttle.next_start(now)
        if start >= latest:
            return None
        self._throttle.take(start)
        self._hold()
        return start

    def pause(self, until: float) -> None:
        """Let nobody start before then."""
        with self._lock:
            self._throttle.pause(until)
            self._hold()

    def forget(self, now: float) -> None:
        """Let go of it, unless it still has something to say."""
        with self._lock:
            if self._throttle.is_over(now):
                _busy.discard(self)

    def _hold(self) -> None:
        if self._outlives:
            _busy.add(self)

    def heed(self, headers: Mapping[str, str], now: float, clock: Callable[[], datetime]) -> None:
        """Slow down as a response asks for.

        Args:
            headers: The response's, their names in lower case.
            now: Seconds of the monotonic clock.
            clock: Tells the time of day, where the response does not.
        """
        if not self._heeds or not says_allowance(headers):
            return
        allowance = parse_allowance(headers, server_time(headers, clock()).timestamp())
        if allowance is not None:
            with self._lock:
                self._throttle.allow(allowance, now)
                self._hold()


_shared: WeakValueDictionary[tuple[str, RateLimit], Gate] = WeakValueDictionary()
_shared_lock = threading.Lock()
# A function may make a client of its own each time that it is called.
_busy: set[Gate] = set()


def find_gate(host: str, limit: RateLimit) -> Gate:
    """Return the gate of a host, the same for all clients in this process that keep this limit."""
    forget(time.monotonic())
    with _shared_lock:
        gate = _shared.get((host, limit))
        if gate is None:
            gate = _shared[host, limit] = Gate(limit, outlives=True)
        return gate


def forget(now: float) -> None:
    """Let go of the gates whose window is over: they live as long as their clients."""
    for gate in _busy.copy():
        gate.forget(now)
