"""Requests under way: their time, the connection that each uses, and whose logs know of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar, Token
from math import inf
from types import TracebackType
from typing import Any, Protocol, Self

# To the system 0 means not to wait, or for ever.
SHORTEST_SECONDS = 0.001
# It takes no more either; it is three weeks.
LONGEST_SECONDS = 2_000_000.0
CONNECTS = ".connect_tcp.started"
SENDS = ".send_request_headers.started"


class Connection(Protocol):
    """What a request uses, and others after it."""

    def shut_for(self, user: Sending) -> None:
        """Shut it, if that request uses it."""

    def free_from(self, user: Sending) -> None:
        """Let others have it, if that request uses it."""


class Remainder(Mapping[str, float | None]):
    """Timeouts, each cut to what is left of a call's time when its phase begins."""

    def __init__(self, own: Mapping[str, float | None], left: Callable[[], float]) -> None:
        self._own = own
        self.left = left

    def __getitem__(self, phase: str) -> float | None:
        own, left = self._own[phase], max(self.left(), SHORTEST_SECONDS)
        return own if left == inf else min(LONGEST_SECONDS if own is None else own, left)

    def __iter__(self) -> Iterator[str]:
        return iter(self._own)

    def __len__(self) -> int:
        return len(self._own)


class Sending:
    """One request under way, for the thread or task that is in its ``with`` block.

    Meanwhile the HTTP client's records of what happens inside stay out of the user's logs.

    Args:
        left: Tells how much of the call's time is left.
    """

    def __init__(self, left: Callable[[], float]) -> None:
        self.left = left
        self.given_up = False
        """Whether its connection is shut, or will be as soon as there is one."""
        self.connects = False
        """Whether it waits for a connection, and nothing of it was sent on any."""
        self._began = False
        self.patience: float | None = None
        """How many seconds each step of that may take."""
        self.unfinished: list[Any] = []
        """The connection to a proxy that is spoken to: should that fail, nobody else closes it."""
        self._alone = False
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        self._token: Token[Sending | None] = _sending.set(self)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _sending.reset(self._token)
        self.leave()

    def give_up(self) -> None:
        """Shut the connection: who reads from it, in another thread, is told that it has ended."""
        self.given_up = True
        if self._connection is not None:
            self._connection.shut_for(self)

    def note(self, event: str, info: Mapping[str, Any]) -> None:
        """Note whether a connection is being made for it, and how long that may take."""
        if event.endswith(CONNECTS):
            # A user's transport may try another way when the first has failed.
            self.connects, self.patience = not self._began, info.get("timeout")
        elif event.endswith(SENDS):
            self.connects, self._began, self.patience, self.unfinished = False, True, None, []

    def begin(self, *, alone: bool) -> None:
        """Be sent, on a connection that it shares with no other request, or on one that it does."""
        self.leave()
        self._alone, self._connection = alone, None

    def use(self, connection: Connection) -> bool:
        """Take a connection, unless it is shared; tell whether it is this one's alone."""
        if self._alone:
            self._connection = connection
        return self._alone

    def leave(self, other: Connection | None = None) -> None:
        """Use a connection no longer, unless it is this one."""
        if (connection := self._connection) is not None and connection is not other:
            connection.free_from(self)

    def limit(self, timeout: float | None) -> float | None:
        """Return how long a read or write may take, in seconds, within the call's time."""
        if (rest := self.left()) == inf:
            return timeout
        return max(SHORTEST_SECONDS, rest if timeout is None else min(timeout, rest))

    def limit_step(self, stream: Any, timeout: float | None) -> float | None:
        """Return how long to wait, also for a SOCKS proxy: the HTTP client gives it for ever."""
        if timeout is not None or self.patience is None:
            return timeout
        self.unfinished = [stream]
        return self.patience


_sending: ContextVar[Sending | None] = ContextVar("dialytics_sending", default=None)


def find_sending() -> Sending | None:
    """Return the request that this thread or task sends."""
    return _sending.get()


class _Silence(logging.Filter):
    """Drops the HTTP client's own records of our requests.

    Those of httpx show whole URLs, queries included; those of httpcore all response headers.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        return _sending.get() is None


_SILENCE = _Silence()
_LIBRARIES = frozenset({"httpx", "httpcore", "h11", "h2", "hpack", "hyperframe", "socksio"})
# Those that there will be: to name a logger makes it.
_LOGGERS = (
    *_LIBRARIES,
    *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
    *("hpack.hpack", "hpack.table", "h2.client", "h2.connection", "h2.config"),
)


def silence() -> None:
    """Silence the libraries' loggers: a filter does not see what the loggers below record."""
    for name in {*_LOGGERS, *logging.root.manager.loggerDict.copy()}:
        if name.partition(".")[0] in _LIBRARIES:
            # Adding the same one again changes nothing.
            logging.getLogger(name).addFilter(_SILENCE)


silence()
