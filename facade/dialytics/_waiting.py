"""A switch for tests: whether waiting takes time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_switched_off = 0


def waiting_takes_time() -> bool:
    """Tell whether waits are waited."""
    return _switched_off == 0


@contextmanager
def no_waits() -> Iterator[None]:
    """Let no wait take time, for tests of programs that use dialytics.

    It holds for the whole process, threads and tasks included, until the block ends; blocks may be
    nested. Waits before retries, those that a vendor asks for by Retry-After, and those that keep a
    rate limit take no time, and nothing that a vendor asks for inside is waited for after it. What
    is decided stays: how often a request is repeated, that a Retry-After above the cap is raised,
    that a wait before a retry would pass a deadline, and ``stats.waited``, which says how long
    would have been waited before retries.

    Example:
        >>> from dialytics.testing import no_waits
        >>> with no_waits():
        ...     rows = list(digitalcx.interactions(culture="en", start=date(2026, 11, 19)))
        >>> len(rows) > 0
        True
    """
    global _switched_off  # noqa: PLW0603  # it is the switch
    with _lock:
        _switched_off += 1
    try:
        yield
    finally:
        with _lock:
            _switched_off -= 1
