"""The sandbox's clock, and the instants that requests carry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def read_real_clock() -> datetime:
    """Return the machine's time as an aware UTC datetime."""
    return datetime.now(UTC)


class Clock:
    """What time it is in the sandbox: the real time, a fixed instant, or what a callable says.

    Raises `ValueError` for a naive datetime, also when a callable returns one, and for other types.
    """

    def __init__(self, source: datetime | Callable[[], datetime] | None = None) -> None:
        self._source: Callable[[], datetime] = read_real_clock
        self._offset = timedelta(0)
        if isinstance(source, datetime):
            self.set(source)
        elif callable(source):
            self._source = source
        elif source is not None:
            problem = f"now must be an aware datetime, or give one when called; got {source!r}"
            raise ValueError(problem)

    def now(self) -> datetime:
        """Return the sandbox's present instant, aware, in UTC."""
        return require_aware(self._source()) + self._offset

    def set(self, now: datetime) -> None:
        """Stop the clock at `now`, an aware datetime."""
        fixed = require_aware(now)
        self._source, self._offset = lambda: fixed, timedelta(0)

    def advance(self, by: timedelta) -> None:
        """Put the clock forward."""
        self._offset += by

    @contextmanager
    def skewed(self, by: timedelta) -> Iterator[None]:
        """Let the clock be wrong for a while."""
        self._offset += by
        try:
            yield
        finally:
            self._offset -= by


def require_aware(moment: datetime) -> datetime:
    """Return `moment` in UTC; raise `ValueError` when it has no offset."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError("the sandbox needs an aware datetime, for example datetime.now(UTC)")
    return moment.astimezone(UTC)


def parse_instant(text: str) -> datetime | None:
    """Read an ISO 8601 date or date-time from 1970 to 2999; without an offset it is UTC.

    Returns None for any other text.
    """
    try:
        moment = datetime.fromisoformat(text)
        aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return aware if 1970 <= aware.year < 3000 else None


def to_milliseconds(moment: datetime) -> int:
    """Return milliseconds since 1970 of an aware datetime, rounded up to a whole one."""
    return -((EPOCH - moment) // MILLISECOND)


def format_milliseconds(milliseconds: int) -> str:
    """Write milliseconds since 1970 as `2026-03-25T09:30:22.605Z`."""
    moment = EPOCH + timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def format_instant(moment: datetime) -> str:
    """Write an aware UTC datetime as `2026-03-25T09:30:22.605Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
