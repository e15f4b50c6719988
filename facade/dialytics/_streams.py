"""Connections' streams: which request uses each, and how it is shut or passed by."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from math import inf
from typing import Any

from ._http import pass_by
from ._sending import CONNECTED, SENDS, Sending, find_sending, speaks_to_proxy

# Until the headers are sent, a pool may take another connection.
_STAYS = ".send_request_body.started"
# What asyncio takes from a socket at once.
_READ_BYTES = 1 << 18


def watch(sending: Sending, kept: float, event: str, info: Mapping[str, Any]) -> None:
    """Follow what a synchronous HTTP client does, until it is sure which connection a request has.

    Its timeouts are for a whole phase: headers that drip would never end. A connection that it
    makes may wait so many seconds for its next request.
    """
    sending.note(event, info)
    if event.endswith(CONNECTED):
        WatchedStream(info["return_value"], kept)
    elif event.endswith(SENDS):
        # With HTTP/2 others have requests on the same connection.
        sending.begin(alone=event.startswith("http11."))
    elif event.endswith(_STAYS):
        _stop_watching(info)


class AsyncWatch:
    """Follows what an asynchronous HTTP client does; has no hold on the client."""

    def __init__(self) -> None:
        self.closed = False
        """Whether the client has been closed."""

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """Let it read all that has come, which its loop has in one piece.

        It would read a quarter of it at a time, and each time the rest would be copied.
        """
        if (sending := find_sending()) is not None:
            sending.note(event, info)
        if event.endswith(CONNECTED):
            stream = info["return_value"]
            if self.closed:
                # It did not yet have this one to close.
                await stream.aclose()
                raise RuntimeError("the client has been closed")
            stream.read = partial(_read_more, stream.read)
        elif event.endswith(SENDS):
            # Here nobody shuts a connection that others may have next.
            _stop_watching(info)


def _stop_watching(info: Mapping[str, Any]) -> None:
    """Hear no more of a request: each step told of takes time.

    The extensions are shared with what it was made of, which a transport of the user's own may send
    once more. A proxy is asked first, and the connection that it lets us have comes after that.
    """
    if (request := info.get("request")) is not None and not speaks_to_proxy(info):
        request.extensions = {**request.extensions}
        request.extensions.pop("trace", None)


def _read_more(
    read: Callable[..., Awaitable[bytes]], max_bytes: int, timeout: float | None = None
) -> Awaitable[bytes]:
    if (sending := find_sending()) is not None:
        timeout = sending.limit_step(timeout)
    return read(max(max_bytes, _READ_BYTES), timeout=timeout)


class WatchedStream:
    """A synchronous connection, which knows the request that uses it.

    Args:
        stream: The HTTP client's own; it reads, writes, tells and closes by way of this one.
        kept: How many seconds it may wait for its next request.
    """

    def __init__(self, stream: Any, kept: float) -> None:
        self._read, self._write = stream.read, stream.write
        self._tell, self._close = stream.get_extra_info, stream.close
        stream.read, stream.write = self.read, self.write
        stream.get_extra_info, stream.close = self.tell, self.close
        self._kept = kept
        self.user: Sending | None = None
        # Whoever holds it may be interrupted by what gives a request up.
        self.lock = threading.RLock()
        self._free_since = inf
        self._was_shut = self._shut_in_use = self._is_to_close = False
        self._process = os.getpid()

    def read(self, max_bytes: int, timeout: float | None = None) -> Any:
        """Read; how much, a SOCKS proxy's client says by name."""
        return self._do_in_time(self._read, max_bytes, timeout, sends=False)

    def write(self, buffer: bytes, timeout: float | None = None) -> Any:
        """Write; what, a SOCKS proxy's client says by name."""
        return self._do_in_time(self._write, buffer, timeout, sends=True)

    def _do_in_time(
        self, do: Callable[..., Any], what: Any, timeout: float | None, *, sends: bool
    ) -> Any:
        """Read or write, until the call's time is over."""
        sending = find_sending()
        if self.user is not sending or self._was_shut:
            self._hand_over(sending, sends=sends)
        if sending is not None:
            timeout = sending.limit(sending.limit_step(timeout))
        return do(what, timeout=timeout)

    def _hand_over(self, sending: Sending | None, *, sends: bool) -> None:
        if sending is not None:
            # What a user's hook sends meanwhile has another one. Nobody holds two locks.
            sending.leave(self)
        ours = sending if sending is not None and sending.alone else None
        with self.lock:
            # Of a request of ours nothing is sent yet, unless it has used this one before; of
            # another's, where we did. What a hook sends before ours is another's.
            begins = self._shut_in_use if ours is None else self.user is not ours
            if self._was_shut and sends and begins:
                # Its response was here already: the pool read the rest, and took it for idle. What
                # was sent on it must not be sent again.
                if ours is not None:
                    ours.begin_again()
                pass_by()
            self.user = ours
            if ours is not None:
                ours.use(self)
                if ours.given_up:
                    self._shut()

    def shut_for(self, user: Sending) -> None:
        """Shut it, if that request uses it."""
        with self.lock:
            if self.user is user:
                self._shut()

    def free_from(self, user: Sending) -> None:
        """Let others have it, if that request uses it."""
        with self.lock:
            if self.user is user:
                self.user, self._free_since = None, time.monotonic()
                if self._is_to_close:
                    self._close()

    def close(self) -> None:
        """Close it, or shut it and have it closed by the thread that uses it.

        That waits for a number of the system's, which the next connection of whomever may get.
        """
        with self.lock:
            others = self.user is not None and self.user is not find_sending()
            if others and self._process == os.getpid():
                self._shut()
                self._is_to_close = True
            else:
                self._close()

    def tell(self, name: str) -> Any:
        """Tell about it; what it can read from while nobody waits for that, a pool closes.

        By then another thread may have been given it, and have begun to use it: httpcore 1.0.9
        closes it all the same. Where its time is over, it does so too, and looks at no other thread
        either.
        """
        if name != "is_readable":
            return self._tell(name)
        with self.lock:
            if self.user is not None:
                return False
            if not self._tell(name) and time.monotonic() - self._free_since <= self._kept:
                return False
            self._was_shut = True
            return True

    def _shut(self) -> None:
        if self._process != os.getpid():
            # What is the parent's is no business of a forked process.
            return
        self._was_shut = self._shut_in_use = True
        connection = self._tell("socket")
        if isinstance(connection, socket.socket):
            # Not by a TLS socket's own method, which changes what the other thread works with.
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
