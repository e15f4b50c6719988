"""Connections: an HTTP client made when it is first needed, or the user's own; and their end."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from functools import partial
from math import inf
from typing import Any, Generic, TypeVar
from weakref import WeakSet, WeakValueDictionary

from ._http import (
    WIRE_ERRORS,
    AsyncWire,
    Finite,
    Limits,
    OwnRequest,
    Proxy,
    Timeout,
    Verify,
    Wire,
    build,
    limit_timeouts,
    new_scope,
    proxy_secrets,
)
from ._pools import take_lost
from ._sending import Sending, silence
from ._streams import AsyncWatch, watch
from .errors import ConfigurationError

W = TypeVar("W", Wire, AsyncWire)

# As the HTTP client has them by default.
KEPT_SECONDS = 5.0
_MOST = 100


class _Connections(Generic[W]):
    """A pooled HTTP/1.1 client, made when it is first needed, or the user's own.

    Certificates take longer to load than all of the library.

    Args:
        given: The user's own; it is not closed.
        home: The API's URL: a ``Host`` of the user's client is meant for it alone.
    """

    _kind: type[W]
    _limits: Limits

    def __init__(
        self,
        timeout: Finite,
        proxy: Proxy,
        verify: Verify,
        given: W | None = None,
        *,
        home: str = "",
    ) -> None:
        self.home = home
        self._settings = (timeout, proxy, verify)
        self._given: W | None = given
        self._lock = threading.Lock()
        self._made: W | None = None
        self._parents: list[W] = []
        self._closed = False
        self._under_way: WeakSet[Sending] = WeakSet()
        self._watch = AsyncWatch()
        self.secrets: tuple[str, ...] = ()
        """What must never be shown of proxies' addresses."""
        _ALL.add(self)
        silence()
        if given is None and (proxy is not None or _environment_tells()):
            # What may be wrong is told at once.
            self.open()
            self.secrets = tuple(proxy_secrets(proxy))

    def open(self) -> W:
        """Return the client.

        Raises:
            ConfigurationError: It cannot be set up, has been closed, or shares its connections with
                another process.
        """
        if self._given is not None:
            if id(self._given) in _SHARED:
                raise ConfigurationError(
                    "http_client= was used before this process was forked, and an answer to one of "
                    "the two would reach the other: make a client in each process"
                )
            _USED[id(self._given)] = self._given
            return self._given
        with self._lock:
            if self._closed:
                raise ConfigurationError("the client has been closed; make a new one")
            if self._made is None:
                self._made = build(self._kind, *self._settings, self._limits)
            return self._made

    @property
    def tells(self) -> bool:
        """Whether the HTTP client surely tells what it does: a transport of a user's need not."""
        return self._given is None

    def leave(self) -> None:
        """Begin anew in a forked process: of two that share a connection, one gets both answers.

        The parent's client is neither closed nor freed: it would tell the parent's event loop so.
        """
        self._lock, self._under_way = threading.Lock(), WeakSet()
        if self._made is not None:
            self._parents.append(self._made)
            self._made = None

    def _shut(self) -> W | None:
        with self._lock:
            self._closed = True
            return self._made


class Connections(_Connections[Wire]):
    """Those of a synchronous client."""

    _kind = Wire
    # Connections that are too many, or too old, a pool closes also where another thread has just
    # been given them. So they expire by themselves: see ``WatchedStream``.
    _limits = Limits(max_connections=_MOST, max_keepalive_connections=_MOST, keepalive_expiry=None)

    def extensions(self, timeout: Timeout, sending: Sending) -> dict[str, Any]:
        """Return what makes a request end with its call's time, or when it is given up.

        That holds for each use of a connection that was made for one of our requests.
        """
        if self._given is None:
            with self._lock:
                self._under_way.add(sending)
            if self._closed:
                sending.give_up()
        kept = KEPT_SECONDS if self._given is None else inf
        trace = partial(watch, sending, kept)
        return {"timeout": limit_timeouts(timeout, sending.left), "trace": trace}

    def mend(self, wire: Wire, request: OwnRequest, sending: Sending) -> None:
        """Close what a request that came to nothing has left, in its pool or on the way there."""
        for lost in (*take_lost(wire, request.url), *sending.unfinished):
            with suppress(*WIRE_ERRORS):
                lost.close()

    def close(self) -> None:
        """Close them; there are none afterwards."""
        if (wire := self._shut()) is not None:
            with self._lock:
                under_way = list(self._under_way)
            # Before any of them makes room for one that waits.
            for sending in under_way:
                sending.given_up = True
            for sending in under_way:
                # The pool does not know of a connection that is still being made.
                sending.give_up()
            wire.close()


class AsyncConnections(_Connections[AsyncWire]):
    """Those of an asynchronous client."""

    _kind = AsyncWire
    _limits = Limits(
        max_connections=_MOST, max_keepalive_connections=_MOST, keepalive_expiry=KEPT_SECONDS
    )

    def extensions(self, timeout: Timeout, sending: Sending) -> dict[str, Any]:
        """Return what makes a request end with its call's time."""
        return {"timeout": limit_timeouts(timeout, sending.left), "trace": self._watch}

    async def mend(self, wire: AsyncWire, request: OwnRequest, sending: Sending) -> None:
        """Close what a request that came to nothing has left, in its pool or on the way there."""
        for lost in (*take_lost(wire, request.url), *sending.unfinished):
            with new_scope(shield=True), suppress(*WIRE_ERRORS):
                await lost.aclose()

    async def aclose(self) -> None:
        """Close them; there are none afterwards.

        Raises:
            ConfigurationError: They belong to an event loop that has ended.
        """
        if (wire := self._shut()) is None:
            return
        self._watch.closed = True
        try:
            await wire.aclose()
        except RuntimeError as error:
            if "loop" not in str(error):
                raise
            raise ConfigurationError(
                "the connections cannot be closed, since they belong to an event loop that has "
                "ended; close the client in the loop that uses it"
            ) from None


_ALL: WeakSet[_Connections[Any]] = WeakSet()
# Users' own HTTP clients that were used, and those of them that another process has too: by what
# they are, since two may be equal.
_USED: WeakValueDictionary[int, Any] = WeakValueDictionary()
_SHARED: WeakValueDictionary[int, Any] = WeakValueDictionary()


def _leave_all() -> None:
    _SHARED.update(_USED)
    for one in list(_ALL):
        one.leave()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_all)


def _environment_tells() -> bool:
    """Tell whether the environment has a say in how connections are made."""
    files = [os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")]
    missing = any(path and not os.path.exists(path) for path in files)  # noqa: PTH110  # as httpx
    return missing or any(name.lower().endswith("_proxy") for name in os.environ)
