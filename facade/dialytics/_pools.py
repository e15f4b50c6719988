"""What the HTTP client's pools lose: connections that count as used, and that no request uses."""

# ruff: noqa: SLF001  # the pool shows nobody what is looked for
from __future__ import annotations

from typing import Any

_NEEDED = ("_connections", "_requests", "_optional_thread_lock", "_assign_requests_to_connections")


def take_lost(wire: Any, url: Any) -> list[Any]:
    """Take such connections out of the pool that an HTTP client uses for a URL; they are to close.

    A request may be given up in the moment in which it is given a new connection. That one is
    never opened, never closed and never free again, until no request can be sent any more.
    (httpcore 1.0.9 says so nowhere. What it does not show is looked for with care.)
    """
    find = getattr(wire, "_transport_for_url", None)
    pool: Any = getattr(find(url), "_pool", None) if find else None
    if not all(hasattr(pool, name) for name in _NEEDED):
        return []
    with pool._optional_thread_lock:
        used = [request.connection for request in pool._requests]
        lost = [
            one
            for one in pool._connections
            if one not in used and not one.is_idle() and not one.is_closed()
        ]
        for one in lost:
            pool._connections.remove(one)
        # Others may have waited for them.
        return [*lost, *pool._assign_requests_to_connections()] if lost else []
