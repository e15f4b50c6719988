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
_CONNECTS = ".connect_tcp.started"
CONNECTED = (".connect_tcp.complete", ".start_tls.complete")
# From then on, with HTTP/2, others may have it too.
_SHARED = ".send_connection_init.started"
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
        self._left = left

    def __getitem__(self, phase: str) -> float | None:
        own, left = self._own[phase], max(self._left(), SHORTEST_SECONDS)
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
        connects: Whether the HTTP client tells when it has a connection: until then there is none.
    """

    def __init__(self, left: Callable[[], float], *, connects: bool = False) -> None:
        self.left = left
        self.given_up = False
        """Whether its connection is shut, or will be as soon as there is one."""
        self.connects = connects
        """Whether it waits for a connection, and nothing of it was sent on any."""
        self.begun = False
        """Whether some of it may have been sent."""
        self._had_begun = False
        self._patience: float | None = None
        self.unfinished: list[Any] = []
        """The connection that is being made: should that fail, it may be that nobody closes it."""
        self.alone = False
        """Whether its connection is no other request's at the same time."""
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
        if (connection := self._connection) is not None:
            connection.shut_for(self)

    def note(self, event: str, info: Mapping[str, Any]) -> None:
        """Note whether a connection is being made for it, and how long each step of that may take.

        A proxy is asked for one by a request of its own.
        """
        if event.endswith(_CONNECTS):
            # A user's transport may try another way when the first has failed.
            self.connects, self._patience = not self.begun, info.get("timeout")
        elif event.endswith(CONNECTED):
            self.unfinished = [info["return_value"]]
        elif event.endswith(_SHARED):
            self.unfinished = []
        elif event.endswith(SENDS) and not speaks_to_proxy(info):
            self._had_begun, self.begun = self.begun, True
            self.connects, self._patience, self.unfinished = False, None, []

    def begin(self, *, alone: bool) -> None:
        """Be sent, on a connection that it shares with no other request, or on one that it does."""
        self.leave()
        self.alone, self._connection = alone, None

    def begin_again(self) -> None:
        """Have another connection than the one on which nothing was sent."""
        self.begun = self._had_begun

    def use(self, connection: Connection) -> None:
        """Take a connection."""
        self._connection = connection

    def leave(self, other: Connection | None = None) -> None:
        """Use a connection no longer, unless it is this one."""
        if (connection := self._connection) is not None and connection is not other:
            connection.free_from(self)

    def limit(self, timeout: float | None) -> float | None:
        """Return how long a read or write may take, in seconds, within the call's time."""
        if (rest := self.left()) == inf:
            return timeout
        return max(SHORTEST_SECONDS, rest if timeout is None else min(timeout, rest))

    def limit_step(self, timeout: float | None) -> float | None:
        """Return how long to wait, also for a SOCKS proxy: the HTTP client gives it for ever."""
        return self._patience if timeout is None else timeout


def speaks_to_proxy(info: Mapping[str, Any]) -> bool:
    """Tell whether the request that is told of asks a proxy for a connection."""
    request = info.get("request")
    return request is not None and request.method == b"CONNECT"


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
