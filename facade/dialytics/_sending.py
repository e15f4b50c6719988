"""Requests under way: their time, the connection that each uses, and whose logs know of them."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from contextvars import ContextVar, Token
from functools import partial
from math import inf
from types import TracebackType
from typing import Any, NoReturn, Self

# To the system 0 means not to wait, or for ever.
SHORTEST_SECONDS = 0.001
# It takes no more either; it is three weeks.
LONGEST_SECONDS = 2_000_000.0
_CONNECTS = ".connect_tcp.started"
_CONNECTED = (".connect_tcp.complete", ".start_tls.complete")
_SENDS = ".send_request_headers.started"
# Until the headers are sent, a pool may take another connection.
_STAYS = ".send_request_body.started"
# What asyncio takes from a socket at once.
_READ_BYTES = 1 << 18


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
        pass_by: Raises what lets a pool take another connection than one that was shut.
        kept: How many seconds a connection that is made for it may wait for its next request.
    """

    def __init__(
        self, left: Callable[[], float], pass_by: Callable[[], NoReturn], kept: float = inf
    ) -> None:
        self.left = left
        self._pass_by = pass_by
        self._kept = kept
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
        self._stream: Any = None

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
        if (stream := self._stream) is not None:
            with stream.lock:
                if stream.user is self:
                    _shut(stream, self._pass_by)

    def watch(self, event: str, info: Mapping[str, Any]) -> None:
        """Follow what the HTTP client does, until it is sure which connection the request has.

        Its timeouts are for a whole phase: headers that drip would never end.
        """
        self.note(event, info)
        if event.endswith(_CONNECTED):
            stream = info["return_value"]
            stream.user = stream.was_shut = None
            stream.shut_in_use = False
            stream.pass_by, stream.kept, stream.free_since = self._pass_by, self._kept, inf
            stream.process = os.getpid()
            # Whoever holds it may be interrupted by what gives a request up.
            stream.lock = threading.RLock()
            stream.read = partial(_read_in_time, stream, stream.read)
            stream.write = partial(_write_in_time, stream, stream.write)
            stream.get_extra_info = partial(_tell, stream, stream.get_extra_info)
        elif event.endswith(_SENDS):
            # With HTTP/2 others have requests on the same connection.
            self.leave()
            self._alone, self._stream = event.startswith("http11."), None
        elif event.endswith(_STAYS):
            _stop_watching(info)

    def note(self, event: str, info: Mapping[str, Any]) -> None:
        """Note whether a connection is being made for it, and how long that may take."""
        if event.endswith(_CONNECTS):
            # A user's transport may try another way when the first has failed.
            self.connects, self.patience = not self._began, info.get("timeout")
        elif event.endswith(_SENDS):
            self.connects, self._began, self.patience, self.unfinished = False, True, None, []

    def use(self, stream: Any) -> None:
        """Take a connection, whose lock is held, unless it is shared."""
        stream.user = self if self._alone else None
        if self._alone:
            self._stream = stream
            if self.given_up:
                _shut(stream, self._pass_by)

    def leave(self, other: Any = None) -> None:
        """Use a connection no longer, unless it is this one."""
        if (stream := self._stream) is not None and stream is not other:
            with stream.lock:
                if stream.user is self:
                    stream.user, stream.free_since = None, time.monotonic()


_sending: ContextVar[Sending | None] = ContextVar("dialytics_sending", default=None)


def _stop_watching(info: Mapping[str, Any]) -> None:
    """Hear no more of a request: each step told of takes time.

    The extensions are shared with what it was made of, which a transport of the user's own may send
    once more. A proxy is asked first, and the connection that it lets us have comes after that.
    """
    request = info.get("request")
    if request is not None and request.method != b"CONNECT":
        request.extensions = {**request.extensions}
        request.extensions.pop("trace", None)


def _read_in_time(
    stream: Any, read: Callable[..., Any], max_bytes: int, timeout: float | None = None
) -> Any:
    """Read; how much, a SOCKS proxy's client says by name."""
    return _do_in_time(stream, read, max_bytes, timeout, sends=False)


def _write_in_time(
    stream: Any, write: Callable[..., Any], buffer: bytes, timeout: float | None = None
) -> Any:
    return _do_in_time(stream, write, buffer, timeout, sends=True)


def _do_in_time(
    stream: Any, do: Callable[..., Any], what: Any, timeout: float | None, *, sends: bool
) -> Any:
    """Read or write, until the call's time is over."""
    sending = _sending.get()
    if stream.user is not sending or stream.was_shut:
        _hand_over(stream, sending, sends=sends)
    timeout = _limit(stream, timeout, sending)
    if sending is not None and (rest := sending.left()) != inf:
        timeout = max(SHORTEST_SECONDS, rest if timeout is None else min(timeout, rest))
    return do(what, timeout=timeout)


def _limit(stream: Any, timeout: float | None, sending: Sending | None) -> float | None:
    """Return how long to wait, also for a SOCKS proxy, which the HTTP client gives all the time."""
    if timeout is not None or sending is None or sending.patience is None:
        return timeout
    sending.unfinished = [stream]
    return sending.patience


def _hand_over(stream: Any, sending: Sending | None, *, sends: bool) -> None:
    if sending is not None:
        # What a user's hook sends meanwhile has another one. Nobody holds two locks.
        sending.leave(stream)
    with stream.lock:
        # Of a request of ours nothing is sent yet; of another's, where it was in use by us before.
        begins = stream.shut_in_use if sending is None else not sending.given_up
        if stream.was_shut and sends and begins:
            # Its response was here already: the pool read the rest, and took it for idle. What was
            # sent on it must not be sent again.
            stream.was_shut()
        if sending is None:
            stream.user = None
        else:
            sending.use(stream)


def _tell(stream: Any, tell: Callable[[str], Any], name: str) -> Any:
    """Tell about a connection; what it can read from while nobody waits for that, a pool closes.

    By then another thread may have been given it, and have begun to use it: httpcore 1.0.9 closes
    it all the same. Where its time is over, it does so too, and looks at no other thread either.
    """
    if name != "is_readable":
        return tell(name)
    with stream.lock:
        if stream.user is not None:
            return False
        if not tell(name) and time.monotonic() - stream.free_since <= stream.kept:
            return False
        stream.was_shut = stream.pass_by
        return True


class AsyncWatch:
    """Follows what an asynchronous HTTP client does; has no hold on the client."""

    def __init__(self) -> None:
        self.closed = False
        """Whether the client has been closed."""

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """Let it read all that has come, which its loop has in one piece.

        It would read a quarter of it at a time, and each time the rest would be copied.
        """
        if (sending := _sending.get()) is not None:
            sending.note(event, info)
        if event.endswith(_CONNECTED):
            stream = info["return_value"]
            if self.closed:
                # It did not yet have this one to close.
                await stream.aclose()
                raise RuntimeError("the client has been closed")
            stream.read = partial(_read_more, stream, stream.read)
        elif event.endswith(_SENDS):
            # Here nobody shuts a connection that others may have next.
            _stop_watching(info)


def _read_more(
    stream: Any,
    read: Callable[..., Awaitable[bytes]],
    max_bytes: int,
    timeout: float | None = None,
) -> Awaitable[bytes]:
    return read(max(max_bytes, _READ_BYTES), timeout=_limit(stream, timeout, _sending.get()))


def _shut(stream: Any, pass_by: Callable[[], NoReturn]) -> None:
    if stream is None or stream.process != os.getpid():
        # What is the parent's is no business of a forked process.
        return
    stream.was_shut, stream.shut_in_use = pass_by, True
    connection = stream.get_extra_info("socket")
    if isinstance(connection, socket.socket):
        # Not by a TLS socket's own method, which changes what the other thread works with.
        with suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)


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
